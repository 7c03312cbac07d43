"""From a staff table and a table of ties to a roster: what is read, how it is mapped, what is left out."""
