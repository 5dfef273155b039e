"""For how long nothing has been answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class CircuitBreaker:
    """Counted in rounds: calls that were under way together are one, however many they are."""

    rounds: int = 0
    since: float = 0.0
    """When the first of them failed, in seconds of a monotonic clock."""
    _counted_at: float = -1.0

    def failed(self, started: float, now: float) -> bool:
        """A call failed that was started then; whether that is a new round."""
        if self.rounds and started <= self._counted_at:
            return False
        if not self.rounds:
            self.since = now
        self.rounds += 1
        self._counted_at = now
        return True

    def over(self) -> None:
        """Something was answered."""
        self.rounds = 0
