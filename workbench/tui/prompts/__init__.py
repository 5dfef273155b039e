"""The screen with every prompt and its versions."""
