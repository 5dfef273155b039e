"""Run a prompt on a suite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.actions.refs import Source, draft_ref, resolve
from workbench.actions.running.streamed import as_streamed, recorded_by
from workbench.actions.session import Session
from workbench.actions.workspace.dataset_contents import record
from workbench.datasets.distinct import remarks
from workbench.datasets.fit import check_fit, differs_from_0_1, unused_columns
from workbench.datasets.leakage import leak_notes, refuse_leaks
from workbench.datasets.near_misses import check_names, name_notes, split_notes
from workbench.datasets.values import Case
from workbench.errors import DatasetError, UsageError, WorkbenchError
from workbench.prompts.features import used_fields
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.environment import IMPORTED, STREAMED
from workbench.runs.spec.suite import GATE_SPLIT, Suite
from workbench.runs.spec.suite_checks import check_expected, key_notes
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
    """The specification of a run, checked before the first call.

    Duplicate cases, which expect the same and for which this prompt and all those `beside` it send
    the same, are run once, unless `equal_cases` is set. Any prompt that accepts the suite's inputs
    may be run on it; only the suite's own prompt can gain evidence. `settled`: a registered version
    that is compared with another, see `check_fit`. Raises UsageError when no case is left,
    DatasetError when a case lacks an input, has a value that the prompt or a scorer cannot use, or
    decides and is one of the prompt's examples.
    """
    suite = suite.for_prompts((source.prompt, *beside))
    streamed = bool(suite.dataset.rows) and limit is None
    there = suite.cases(split)
    distinct_cases = there if equal_cases else suite.distinct_cases(split, (source.prompt, *beside))
    cases = distinct_cases[:limit]
    if not cases:
        splits = ", ".join((*suite.dataset.splits, "all"))
        raise UsageError(f"0 cases in split {split!r} of {suite.name}", hint=f"one of: {splits}")
    used = used_fields(source.prompt, Renderer(source.prompt).names)
    if not equal_cases:  # a resumed run keeps its cases
        check_names(suite.dataset, used)
    if split == GATE_SPLIT and not (settled or equal_cases):
        decide = suite.gate_cases.cases if limit is None else cases
        leak_remarks = refuse_leaks(source.prompt, suite.dataset, decide)
    else:
        leak_remarks = tuple(leak_notes(source.prompt, suite.dataset, cases))
    unused = check_fit(source.prompt, cases, suite.dataset.place_of, settled=settled)
    # All cases, not those of this run: pairing and resuming must not depend on a limit.
    everything = suite.dataset.cases
    options = suite.run
    own = {"concurrency": concurrency, "budget_usd": budget_usd}
    own_options = tuple(name for name, value in own.items() if value is not None)
    if repeats:
        options = replace(options, repeats=repeats)
    if concurrency:
        options = replace(options, concurrency=concurrency)
    if budget_usd is not None:
        options = replace(options, budget_usd=budget_usd)
    spec = RunSpec(
        prompt=source.prompt,
        suite=suite.with_reading_changes(
            everything, typed=differs_from_0_1(source.prompt, everything)
        ),
        cases=cases,
        split=split_name(suite, split),
        label=source.run_label,
        fresh=fresh,
        available=suite.dataset.rows or len(distinct_cases),
        options=options,
        own_options=own_options,
        notes=(
            *filter(None, [source.note]),
            *suite.dataset.notes,
            *unused,
            *name_notes(suite.dataset, used),
            *split_notes(suite.dataset),
            *check_expected(suite, cases, whole=not streamed),
            *remarks(there, distinct_cases),
            *leak_remarks,
            *key_notes(cases),
        ),
    )
    return as_streamed(spec, suite, source.note) if streamed else spec


def case_notes(
    suite: Suite, split: str | None, cases: Sequence[Case], prompts: Sequence[Prompt]
) -> tuple[str, ...]:
    """Notes about the cases that several prompts were run on."""
    there = suite.cases(split)
    distinct_cases = suite.distinct_cases(split, prompts) if len(there) > len(cases) else cases
    renderers = [(prompt, Renderer(prompt)) for prompt in prompts]
    used = {name for prompt, each in renderers for name in used_fields(prompt, each.names)}
    return (
        *suite.dataset.notes,
        *unused_columns(renderers, cases),
        *name_notes(suite.dataset, used),
        *split_notes(suite.dataset),
        *_unjudged(suite, cases),
        *remarks(there, distinct_cases),
    )


def _unjudged(suite: Suite, cases: Sequence[Case]) -> tuple[str, ...]:
    """The notes of `check_expected` about cases that were run already."""
    try:
        return tuple(check_expected(suite, cases))
    except DatasetError as error:
        return (error.message,)


def split_name(suite: Suite, split: str | None) -> str:
    """The name of the split that `split` selects; "all" if the dataset has no such split."""
    name = split or "dev"
    return name if name in suite.dataset.splits else "all"


def start(
    session: Session,
    spec: RunSpec,
    *,
    resume: str | None = None,
    up_to: int | None = None,
    keep_cases: bool = True,
) -> LiveRun:
    """Start or resume a run in its own thread; `up_to` limits it to that many cases at first.
    With `keep_cases` the content of the suite's dataset is kept as a version of it.

    Raises UsageError, TemplateError or SettingsError, see `engine.start_run`; UntrustedWorkspace.
    """
    from workbench.runs.engine.engine import start_run

    spec = _with_artifact(session, spec)
    session.workspace.make_state()
    if keep_cases:
        _keep_cases(session, spec)
    spec = recorded_by(session, spec)
    return start_run(
        spec,
        session.provider_for(spec.prompt),
        session.workspace.runs_path,
        resume=resume,
        up_to=up_to,
        judges=session.judge_providers(spec.judges),
    )


def _with_artifact(session: Session, spec: RunSpec) -> RunSpec:
    """The same with what the pin of the model is resolved to."""
    from workbench.actions.running.model_artifacts import artifact_facts

    facts = artifact_facts(session, spec.prompt)
    return replace(spec, facts={**spec.facts, **facts}) if facts else spec


def _keep_cases(session: Session, spec: RunSpec) -> None:
    """Keep the content of the dataset, of which the run uses all or some cases."""
    if spec.suite.dataset.rows:
        return  # the first cases of a large file are no content of its own
    record(session, spec.suite, f"run of {spec.prompt.prompt_id} ({spec.label})")


def resume(session: Session, run_id: str) -> LiveRun:
    """Resume an incomplete run: cases that are missing or failed. Raises UsageError when the
    dataset or the scorers changed since.
    """
    return start(session, spec_of_run(session, run_id), resume=run_id)


def submit(
    session: Session, spec: RunSpec, on_start: Callable[[str], None] | None = None
) -> RunSummary:
    """Start a run as a batch at half price, to be attached to later. Blocks until it is sent.

    `on_start` gets the run's id before submission, to resume the run if that fails.
    """
    from workbench.runs.engine.batches import submit_batch

    spec = _with_artifact(session, spec)
    session.workspace.make_state()
    _keep_cases(session, spec)
    return submit_batch(
        spec, session.provider_for(spec.prompt), session.workspace.runs_path, on_start
    )


def attach(session: Session, run_id: str) -> RunSummary:
    """Poll a run's batch; once it has ended, score and store its answers."""
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
    """The specification to resume a stored run: its prompt as it was, the suite as it is now, and
    the options given for this run alone, unless replaced. Raises NotFound, and UsageError for a
    run that was imported.
    """
    summary = session.store.summary(run_id)
    if IMPORTED in summary.environment:
        raise UsageError(
            f"the run {run_id} was imported: nothing is asked again in it",
            hint=f"workbench run {summary.suite} --prompt {summary.prompt_id} asks here",
        )
    source = Source(session.store.prompt(run_id), summary.label)
    is_streamed = STREAMED in summary.environment
    suite = (
        session.workspace.suite(summary.suite, split=summary.split, streamed=True)
        if is_streamed
        else session.workspace.suite_for(summary.prompt_id, summary.suite)
    )
    own_options = summary.environment.get(OPTIONS) or {}
    spec = make_spec(
        source,
        suite,
        split=summary.split,
        repeats=summary.repeats,
        concurrency=concurrency or own_options.get("concurrency"),
        budget_usd=own_options.get("budget_usd") if budget_usd is None else budget_usd,
        fresh=bool(summary.environment.get("fresh")),
        equal_cases=True,
        settled=not draft_ref(session.workspace, summary.prompt_id, summary.label),
    )
    if spec.stream:
        return spec
    case_ids = {case.id for case in session.store.cases(run_id)}
    cases = tuple(case for case in spec.cases if case.id in case_ids)
    return replace(spec, cases=cases)


def differs_from_draft(session: Session, run_id: str) -> bool:
    """Whether the run's draft or variant has changed since or is gone; a resumed run keeps the old
    text.
    """
    summary = session.store.summary(run_id)
    ref = draft_ref(session.workspace, summary.prompt_id, summary.label)
    if not ref:
        return False
    try:
        return resolve(session, ref).prompt.fingerprint != summary.fingerprint
    except WorkbenchError:
        return True


def estimate(session: Session, spec: RunSpec, done: Collection[tuple[str, int]] = ()) -> Estimate:
    """Calls, US dollars and seconds of a run before it starts, without the pairs in `done`."""
    from workbench.runs.engine.estimate import estimate_run

    judges = {
        judge.prompt.fingerprint: session.provider_settings(judge.prompt) for judge in spec.judges
    }
    settings = session.provider_settings(spec.prompt)
    return estimate_run(spec, settings, session.store, done, judges)


def steadiness_of(session: Session, summary: RunSummary) -> Steadiness | None:
    """Consistency over the repeats of a stored run by its headline scorer; None without repeats."""
    if summary.repeats < 2:
        return None
    from workbench.runs.spec.repeats import steadiness

    return steadiness(session.store.results(summary.run_id), summary.scorer)


def outcomes_of(session: Session, summary: RunSummary) -> dict[Outcome, int]:
    """Number of a stored run's answers by outcome."""
    return session.store.outcomes(summary.run_id)


def needs_confirmation(suite: Suite, split: str | None) -> bool:
    """Whether a run uses gate cases outside of an evaluation, which weakens later evaluations."""
    return split == GATE_SPLIT and GATE_SPLIT in suite.dataset.splits


def try_case(
    session: Session,
    prompt: Prompt,
    case: Case,
    *,
    on_text: Callable[[str], None] | None = None,
) -> Answer:
    """One answer to one case, streamed to `on_text`. Blocks; call it from a worker thread."""
    from workbench.providers.openai_chat.forms import FORMS
    from workbench.runs.engine.trial import try_case as ask
    from workbench.runs.store.endpoint_forms import load_from, save_in

    load_from(session.workspace.runs_path)
    open_provider = session.provider_for(prompt)

    async def call() -> Answer:
        provider = open_provider()
        try:
            return await ask(prompt, case, provider, on_text=on_text)
        finally:
            await provider.close()

    try:
        return asyncio.run(call())
    finally:
        if FORMS.learned():
            with suppress(UsageError):  # the workspace may be read-only
                session.workspace.make_state()
                save_in(session.workspace.runs_path)
