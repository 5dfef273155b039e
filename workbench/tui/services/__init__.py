"""What the screens have done in the background: runs, files, the registry."""
