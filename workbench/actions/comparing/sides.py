"""What is known of the sides of a comparison before anything is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.actions.refs import Source
from workbench.actions.session import Session
from workbench.datasets.fit import check_fit
from workbench.datasets.values import Case
from workbench.errors import UsageError, WorkbenchError
from workbench.prompts.values import Prompt
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import RunSpec, RunStatus
from workbench.verdicts.pairing import what_differs

SAME = "A and B are the same run"


def suite_of(session: Session, sources: Sequence[Source], name: str | None) -> Suite:
    """The named suite, else that of a stored run, else the first of A's prompt, or of another's,
    whose inputs all of them take.

    Raises NotFound, and NoSuite where no suite tries any of them.
    """
    if name is None:
        run_id = _first_run(sources)
        name = session.store.summary(run_id).suite if run_id else None
        if name not in {suite.name for suite in session.workspace.suites()}:
            name = None  # it was renamed since: what differs is told by the cases
    prompts = {source.prompt.prompt_id: source.prompt for source in sources}
    if name is None:
        found = [suite for prompt_id in prompts for suite in session.workspace.suites_of(prompt_id)]
        taken = (s for s in found if len(prompts) == 1 or all(fits(p, s) for p in prompts.values()))
        if found:
            return next(taken, found[0])
    return session.workspace.suite_for(sources[0].prompt.prompt_id, name)


def fits(prompt: Prompt, suite: Suite) -> bool:
    """Whether the first case has what the prompt needs; a comparison asks it of every case."""
    try:
        check_fit(prompt, suite.dataset.cases[:1], lambda case: case.id)
    except WorkbenchError:
        return False
    return True


def split_of(session: Session, *sources: Source) -> str | None:
    """Runs are compared on the split they were made on."""
    run_id = _first_run(sources)
    return session.store.summary(run_id).split if run_id else None


def check_sides(
    session: Session, sources: Sequence[Source], suite: Suite, cases: Sequence[Case], *, fresh: bool
) -> None:
    """The first of `sources` is A; `cases` are those that a new run would be asked.

    Raises UsageError where a side is A itself, and where a stored run was made on other cases or
    scorers than those that a side without one would be run on.
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


def asked_run(session: Session, spec: RunSpec) -> str | None:
    """The newest stored run that asked all of `spec`, though calls of it failed; None: none did.

    Its missing cases are counted as missing, and can be asked again on purpose.
    """
    if not session.workspace.runs_path.exists():
        return None
    wanted = {case.id: case for case in spec.cases}
    for run in session.store.summaries(spec.prompt.prompt_id, spec.suite.name):
        if (
            run.fingerprint != spec.prompt.fingerprint
            or run.status is RunStatus.RUNNING
            or not run.scored
            or any(run.suite_parts.get(k) != digest for k, digest in spec.suite.parts.items())
        ):
            continue
        cases = {case.id: case for case in session.store.cases(run.run_id)}
        if any(cases.get(case_id) != case for case_id, case in wanted.items()):
            continue
        asked = {(result.case_id, result.repeat) for result in session.store.results(run.run_id)}
        if all((case_id, repeat) in asked for case_id in wanted for repeat in range(run.repeats)):
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
