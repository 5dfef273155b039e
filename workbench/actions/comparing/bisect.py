"""Which edit broke it: mixes of two prompts, run on the cases that broke and on no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.actions.comparing.compare import Compared, OnRun, compare, finished_run
from workbench.actions.refs import Source
from workbench.actions.running import run as running
from workbench.actions.running.costs import Ahead, Cost, OnAhead, worth_asking
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
    """What a search will take, before it starts."""

    compared: Compared
    hunks: tuple[Hunk, ...]
    trials: int
    """About how many mixes are tried."""
    most_trials: int
    calls: int
    """About how many calls that makes."""
    usd: float | None
    cost: Cost | None
    """When it is more than the settings let pass without a question."""


@dataclass(frozen=True, slots=True)
class Bisected:
    """The plan and what was found; `guilty` are hunks of the plan."""

    plan: BisectPlan
    found: Bisection
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
    on_ahead: OnAhead | None = None,
    on_run: OnRun | None = None,
) -> Bisected:
    """Name the hunks between A and B that break the cases that B breaks. Blocks.

    `on_ahead` is told what A and B lack, `on_plan` the cost before the first mix runs; each may
    raise to stop.
    """
    compared = compare(
        session, ref_a, ref_b, suite_name, split=split, on_ahead=on_ahead, on_run=on_run
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

    found = asyncio.run(search(len(hunks), broken, halves=halves))
    return Bisected(plan, found, tuple(hunks[index] for index in found.guilty))


def _mixed(edits: Edits, chosen: frozenset[int]) -> Prompt | None:
    """A with the chosen edits applied; None when that is no prompt."""
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
    wanted = set(headline.broke)
    source = Source(prompt, "mix")
    spec = running.make_spec(source, compared.suite, split="all", equal_cases=True, settled=True)
    spec = replace(spec, cases=tuple(case for case in spec.cases if case.id in wanted))
    results = session.store.results(finished_run(session, spec, "a mix of both", on_run))
    score = _mean(results, headline.scorer, wanted)
    flat_a = [result for group in compared.a.results.values() for result in group]
    flat_b = [result for group in compared.b.results.values() for result in group]
    score_a = _mean(flat_a, headline.scorer, wanted)
    score_b = _mean(flat_b, headline.scorer, wanted)
    if score is None or score_a is None or score_b is None:
        return None
    return score_a - score >= (score_a - score_b) / 2


def _mean(results: list[Result], scorer: str, wanted: set[str]) -> float | None:
    values = [
        result.scores[scorer].value
        for result in results
        if result.case_id in wanted and scorer in result.scores
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
        wanted = set(broke)
        cases = tuple(case for case in spec.cases if case.id in wanted)
        mix = replace(spec, cases=cases)
        one = running.estimate(session, mix).usd
        usd = None if one is None else one * trials
        cost = worth_asking(session, [Ahead(mix, times=trials)])
    return BisectPlan(
        compared=compared,
        hunks=hunks,
        trials=trials,
        most_trials=most_trials(len(hunks), halves=halves),
        calls=trials * len(broke) * compared.suite.run.repeats,
        usd=usd,
        cost=cost,
    )
