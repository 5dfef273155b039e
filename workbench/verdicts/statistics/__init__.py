"""Intervals, bets and boundaries: the statistics behind a verdict."""
