"""The screen of a dataset's cases."""
