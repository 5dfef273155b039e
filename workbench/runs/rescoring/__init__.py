"""Stored answers judged anew: kept beside what was recorded, which never changes."""
