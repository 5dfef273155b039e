"""Checks of a comparison's sides before any run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.actions.refs import Source
from workbench.actions.session import Session
from workbench.datasets.fit import check_fit
from workbench.datasets.values import Case
from workbench.errors import UsageError, WorkbenchError
from workbench.prompts.values import Prompt
from workbench.runs.spec.environment import IMPORTED
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import RunSpec, RunStatus
from workbench.verdicts.pairing import what_differs

SAME = "A and B are the same run"


def suite_of(session: Session, sources: Sequence[Source], name: str | None) -> Suite:
    """The named suite, else that of a stored run, else the first suite of one of the prompts, A's
    first, whose inputs all of them accept.

    Raises NotFound, and NoSuite if none of the prompts has a suite; DatasetError for a file that a
    case names and that cannot be sent.
    """
    suite = _suite_of(session, sources, name)
    return suite.for_prompts([source.prompt for source in sources])


def _suite_of(session: Session, sources: Sequence[Source], name: str | None) -> Suite:
    if name is None:
        run_id = _first_run(sources)
        name = session.store.summary(run_id).suite if run_id else None
        if name not in {head.name for head in session.workspace.suite_heads()}:
            name = None  # renamed since; differences show in the cases
    prompts = {source.prompt.prompt_id: source.prompt for source in sources}
    if name is None:
        candidates = [
            suite for prompt_id in prompts for suite in session.workspace.suites_of(prompt_id)
        ]
        fitting = (
            s for s in candidates if len(prompts) == 1 or all(fits(p, s) for p in prompts.values())
        )
        if candidates:
            return next(fitting, candidates[0])
    return session.workspace.suite_for(sources[0].prompt.prompt_id, name)


def fits(prompt: Prompt, suite: Suite) -> bool:
    """Whether the prompt can be rendered with the first case; a comparison checks every case."""
    try:
        cases = suite.for_prompts([prompt]).dataset.cases[:1]
        check_fit(prompt, cases, lambda case: case.id)
    except WorkbenchError:
        return False
    return True


def split_of(session: Session, *sources: Source) -> str | None:
    """The split of a stored run among the sources: runs are compared on their own split."""
    run_id = _first_run(sources)
    return session.store.summary(run_id).split if run_id else None


def check_sides(
    session: Session, sources: Sequence[Source], suite: Suite, cases: Sequence[Case], *, fresh: bool
) -> None:
    """Check the sides, the first of which is A; `cases` are those of a new run.

    Raises UsageError when a side is A itself, or when a stored run was made on other cases or
    scorers than a new run of another side would be.
    """
    a, *others = sources
    for b in others:
        _check_two(a, b, fresh)
    asked_now = [source for source in sources if source.run_id is None]
    if not asked_now:
        return
    for source in sources:
        if source.run_id:
            _check_stored(session, source.run_id, asked_now[0], suite, cases)


def covering_run(session: Session, spec: RunSpec, *, imported: bool = False) -> str | None:
    """The newest stored run of all of `spec`, even with failed calls, or None; with `imported` it
    may have been made by another tool.

    Its missing cases count as missing; they can be rerun explicitly.
    """
    if not session.workspace.runs_path.exists():
        return None
    cases_by_id = {case.id: case for case in spec.cases}
    for run in session.store.summaries(spec.prompt.prompt_id, spec.suite.name):
        if (
            run.fingerprint != spec.prompt.fingerprint
            or run.status is RunStatus.RUNNING
            or not run.scored
            or (not imported and IMPORTED in run.environment)
            or any(run.suite_parts.get(k) != digest for k, digest in spec.suite.parts.items())
        ):
            continue
        cases = {case.id: case for case in session.store.cases(run.run_id)}
        if any(cases.get(case_id) != case for case_id, case in cases_by_id.items()):
            continue
        done = {(result.case_id, result.repeat) for result in session.store.results(run.run_id)}
        if all(
            (case_id, repeat) in done for case_id in cases_by_id for repeat in range(run.repeats)
        ):
            return run.run_id
    return None


def _first_run(sources: Sequence[Source]) -> str | None:
    return next((source.run_id for source in sources if source.run_id), None)


def _check_two(a: Source, b: Source, fresh: bool) -> None:
    if (a.prompt.fingerprint, a.run_id) != (b.prompt.fingerprint, b.run_id):
        return
    if a.run_id:
        raise UsageError(f"{SAME}: {a.run_id}", hint="pick another side")
    if not fresh:
        raise UsageError(
            f"{SAME}: {a.name} and {b.name} are one and the same prompt",
            hint="pick another side",
        )


def _check_stored(
    session: Session, run_id: str, other: Source, suite: Suite, cases: Sequence[Case]
) -> None:
    stored = session.store.summary(run_id)
    now = replace(
        stored,
        suite_parts={**stored.suite_parts, **suite.with_reading_changes(suite.dataset.cases).parts},
        scorer=suite.gate.scorers[0],
    )
    differs = what_differs(stored, now, session.store.cases(run_id), cases)
    if differs:
        raise UsageError(
            f"{other.name} cannot be paired with run {run_id}, which was made before"
            f" {' and '.join(differs)} changed",
            hint="run both prompts on the suite as it is now",
        )
