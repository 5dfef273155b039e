"""Reading and writing drafts as .prompty files."""
