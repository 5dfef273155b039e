"""Erases the text of a case from runs.db, down to its bytes."""
