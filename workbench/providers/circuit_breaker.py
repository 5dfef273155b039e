"""Tracks outages: for how long no call has been answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class CircuitBreaker:
    """Counts failures in rounds: concurrent calls that fail together are one round."""

    rounds: int = 0
    since: float = 0.0
    """When the first round failed, in seconds of a monotonic clock."""
    _counted_at: float = -1.0

    def failed(self, started: float, now: float) -> bool:
        """Count a call, started at `started`, that failed; return whether it begins a new round."""
        if self.rounds and started <= self._counted_at:
            return False
        if not self.rounds:
            self.since = now
        self.rounds += 1
        self._counted_at = now
        return True

    def reset(self) -> None:
        """End the outage: a call was answered."""
        self.rounds = 0
