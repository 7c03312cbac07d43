"""Analyses of stored results."""
