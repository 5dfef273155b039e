"""Asks again what an evaluation asked: to reproduce it, or to find a change of its provider."""
