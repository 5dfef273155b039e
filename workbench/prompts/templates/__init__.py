"""Rendering of templates: Jinja2 in a sandbox with limits."""
