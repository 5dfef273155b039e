"""The lines of a comparison: headline, broken cases, next step, details.

Points are percentage points; the words are fixed, broke and same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from workbench.present.safe_text import safe_line
from workbench.runs.suite import GatePolicy
from workbench.units import points
from workbench.verdicts.gate import STOPPED_FAIL, STOPPED_FUTILITY, STOPPED_PASS
from workbench.verdicts.repeats import Spread, suggest_repeats
from workbench.verdicts.values import Comparison, Evidence, Gate, Verdict
from workbench.verdicts.wear import attempt_note, wear_notes, winners_curse_note

SHOWN_IDS = 5
_WIDTH = 13

_METHODS = {
    "tango": "Tango score interval, McNemar p",
    "paired_t": "paired t interval",
    "cluster_t": "cluster-robust t interval",
    "e_process": "betting e-process, valid at any time",
    "wilson": "Wilson interval of the score",
    "none": "no complete pair",
}


def percent(value: float) -> str:
    """A score in per cent with one decimal."""
    return f"{100 * value:.1f}"


def gate_word(comparison: Comparison) -> str:
    """The word that may be coloured: PASS, PASS BETTER, FAIL, NO DECISION, or where the plan
    ended early PASS at 180/300, FAIL at 120/300, STOPPED 120/300.
    """
    seen = _seen(comparison)
    if comparison.stopped == STOPPED_FUTILITY and seen < comparison.planned:
        return f"STOPPED {seen}/{comparison.planned}"
    if comparison.gate is Gate.PASS:
        if comparison.stopped == STOPPED_PASS and 0 < seen < comparison.planned:
            return f"PASS at {seen}/{comparison.planned}"
        better = comparison.verdict is Verdict.BETTER and comparison.difference is not None
        return "PASS BETTER" if better else "PASS"
    if comparison.gate is Gate.FAIL:
        early = comparison.stopped == STOPPED_FAIL and seen < comparison.planned
        return f"FAIL at {seen}/{comparison.planned}" if early else "FAIL"
    return "NO DECISION"


def headline(
    comparison: Comparison,
    policy: GatePolicy,
    *,
    a: str = "A",
    b: str = "B",
    counts: bool = True,
) -> str:
    """One line: the gate's word, the difference with its interval, and the counts of cases."""
    word = gate_word(comparison)
    gap = "  " if len(word) >= _WIDTH - 1 else " " * (_WIDTH - len(word))
    said = _sentence(comparison, policy, safe_line(a), safe_line(b), counts=counts)
    return word + gap + said


def broken_line(comparison: Comparison) -> str:
    """The ids of up to five broken cases; empty where none broke."""
    ids = comparison.broke
    if not ids:
        return ""
    shown = ", ".join(safe_line(case_id) for case_id in ids[:SHOWN_IDS])
    rest = f" and {len(ids) - SHOWN_IDS:,} more" if len(ids) > SHOWN_IDS else ""
    verb = "broke" if comparison.difference is not None else "not passed"
    return f"{verb}: {shown}{rest}"


def next_step(comparison: Comparison, policy: GatePolicy) -> str:
    """What to do after NO DECISION or FAIL, in one sentence; empty after PASS."""
    if comparison.gate is Gate.PASS:
        return ""
    if comparison.gate is Gate.FAIL:
        return (
            "look at the broken cases first" if comparison.broke else safe_line(comparison.reason)
        )
    if comparison.stopped == STOPPED_FUTILITY:
        return "look at the broken cases, change the prompt, and evaluate again"
    if comparison.missing:
        ids = ", ".join(safe_line(case_id) for case_id in comparison.missing[:SHOWN_IDS])
        return f"run again to fill the {len(comparison.missing)} missing cases ({ids})"
    if comparison.more_cases:
        remedy = f"add about {_more(comparison.more_cases)}"
        margin = comparison.details.get("enough_margin")
        if margin and margin > policy.margin:
            remedy += f", or decide beforehand that a margin of {100 * margin:g} will do"
        return remedy
    return safe_line(comparison.reason)


def wear_lines(evidence: Evidence) -> list[str]:
    """What earlier evaluations on the same gate set mean for this one; empty for the first."""
    confidence = float(evidence.policy.get("confidence", 0.95))
    lines = [attempt_note(evidence.attempt, confidence)]
    lines += [safe_line(note) for note in wear_notes(evidence.wear)]
    headlines = [c for c in evidence.comparisons[:1] if c.difference is not None and c.cases]
    for comparison in headlines:
        variance = comparison.details.get("variance")
        if variance is not None:
            error = math.sqrt(variance / comparison.cases)
            lines.append(winners_curse_note(evidence.attempt, error))
    return [line for line in lines if line]


def details(comparison: Comparison) -> list[str]:
    """The lines of the detail view: scores, method, p, mid-p, missing cases, looks."""
    found = comparison.details
    lines = []
    if comparison.score_b is not None:
        score = f"score: {percent(comparison.score_b)} %"
        if comparison.score_a is not None:
            score = f"scores: A {percent(comparison.score_a)} %, B {percent(comparison.score_b)} %"
        lines.append(score)
    confidence = found.get("confidence")
    method = _METHODS.get(comparison.method, safe_line(comparison.method))
    level = f", {100 * confidence:g} %" if confidence else ""
    critical = f", critical value {found['z']:.4f}" if found.get("z") else ""
    lines.append(f"method: {method}{level}{critical}")
    if comparison.p_value is not None:
        mid_p = found.get("mid_p")
        mid = f", mid-p = {mid_p:.4f}" if mid_p is not None else ""
        lines.append(f"p = {comparison.p_value:.4f}{mid} (claimed below {found['alpha']:.4g})")
    if found.get("gate_low") is not None:
        lines.append(f"the gate's lower bound: {points(found['gate_low'])} pts")
    lines += _case_lines(comparison)
    lines += _look_lines(comparison)
    if comparison.reason:
        lines.append(f"why: {safe_line(comparison.reason)}")
    return lines


def _case_lines(comparison: Comparison) -> list[str]:
    found = comparison.details
    lines = []
    if found.get("clustered"):
        few = "; fewer than 30 make this interval rough" if found["units"] < 30 else ""
        lines.append(f"{found['units']} independent groups in {comparison.cases} cases{few}")
    if not found.get("binary", True) and (found.get("much_better") or found.get("collapsed")):
        lines.append(
            f"{len(found['much_better'])} much better, {len(found['collapsed'])} collapsed"
        )
    if comparison.missing:
        low = found.get("worst_low")
        worst = f"; with all of them as losses the bound is {points(low)} pts" if low else ""
        lines.append(f"{len(comparison.missing)} missing{worst}")
    if found.get("partial"):
        lines.append(f"{len(found['partial'])} cases lack a repeat")
    if found.get("repeats"):
        lines.append(_repeat_line(found))
    if found.get("within") is not None:
        lines.append(_spread_line(Spread(found["between"], found["within"]), found["repeats"]))
    return lines


def _spread_line(spread: Spread, repeats: int) -> str:
    line = f"{100 * spread.within_share:.0f} % of the spread is the model answering anew"
    suggested = suggest_repeats(spread)
    if suggested is not None and repeats < suggested:
        line += f"; {suggested} repeats would pay"
    return line


def _repeat_line(found: Mapping[str, Any]) -> str:
    flaky, repeats = found["flaky"], found["repeats"]
    line = f"flaky in {repeats} answers: {len(flaky)} of B's cases"
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
            f"look {record['look']}: {record['cases']} cases  {interval}"
            f"  {record['fixed']} fixed  {record['broke']} broke  {record['same']} same"
        )
    return lines


def _sentence(comparison: Comparison, policy: GatePolicy, a: str, b: str, *, counts: bool) -> str:
    if comparison.difference is None or comparison.low is None or comparison.high is None:
        return _threshold_sentence(comparison, policy, b)
    effect = (
        f"{points(comparison.difference)} pts [{points(comparison.low)}, {points(comparison.high)}]"
    )
    tail = f"  {_counts(comparison)}" if counts else ""
    seen, planned = _seen(comparison), comparison.planned
    if comparison.stopped == STOPPED_FUTILITY and seen < planned:
        return f"{_as_b(comparison.reason, b)}; {planned - seen:,} cases not bought"
    if comparison.gate is Gate.PASS:
        if comparison.stopped == STOPPED_PASS and seen < planned:
            saved = round(100 * (planned - seen) / planned)
            margin = f"{0.0 - 100 * policy.margin:g}"
            return f"{effect} is above {margin}; stopped early, {saved} % of calls saved"
        if comparison.verdict is Verdict.BETTER:
            return f"{b} better than {a}: {effect}{tail}"
        margin = f"(margin {100 * policy.margin:g})"
        if comparison.verdict is Verdict.WORSE:
            text = f"{b} a little worse than {a}, inside the margin you allowed {margin}"
        else:
            text = f"{b} not worse than {a} {margin}"
        return f"{text}: {effect}{tail}  {comparison.cases:,} cases"
    if comparison.gate is Gate.FAIL:
        if comparison.verdict is Verdict.WORSE:
            return f"{b} worse than {a}: {effect}{tail}"
        return f"{_as_b(comparison.reason, b)}: {effect} against {a}{tail}"
    return _open_sentence(comparison, policy, effect, b)


def _open_sentence(comparison: Comparison, policy: GatePolicy, effect: str, b: str) -> str:
    margin = f"{100 * policy.margin:g}"
    if not comparison.more_cases:
        return f"{effect}: {_as_b(comparison.reason, b)}"
    gate_low = comparison.details.get("gate_low", comparison.low)
    remedy = f"about {_more(comparison.more_cases)}"
    enough = comparison.details.get("enough_margin")
    if enough and enough > policy.margin:
        remedy += f", or margin {100 * enough:g}"
    if gate_low is not None and gate_low > -policy.margin:
        return f"{effect}: {_as_b(comparison.reason, b)}; {remedy}"
    hidden = f"a {margin}-pt loss" if policy.margin > 0.0 else "a loss"
    return f"{effect} could still hide {hidden}; {remedy}"


def _threshold_sentence(comparison: Comparison, policy: GatePolicy, b: str) -> str:
    if comparison.score_b is None or policy.threshold is None:
        return _as_b(comparison.reason, b)
    if comparison.gate is Gate.NO_DECISION:
        return _as_b(comparison.reason, b)
    relation = "at least" if comparison.gate is Gate.PASS else "below"
    interval = ""
    if comparison.low is not None and comparison.high is not None:
        interval = f" [{percent(comparison.low)}, {percent(comparison.high)}]"
    missing = f"  {len(comparison.missing)} missing" if comparison.missing else ""
    return (
        f"{b} scores {percent(comparison.score_b)} %{interval}, {relation} the threshold of"
        f" {100 * policy.threshold:g} %  {comparison.cases:,} cases{missing}"
    )


def _counts(comparison: Comparison) -> str:
    counts = (
        f"{len(comparison.fixed):,} fixed  {len(comparison.broke):,} broke"
        f"  {comparison.same:,} same"
    )
    return f"{counts}  {len(comparison.missing):,} missing" if comparison.missing else counts


def _seen(comparison: Comparison) -> int:
    return comparison.cases + len(comparison.missing)


def _as_b(reason: str, b: str) -> str:
    """A reason speaks of B; the line uses the name that it was given."""
    text = safe_line(reason)
    return b + text[1:] if text.startswith("B ") else text


def _rounded(count: int) -> int:
    """An estimate with no more digits than it deserves."""
    unit = 1 if count < 20 else 10
    return round(count / unit) * unit


def _more(count: int) -> str:
    rounded = _rounded(count)
    return f"{rounded:,} more case{'' if rounded == 1 else 's'}"
