"""The screen that shows what is live, and since when."""
