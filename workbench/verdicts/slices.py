"""How each tag's cases stand, and what may be claimed of several tags at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.errors import UsageError
from workbench.runs.spec.suite import MIN_CASES, GatePolicy
from workbench.verdicts.conditions import Condition, conditions_at, slice_comparison
from workbench.verdicts.evidence import plan_of, policy_from_content
from workbench.verdicts.multiple_comparisons import holm, mid_p
from workbench.verdicts.sequential import compare_at
from workbench.verdicts.sequential_plan import Plan
from workbench.verdicts.statistics.boundaries import boundaries
from workbench.verdicts.values import CasePair, Comparison, Evidence, Gate, Verdict

ENOUGH = MIN_CASES
"""Complete pairs from which a claim about a tag is considered."""
MOST_TAGS = 200
"""Tags that are looked at: those that the gate names, then those of the most cases."""


@dataclass(frozen=True, slots=True)
class SliceStanding:
    """One tag under the headline scorer."""

    tag: str
    comparison: Comparison
    """At the gate's own confidence, as if it were the only tag."""
    margin: float
    gated: bool
    """The gate names it."""
    enough: bool
    """It has enough cases to claim anything."""
    claim: Verdict
    """What holds of it when all tags with enough cases are looked at (Holm)."""
    holm_p: float | None
    """The adjusted p-value of no difference; None without a baseline or enough cases."""


def slice_standings(
    pairs: Sequence[CasePair], plan: Plan, policy: GatePolicy, scorer: str, look: int
) -> tuple[SliceStanding, ...]:
    """Every tag of these pairs, which are the first cases of the plan, by name.

    Holm's step-down: with k tags left, each is judged at 1 - alpha/k; those of which something can
    be claimed go, and the rest are judged again with a smaller k (Scand. J. Statist. 6 (1979) 65).
    A tag that the gate names is claimed at the full confidence, since it was named before.
    """
    groups: dict[str, list[CasePair]] = {}
    for pair in pairs:
        for tag in dict.fromkeys(pair.tags):
            groups.setdefault(tag, []).append(pair)
    gated = dict(policy.slices)
    # Tags that nearly every case has of its own are no slices.
    tags = sorted(
        sorted(groups, key=lambda tag: (tag not in gated, -len(groups[tag]), tag))[:MOST_TAGS]
    )
    margins = {tag: gated.get(tag, policy.margin) for tag in tags}
    share = plan.planned / len(pairs) if pairs else 1.0
    compared = plan.baseline and any(pair.a for pair in pairs)

    def judged(tag: str, confidence: float) -> Comparison:
        own = replace(policy, margin=margins[tag], confidence=confidence, slices=(), also=())
        if not compared:
            return compare_at(groups[tag], plan, own, scorer, look)
        bets = dict(plan.slices).get(tag, 0) or round(len(groups[tag]) * share)
        z = plan.z
        if confidence != policy.confidence and not plan.anytime:
            z = boundaries([end / plan.block_ends[-1] for end in plan.block_ends], confidence)
        return slice_comparison(groups[tag], plan, own, scorer, look, bets=bets, z=z)

    alone = {tag: judged(tag, policy.confidence) for tag in tags}
    enough = [tag for tag in tags if alone[tag].cases >= ENOUGH]
    claims = {tag: alone[tag].verdict for tag, _ in policy.slices if tag in alone}
    left = [tag for tag in enough if tag not in claims]
    while left and compared:
        confidence = 1.0 - (1.0 - policy.confidence) / len(left)
        verdicts = {tag: judged(tag, confidence).verdict for tag in left}
        claimed = {tag: v for tag, v in verdicts.items() if v is not Verdict.UNDECIDED}
        claims |= claimed
        left = [tag for tag in left if tag not in claimed] if claimed else []
    adjusted = holm([mid_p(alone[tag]) for tag in enough]) if compared else ()
    p_values = dict(zip(enough, adjusted, strict=False))
    return tuple(
        SliceStanding(
            tag=tag,
            comparison=alone[tag],
            margin=margins[tag],
            gated=tag in gated,
            enough=tag in enough,
            claim=claims.get(tag, Verdict.UNDECIDED),
            holm_p=p_values.get(tag),
        )
        for tag in tags
    )


def standings_of(evidence: Evidence) -> tuple[SliceStanding, ...]:
    """How the tags of a record stand; empty where its cases have none."""
    policy = policy_from_content(evidence.policy)
    pairs = evidence.pairs.get(policy.scorers[0], ())
    if not any(pair.tags for pair in pairs):
        return ()
    plan = plan_of(evidence, policy)
    return slice_standings(pairs, plan, policy, policy.scorers[0], _look(plan, len(pairs)))


def conditions_of(evidence: Evidence) -> tuple[Condition, ...]:
    """What the gate of a record asked of slices, cost and latency, derived again."""
    policy = policy_from_content(evidence.policy)
    plan = plan_of(evidence, policy)
    seen = len(evidence.pairs.get(policy.scorers[0], ()))
    if seen not in plan.block_ends:
        return ()
    return conditions_at(evidence.pairs, plan, policy, _look(plan, seen))


def decisive_reason(evidence: Evidence) -> str:
    """Why the gate of a record decided as it did: the reason of the first scorer that does not
    pass, else of the first further condition, else of the headline.
    """
    for comparison in evidence.comparisons:
        if comparison.gate is not Gate.PASS:
            return comparison.reason
    try:
        conditions = conditions_of(evidence)
    except UsageError:
        conditions = ()
    for condition in conditions:
        if condition.gate is not Gate.PASS:
            return f"{condition.name}: {condition.reason}"
    return evidence.comparisons[0].reason if evidence.comparisons else ""


def _look(plan: Plan, seen: int) -> int:
    return max(1, sum(end <= seen for end in plan.block_ends))
