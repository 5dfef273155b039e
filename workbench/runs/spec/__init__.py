"""What a run will do: suites, their checks, the planned requests, counters."""
