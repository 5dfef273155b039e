"""What stands behind a version, and what would change with it."""
