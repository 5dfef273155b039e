"""The commands: thin, each calls the packages below and prints their results."""
