"""How repeated use of one gate set, and selecting the best of several candidates, affects a
verdict.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.verdicts.statistics.distributions import normal_cdf
from workbench.verdicts.values import Comparison, Verdict

FRESH_CASES_FROM = 5
_GONE = ("removed", "changed")
_STEP = 0.01
_REACH = 8.0


@dataclass(frozen=True, slots=True)
class EarlierAttempts:
    """Earlier use of a gate's cases, for one prompt."""

    attempts: int = 0
    """Earlier attempts that used any of the cases: evaluations, interrupted ones and comparisons.
    """
    interrupted: int = 0
    """Evaluations that were started and never recorded."""
    compared: int = 0
    """Comparisons that used gate cases."""
    shared: int = 0
    """How many of the cases were used before."""
    removed: tuple[tuple[str, float | None], ...] = ()
    """Cases of earlier evaluations that were removed, with their last score."""
    changed: tuple[tuple[str, float | None], ...] = ()
    """Cases whose input or expectation changed, with their last score."""
    looser: tuple[str, ...] = ()
    """Rules of the suite that were loosened since an earlier attempt, as `old -> new`."""

    def content(self) -> dict[str, Any]:
        """The recorded form, without the number of attempts; empty values are absent."""
        kept = {name: getattr(self, name) for name in ("interrupted", "compared", "shared")}
        lists = {name: [list(item) for item in getattr(self, name)] for name in _GONE}
        content = {**kept, **lists, "looser": list(self.looser)}
        return {name: value for name, value in content.items() if value}


def earlier_attempt_notes(content: Mapping[str, Any]) -> list[str]:
    """Notes on attempts that were not recorded evaluations, and on cases that were removed or
    changed.
    """
    notes = []
    interrupted, compared = content.get("interrupted", 0), content.get("compared", 0)
    parts = [
        f"{count} {what}{'' if count == 1 else 's'}"
        for count, what in ((interrupted, "interrupted evaluation"), (compared, "comparison"))
        if count
    ]
    if parts:
        notes.append(f"counted as attempts: {' and '.join(parts)} on these cases")
    for name in _GONE:
        gone = content.get(name) or ()
        if gone:
            failed = sum(score is not None and score < 1.0 for _, score in gone)
            shown = ", ".join(str(case_id) for case_id, _ in gone[:5])
            more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
            cases = f"{len(gone)} case{' was' if len(gone) == 1 else 's were'}"
            which = f"{failed} of which had failed: {shown}{more}"
            notes.append(f"{cases} {name} since an earlier attempt, {which}")
    looser = content.get("looser") or ()
    if looser:
        shown = "; ".join(str(rule) for rule in looser)
        notes.append(f"rules that let more through than at an earlier attempt: {shown}")
    return notes


def attempt_note(attempt: int, confidence: float = 0.95) -> str:
    """The accumulated risk of the n-th evaluation on one gate set; empty for the first."""
    if attempt < 2:
        return ""
    side = 100 * (1.0 - confidence) / 2.0
    note = (
        f"attempt {attempt} on this gate set: up to {attempt} x {side:.3g} %"
        " chance one bad version got through"
    )
    return f"{note}; add fresh cases" if attempt >= FRESH_CASES_FROM else note


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values, in the order given: any below alpha may be claimed together.

    Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [1.0] * len(p_values)
    least = 0.0
    for rank, index in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = least
    return tuple(adjusted)


def winners_curse(k: int, error: float) -> float:
    """Expected lead of the best of `k` equally good candidates by chance (the winner's curse).

    The expected maximum of k independent normals with the standard error `error` of one difference,
    in the unit of `error`.
    """
    if k < 2:
        return 0.0
    steps = round(2 * _REACH / _STEP)
    total = 0.0
    for i in range(steps + 1):
        x = -_REACH + i * _STEP
        density = math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
        total += x * k * density * normal_cdf(x) ** (k - 1)
    return error * total * _STEP


def winners_curse_note(k: int, error: float) -> str:
    """The note for the best of `k` candidates; empty for one."""
    if k < 2:
        return ""
    points = 100 * winners_curse(k, error)
    return f"best of {k}: luck alone would put it about {points:.1f} points ahead"


def best_of(comparisons: Sequence[Comparison], confidence: float = 0.95) -> tuple[bool, ...]:
    """Which of several candidates, each compared with the same baseline, may be called better.

    Holm's adjustment of the p-values (mid-p where available); a single verdict ignores the other
    candidates.
    """
    adjusted = holm([mid_p(comparison) for comparison in comparisons])
    return tuple(
        p < 1.0 - confidence and comparison.verdict is Verdict.BETTER
        for p, comparison in zip(adjusted, comparisons, strict=True)
    )


def best_of_note(comparisons: Sequence[Comparison]) -> str:
    """The winner's curse of these candidates as a note; empty for one.

    Uses the standard error of the leading candidate. The candidates share a baseline, so this is an
    upper estimate.
    """
    seen = [c for c in comparisons if c.cases and c.difference is not None]
    if not seen:
        return ""
    leader = max(seen, key=lambda comparison: comparison.difference or 0.0)
    variance = leader.details.get("variance")
    if variance is None:
        return ""
    return winners_curse_note(len(comparisons), math.sqrt(variance / leader.cases))


def mid_p(comparison: Comparison) -> float:
    """The p-value to adjust: mid-p for binary scores, else p; 1 where there is none."""
    value = comparison.details.get("mid_p")
    if value is not None:
        return float(value)
    return 1.0 if comparison.p_value is None else comparison.p_value
