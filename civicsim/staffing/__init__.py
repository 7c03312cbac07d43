"""From a staff table and a table of ties to a roster."""
