"""What became of each case of a comparison, and in which order changed cases are read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from workbench.verdicts.values import Comparison

Change = Literal["broke", "missing", "fixed", "same"]
CHANGES: tuple[Change, ...] = ("broke", "missing", "fixed", "same")
"""In the order in which they are shown: worst first."""

Badness = tuple[int, float]
"""What a side made of a case: the lower, the worse."""


def changes_of(comparison: Comparison) -> dict[str, Change]:
    """What became of the cases that are not the same, by id."""
    changes: dict[str, Change] = dict.fromkeys(comparison.missing, "missing")
    changes.update(dict.fromkeys(comparison.fixed, "fixed"))
    changes.update(dict.fromkeys(comparison.broke, "broke"))
    return changes


def badness(change: Change, delta: float | None) -> Badness:
    """The kind of change decides, then how far the score moved."""
    return CHANGES.index(change), -abs(delta or 0.0)


def worst_first(sides: Collection[Badness]) -> tuple[int, float, int]:
    """The sort key of a case over all its sides: its worst one, then how many share that."""
    worst = min(sides)
    return *worst, -sum(side == worst for side in sides)
