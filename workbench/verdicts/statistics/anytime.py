"""Evidence that may be looked at after every case: a betting e-process on the differences.

Waudby-Smith and Ramdas, JRSS B 86 (2024) 1-27: for each stake lambda the product of
1 + lambda * (d_i - d0) is a fair game or worse when the true mean is at most d0, so an average of
such products that reaches 1/alpha refutes d0 at level alpha whenever that happens (Ville).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

STAKES = 20
_BISECTIONS = 50


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each difference in [-1, 1] occurred; the order does not matter."""

    values: tuple[tuple[float, int], ...]

    @property
    def mirrored(self) -> Counts:
        """The same with A and B swapped."""
        return Counts(tuple(sorted((0.0 - value, times) for value, times in self.values)))

    @property
    def mean(self) -> float:
        """The mean difference; 0 without any."""
        n = sum(times for _, times in self.values)
        return math.fsum(value * times for value, times in self.values) / n if n else 0.0


def count(diffs: Iterable[float]) -> Counts:
    """Differences, counted."""
    return Counts(tuple(sorted(Counter(diffs).items())))


def log_evidence(counts: Counts, d0: float) -> float:
    """log E(d0): the evidence that the true mean difference is above `d0`, for d0 > -1.

    E is the mean over twenty stakes (j + 1/2) / 20 / (1 + d0).
    """
    room = 1.0 + d0
    if room <= 0.0:
        return math.inf
    logs = []
    for j in range(STAKES):
        stake = (j + 0.5) / STAKES / room
        logs.append(
            math.fsum(times * math.log1p(stake * (value - d0)) for value, times in counts.values)
        )
    top = max(logs)
    return top + math.log(math.fsum(math.exp(x - top) for x in logs) / STAKES)


def e_value(counts: Counts, d0: float) -> float:
    """E(d0), at most 1e300; values of fresh cases may be multiplied."""
    return math.exp(min(log_evidence(counts, d0), math.log(1e300)))


def needed(confidence: float) -> float:
    """The e-value that decides: 40 at 95 %."""
    return 2.0 / (1.0 - confidence)


def interval(counts: Counts, confidence: float) -> tuple[float, float]:
    """All true differences that the e-values do not refute, valid at any time."""
    return _low(counts, confidence), 0.0 - _low(counts.mirrored, confidence)


def _low(counts: Counts, confidence: float) -> float:
    enough = math.log(needed(confidence))
    low, high = -1.0, counts.mean
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        if log_evidence(counts, middle) >= enough:
            low = middle
        else:
            high = middle
    return low
