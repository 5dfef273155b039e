"""The detail lines of a verdict: method and p, cases, looks, and the record's notes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.present import numbers
from workbench.present.answer_origin import altered_lines, origin_lines
from workbench.present.run_remarks import empty_words
from workbench.present.safe_text import safe_line
from workbench.present.verdict_lines import SHOWN_IDS, lower_bound, named, percent
from workbench.runs.spec.suite import DEFAULT_CONFIDENCE
from workbench.units import loss, points
from workbench.verdicts.multiple_comparisons import (
    attempt_note,
    earlier_attempt_notes,
    winners_curse_note,
)
from workbench.verdicts.repeats import Spread, suggest_repeats
from workbench.verdicts.values import Comparison, Evidence

UNASKED = "unasked"
"""Key in a record's environment: requests that an early stop skipped, on both sides."""
BASELINE_CALLS = "baseline_calls"
"""Key likewise: calls made for the baseline, if no stored run had its answers."""
CASE_NOTES = "case_notes"
"""Key likewise: notes about the cases, such as suspected groups and unused columns."""

_ENOUGH_GROUPS = 30
"""Groups from which a cluster-robust t interval is good."""
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
    """How many calls an early stop saved, of all calls for both sides; empty if none."""
    known = evidence.environment
    saved, made = known.get(UNASKED), known.get("calls")
    if not saved or made is None:
        return ""
    calls = saved + made + known.get(BASELINE_CALLS, 0)
    share = numbers.share(saved, calls).replace("%", " %")
    return f"stopped early: {saved:,} of {calls:,} calls saved ({share}), both sides counted"


def evidence_notes(evidence: Evidence, *, origin: bool = True) -> list[str]:
    """Notes of a record besides its verdicts: calls saved, empty answers, origin of its answers
    (with `origin`), earlier uses of its cases, and notes about them.
    """
    sides = origin_lines(evidence) if origin else []
    of_cases = [safe_line(str(note)) for note in evidence.environment.get(CASE_NOTES) or ()]
    lines = (
        saved_line(evidence),
        empty_words(evidence.environment),
        *sides,
        *altered_lines(evidence),
        *attempt_lines(evidence),
        *of_cases,
        latency_mixture(evidence),
    )
    return [line for line in lines if line]


def latency_mixture(evidence: Evidence) -> str:
    """That latencies which the gate compares were measured at other times; empty otherwise."""
    if not any(name.startswith("latency_") for name in evidence.policy.get("also", ())):
        return ""
    sides = [evidence.answers.get(side) or {} for side in ("a", "b")]
    stored = sum(side.get("cached", 0) for side in sides)
    answers = sum(side.get("answers", 0) for side in sides)
    if not stored:
        return ""
    return (
        f"{stored:,} of {answers:,} latencies are those of stored answers, measured when these were"
        " first asked; --fresh measures both sides at once"
    )


def margin_line(evaluations: Sequence[Evidence], margin: float) -> str:
    """The margins that the gate had in these evaluations, newest first, and the present one if it
    differs; empty without evaluations.
    """
    stages: list[tuple[float, int]] = []
    for evidence in reversed(evaluations):
        used = float(evidence.policy.get("margin", margin))
        before = stages.pop() if stages and stages[-1][0] == used else (used, 0)
        stages.append((used, before[1] + 1))
    if not stages:
        return ""
    stages_shown = [
        f"{loss(used)} in {numbers.plural(count, 'evaluation')}" for used, count in stages
    ]
    now = "" if stages[-1][0] == margin else f", now {100 * margin:g}"
    return f"margin of the gate: {', then '.join(stages_shown)}{now}"


def attempt_lines(evidence: Evidence) -> list[str]:
    """Lines about earlier evaluations on the same gate cases; empty for the first."""
    confidence = float(evidence.policy.get("confidence", DEFAULT_CONFIDENCE))
    lines = [attempt_note(evidence.attempt, confidence)]
    lines += [safe_line(note) for note in earlier_attempt_notes(evidence.earlier_uses)]
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
    values = comparison.details
    lines = []
    if comparison.score_b is not None:
        score = f"score: {percent(comparison.score_b)} %"
        if comparison.score_a is not None:
            score = (
                f"scores: A {percent(comparison.score_a)} %, {b} {percent(comparison.score_b)} %"
            )
        lines.append(score)
    lines += _interval_line(comparison)
    confidence = values.get("confidence")
    method = _METHODS.get(comparison.method, safe_line(comparison.method))
    level = f", {100 * confidence:g} %" if confidence else ""
    critical = f", critical value {values['z']:.4f}" if values.get("z") else ""
    lines.append(f"method: {method}{level}{critical}")
    if comparison.p_value is not None:
        mid_p = values.get("mid_p")
        mid = f", mid-p {numbers.p_value(mid_p)}" if mid_p is not None else ""
        lines.append(
            f"p {numbers.p_value(comparison.p_value)}{mid}: how often luck alone would look"
            f" like this; a claim needs less than {values['alpha']:.4g}"
        )
    if values.get("gate_low") not in (None, comparison.low):
        lines.append(f"the gate's lower bound: {lower_bound(comparison, values['gate_low'])} pts")
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
    sure = 100 * comparison.details.get("confidence", DEFAULT_CONFIDENCE)
    return [f"[{low}, {high}]: the true {what} lies in here, {sure:g} % sure"]


def _case_lines(comparison: Comparison, b: str) -> list[str]:
    values = comparison.details
    lines = []
    if values.get("clustered"):
        rough = comparison.method == "cluster_t" and values["units"] < _ENOUGH_GROUPS
        few = f"; fewer than {_ENOUGH_GROUPS} make this interval rough" if rough else ""
        lines.append(
            f"{numbers.plural(values['units'], 'independent group')} in"
            f" {numbers.plural(comparison.cases, 'case')}{few}"
        )
    if not values.get("binary", True) and (values.get("much_better") or values.get("collapsed")):
        lines.append(
            f"{len(values['much_better'])} much better, {len(values['collapsed'])} collapsed"
            " (half a point or more)"
        )
    if comparison.missing:
        low = values.get("worst_low")
        worst = f"; with all of them as losses the bound is {points(low)} pts" if low else ""
        lines.append(f"{len(comparison.missing)} missing{worst}")
    if values.get("partial"):
        lines.append(
            numbers.plural(len(values["partial"]), "case lacks", "cases lack") + " a repeat"
        )
    if values.get("repeats"):
        lines.append(_repeat_line(values, b))
    if values.get("within") is not None:
        lines.append(_spread_line(Spread(values["between"], values["within"]), values["repeats"]))
    return lines


def _spread_line(spread: Spread, repeats: int) -> str:
    line = f"{100 * spread.within_share:.0f} % of the spread is the model answering anew"
    suggested = suggest_repeats(spread)
    if suggested is not None and repeats < suggested:
        line += f"; {suggested} repeats would pay"
    return line


def _repeat_line(values: Mapping[str, Any], b: str) -> str:
    flaky, repeats = values["flaky"], values["repeats"]
    line = f"flaky in {repeats} answers: {len(flaky)} of {b}'s cases"
    if flaky:
        line += f" ({', '.join(safe_line(case_id) for case_id in flaky[:SHOWN_IDS])})"
    if values["pass_power"] is not None:
        line += f"; all {repeats} pass in {percent(values['pass_power'])} %"
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
