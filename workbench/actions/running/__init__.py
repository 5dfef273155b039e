"""Run a prompt on a suite, and what that will take."""
