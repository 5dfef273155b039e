"""How a prompt's text is rendered: Jinja2 in a sandbox with limits."""
