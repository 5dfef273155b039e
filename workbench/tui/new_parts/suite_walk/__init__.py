"""A new suite in five steps: cases, columns, scorers, gate, and the files that come of it."""
