"""How slices stand, and what a gate asks of slices, cost and latency, in lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.present.tables import fit, lay_out
from workbench.runs.spec.gate_margins import COST
from workbench.units import loss, plural
from workbench.verdicts.conditions import SLICE, Condition
from workbench.verdicts.slices import ENOUGH, SliceStanding
from workbench.verdicts.values import Gate, Verdict

TAG_WIDTH = 24
MOST_SMALL = 12
"""Tags of too few cases that are listed; of more only the number is."""
HEADER = ("slice", "cases", "difference", "fixed", "broke", "same", "claim")
_CLAIMS = {
    Verdict.BETTER: "better",
    Verdict.WORSE: "worse",
    Verdict.NOT_WORSE: "not worse",
    Verdict.UNDECIDED: "undecided",
}
_WORDS = {Gate.PASS: "PASS", Gate.FAIL: "FAIL", Gate.NO_DECISION: "NO DECISION"}
_TOLD = {Gate.PASS: "not worse", Gate.FAIL: "worse", Gate.NO_DECISION: "undecided"}
_WIDTH = 13


def condition_lines(conditions: Sequence[Condition]) -> list[str]:
    """A line per further condition: the gate's word, what it is about, its interval, the reason."""
    several = len({one.scorer for one in conditions if one.kind == SLICE}) > 1
    return [
        f"{_WORDS[one.gate]:<{_WIDTH}}{safe_line(one.name)}"
        f"{f' by {safe_line(one.scorer)}' if several and one.scorer else ''}"
        f"{_interval(one)}: {safe_line(one.reason)}"
        for one in conditions
    ]


def informative_lines(conditions: Sequence[Condition]) -> list[str]:
    """A line for each of cost and latency that no gate asks for, by which margin it is judged."""
    return [
        f"{_TOLD[one.gate]}: {safe_line(one.name)}{_interval(one)}: {safe_line(one.reason)}"
        f" (informative: the gate does not ask; also: {{{one.name}: ...}})"
        for one in conditions
    ]


def slice_lines(standings: Sequence[SliceStanding]) -> list[str]:
    """A table of all tags; empty without any."""
    if not standings:
        return []
    small = [one for one in standings if not (one.enough or one.gated)]
    shown = [one for one in standings if len(small) <= MOST_SMALL or one not in small]
    left = len(standings) - len(shown)
    more = [f"{plural(left, 'tag has', 'tags have')} fewer than {ENOUGH} cases"] if left else []
    return [*lay_out(HEADER, slice_rows(shown)), *more, *slice_notes(standings)]


def slice_rows(standings: Sequence[SliceStanding]) -> list[tuple[str, ...]]:
    """The cells of each tag under `HEADER`."""
    return [
        (
            fit(safe_line(one.tag), TAG_WIDTH).rstrip() + (" *" if one.gated else ""),
            str(one.comparison.cases),
            _difference(one),
            str(len(one.comparison.fixed)),
            str(len(one.comparison.broke)),
            str(one.comparison.same),
            claim_word(one),
        )
        for one in standings
    ]


def claim_word(standing: SliceStanding) -> str:
    """What is claimed of a tag: `better`, `not worse by 2 points`, `not enough data`."""
    if standing.comparison.difference is None:
        return "no baseline"
    if not standing.enough and not standing.gated:
        return "not enough data"
    word = _CLAIMS[standing.claim]
    if standing.claim is Verdict.NOT_WORSE:
        return f"{word} by {loss(standing.margin)}"
    return word


def slice_notes(standings: Sequence[SliceStanding]) -> list[str]:
    """What the claims of a table of tags mean."""
    judged = sum(one.enough and not one.gated for one in standings)
    notes = []
    if judged:
        notes.append(
            f"claims are adjusted for {numbers.plural(judged, 'slice')} (Holm) and decide nothing;"
            f" a slice needs {ENOUGH} cases"
        )
    if any(one.gated for one in standings):
        notes.append("* the gate names it: its claim needs no adjustment")
    return notes


def _difference(standing: SliceStanding) -> str:
    one = standing.comparison
    if one.difference is None or one.low is None or one.high is None:
        return "" if one.score_b is None else f"{100 * one.score_b:.1f} %"
    return (
        f"{numbers.points(one.difference)} [{numbers.points(one.low)}, {numbers.points(one.high)}]"
    )


def _interval(condition: Condition) -> str:
    if condition.difference is None:
        return ""
    bounds = (condition.difference, condition.low, condition.high)
    if condition.kind == SLICE:
        value, low, high = (numbers.points(bound) for bound in bounds)
        return f" {value} pts [{low}, {high}]"
    say = _share if condition.kind == COST else _duration
    value, low, high = (say(bound) for bound in bounds)
    return f" {value} [{low}, {high}]"


def _share(value: float | None) -> str:
    return "?" if value is None else f"{100 * value + 0.0:+.1f} %"


def _duration(value: float | None) -> str:
    if value is None:
        return "?"
    return f"{1000 * value:+.0f} ms" if abs(value) < 1.0 else f"{value:+.2f} s"
