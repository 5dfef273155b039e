"""How single tries are shown."""
