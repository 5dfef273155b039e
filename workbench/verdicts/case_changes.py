"""What became of each case of a comparison, and the order in which changed cases are shown."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from workbench.verdicts.values import Comparison

Change = Literal["broke", "missing", "fixed", "same"]
CHANGES: tuple[Change, ...] = ("broke", "missing", "fixed", "same")
"""In the order in which they are shown: worst first."""

Badness = tuple[int, float]
"""How a side handled a case; lower is worse."""


def changes_of(comparison: Comparison) -> dict[str, Change]:
    """The change of each case whose result differs, by id."""
    changes: dict[str, Change] = dict.fromkeys(comparison.missing, "missing")
    changes.update(dict.fromkeys(comparison.fixed, "fixed"))
    changes.update(dict.fromkeys(comparison.broke, "broke"))
    return changes


def badness(change: Change, delta: float | None) -> Badness:
    """Sort key: the kind of change, then how far the score moved."""
    return CHANGES.index(change), -abs(delta or 0.0)


def worst_first(sides: Collection[Badness]) -> tuple[int, float, int]:
    """Sort key of a case over all sides: its worst change, then how many sides share it."""
    worst = min(sides)
    return *worst, -sum(side == worst for side in sides)
