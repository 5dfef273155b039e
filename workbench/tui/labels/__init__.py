"""Answers and pairs of answers that a person judges, one key each."""
