"""When a failed call is made again, how long that waits, and when a run gives up."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.providers.base import Answer, Outcome


@dataclass
class RetryBudget:
    """The retries that a run may make: an initial number, and a share of its answered calls.

    This limits retries when the provider is down, where five attempts per case would be wasted.
    """

    left: float = 30.0
    a_call: float = 0.5
    """Retries earned by each answered call."""
    most: float = 200.0

    def earn(self) -> None:
        """Add the retries earned by an answered call."""
        self.left = min(self.most, self.left + self.a_call)

    def spend(self) -> bool:
        """Take one retry; False when none is left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Every rule about retries. Durations are in seconds."""

    statuses: frozenset[int] = frozenset({408, 409, 424, 425, 429, 498, 499})
    """HTTP statuses below 500 that are worth a retry; all from 500 on are. 424 is TGI's failed
    generation, 498 Groq's lack of capacity, 499 a request that a server or proxy cancelled.
    """
    attempts: Mapping[Outcome, int] = field(
        default_factory=lambda: {
            Outcome.RATE_LIMITED: 10,
            Outcome.PROVIDER_ERROR: 5,
            Outcome.TIMED_OUT: 2,
            Outcome.INVALID: 3,
        }
    )
    """How often a request may fail with each outcome."""
    attempts_in_outage: int = 8
    """Attempts of a request during an outage, unless the request itself crashed the server."""
    first_backoff_s: float = 0.5
    longest_backoff_s: float = 20.0
    longest_pause_s: float = 900.0
    """Seconds; when the provider asks for a longer wait the run stops and can be resumed."""
    longest_outage_s: float = 180.0
    """Seconds without any answer after which the run stops and can be resumed."""
    longest_start_s: float = 60.0
    """The same before the first answer: a model may be loading, or the address wrong."""
    tries_to_reach: int = 6
    """Failed connections before the first answer after which the run stops."""
    rounds_of_outage: int = 5
    """Failed rounds needed for an outage as well, as a provider may itself ask for a long pause."""

    first_retries: float = 20.0
    """Retries that a run may make at its start, in addition to `retries_per_slot`."""
    retries_per_slot: float = 3.0
    """Further initial retries for each concurrent call."""

    def retries_status(self, status: int) -> bool:
        """Whether a call with that HTTP status is worth a retry."""
        return status in self.statuses or status >= 500

    def most_attempts(self, answer: Answer, in_outage: bool) -> int:
        """How often a request may fail with this answer's outcome."""
        most = self.attempts.get(answer.outcome, 1)
        return max(most, self.attempts_in_outage) if in_outage and answer.status != 500 else most

    def backoff_s(self, attempt: int) -> float:
        """Seconds before retry `attempt`: random between half and all of 0.5, 1, 2, ... 20 s."""
        longest = min(self.longest_backoff_s, self.first_backoff_s * 2.0 ** min(attempt - 1, 20))
        return longest * random.uniform(0.5, 1.0)

    def budget(self, concurrency: int) -> RetryBudget:
        """The retry budget of a run with that concurrency."""
        return RetryBudget(left=self.first_retries + self.retries_per_slot * concurrency)


POLICY = RetryPolicy()
