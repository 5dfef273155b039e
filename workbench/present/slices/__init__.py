"""How the cases of a tag stand, and what a gate asks beside its scorers."""
