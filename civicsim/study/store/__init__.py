"""The store of a study: files that are complete and checked."""
