"""The rules on any network, to reproduce published models."""
