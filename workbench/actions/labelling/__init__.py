"""People's labels of answers, and their preferences."""
