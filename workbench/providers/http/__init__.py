"""Your own app: a URL that takes JSON and answers with JSON."""
