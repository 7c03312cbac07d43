"""Experiments in memory: run a scenario, compare scenarios, and describe the results."""
