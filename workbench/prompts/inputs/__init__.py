"""Values of inputs: their kinds, conversations, and files."""
