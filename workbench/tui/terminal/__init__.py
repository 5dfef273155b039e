"""The terminal itself: colours, themes, the driver, what may be drawn."""
