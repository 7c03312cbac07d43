"""Published models on any network: by the rules of the week, or beside it."""
