"""How many calls of a run may be under way, and how fast they may follow one another."""

from __future__ import annotations

import time

from workbench.providers.base import Limits
from workbench.providers.limits import Throttle
from workbench.runs.spec.suite import RunOptions


def throttle_of(options: RunOptions, limits: Limits) -> Throttle:
    """The suite's limits and the provider's, whichever is lower."""
    return Throttle(
        _lower(options.concurrency, limits.at_once) or 1,
        requests_per_minute=_lower(options.requests_per_minute, limits.requests_per_minute),
        tokens_per_minute=_lower(options.tokens_per_minute, limits.tokens_per_minute),
        clock=time.monotonic,
    )


def _lower(one: int | None, other: int | None) -> int | None:
    given = [number for number in (one, other) if number]
    return min(given) if given else None
