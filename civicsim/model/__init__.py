"""The model: the organisation's tables, the rules, and the week with its processes."""
