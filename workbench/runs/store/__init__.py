"""What was asked and answered: runs.db."""
