"""Where the registry is kept: the only place that knows a database."""
