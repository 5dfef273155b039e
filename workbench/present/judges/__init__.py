"""Judges in words."""
