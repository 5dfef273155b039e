"""Two answers side by side, and what was preferred so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from rich.cells import chop_cells

from workbench.present import numbers
from workbench.present.safe_text import safe_text
from workbench.present.tables import fit
from workbench.verdicts.judges.preferences import Preferred
from workbench.verdicts.values import Verdict

BESIDE_FROM = 100
"""Columns from which two answers stand side by side; below, one under the other."""
_GAP = " │ "
_NAMES = ("left", "right")


def wrapped(text: str, width: int) -> list[str]:
    """A text, made safe, in lines of at most `width` cells, broken at blanks where there are."""
    lines: list[str] = []
    for line in safe_text(text).splitlines() or [""]:
        rest = line
        while True:
            head = chop_cells(rest, width)[0] if rest else ""
            if len(head) < len(rest) and not rest[len(head)].isspace() and " " in head.strip():
                head = head[: head.rindex(" ") + 1]
            lines.append(head.rstrip())
            rest = rest[len(head) :].lstrip(" ")
            if not rest:
                break
    return lines


def pair_lines(
    left: str, right: str, width: int, change: Callable[[str], str] = str
) -> Iterator[str]:
    """Both answers in `width` cells, each under its place; `change` is applied to the texts."""
    if width < BESIDE_FROM:
        for name, text in zip(_NAMES, (left, right), strict=True):
            yield f"{name}:"
            yield from (f"  {line}" for line in wrapped(change(text), max(8, width - 2)))
        return
    half = (width - len(_GAP)) // 2
    columns = [wrapped(change(text), half) for text in (left, right)]
    yield (fit("left", half) + _GAP + "right").rstrip()
    for one, other in zip_longest(*columns, fillvalue=""):
        yield (fit(one, half) + _GAP + other).rstrip()


def verdict_line(so_far: Preferred) -> str:
    """The verdict so far, in one line."""
    counts = f"candidate {so_far.b}, live {so_far.a}, {numbers.plural(so_far.ties, 'tie')}"
    if so_far.both_bad:
        counts += f", both bad {so_far.both_bad}"
    if so_far.rate is None:
        return f"{counts}: nothing is preferred yet"
    rate = f"{so_far.rate:.0%} [{so_far.low:.0%}, {so_far.high:.0%}] prefer the candidate"
    return f"{counts} · {rate} · {_standing(so_far)}"


def _standing(so_far: Preferred) -> str:
    if so_far.settled_at is not None:
        won = "the candidate" if so_far.verdict is Verdict.BETTER else "what is live"
        return f"settled at pair {so_far.settled_at}: {won} is preferred"
    evidence = f"evidence {so_far.e_value:.1f} of {so_far.needed:.0f}"
    if so_far.more is None:
        return f"{evidence}, no end in sight"
    return f"{evidence}, about {numbers.plural(so_far.more, 'more pair')} would settle it"


def preferred_values(so_far: Preferred) -> dict[str, Any]:
    """The verdict as JSON values."""
    return {
        "verdict": so_far.verdict.value,
        "judged": so_far.judged,
        "candidate": so_far.b,
        "live": so_far.a,
        "ties": so_far.ties,
        "both_bad": so_far.both_bad,
        "rate": so_far.rate,
        "low": so_far.low,
        "high": so_far.high,
        "e_value": so_far.e_value,
        "needed": so_far.needed,
        "settled_at": so_far.settled_at,
        "more": so_far.more,
    }
