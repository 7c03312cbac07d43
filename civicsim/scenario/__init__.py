"""Scenarios: what is assumed, and the styles, kinds, shocks and parameter draws that are shipped."""
