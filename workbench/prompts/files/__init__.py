"""How a draft is read from and written to a .prompty file."""
