"""Asking: calls, retries, scoring, spending, and what is shown while it runs."""
