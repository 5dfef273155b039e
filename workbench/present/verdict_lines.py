"""The lines of a comparison: headline, broken cases, what to do next.

Points are percentage points; cases are fixed, broke or same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workbench.present import numbers
from workbench.present.judges.corrected import corrected_lines
from workbench.present.safe_text import safe_line
from workbench.runs.spec.suite import NO_REGRESSIONS, GatePolicy
from workbench.units import loss, points_beside
from workbench.verdicts.gate import STOPPED_FUTILITY
from workbench.verdicts.judges.deciding import CORRECTED
from workbench.verdicts.measure import BETTING
from workbench.verdicts.statistics.case_counts import LUCKY_POINTS, hidden_loss
from workbench.verdicts.values import Comparison, Gate, Verdict

SHOWN_IDS = 5
PREVIEW = "preview"
"""Key in the details of a comparison of a sample."""
_WIDTH = 13
_TERMINAL_WIDTH = 80
_HALF = 0.5
_SIDE = re.compile(r"\b[AB]\b")


def percent(value: float) -> str:
    """A score in percent with one decimal."""
    return f"{100 * value:.1f}"


def gate_word(comparison: Comparison) -> str:
    """The gate's word: PASS, PASS BETTER, FAIL, NO DECISION, PREVIEW, or after an early stop
    PASS at 180/300, FAIL at 120/300, STOPPED 120/300.
    """
    at = f"{_seen(comparison)}/{comparison.planned}" if _is_early(comparison) else ""
    if comparison.gate is Gate.PASS:
        better = comparison.verdict is Verdict.BETTER and comparison.difference is not None
        return f"PASS at {at}" if at else "PASS BETTER" if better else "PASS"
    if comparison.gate is Gate.FAIL or comparison.verdict is Verdict.WORSE:
        return f"FAIL at {at}" if at else "FAIL"
    if comparison.details.get(PREVIEW):
        return "PREVIEW"
    return f"STOPPED {at}" if at else "NO DECISION"


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
    sentence = _sentence(comparison, policy, safe_line(a), safe_line(b), counts=counts)
    return word + gap + sentence


def headline_lines(comparison: Comparison, policy: GatePolicy, *, a: str, b: str) -> list[str]:
    """The headline; if it is wider than 80 cells, with the case counts on a second line."""
    whole = headline(comparison, policy, a=a, b=b)
    if len(whole) <= _TERMINAL_WIDTH or comparison.difference is None:
        return [whole]
    short = headline(comparison, policy, a=a, b=b, counts=False)
    return [whole] if short == whole else [short, " " * _WIDTH + _counts(comparison)]


def broken_line(comparison: Comparison) -> str:
    """The ids of up to five broken cases; empty where none broke."""
    ids = comparison.broke
    if not ids:
        return ""
    shown = ", ".join(safe_line(case_id) for case_id in ids[:SHOWN_IDS])
    rest = f" and {len(ids) - SHOWN_IDS:,} more" if len(ids) > SHOWN_IDS else ""
    verb = "broke" if comparison.difference is not None else "not passed"
    return f"{verb}: {shown}{rest}"


def luck_line(comparison: Comparison) -> str:
    """How likely chance alone reaches a threshold that was passed; empty for other verdicts."""
    luck = comparison.details.get("luck")
    if comparison.gate is not Gate.PASS or comparison.difference is not None or luck is None:
        return ""
    below = f"a version {100 * LUCKY_POINTS:g} points below the threshold"
    share = f"{100 * luck:.0f} %" if luck >= 0.01 else "less than 1 %"
    if comparison.method != BETTING:
        return f"{below} would have reached it in {share} of such samples"
    why = "cases come in groups" if comparison.details.get("clustered") else "graded scores"
    if luck >= _HALF:
        return f"luck may well have lifted {below} there (bounded by bets: {why})"
    most = share if luck < 0.01 else f"at most {share}"
    return f"{below} would have looked this good in {most} of such samples (by bets: {why})"


def low_score_line(comparison: Comparison, policy: GatePolicy) -> str:
    """A note if a version passes against a baseline with a low score and without a threshold."""
    score = comparison.score_b
    beside = comparison.gate is Gate.PASS and comparison.difference is not None
    if not beside or policy.threshold is not None or score is None or score >= _HALF:
        return ""
    return f"it scores {percent(score)} % and no threshold asks for more (gate: threshold)"


def next_step(comparison: Comparison, policy: GatePolicy, ref: str = "") -> str:
    """What to do after NO DECISION or FAIL, in one sentence; empty if the headline says it.

    `ref` is the PROMPT@VERSION that was evaluated; a comparison has none.
    """
    values = comparison.details
    if comparison.gate is Gate.PASS:
        return ""
    if values.get(PREVIEW):
        return "compare all cases to decide: leave --limit out"
    if comparison.gate is Gate.FAIL:
        which = "broken cases" if comparison.difference is not None else "cases that did not pass"
        return f"look at the {which} first" if comparison.broke else ""
    if comparison.stopped == STOPPED_FUTILITY:
        return "look at the broken cases, change the prompt, and evaluate again"
    if comparison.missing:
        ids = ", ".join(safe_line(case_id) for case_id in comparison.missing[:SHOWN_IDS])
        cases = numbers.plural(len(comparison.missing), "missing case")
        return f"run again to fill the {cases} ({ids})"
    if not comparison.more_cases:
        return ""
    if _looks_worse(comparison):
        return "look at the broken cases first: more cases would hardly make it pass"
    remedy = f"about {_more(comparison.more_cases)}"
    if ref and policy.extend:
        return f"{remedy}: add them, then workbench evaluate {safe_line(ref)} --extend"
    margin = values.get("enough_margin")
    if ref:
        remedy += ", which is a new attempt"
    else:
        remedy = f"add {remedy}"
    if margin and margin > policy.margin:
        remedy += f"; or decide before the next one that a loss of {loss(margin)} will do"
    return remedy


def beneath(comparison: Comparison, policy: GatePolicy, ref: str = "") -> list[str]:
    """The lines shown below a headline."""
    lines = (
        *corrected_lines(comparison.details.get(CORRECTED)),
        broken_line(comparison),
        luck_line(comparison),
        low_score_line(comparison, policy),
        next_step(comparison, policy, ref),
    )
    return [line for line in lines if line]


def effect(comparison: Comparison) -> str:
    """The difference with its interval and the case counts; without one, the reason."""
    if comparison.difference is None:
        return safe_line(comparison.reason)
    if comparison.gate is Gate.FAIL and comparison.verdict is not Verdict.WORSE:
        return f"{_effect(comparison)}  {safe_line(comparison.reason).removeprefix('B ')}"
    return f"{_effect(comparison)}  {_counts(comparison)}"


def claim(alone: float, adjusted: float, k: int, *, claimed: bool) -> str:
    """What a candidate may claim as one of `k`, with its p-values."""
    conclusion = "may be called better" if claimed else "may not be called better"
    return (
        f"p {numbers.p_value(alone)}, {numbers.p_value(adjusted)} as one of {k} (Holm):"
        f" {conclusion}"
    )


def listed(names: Sequence[str]) -> str:
    """`B`, `B and C`, `B, C and D`."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _sentence(comparison: Comparison, policy: GatePolicy, a: str, b: str, *, counts: bool) -> str:
    if comparison.difference is None or comparison.low is None or comparison.high is None:
        return _threshold_sentence(comparison, policy, b)
    shown = _effect(comparison) + (f"  {_counts(comparison)}" if counts else "")
    if comparison.gate is Gate.PASS:
        return _pass_sentence(comparison, policy, shown, a, b)
    if comparison.verdict is Verdict.WORSE:
        return f"{b} worse than {a}: {shown}"
    why = named(comparison.reason, a, b)
    if comparison.gate is Gate.FAIL:
        return f"{why}: {shown}" if a in why else f"{why}; against {a}: {shown}"
    if comparison.details.get(PREVIEW):
        return f"{shown}: {why}"
    if _is_early(comparison):
        chance = 100 * (comparison.details.get("conditional_power") or 0.0)
        left = comparison.planned - _seen(comparison)
        return (
            f"{b} can hardly pass any more ({chance:.0f} % chance if as good as {a});"
            f" {numbers.plural(left, 'case')} not asked"
        )
    return _open_sentence(comparison, policy, why)


def _pass_sentence(comparison: Comparison, policy: GatePolicy, shown: str, a: str, b: str) -> str:
    if policy.rule == NO_REGRESSIONS:
        units = comparison.details.get("units", comparison.cases)
        hidden = loss(hidden_loss(units, policy.confidence), 0)
        score = "" if comparison.score_b is None else f" at {percent(comparison.score_b)} %"
        return (
            f"no case of {b} falls below {a}{score}: {shown}; a rule of thumb:"
            f" {numbers.plural(units, 'case')} can hide a loss of {hidden}"
        )
    if comparison.verdict is Verdict.BETTER:
        return f"{b} better than {a}: {shown}"
    margin = f"(margin {100 * policy.margin:g})"
    if comparison.verdict is Verdict.WORSE:
        text = f"{b} a little worse than {a}, inside the margin you allowed {margin}"
    else:
        text = f"{b} not worse than {a} {margin}"
    return f"{text}: {shown}  {numbers.plural(comparison.cases, 'case')}"


def _open_sentence(comparison: Comparison, policy: GatePolicy, why: str) -> str:
    shown = _effect(comparison)
    if not comparison.more_cases:
        return f"{shown}: {why}"
    if _looks_worse(comparison):
        changed = numbers.plural(len(comparison.fixed) + len(comparison.broke), "changed case")
        return f"{shown}: it looks worse, but {changed} cannot settle it"
    gate_low = comparison.details.get("gate_low", comparison.low)
    remedy = f"about {_more(comparison.more_cases)}"
    if gate_low is not None and gate_low > -policy.margin:
        return f"{shown}: {why}; {remedy}"
    hidden = f"a {100 * policy.margin:g}-pt loss" if policy.margin > 0.0 else "a loss"
    return f"{shown} could still hide {hidden}; {remedy}"


def _threshold_sentence(comparison: Comparison, policy: GatePolicy, b: str) -> str:
    if comparison.score_b is None or policy.threshold is None:
        return named(comparison.reason, "A", b)
    if comparison.gate is Gate.NO_DECISION:
        return named(comparison.reason, "A", b)
    relation = "at least" if comparison.gate is Gate.PASS else "below"
    interval = ""
    if comparison.low is not None and comparison.high is not None:
        interval = f" [{percent(comparison.low)}, {percent(comparison.high)}]"
    missing = f"  {len(comparison.missing)} missing" if comparison.missing else ""
    return (
        f"{b} scores {percent(comparison.score_b)} %{interval}, {relation} the threshold of"
        f" {100 * policy.threshold:g} %  {numbers.plural(comparison.cases, 'case')}{missing}"
    )


def _counts(comparison: Comparison) -> str:
    counts = (
        f"{len(comparison.fixed):,} fixed  {len(comparison.broke):,} broke"
        f"  {comparison.same:,} same"
    )
    return f"{counts}  {len(comparison.missing):,} missing" if comparison.missing else counts


def _seen(comparison: Comparison) -> int:
    return comparison.cases + len(comparison.missing)


def _is_early(comparison: Comparison) -> bool:
    """Whether a look ended the plan before its last case."""
    return bool(comparison.stopped) and 0 < _seen(comparison) < comparison.planned


def _effect(comparison: Comparison) -> str:
    low, high = lower_bound(comparison, comparison.low), numbers.points(comparison.high)
    return f"{numbers.points(comparison.difference)} pts [{low}, {high}]"


def lower_bound(comparison: Comparison, low: float | None) -> str:
    """Points with enough digits to show on which side of the margin they are."""
    margin = comparison.details.get("margin")
    if low is None or margin is None:
        return numbers.points(low)
    return points_beside(low, -margin)


def named(reason: str, a: str, b: str) -> str:
    """A reason with A and B replaced by the names of the sides."""
    return _SIDE.sub(lambda side: a if side[0] == "A" else b, safe_line(reason))


def _rounded(count: int) -> int:
    """An estimate rounded to its significant digits."""
    unit = 1 if count < 20 else 10
    return round(count / unit) * unit


def _looks_worse(comparison: Comparison) -> bool:
    """Whether the interval is below 0, with too few changed cases to call it worse."""
    return comparison.high is not None and comparison.high < 0.0


def _more(count: int) -> str:
    rounded = _rounded(count)
    return f"{rounded:,} more case{'' if rounded == 1 else 's'}"
