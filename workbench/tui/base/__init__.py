"""What every screen and dialog builds on: messages, selection, base classes."""
