"""Registries of models: what a URI in a draft's `model.artifact` names, resolved to a digest."""
