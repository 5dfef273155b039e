"""What can be said about a draft without asking a model: pure functions, text in, findings out."""
