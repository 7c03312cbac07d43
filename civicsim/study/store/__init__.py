"""The store of a study: complete, checked files."""
