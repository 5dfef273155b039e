"""What will be asked: suites, their checks, the plan of a run and what it will take."""
