"""The tour through the main job, and the live prompt as an app reads it."""
