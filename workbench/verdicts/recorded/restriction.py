"""Judging recorded scores on a subset of their cases."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from workbench.errors import UsageError
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.evidence import lacks_baseline, plan_of
from workbench.verdicts.sequential import conclude
from workbench.verdicts.sequential_plan import Plan, plan_from_content
from workbench.verdicts.values import Evidence, Gate


@dataclass(frozen=True, slots=True)
class Part:
    """The gate's decision on the subset."""

    gate: Gate
    score: float | None
    """Of the headline scorer, in [0, 1]; None where none of these cases was scored."""
    cases: int
    """How many of them were judged."""


def judged_on(evidence: Evidence, policy: GatePolicy, case_ids: Collection[str]) -> Part:
    """Judge the recorded pairs of these cases alone, by this policy.

    `case_ids` are all that were planned of them. The looks are those of the recorded plan, each
    where it had reached as many of these cases; what decides at a look is derived anew from that.
    Nothing that was concluded is read.
    """
    pairs = {
        name: tuple(pair for pair in scored if pair.case_id in case_ids)
        for name, scored in evidence.pairs.items()
    }
    seen = min((len(pairs.get(name, ())) for name in policy.scorers), default=0)
    if not seen or (evidence.baseline_fingerprint and lacks_baseline(pairs, policy)):
        return Part(Gate.NO_DECISION, None, seen)
    try:
        plan = _part_of_plan(evidence, policy, case_ids)
    except UsageError:
        return Part(Gate.NO_DECISION, None, seen)
    decision = conclude(pairs, plan, policy)
    return Part(decision.gate, decision.comparisons[0].score_b, seen)


def _part_of_plan(evidence: Evidence, policy: GatePolicy, case_ids: Collection[str]) -> Plan:
    """Where the plan's looks fall among these cases. Raises UsageError for what is no plan.

    How many of them a look after the last case would have reached is not recorded: as many as
    there are left in proportion.
    """
    whole = plan_of(evidence, policy)
    order = [pair.case_id for pair in next(iter(evidence.pairs.values()), ())]
    reached = [0]
    for case_id in order:
        reached.append(reached[-1] + (case_id in case_ids))
    left, unseen = len(case_ids) - reached[-1], whole.planned - len(order)
    ends = [
        reached[end]
        if end <= len(order)
        else reached[-1] + round(left * (end - len(order)) / unseen)
        for end in whole.block_ends
    ]
    distinct = [end for end in dict.fromkeys(ends) if end > 0]
    return plan_from_content(
        {**whole.content(), "block_ends": distinct, "stages": (), "extends": ""}, policy
    )
