"""Comparing the status quo with published data: targets, simulated statistics, and the parameters that fit."""
