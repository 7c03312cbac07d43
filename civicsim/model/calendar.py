"""How many weeks a quarter and a year have."""

QUARTER = 13
YEAR = 52
