"""The run engine: calls, retries, scoring, the budget and live progress."""
