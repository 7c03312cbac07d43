"""The design of a study: the question, and every point that is run."""
