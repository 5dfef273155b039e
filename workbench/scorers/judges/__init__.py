"""Judges: prompts that score answers."""
