"""What a gate asks beside its scorers: that slices, cost and latency keep margins of their own.

All must pass (an intersection-union test), so each is judged at the gate's full confidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.runs.spec.gate_margins import COST as COST_KEY
from workbench.runs.spec.suite import GatePolicy
from workbench.units import plural
from workbench.verdicts.comparison import combine_gates, compare_pairs
from workbench.verdicts.gate import STOPPED_FAIL
from workbench.verdicts.judges.deciding import by_correction
from workbench.verdicts.raw_values import COST, LATENCY, people_of
from workbench.verdicts.sequential_plan import MIN_GROUPS, Plan
from workbench.verdicts.statistics.distributions import two_sided_p
from workbench.verdicts.statistics.quantiles import Shift, least_cases, quantile_shift
from workbench.verdicts.statistics.ratios import MOST, Ratio, log_ratio, mean_ratio
from workbench.verdicts.values import CasePair, Comparison, Gate

SLICE = "slice"
_INFINITE = float("inf")
Pairs = Mapping[str, Sequence[CasePair]]


@dataclass(frozen=True, slots=True)
class Condition:
    """One further condition at one look. Cost is a share of A's, latency in seconds."""

    kind: str
    """`slice`, `cost`, or a percentile of the latency, such as `latency_p95`."""
    gate: Gate
    reason: str
    margin: float
    tag: str = ""
    scorer: str = ""
    stopped: str = ""
    comparison: Comparison | None = None
    """Of a slice."""
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    """None: not bounded."""
    a: float | None = None
    b: float | None = None
    """What the sides have: their mean cost, or their percentile."""
    cases: int = 0
    missing: int = 0

    @property
    def name(self) -> str:
        """`slice vip`, `cost`, `latency_p95`."""
        return f"{SLICE} {self.tag}" if self.kind == SLICE else self.kind


def gate_of(comparisons: Sequence[Comparison], conditions: Sequence[Condition]) -> Gate:
    """The decision of a gate: every scorer and every further condition must pass."""
    return combine_gates([one.gate for one in comparisons] + [one.gate for one in conditions])


def decided_by(
    gate: Gate, comparisons: Sequence[Comparison], conditions: Sequence[Condition]
) -> list[str]:
    """The names of the scorers and conditions that decide so, each once."""
    names = [one.scorer for one in comparisons if one.gate is gate]
    names += [one.name for one in conditions if one.gate is gate]
    return list(dict.fromkeys(names))


def conditions_at(pairs: Pairs, plan: Plan, policy: GatePolicy, look: int) -> tuple[Condition, ...]:
    """Every further condition of the policy, on the first cases of the plan that look `look` sees.

    Without a baseline there are none: nothing can be compared.
    """
    if not (policy.slices or policy.also):
        return ()
    end = plan.block_ends[look - 1]
    headline = pairs.get(policy.scorers[0], ())
    if not plan.baseline or not any(pair.a for pair in headline):
        return ()
    conditions = [
        _slice(pairs.get(scorer, ())[:end], tag, margin, plan, policy, scorer, look, pairs)
        for tag, margin in policy.slices
        for scorer in policy.scorers
    ]
    for name, margin in policy.also:
        key, judge = (COST, _cost) if name == COST_KEY else (LATENCY, _latency)
        judged = pairs.get(key, ())[:end]
        if len(judged) < end:
            judged = [CasePair(pair.case_id, (), (), pair.group) for pair in headline[:end]]
        conditions.append(judge(name, judged, margin, plan, policy, look))
    return tuple(conditions)


def slice_comparison(
    pairs: Sequence[CasePair],
    plan: Plan,
    policy: GatePolicy,
    scorer: str,
    look: int,
    *,
    bets: int,
    z: Sequence[float] | None = None,
) -> Comparison:
    """The comparison of one slice's pairs by the policy's margin and confidence, at one look."""
    own = replace(policy, threshold=None, slices=(), also=())
    return compare_pairs(
        pairs,
        own,
        scorer,
        look=look,
        looks=plan.looks,
        z=z or plan.z,
        anytime=plan.anytime,
        rules=plan.rules,
        bets=bets,
        largest=plan.largest,
    )


def _slice(
    pairs: Sequence[CasePair],
    tag: str,
    margin: float,
    plan: Plan,
    policy: GatePolicy,
    scorer: str,
    look: int,
    every: Pairs,
) -> Condition:
    tagged = [pair for pair in pairs if tag in pair.tags]
    bets = dict(plan.slices).get(tag, 0) or plan.bets
    own = replace(policy, margin=margin)
    comparison = slice_comparison(tagged, plan, own, scorer, look, bets=bets)
    errors = dict(plan.judges).get(scorer)
    if errors and tagged:
        labels = every.get(people_of(scorer), ())
        own = replace(own, threshold=None)
        comparison = by_correction(comparison, tagged, labels, errors, own, final=plan.looks == 1)
    reason = comparison.reason if tagged else f"no case has the tag {tag!r}"
    return Condition(
        SLICE,
        comparison.gate,
        reason,
        margin,
        tag=tag,
        scorer=scorer,
        stopped=STOPPED_FAIL if comparison.gate is Gate.FAIL else "",
        comparison=comparison,
        difference=comparison.difference,
        low=comparison.low,
        high=comparison.high,
        a=comparison.score_a,
        b=comparison.score_b,
        cases=comparison.cases,
        missing=len(comparison.missing),
    )


def _cost(
    name: str,
    pairs: Sequence[CasePair],
    margin: float,
    plan: Plan,
    policy: GatePolicy,
    look: int,
) -> Condition:
    values = [(_whole(pair.a), _whole(pair.b)) for pair in pairs]
    logs = [log_ratio(a, b) for a, b in values]
    units = [_unit(pair) for pair in pairs]

    def ratio(missing: float | None) -> Ratio | None:
        kept = [
            (missing if log is None else log, unit)
            for log, unit in zip(logs, units, strict=True)
            if log is not None or missing is not None
        ]
        groups = [unit for _, unit in kept] if len(set(units)) < len(units) else None
        return mean_ratio(
            [log for log, _ in kept if log is not None],
            groups,
            confidence=policy.confidence,
            z=None if plan.looks == 1 or plan.anytime else plan.z[look - 1],
            planned=plan.bets,
            largest=plan.largest,
        )

    shown = worst = best = ratio(None)
    if None in logs:
        worst, best = ratio(MOST), ratio(-MOST)
    known = [(a, b) for a, b in values if a is not None and b is not None]
    condition = _counted(name, margin, len(pairs), len(known))
    if shown is None or worst is None or best is None:
        what = "is not known: the model has no price" if not known else "is known for one case"
        return replace(condition, reason=f"what the cases cost {what}")
    condition = replace(
        condition,
        difference=shown.value - 1.0,
        low=shown.low - 1.0,
        high=shown.high - 1.0,
        a=sum(a for a, _ in known) / len(known),
        b=sum(b for _, b in known) / len(known),
    )
    few = shown.units < MIN_GROUPS and len(set(units)) < len(units)
    return _judged(
        condition,
        policy,
        excluded=worst.high - 1.0 < margin,
        beyond=best.low - 1.0 > margin,
        what="cost",
        bound=f"{100 * margin:g} %",
        few=f"the cases come from {plural(shown.units, 'group')}" if few else "",
    )


def _latency(
    name: str,
    pairs: Sequence[CasePair],
    margin: float,
    plan: Plan,
    policy: GatePolicy,
    look: int,
) -> Condition:
    share = int(name.rpartition("p")[2]) / 100.0
    values = [(_whole(pair.a), _whole(pair.b)) for pair in pairs]
    known = [(a, b) for a, b in values if a is not None and b is not None]
    alpha = _alpha_at(plan, policy, look)

    def shift(a: float, b: float) -> Shift | None:
        kept = [(a, b) if None in pair else pair for pair in values]
        return quantile_shift(
            [x for x, _ in kept if x is not None], [y for _, y in kept if y is not None],
            share, alpha,
        )  # fmt: skip

    shown = quantile_shift([a for a, _ in known], [b for _, b in known], share, alpha)
    worst, best = shift(-_INFINITE, _INFINITE), shift(_INFINITE, -_INFINITE)
    condition = _counted(name, margin, len(pairs), len(known))
    if shown is None or worst is None or best is None:
        return replace(condition, reason="no latency is known on both sides")
    condition = replace(
        condition,
        difference=shown.value,
        low=None if shown.low == -_INFINITE else shown.low,
        high=None if shown.high == _INFINITE else shown.high,
        a=shown.a,
        b=shown.b,
    )
    needed = least_cases(max(share, 1.0 - share), alpha)
    few = ""
    if len({_unit(pair) for pair in pairs}) < len(pairs):
        few = "a percentile needs cases that do not come in groups"
    elif len(pairs) < needed:
        few = f"{plural(len(pairs), 'case is', 'cases are')} too few: at least {needed} are needed"
    return _judged(
        condition,
        policy,
        excluded=worst.high < margin,
        beyond=best.low > margin,
        what=f"{name.removeprefix('latency_')} of the latency",
        bound=_duration(margin),
        few=few,
    )


def _alpha_at(plan: Plan, policy: GatePolicy, look: int) -> float:
    """The error of one end at this look: that of its boundary; looks by bets share it evenly."""
    if plan.anytime:
        return (1.0 - policy.confidence) / 2.0 / plan.looks
    return two_sided_p(plan.z[look - 1]) / 2.0


def _judged(
    condition: Condition,
    policy: GatePolicy,
    *,
    excluded: bool,
    beyond: bool,
    what: str,
    bound: str,
    few: str,
) -> Condition:
    """The decision on an interval: `excluded` and `beyond` hold whatever the missing pairs are."""
    share = condition.missing / (condition.cases + condition.missing)
    if share > policy.max_missing:
        reason = (
            f"the {what} is missing in {100 * share:.1f} % of the cases, more than the"
            f" {100 * policy.max_missing:g} % that the gate allows"
        )
    elif few:
        reason = few
    elif excluded:
        reason = f"a rise of the {what} by {bound} is excluded"
        return replace(condition, gate=Gate.PASS, reason=reason)
    elif beyond:
        reason = f"the {what} rises by more than {bound}"
        return replace(condition, gate=Gate.FAIL, reason=reason, stopped=STOPPED_FAIL)
    else:
        reason = f"a rise of the {what} by {bound} is not excluded"
    return replace(condition, reason=reason)


def _counted(kind: str, margin: float, pairs: int, known: int) -> Condition:
    return Condition(kind, Gate.NO_DECISION, "", margin, cases=known, missing=pairs - known)


def _whole(values: Sequence[float | None]) -> float | None:
    """The mean of a case's repeats; None where one of them is missing."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _unit(pair: CasePair) -> str:
    return f"case:{pair.case_id}" if pair.group is None else f"group:{pair.group}"


def _duration(value: float) -> str:
    return f"{1000 * value:g} ms" if value < 1.0 else f"{value:g} s"
