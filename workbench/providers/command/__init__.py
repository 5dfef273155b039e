"""A program that is given a request on stdin and prints an answer."""
