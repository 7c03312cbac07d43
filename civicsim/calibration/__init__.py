"""Holding the status quo against what is known: targets, what is simulated of them, and which parameters fit."""
