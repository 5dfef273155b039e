"""When a failed call is made again, how long that waits, and when a run gives up."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.providers.base import Answer, Outcome


@dataclass
class RetryBudget:
    """How many retries a run may make: some to begin with, and a share of its calls.

    When the provider is down, not every case is worth its own five attempts.
    """

    left: float = 30.0
    a_call: float = 0.5
    most: float = 200.0

    def earn(self) -> None:
        self.left = min(self.most, self.left + self.a_call)

    def spend(self) -> bool:
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Every rule about retries. Durations are in seconds."""

    statuses: frozenset[int] = frozenset({408, 409, 424, 425, 429, 498, 499})
    """HTTP statuses below 500 that may go away; all from 500 on may. 424 is TGI's failed
    generation, 498 Groq's lack of capacity, 499 a call that a server or proxy gave up.
    """
    attempts: Mapping[Outcome, int] = field(
        default_factory=lambda: {
            Outcome.RATE_LIMITED: 10,
            Outcome.PROVIDER_ERROR: 5,
            Outcome.TIMED_OUT: 2,
            Outcome.INVALID: 3,
        }
    )
    """How often one question may fail in each way."""
    attempts_in_outage: int = 8
    """Of a case that is asked while nothing is answered, unless it broke the server itself."""
    first_backoff_s: float = 0.5
    longest_backoff_s: float = 20.0
    longest_pause_s: float = 900.0
    """A provider that asks for more is not waited for: the run stops and can be resumed."""
    longest_outage_s: float = 180.0
    """When nothing is answered for so long the run stops and can be resumed."""
    longest_start_s: float = 60.0
    """The same before the first answer: a model may be loading, or the address may be wrong."""
    tries_to_reach: int = 6
    """After so many failed connections before the first answer the run stops: nobody is there."""
    rounds_of_outage: int = 5
    """So many failed rounds at least, too, as a provider may ask for a long pause itself."""

    def retries_status(self, status: int) -> bool:
        return status in self.statuses or status >= 500

    def most_attempts(self, answer: Answer, in_outage: bool) -> int:
        """How often a question may fail as this answer did."""
        most = self.attempts.get(answer.outcome, 1)
        return max(most, self.attempts_in_outage) if in_outage and answer.status != 500 else most

    def backoff_s(self, attempt: int) -> float:
        """At random between a half and the whole of 0.5 s, 1 s, 2 s, ... 20 s."""
        longest = min(self.longest_backoff_s, self.first_backoff_s * 2.0 ** min(attempt - 1, 20))
        return longest * random.uniform(0.5, 1.0)

    def budget(self, concurrency: int) -> RetryBudget:
        """The retries of a run with so many calls at once."""
        return RetryBudget(left=20.0 + 3 * concurrency)


POLICY = RetryPolicy()
