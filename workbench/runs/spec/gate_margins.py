"""The further margins of a gate: `slices`, one for a tag, and `also`, for cost and latency."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.datasets.values import Case
from workbench.errors import SuiteError, UsageError
from workbench.suggestions import did_you_mean
from workbench.typed_tables import Share, key
from workbench.units import seconds, share_of

COST = "cost"
LATENCY = re.compile(r"latency_p([1-9][0-9]?)")
"""`latency_p95`: a percentile of the latency."""
_MOST_DEARER = 10.0

Margins = tuple[tuple[str, float], ...]

DEFAULT_ALSO: Margins = ((COST, 0.1), ("latency_p95", 0.2))
"""By which a comparison of two models tells cost and latency where the gate does not ask."""


@dataclass(frozen=True, slots=True)
class SliceMargin:
    """One entry of `slices`."""

    margin: Share = key("Not worse by more than this.", example=0.02)


@dataclass(frozen=True, slots=True)
class FurtherMargin:
    """One entry of `also`."""

    margin: float | str = key("A share of A's cost; of a latency, a time: 200ms.", example="10 %")


def slices_of(rules: Mapping[str, SliceMargin]) -> Margins:
    """Margins by tag, sorted."""
    return tuple(sorted((tag, rule.margin) for tag, rule in rules.items()))


def also_of(rules: Mapping[str, FurtherMargin]) -> Margins:
    """`{cost: {margin: 10 %}, latency_p95: {margin: 200ms}}`, sorted. Raises UsageError."""
    margins = []
    for name, rule in rules.items():
        if name != COST and not LATENCY.fullmatch(name):
            known = [COST, "latency_p50", "latency_p95", "latency_p99"]
            raise UsageError(f"cannot gate {name!r}", hint=did_you_mean(name, known))
        margins.append((name, _dearer(rule.margin) if name == COST else _slower(name, rule.margin)))
    return tuple(sorted(margins))


def check_tags(slices: Margins, cases: Sequence[Case], where: str) -> None:
    """Raise SuiteError for a slice whose tag no case has."""
    known = {tag for case in cases for tag in case.tags}
    for tag, _ in slices:
        if tag not in known:
            hint = did_you_mean(tag, known) if known else "give cases tags in the dataset"
            raise SuiteError(
                f"{where}: slices: no case that decides has the tag {tag!r}", hint=hint
            )


def _dearer(value: float | str) -> float:
    """A share of the baseline's cost: `10 %`, or 0.1."""
    share = share_of(value)
    if share is None or value == 1 or not 0.0 < share <= _MOST_DEARER:
        most = f"{100 * _MOST_DEARER:g} %"
        raise UsageError(
            f"has cost.margin {value!r}, which must be a share of A's cost, above 0 and at most"
            f" {most}",
            hint="margin: 10 %",
        )
    return share


def _slower(name: str, value: float | str) -> float:
    """Seconds: `200ms`, `0.2s`. A bare number has no unit and is refused."""
    try:
        margin = seconds(value) if isinstance(value, str) else 0.0
    except ValueError:
        margin = 0.0
    if margin <= 0.0:
        raise UsageError(
            f"has {name}.margin {value!r}, which must be a duration of more than 0",
            hint="margin: 200ms",
        )
    return margin
