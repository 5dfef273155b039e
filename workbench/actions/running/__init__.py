"""Runs of a prompt on a suite, and their estimated cost."""
