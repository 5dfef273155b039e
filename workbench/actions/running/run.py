"""Run a prompt on a suite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.actions.refs import DRAFT, Source, resolve
from workbench.actions.session import Session
from workbench.datasets.distinct import remarks
from workbench.datasets.fit import asks_otherwise, check_fit, unused_columns
from workbench.datasets.near_misses import check_names, name_notes, split_notes
from workbench.datasets.values import Case
from workbench.errors import DatasetError, UsageError, WorkbenchError
from workbench.prompts.key_like import key_in
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.suite import GATE_SPLIT, Suite
from workbench.runs.spec.suite_checks import check_expected
from workbench.runs.spec.values import RunSpec, RunSummary
from workbench.runs.store.spec_parts import OPTIONS

if TYPE_CHECKING:
    from workbench.runs.engine.estimate import Estimate
    from workbench.runs.engine.live import LiveRun
    from workbench.runs.spec.repeats import Steadiness


def make_spec(
    source: Source,
    suite: Suite,
    *,
    split: str | None = None,
    limit: int | None = None,
    repeats: int | None = None,
    concurrency: int | None = None,
    budget_usd: float | None = None,
    fresh: bool = False,
    equal_cases: bool = False,
    beside: Sequence[Prompt] = (),
    settled: bool = False,
) -> RunSpec:
    """What to run, checked before the first call. Cases that ask and expect the same are asked
    once, unless `equal_cases` are wanted: those for which this prompt and all those `beside` it
    send the same.

    Any prompt that takes the suite's inputs may be run on it; evidence is of its own prompt alone.
    `settled`: it is a registered version that another is compared with, see `check_fit`.
    Raises UsageError when no case is left, DatasetError when a case lacks an input, or has a value
    that is not what the prompt or a scorer needs.
    """
    there = suite.cases(split)
    asked = there if equal_cases else suite.distinct_cases(split, (source.prompt, *beside))
    cases = asked[:limit]
    if not cases:
        splits = ", ".join((*suite.dataset.splits, "all"))
        raise UsageError(f"0 cases in split {split!r} of {suite.name}", hint=f"one of: {splits}")
    used = Renderer(source.prompt).names
    if not equal_cases:  # what was begun is gone on with
        check_names(suite.dataset, used)
    unused = check_fit(source.prompt, cases, suite.dataset.place_of, settled=settled)
    # All cases, not those of this run: what is paired or resumed must not depend on a limit.
    everything = suite.dataset.cases
    options = suite.run
    own = {"concurrency": concurrency, "budget_usd": budget_usd}
    if repeats:
        options = replace(options, repeats=repeats)
    if concurrency:
        options = replace(options, concurrency=concurrency)
    if budget_usd is not None:
        options = replace(options, budget_usd=budget_usd)
    return RunSpec(
        prompt=source.prompt,
        suite=suite.with_reading_changes(
            everything, typed=asks_otherwise(source.prompt, everything)
        ),
        cases=cases,
        split=split_name(suite, split),
        label=source.label,
        fresh=fresh,
        available=len(asked),
        options=options,
        own_options=tuple(name for name, value in own.items() if value is not None),
        notes=(
            *filter(None, [source.note]),
            *suite.dataset.notes,
            *unused,
            *name_notes(suite.dataset, used),
            *split_notes(suite.dataset),
            *check_expected(suite, cases),
            *remarks(there, asked),
            *_keys(cases),
        ),
    )


def case_notes(
    suite: Suite, split: str | None, cases: Sequence[Case], prompts: Sequence[Prompt]
) -> tuple[str, ...]:
    """What must be known of the cases that several prompts were asked, beside their results."""
    there = suite.cases(split)
    asked = suite.distinct_cases(split, prompts) if len(there) > len(cases) else cases
    renderers = [Renderer(prompt) for prompt in prompts]
    return (
        *suite.dataset.notes,
        *unused_columns(renderers, cases),
        *name_notes(suite.dataset, {name for known in renderers for name in known.names}),
        *split_notes(suite.dataset),
        *_unjudged(suite, cases),
        *remarks(there, asked),
    )


def _unjudged(suite: Suite, cases: Sequence[Case]) -> tuple[str, ...]:
    """What `check_expected` says, of cases that were asked already."""
    try:
        return tuple(check_expected(suite, cases))
    except DatasetError as error:
        return (error.message,)


def _keys(cases: Sequence[Case]) -> Iterator[str]:
    """A note when cases, which are sent to a provider, seem to hold keys."""
    found = [case.id for case in cases if any(key_in(str(v)) for v in case.inputs.values())]
    if found:
        yield f"{len(found)} of {len(cases)} cases look like they hold a key, first {found[0]!r}"


def split_name(suite: Suite, split: str | None) -> str:
    """The split that a run of `split` is on, by its name in the dataset, else "all"."""
    name = split or "dev"
    return name if name in suite.dataset.splits else "all"


def start(
    session: Session, spec: RunSpec, *, resume: str | None = None, up_to: int | None = None
) -> LiveRun:
    """Start (or go on with) a run in its own thread; with `up_to` on so many cases at first."""
    from workbench.runs.engine.engine import start_run

    session.workspace.make_state()
    return start_run(
        spec,
        session.provider_for(spec.prompt),
        session.workspace.runs_path,
        resume=resume,
        up_to=up_to,
    )


def resume(session: Session, run_id: str) -> LiveRun:
    """Go on with an incomplete run: what is missing or failed. Raises UsageError when the
    dataset or the scorers changed since.
    """
    return start(session, spec_of_run(session, run_id), resume=run_id)


def submit(
    session: Session, spec: RunSpec, on_start: Callable[[str], None] | None = None
) -> RunSummary:
    """Start a run as a batch at half price, to be attached to later. Blocks until it is sent.

    `on_start` gets the run's id, which names the run when sending fails.
    """
    from workbench.runs.engine.batches import submit_batch

    session.workspace.make_state()
    return submit_batch(
        spec, session.provider_for(spec.prompt), session.workspace.runs_path, on_start
    )


def attach(session: Session, run_id: str) -> RunSummary:
    """Look after a run's batch: its answers are scored and stored once it is over."""
    from workbench.runs.engine.batches import attach_batch

    spec = spec_of_run(session, run_id)
    return attach_batch(
        run_id, spec, session.provider_for(spec.prompt), session.workspace.runs_path
    )


def spec_of_run(
    session: Session,
    run_id: str,
    *,
    concurrency: int | None = None,
    budget_usd: float | None = None,
) -> RunSpec:
    """What a stored run asks: its prompt as it was, with the suite as it is now and what was said
    for this run alone, unless something else is said now. Raises NotFound.
    """
    summary = session.store.summary(run_id)
    suite = session.workspace.suite_for(summary.prompt_id, summary.suite)
    source = Source(session.store.prompt(run_id), summary.label)
    said = summary.environment.get(OPTIONS) or {}
    spec = make_spec(
        source,
        suite,
        split=summary.split,
        repeats=summary.repeats,
        concurrency=concurrency or said.get("concurrency"),
        budget_usd=said.get("budget_usd") if budget_usd is None else budget_usd,
        fresh=bool(summary.environment.get("fresh")),
        equal_cases=True,
        settled=summary.label != DRAFT,
    )
    wanted = {case.id for case in session.store.cases(run_id)}
    cases = tuple(case for case in spec.cases if case.id in wanted)
    return replace(spec, cases=cases)


def differs_from_draft(session: Session, run_id: str) -> bool:
    """Whether the run's draft has been changed since, or is gone: the run does not follow it."""
    summary = session.store.summary(run_id)
    if summary.label != DRAFT:
        return False
    try:
        return resolve(session, summary.prompt_id).prompt.fingerprint != summary.fingerprint
    except WorkbenchError:
        return True


def estimate(session: Session, spec: RunSpec, done: Collection[tuple[str, int]] = ()) -> Estimate:
    """Calls, money and time of a run, before it starts, without what is `done`."""
    from workbench.runs.engine.estimate import estimate_run

    return estimate_run(spec, session.provider_settings(spec.prompt), session.store, done)


def steadiness_of(session: Session, summary: RunSummary) -> Steadiness | None:
    """What the repeats of a stored run say by its headline scorer; None where there are none."""
    if summary.repeats < 2:
        return None
    from workbench.runs.spec.repeats import steadiness

    return steadiness(session.store.results(summary.run_id), summary.scorer)


def outcomes_of(session: Session, summary: RunSummary) -> dict[Outcome, int]:
    """How many answers of a stored run there are of each outcome."""
    return session.store.outcomes(summary.run_id)


def needs_confirmation(suite: Suite, split: str | None) -> bool:
    """Whether a run looks at the gate set outside of an evaluation, which wears it out."""
    return split == GATE_SPLIT and GATE_SPLIT in suite.dataset.splits


def try_case(
    session: Session,
    prompt: Prompt,
    case: Case,
    *,
    timeout_s: float = 60.0,
    on_text: Callable[[str], None] | None = None,
) -> Answer:
    """One answer to one case, streamed; blocks, so call it from a thread of your own."""
    from workbench.providers.openai_chat.forms import FORMS
    from workbench.runs.engine.trial import try_case as ask
    from workbench.runs.store.endpoint_forms import load_from, save_in

    load_from(session.workspace.runs_path)
    open_provider = session.provider_for(prompt)

    async def asked() -> Answer:
        provider = open_provider()
        try:
            return await ask(prompt, case, provider, timeout_s=timeout_s, on_text=on_text)
        finally:
            await provider.close()

    try:
        return asyncio.run(asked())
    finally:
        if FORMS.learned():
            with suppress(UsageError):  # a trial in a workspace that cannot be written
                session.workspace.make_state()
                save_in(session.workspace.runs_path)
