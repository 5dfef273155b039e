"""Runs that were made by other tools."""
