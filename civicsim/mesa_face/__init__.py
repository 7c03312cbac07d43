"""Mesa's face of the model: agents that read and write the tables."""
