"""Single questions asked while a draft is written, and the inputs typed for them."""
