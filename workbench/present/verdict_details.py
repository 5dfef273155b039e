"""The lines beside a verdict: method and p, cases, looks, and what a record says of its making."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.present import numbers
from workbench.present.answer_origin import altered_lines, origin_lines
from workbench.present.run_remarks import empty_words
from workbench.present.safe_text import safe_line
from workbench.present.verdict_lines import SHOWN_IDS, lower_bound, named, percent
from workbench.units import loss, points
from workbench.verdicts.multiple_comparisons import (
    attempt_note,
    earlier_attempt_notes,
    winners_curse_note,
)
from workbench.verdicts.repeats import Spread, suggest_repeats
from workbench.verdicts.values import Comparison, Evidence

UNASKED = "unasked"
"""In a record's environment: questions that an early stop left out, on both sides."""
BASELINE_CALLS = "baseline_calls"
"""The same: calls that were made for the baseline, where no stored run had its answers."""
CASE_NOTES = "case_notes"
"""The same: what is said of the cases, such as suspected groups and unused columns."""

_METHODS = {
    "tango": "Tango score interval, McNemar p",
    "paired_t": "paired t interval",
    "cluster_t": "cluster-robust t interval",
    "e_process": "betting e-process, valid at any time",
    "betting": "betting interval, valid at any time",
    "wilson": "Wilson interval of the score",
    "none": "no complete pair",
}


def saved_line(evidence: Evidence) -> str:
    """How many calls an early stop saved, of those that both sides would have taken."""
    known = evidence.environment
    saved, made = known.get(UNASKED), known.get("calls")
    if not saved or made is None:
        return ""
    calls = saved + made + known.get(BASELINE_CALLS, 0)
    share = numbers.share(saved, calls).replace("%", " %")
    return f"stopped early: {saved:,} of {calls:,} calls saved ({share}), both sides counted"


def evidence_notes(evidence: Evidence, *, origin: bool = True) -> list[str]:
    """What a record says beside its verdicts: calls saved, empty answers, where its answers came
    from (unless that is said elsewhere), and of its cases, their earlier uses among it.
    """
    sides = origin_lines(evidence) if origin else []
    of_cases = [safe_line(str(note)) for note in evidence.environment.get(CASE_NOTES) or ()]
    lines = (
        saved_line(evidence),
        empty_words(evidence.environment),
        *sides,
        *altered_lines(evidence),
        *wear_lines(evidence),
        *of_cases,
    )
    return [line for line in lines if line]


def margin_line(found: Sequence[Evidence], margin: float) -> str:
    """Which margins the gate had in these evaluations, newest first, and whether it has another
    now; empty where there are none.
    """
    stages: list[tuple[float, int]] = []
    for evidence in reversed(found):
        used = float(evidence.policy.get("margin", margin))
        before = stages.pop() if stages and stages[-1][0] == used else (used, 0)
        stages.append((used, before[1] + 1))
    if not stages:
        return ""
    said = [f"{loss(used)} in {numbers.plural(count, 'evaluation')}" for used, count in stages]
    now = "" if stages[-1][0] == margin else f", now {100 * margin:g}"
    return f"margin of the gate: {', then '.join(said)}{now}"


def wear_lines(evidence: Evidence) -> list[str]:
    """What earlier evaluations on the same gate set mean for this one; empty for the first."""
    confidence = float(evidence.policy.get("confidence", 0.95))
    lines = [attempt_note(evidence.attempt, confidence)]
    lines += [safe_line(note) for note in earlier_attempt_notes(evidence.wear)]
    headlines = [c for c in evidence.comparisons[:1] if c.difference is not None and c.cases]
    for comparison in headlines:
        variance = comparison.details.get("variance")
        if variance is not None:
            error = math.sqrt(variance / comparison.cases)
            lines.append(winners_curse_note(evidence.attempt, error))
    return [line for line in lines if line]


def details(comparison: Comparison, *, b: str = "B") -> list[str]:
    """The lines of the detail view: scores, method, p, mid-p, missing cases, looks.

    `b` is the candidate's letter.
    """
    found = comparison.details
    lines = []
    if comparison.score_b is not None:
        score = f"score: {percent(comparison.score_b)} %"
        if comparison.score_a is not None:
            score = (
                f"scores: A {percent(comparison.score_a)} %, {b} {percent(comparison.score_b)} %"
            )
        lines.append(score)
    lines += _interval_line(comparison)
    confidence = found.get("confidence")
    method = _METHODS.get(comparison.method, safe_line(comparison.method))
    level = f", {100 * confidence:g} %" if confidence else ""
    critical = f", critical value {found['z']:.4f}" if found.get("z") else ""
    lines.append(f"method: {method}{level}{critical}")
    if comparison.p_value is not None:
        mid_p = found.get("mid_p")
        mid = f", mid-p {numbers.p_value(mid_p)}" if mid_p is not None else ""
        lines.append(
            f"p {numbers.p_value(comparison.p_value)}{mid}: how often luck alone would look"
            f" like this; a claim needs less than {found['alpha']:.4g}"
        )
    if found.get("gate_low") not in (None, comparison.low):
        lines.append(f"the gate's lower bound: {lower_bound(comparison, found['gate_low'])} pts")
    lines += _case_lines(comparison, b)
    lines += _look_lines(comparison)
    if comparison.reason:
        lines.append(f"why: {named(comparison.reason, 'A', b)}")
    return lines


def _interval_line(comparison: Comparison) -> list[str]:
    if comparison.low is None or comparison.high is None:
        return []
    if comparison.difference is None:
        what, low, high = "score", percent(comparison.low), percent(comparison.high)
    else:
        low, high = lower_bound(comparison, comparison.low), points(comparison.high)
        what = "difference"
    sure = 100 * comparison.details.get("confidence", 0.95)
    return [f"[{low}, {high}]: the true {what} lies in here, {sure:g} % sure"]


def _case_lines(comparison: Comparison, b: str) -> list[str]:
    found = comparison.details
    lines = []
    if found.get("clustered"):
        rough = comparison.method == "cluster_t" and found["units"] < 30
        few = "; fewer than 30 make this interval rough" if rough else ""
        lines.append(
            f"{numbers.plural(found['units'], 'independent group')} in"
            f" {numbers.plural(comparison.cases, 'case')}{few}"
        )
    if not found.get("binary", True) and (found.get("much_better") or found.get("collapsed")):
        lines.append(
            f"{len(found['much_better'])} much better, {len(found['collapsed'])} collapsed"
            " (half a point or more)"
        )
    if comparison.missing:
        low = found.get("worst_low")
        worst = f"; with all of them as losses the bound is {points(low)} pts" if low else ""
        lines.append(f"{len(comparison.missing)} missing{worst}")
    if found.get("partial"):
        lines.append(
            numbers.plural(len(found["partial"]), "case lacks", "cases lack") + " a repeat"
        )
    if found.get("repeats"):
        lines.append(_repeat_line(found, b))
    if found.get("within") is not None:
        lines.append(_spread_line(Spread(found["between"], found["within"]), found["repeats"]))
    return lines


def _spread_line(spread: Spread, repeats: int) -> str:
    line = f"{100 * spread.within_share:.0f} % of the spread is the model answering anew"
    suggested = suggest_repeats(spread)
    if suggested is not None and repeats < suggested:
        line += f"; {suggested} repeats would pay"
    return line


def _repeat_line(found: Mapping[str, Any], b: str) -> str:
    flaky, repeats = found["flaky"], found["repeats"]
    line = f"flaky in {repeats} answers: {len(flaky)} of {b}'s cases"
    if flaky:
        line += f" ({', '.join(safe_line(case_id) for case_id in flaky[:SHOWN_IDS])})"
    if found["pass_power"] is not None:
        line += f"; all {repeats} pass in {percent(found['pass_power'])} %"
    return line


def _look_lines(comparison: Comparison) -> list[str]:
    records = comparison.details.get("looks") or []
    if len(records) < 2 and comparison.looks < 2:
        return []
    lines = []
    for record in records:
        low, high = record["low"], record["high"]
        interval = "no interval" if low is None else f"[{points(low)}, {points(high)}]"
        lines.append(
            f"look {record['look']}: {numbers.plural(record['cases'], 'case')}  {interval}"
            f"  {record['fixed']} fixed  {record['broke']} broke  {record['same']} same"
        )
    return lines
