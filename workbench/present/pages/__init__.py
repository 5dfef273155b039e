"""Self-contained pages: HTML without scripts, Markdown."""
