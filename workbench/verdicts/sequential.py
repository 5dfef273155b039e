"""One look at the prefix that the plan has reached: stop, or run the next block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.errors import UsageError
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.comparison import (
    compare_pairs,
    compare_threshold,
    undecided,
)
from workbench.verdicts.conditions import Condition, conditions_at, gate_of
from workbench.verdicts.gate import STOPPED_FAIL, STOPPED_FUTILITY
from workbench.verdicts.judges.deciding import by_correction
from workbench.verdicts.raw_values import people_of
from workbench.verdicts.sequential_plan import Plan
from workbench.verdicts.values import CasePair, Comparison, Gate

NOT_AT_A_LOOK = "the run ended between two planned looks; run it again to fill the rest"


@dataclass(frozen=True, slots=True)
class LookDecision:
    """The decision of a look, for every gating scorer, and whether the run continues."""

    stop: bool
    comparisons: tuple[Comparison, ...]
    """One per gating scorer, the headline scorer first."""
    reason: str
    gate: Gate
    look: int
    seen: int
    planned: int
    conditions: tuple[Condition, ...] = ()
    """What the gate asks of slices, cost and latency."""


def decide_prefix(
    pairs_by_scorer: Mapping[str, Sequence[CasePair]],
    plan: Plan,
    policy: GatePolicy,
    look: int,
    earlier: LookDecision | None = None,
) -> LookDecision:
    """The decision at look number `look` (from 1) on the first cases of the plan's order.

    `earlier` is the decision of the previous look, if at hand: it is recorded, not recomputed.
    Further pairs are ignored, so a result that arrived early cannot decide. Raises UsageError if a
    gating scorer has no pairs, the look does not exist, or the prefix is incomplete.
    """
    if not 1 <= look <= plan.looks:
        raise UsageError(f"look {look} is not one of the plan's {plan.looks}")
    end = plan.block_ends[look - 1]
    comparisons = []
    for scorer in policy.scorers:
        pairs = pairs_by_scorer.get(scorer)
        if pairs is None:
            raise UsageError(f"the gate's scorer {scorer} has no scores")
        if len(pairs) < end:
            raise UsageError(f"look {look} needs {end} cases, there are {len(pairs)}")
        comparison = _with_history(pairs[:end], plan, policy, scorer, look, earlier)
        errors = dict(plan.judges).get(scorer)
        if errors:
            labels = pairs_by_scorer.get(people_of(scorer), ())
            final = plan.looks == 1 and not plan.stages
            comparison = by_correction(comparison, pairs[:end], labels, errors, policy, final=final)
        comparisons.append(comparison)
    return _decision(
        tuple(comparisons), conditions_at(pairs_by_scorer, plan, policy, look), plan, look
    )


def conclude(
    pairs_by_scorer: Mapping[str, Sequence[CasePair]], plan: Plan, policy: GatePolicy
) -> LookDecision:
    """The decision on all available pairs: at the look where they end, else no decision.

    Ended and interrupted runs are judged by this, and `verify` recomputes it.
    """
    seen = min((len(pairs_by_scorer.get(name, ())) for name in policy.scorers), default=0)
    reached = sum(end <= seen for end in plan.block_ends)
    if reached and plan.block_ends[reached - 1] == seen:
        return decide_prefix(pairs_by_scorer, plan, policy, reached)
    comparisons = tuple(
        _unfinished(pairs_by_scorer.get(name, ())[:seen], plan, policy, name)
        for name in policy.scorers
    )
    return LookDecision(
        stop=True,
        comparisons=comparisons,
        reason=NOT_AT_A_LOOK,
        gate=Gate.NO_DECISION,
        look=reached,
        seen=seen,
        planned=plan.planned,
    )


def compare_at(
    pairs: Sequence[CasePair], plan: Plan, policy: GatePolicy, scorer: str, look: int
) -> Comparison:
    """One scorer's comparison under the plan, at one look."""
    if not has_baseline(pairs, plan):
        return _alone(pairs, plan, policy, scorer)
    return compare_pairs(
        pairs,
        policy,
        scorer,
        planned=plan.planned,
        look=look,
        looks=plan.looks,
        z=plan.z,
        anytime=plan.anytime,
        futility=plan.futility,
        rules=plan.rules,
        bets=plan.bets,
        largest=plan.largest,
    )


def _alone(pairs: Sequence[CasePair], plan: Plan, policy: GatePolicy, scorer: str) -> Comparison:
    return compare_threshold(
        pairs,
        policy,
        scorer,
        planned=plan.planned,
        rules=plan.rules,
        bets=plan.bets,
        largest=plan.largest,
    )


def has_baseline(pairs: Sequence[CasePair], plan: Plan) -> bool:
    """Whether there is a baseline; otherwise the threshold alone decides."""
    return plan.baseline and any(pair.a for pair in pairs)


def _with_history(
    pairs: Sequence[CasePair],
    plan: Plan,
    policy: GatePolicy,
    scorer: str,
    look: int,
    earlier: LookDecision | None,
) -> Comparison:
    """The comparison, with the records of this look and the earlier ones."""
    known = next((c for c in earlier.comparisons if c.scorer == scorer), None) if earlier else None
    records = list(known.details["looks"]) if known else []
    comparisons = [
        compare_at(pairs[: plan.block_ends[number - 1]], plan, policy, scorer, number)
        for number in range(len(records) + 1, look + 1)
    ]
    records += [_record(comparison) for comparison in comparisons]
    return replace(comparisons[-1], details={**comparisons[-1].details, "looks": records})


def _record(comparison: Comparison) -> dict[str, Any]:
    return {
        "look": comparison.look,
        "cases": comparison.cases,
        "fixed": len(comparison.fixed),
        "broke": len(comparison.broke),
        "same": comparison.same,
        "missing": len(comparison.missing),
        "z": comparison.details.get("z"),
        "low": comparison.low,
        "high": comparison.high,
        "conditional_power": comparison.details.get("conditional_power"),
        "verdict": comparison.verdict.value,
        "gate": comparison.gate.value,
        "stopped": comparison.stopped,
    }


def _decision(
    comparisons: tuple[Comparison, ...],
    conditions: tuple[Condition, ...],
    plan: Plan,
    look: int,
) -> LookDecision:
    last = look == plan.looks
    every: tuple[Comparison | Condition, ...] = (*comparisons, *conditions)
    gate = gate_of(comparisons, conditions)
    hopeless = next((c for c in every if c.stopped in (STOPPED_FAIL, STOPPED_FUTILITY)), None)
    stop = last or gate is Gate.PASS or hopeless is not None
    decisive = hopeless or next((c for c in every if c.gate is not Gate.PASS), None)
    reason = (decisive or comparisons[0]).reason if comparisons else "no scorer gates"
    if isinstance(decisive, Condition):
        reason = f"{decisive.name}: {reason}"
    return LookDecision(
        stop=stop,
        comparisons=comparisons,
        reason=reason,
        gate=gate,
        look=look,
        seen=plan.block_ends[look - 1],
        planned=plan.planned,
        conditions=conditions,
    )


def _unfinished(
    pairs: Sequence[CasePair], plan: Plan, policy: GatePolicy, scorer: str
) -> Comparison:
    if has_baseline(pairs, plan):
        comparison = compare_pairs(
            pairs,
            policy,
            scorer,
            planned=plan.planned,
            anytime=plan.anytime,
            rules=plan.rules,
            bets=plan.bets,
            largest=plan.largest,
        )
    else:
        comparison = _alone(pairs, plan, policy, scorer)
    # An interval between planned looks would be a free look to anybody who interrupts often.
    return replace(undecided(comparison, NOT_AT_A_LOOK), stopped="")
