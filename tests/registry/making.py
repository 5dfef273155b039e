"""Evidence made the way the program makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.fingerprints import fingerprint
from workbench.registry import PromptVersion
from workbench.registry.storage.clock import now
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts import CasePair, Evidence, combine, conclude, make_plan

Repeats = float | None | tuple[float | None, ...]
"""The scores of a case: one, or one a repeat."""


def _repeats(scores: Repeats) -> tuple[float | None, ...]:
    return scores if isinstance(scores, tuple) else (scores,)


def build_evidence(
    version: PromptVersion,
    *,
    suite: str = "quality",
    scores: Sequence[Repeats] = (1.0,) * 20,
    baseline: Sequence[Repeats] | None = None,
    policy: GatePolicy | None = None,
    planned: int | None = None,
    dataset: str = "dataset one",
    scorers: str = "scorers one",
    parts: Mapping[str, str] | None = None,
    finished_at: str | None = None,
    looks: bool = False,
    anytime: bool = False,
    groups: int = 0,
    **changes: Any,
) -> Evidence:
    """Evidence of a version on a suite, judged by the real gate."""
    policy = policy or GatePolicy(scorers=("exact",), threshold=0.8, baseline=None)
    plan = make_plan(
        planned or len(scores), policy, 0, full=not looks, anytime=anytime, baseline=bool(baseline)
    )
    ids = [f"c{i:03d}" for i in range(plan.planned)]
    group = {case: f"g{i % groups}" if groups else None for i, case in enumerate(ids)}
    order = plan.order(ids, group)[: len(scores)]
    sides = baseline or [()] * len(scores)
    pairs = {
        name: tuple(
            CasePair(case, _repeats(a), _repeats(b), group[case])
            for case, a, b in zip(order, sides, scores, strict=True)
        )
        for name in policy.scorers
    }
    decision = conclude(pairs, plan, policy)
    whole = {
        "dataset": fingerprint(dataset),
        "scorers": fingerprint(scorers),
        "policy": fingerprint(policy.content()),
        "repeats": fingerprint(1),
        **(parts or {}),
    }
    made: dict[str, Any] = {
        "prompt_id": version.prompt_id,
        "version": version.version,
        "prompt_fingerprint": version.fingerprint,
        "suite": suite,
        "suite_fingerprint": fingerprint(whole),
        "suite_parts": whole,
        "policy": policy.content(),
        "planned": plan.planned,
        "pairs": pairs,
        "comparisons": decision.comparisons,
        "gate": combine(decision.comparisons),
        "score": decision.comparisons[0].score_b,
        "baseline_version": "0.9.0" if baseline else None,
        "baseline_fingerprint": fingerprint("baseline") if baseline else None,
        "run_a": None,
        "run_b": None,
        "started_at": finished_at or now(),
        "finished_at": finished_at or now(),
        "plan": plan.content(),
    }
    return Evidence(**{**made, **changes})
