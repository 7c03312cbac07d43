"""The engine: tables, random numbers, compiled code and processes, without a word about healthcare."""
