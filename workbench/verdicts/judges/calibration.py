"""Whether a judge may decide: its calibration against people's labels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.verdicts.statistics.agreement import Interval, Matrix

LEAST_LABELLED = 50
LEAST_RARER = 20
LEAST_KAPPA = 0.4
LEAST_RATE = 0.6
MOST_MISSING = 0.05
"""Conventions, not theorems; the bounds are those of 95 % intervals."""
_TUNE_SHARE = 64
"""Of 256: a quarter of the labelled cases is to look at while the judge is written."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A judge's verdicts beside people's labels, as recorded."""

    judge: str
    """The name of its prompt."""
    fingerprint: str
    """Of the judge."""
    models: tuple[str, ...]
    """The models that answered for it, as they name themselves."""
    suite: str
    labels: str
    """sha256 of the labelled answers and their labels."""
    labelled: int
    """Labelled answers, those to tune with included."""
    rarer: int
    """Of these, the ones with the rarer label."""
    matrix: Matrix
    """Of the answers that the judge was not tuned with."""
    missing: int = 0
    """Answers among them of which the judge gave no verdict."""
    human_kappa: float | None = None
    """How far people agree with one another, which no judge can be expected to surpass."""

    @property
    def admitted(self) -> bool:
        return not any(self.lacks())

    def lacks(self) -> Iterator[str]:
        """What is missing for the judge to decide, each in a few words."""
        if self.labelled < LEAST_LABELLED:
            yield f"{self.labelled} labelled answers, and {LEAST_LABELLED} are needed"
        if self.rarer < LEAST_RARER:
            yield f"{self.rarer} of the rarer label, and {LEAST_RARER} are needed"
        asked = self.matrix.cases + self.missing
        if self.missing > MOST_MISSING * asked:
            yield f"no verdict on {self.missing} of {asked} answers"
        matrix = self.matrix
        yield from _below("kappa", matrix.kappa(), LEAST_KAPPA)
        yield from _below("sensitivity", matrix.sensitivity(), LEAST_RATE)
        yield from _below("specificity", matrix.specificity(), LEAST_RATE)


def _below(name: str, interval: Interval | None, least: float) -> Iterator[str]:
    if interval is None:
        yield f"{name} cannot be computed"
    elif not interval.low > least:
        yield f"{name} {interval.value:.2f}, at least {interval.low:.2f}: not above {least:g}"


def is_for_tuning(case_id: str) -> bool:
    """Whether a labelled case is one to tune the judge with; the others test it. By a hash, so that
    more labels never move a case from one side to the other.
    """
    return hashlib.sha256(f"tune {case_id}".encode()).digest()[0] < _TUNE_SHARE
