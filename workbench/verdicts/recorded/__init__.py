"""Evidence used again: extended, judged on some of its cases, and where its answers came from."""
