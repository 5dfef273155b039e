"""What a judge measured, corrected for its errors, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.present import numbers
from workbench.verdicts.judges.correction import PEOPLE, POWERED, interval_of
from workbench.verdicts.statistics.agreement import Interval


def corrected_lines(content: Mapping[str, Any] | None) -> list[str]:
    """The corrected figures, to stand below the raw ones; empty where no judge decides."""
    if not content:
        return []
    lines = []
    sides = {side: interval_of(content.get(f"score_{side}")) for side in ("a", "b")}
    scores = [f"{side.upper()} {rate_words(each)}" for side, each in sides.items() if each]
    if scores:
        lines.append(f"the judge's errors taken off its scores: {', '.join(scores)}")
    difference = interval_of(content.get("difference"))
    if difference:
        lines.append(f"corrected difference: {_points(difference)}, {_by(content)}")
    return lines


def rate_words(score: Interval) -> str:
    """A score with its bounds, in percent."""
    return f"{100 * score.value:.1f} % [{100 * score.low:.1f}, {100 * score.high:.1f}]"


def _points(one: Interval) -> str:
    bounds = f"[{numbers.points(one.low)}, {numbers.points(one.high)}]"
    return f"{numbers.points(one.value)} pts {bounds}"


def _by(content: Mapping[str, Any]) -> str:
    labelled = numbers.plural(int(content["labelled"]), "labelled pair")
    if content["method"] == POWERED:
        return f"the judge on all cases, its errors by {labelled}"
    if content["method"] == PEOPLE:
        return f"by {labelled} alone: the judge errs too often to add to them"
    return "if the judge errs on both versions alike"
