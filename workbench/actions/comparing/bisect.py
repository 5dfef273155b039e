"""Finds the edit that broke cases, by running mixes of two prompts on the broken cases only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.actions.comparing.compare import Compared, compare
from workbench.actions.comparing.side_runs import OnRun, finished_run
from workbench.actions.refs import Source
from workbench.actions.running import run as running
from workbench.actions.running.costs import Cost, OnPlanned, PlannedRun, cost_to_confirm
from workbench.actions.session import Session
from workbench.errors import TemplateError
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Prompt
from workbench.runs.spec.values import Result
from workbench.verdicts.bisection.bisect import Bisection, expected_trials, most_trials
from workbench.verdicts.bisection.bisect import bisect as search
from workbench.verdicts.bisection.hunks import Edits, Hunk, edits_between
from workbench.verdicts.sample import mean


@dataclass(frozen=True, slots=True)
class BisectPlan:
    """The size and cost of a search, before it starts."""

    compared: Compared
    hunks: tuple[Hunk, ...]
    trials: int
    """Expected number of mixes to try."""
    most_trials: int
    calls: int
    """Expected number of calls."""
    usd: float | None
    cost: Cost | None
    """The cost to confirm, when it exceeds the settings' `confirm_above`."""


@dataclass(frozen=True, slots=True)
class Bisected:
    """The plan and the result; `guilty` are hunks of the plan."""

    plan: BisectPlan
    result: Bisection
    guilty: tuple[Hunk, ...]


def bisect(
    session: Session,
    ref_a: str,
    ref_b: str,
    suite_name: str | None = None,
    *,
    split: str | None = None,
    halves: bool = True,
    on_plan: Callable[[BisectPlan], None],
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> Bisected:
    """Name the hunks between A and B that break the cases that B breaks. Blocks.

    `on_planned` gets the runs that A and B lack, `on_plan` the cost before the first mix runs;
    either may raise to stop. Raises UsageError, see `compare`.
    """
    compared = compare(
        session, ref_a, ref_b, suite_name, split=split, on_planned=on_planned, on_run=on_run
    )
    edits = edits_between(compared.a.source.prompt, compared.b.source.prompt)
    hunks = edits.hunks
    plan = _plan(session, compared, hunks, halves)
    on_plan(plan)
    if not compared.headline.broke:
        nothing = Bisection((), 0, (), "B breaks no case")
        return Bisected(plan, nothing, ())

    def broken(chosen: frozenset[int]) -> bool | None:
        mixed = _mixed(edits, chosen)
        return None if mixed is None else _is_broken(session, compared, mixed, on_run)

    result = asyncio.run(search(len(hunks), broken, halves=halves))
    return Bisected(plan, result, tuple(hunks[index] for index in result.guilty))


def _mixed(edits: Edits, chosen: frozenset[int]) -> Prompt | None:
    """A with the chosen edits applied; None when the result is not a valid prompt."""
    prompt = edits.apply(chosen)
    try:
        Renderer(prompt)
    except TemplateError:
        return None
    return prompt


def _is_broken(
    session: Session, compared: Compared, prompt: Prompt, on_run: OnRun | None
) -> bool | None:
    """Whether the mix scores nearer to B than to A on the cases that B broke."""
    headline = compared.headline
    broken_ids = set(headline.broke)
    source = Source(prompt, "mix")
    spec = running.make_spec(source, compared.suite, split="all", equal_cases=True, settled=True)
    spec = replace(spec, cases=tuple(case for case in spec.cases if case.id in broken_ids))
    results = session.store.results(finished_run(session, spec, "a mix of both", on_run))
    score = _mean(results, headline.scorer, broken_ids)
    score_a = _mean(compared.a.all_results, headline.scorer, broken_ids)
    score_b = _mean(compared.b.all_results, headline.scorer, broken_ids)
    if score is None or score_a is None or score_b is None:
        return None
    return score_a - score >= (score_a - score_b) / 2


def _mean(results: list[Result], scorer: str, case_ids: set[str]) -> float | None:
    values = [
        result.scores[scorer].value
        for result in results
        if result.case_id in case_ids and scorer in result.scores
    ]
    return mean(values)


def _plan(
    session: Session, compared: Compared, hunks: tuple[Hunk, ...], halves: bool
) -> BisectPlan:
    broke = compared.headline.broke
    trials = expected_trials(len(hunks), halves=halves)
    usd = cost = None
    if broke:
        spec = running.make_spec(
            compared.b.source,
            compared.suite,
            split="all",
            fresh=True,
            equal_cases=True,
            settled=True,
        )
        broken_ids = set(broke)
        cases = tuple(case for case in spec.cases if case.id in broken_ids)
        mix = replace(spec, cases=cases)
        one = running.estimate(session, mix).usd
        usd = None if one is None else one * trials
        cost = cost_to_confirm(session, [PlannedRun(mix, times=trials)])
    return BisectPlan(
        compared=compared,
        hunks=hunks,
        trials=trials,
        most_trials=most_trials(len(hunks), halves=halves),
        calls=trials * len(broke) * compared.suite.run.repeats,
        usd=usd,
        cost=cost,
    )
