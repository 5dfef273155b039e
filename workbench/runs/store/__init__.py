"""The run store: runs.db."""
