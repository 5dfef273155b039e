"""What a comparison shows beside its scorers: slices, cost, latency, and A's own noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.runs.spec.gate_margins import DEFAULT_ALSO
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import Result, RunStatus, RunSummary
from workbench.verdicts.conditions import Condition, conditions_at
from workbench.verdicts.judges.errors import JudgeErrors
from workbench.verdicts.noise import Noise, noise_of
from workbench.verdicts.pairing import pair_results
from workbench.verdicts.raw_values import raw_pairs
from workbench.verdicts.sequential_plan import make_plan
from workbench.verdicts.slices import SliceStanding, slice_standings
from workbench.verdicts.values import CasePair


@dataclass(frozen=True)
class Beside:
    """Empty for a preview, which decides nothing."""

    conditions: tuple[Condition, ...] = ()
    """What the gate asks of slices, cost and latency."""
    slices: tuple[SliceStanding, ...] = ()
    """How each tag's cases stand."""
    informative: tuple[Condition, ...] = ()
    """Cost and latency by the default margins where the gate does not ask: they decide nothing."""


NOTHING = Beside()


def beside(
    suite: Suite,
    cases: Sequence[Case],
    pairs: Mapping[str, Sequence[CasePair]],
    results_a: Iterable[Result],
    results_b: Iterable[Result],
    *,
    judges: tuple[tuple[str, JudgeErrors], ...] = (),
    other_model: bool = False,
) -> Beside:
    """The gate's further conditions, and how each tag stands, at a single look at all cases. With
    `other_model` cost and latency are told, too, where the gate does not ask.
    """
    policy = suite.gate
    tagged = any(case.tags for case in cases)
    if not cases or not (tagged or policy.slices or policy.also or other_model):
        return NOTHING
    plan = make_plan(len(cases), policy, suite.dataset.seed, full=True, cases=cases)
    plan = replace(plan, judges=judges)
    place = {case.id: at for at, case in enumerate(plan.order_cases(cases))}
    ordered = {
        name: sorted(each, key=lambda pair: place[pair.case_id])
        for name, each in {**pairs, **raw_pairs(results_a, results_b, cases)}.items()
    }
    scorer = policy.scorers[0]
    slices = slice_standings(ordered[scorer], plan, policy, scorer, 1) if tagged else ()
    asked = {name for name, _ in policy.also}
    told = tuple(each for each in DEFAULT_ALSO if other_model and each[0] not in asked)
    informative = conditions_at(ordered, plan, replace(policy, slices=(), also=told), 1)
    return Beside(conditions_at(ordered, plan, policy, 1), slices, informative)


def own_noise(session: Session, a: RunSummary, scorer: str, cases: Sequence[Case]) -> Noise | None:
    """A's flips against itself, from its two newest runs on these cases without the cache.

    None without two such runs. A run from the cache repeats answers, so it shows no noise.
    """
    run_ids = [
        run.run_id
        for run in session.store.summaries(a.prompt_id, a.suite)
        if run.fingerprint == a.fingerprint and run.suite_parts == a.suite_parts
        if run.status is RunStatus.COMPLETE and not run.cached
    ]
    if len(run_ids) < 2:
        return None
    newer, older = (session.store.results(run_id) for run_id in run_ids[:2])
    return noise_of(pair_results(older, newer, cases, scorer))
