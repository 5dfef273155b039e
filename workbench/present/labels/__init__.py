"""Answers and pairs as those see them who label them."""
