"""Which edit broke it: the hunks between two prompts, and the search over them."""
