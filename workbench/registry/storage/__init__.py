"""Storage of the registry: the only package that knows a database."""
