"""A plug-in for the workbench: one kind of each sort."""
