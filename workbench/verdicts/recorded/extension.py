"""Extending an evaluation with fresh cases, with the bets that were fixed before the first case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.sequential_plan import Plan, make_plan, plan_from_content
from workbench.verdicts.values import Evidence, Gate

_NEW_ATTEMPT = "evaluate it without --extend: that is a new attempt"


def extend_plan(
    before: Evidence,
    evaluation_id: str,
    policy: GatePolicy,
    cases: Sequence[Case],
    created_at: str = "",
    *,
    questions: Sequence[str] = (),
) -> tuple[Plan, tuple[Case, ...]]:
    """The plan that goes on from a recorded evaluation, and the fresh ones of `cases` in its order.

    The old cases come first, as they were judged; the stakes stay those of the first plan.
    `questions` tell what each of `cases` asks: a case that asks what an old one did is not fresh.
    Raises
    UsageError where the record may not be extended, or an old case was changed or removed.
    """
    _check_rule(before, policy)
    first = plan_from_content(before.plan, policy)
    old = [pair.case_id for pair in next(iter(before.pairs.values()), ())]
    if len(old) < before.planned:
        raise UsageError(
            f"the evaluation stopped at {len(old)} of {before.planned} cases", hint=_NEW_ATTEMPT
        )
    by_id = {case.id: case for case in cases}
    _check_old(old, before.cases, by_id)
    known = set(old)
    asked = dict(zip((case.id for case in cases), questions, strict=False))
    judged = {asked.get(case_id, case_id) for case_id in old}
    fresh = [
        case for case in cases if case.id not in known and asked.get(case.id, case.id) not in judged
    ]
    if not fresh:
        raise UsageError(
            "there is no fresh case to extend the evaluation with",
            hint="add cases that ask something new to the gate split of the dataset",
        )
    groups = {by_id[case_id].group for case_id in old} - {None}
    torn = next((case for case in fresh if case.group in groups), None)
    if torn:
        raise UsageError(
            f"case {torn.id!r} belongs to the group {torn.group!r}, which was judged already",
            hint="a fresh case needs a group of its own",
        )
    more = make_plan(len(fresh), policy, first.seed, anytime=True, cases=fresh)
    largest = max(1, first.largest)
    if more.largest > largest:
        raise UsageError(
            f"a fresh group has {more.largest} cases, the largest before had {largest}",
            hint=f"make the fresh groups smaller, or {_NEW_ATTEMPT}",
        )
    plan = replace(
        first,
        planned=len(old) + len(fresh),
        looks=first.looks + more.looks,
        z=first.z + more.z,
        block_ends=first.block_ends + tuple(len(old) + end for end in more.block_ends),
        stages=(*(first.stages or (len(old),)), len(old) + len(fresh)),
        extends=evaluation_id,
        created_at=created_at,
    )
    return plan, more.order_cases(fresh)


def contradiction(after: Evidence, before: Evidence) -> str:
    """Why `after` is not a valid extension of `before`; "" when it is."""
    same = ("prompt_id", "prompt_fingerprint", "suite", "policy", "baseline_fingerprint")
    for name in same:
        if getattr(after, name) != getattr(before, name):
            return f"it extends an evaluation with another {name.replace('_', ' ')}"
    if not before.policy.get("extend"):
        return "it extends an evaluation whose suite did not say so before its first call"
    for key in ("seed", "bets", "largest", "rules", "baseline", "slices"):
        if after.plan.get(key) != before.plan.get(key):
            return f"its plan has another {key} than the one that it extends"
    for scorer, pairs in before.pairs.items():
        if after.pairs.get(scorer, ())[: len(pairs)] != pairs or len(pairs) < before.planned:
            return "it does not begin with the scores that it extends"
    return ""


def _check_rule(before: Evidence, policy: GatePolicy) -> None:
    if not policy.extend or before.policy != policy.content():
        raise UsageError(
            "only an evaluation whose suite said `extend: true` before its first call can be"
            " extended",
            hint=_NEW_ATTEMPT,
        )
    if before.gate is Gate.PASS:
        raise UsageError(
            "it passes already: there is nothing to extend",
            hint="deploy it; if cases were changed since, evaluate it without --extend",
        )
    if not before.baseline_fingerprint:
        raise UsageError("it was compared with no baseline", hint=_NEW_ATTEMPT)


def _check_old(old: Sequence[str], digests: Sequence[str], by_id: dict[str, Case]) -> None:
    gone = [case_id for case_id in old if case_id not in by_id]
    changed = [
        case_id
        for case_id, digest in zip(old, digests, strict=True)
        if case_id in by_id and by_id[case_id].digest != digest
    ]
    for case_ids, what in ((gone, "removed"), (changed, "changed")):
        if case_ids:
            shown = ", ".join(repr(case_id) for case_id in case_ids[:3])
            more = f" and {len(case_ids) - 3} more" if len(case_ids) > 3 else ""
            raise UsageError(f"cases were {what}: {shown}{more}", hint=_NEW_ATTEMPT)
