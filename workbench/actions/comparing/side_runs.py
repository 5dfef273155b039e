"""The sides of a comparison: the stored runs that they have, and the runs to make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.actions.comparing.imports import imported_run
from workbench.actions.comparing.sides import covering_run
from workbench.actions.refs import Source
from workbench.actions.running import run as running
from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.errors import RunCutShort
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import Result, RunSpec, RunStatus, RunSummary
from workbench.verdicts.pairing import by_case

if TYPE_CHECKING:
    from workbench.runs.engine.live import LiveRun

OnRun = Callable[["LiveRun", str], None]
"""Called with each run that is started, and the display name of its prompt."""


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its prompt, its run, its results by case id."""

    source: Source
    summary: RunSummary
    results: Mapping[str, tuple[Result, ...]]
    cases: tuple[Case, ...]
    """The run's cases, answered or not."""

    @property
    def all_results(self) -> list[Result]:
        """The results of all cases and repeats."""
        return [result for group in self.results.values() for result in group]


@dataclass(frozen=True)
class PlannedSide:
    """A side before it is run: a stored run's id, or the run to make."""

    source: Source
    spec: RunSpec | None
    """None: a stored run was named."""
    run_id: str | None
    """The stored run to use; None: it has to be run."""
    altered: int = 0
    """Number of a stored run's results that were altered, so that it cannot be used."""


def plan_side(
    session: Session,
    source: Source,
    suite: Suite,
    split: str | None,
    fresh: bool = False,
    as_stored: bool = False,
    cases: tuple[Case, ...] | None = None,
    *,
    imported: bool = False,
) -> PlannedSide:
    """The run that a side needs on `cases` (None: the split), and the stored run that has it.

    With `as_stored`, a stored run with failed calls is used too, with `imported` one that another
    tool made.
    """
    if source.run_id:
        return PlannedSide(source, None, source.run_id)
    spec = running.make_spec(source, suite, split=split, fresh=fresh, settled=source.is_settled)
    if cases is not None:
        spec = replace(spec, cases=cases)
    run_id = _find(session, spec)
    if not run_id and imported:
        run_id = imported_run(session, spec)
    if not run_id and as_stored and not fresh:
        run_id = covering_run(session, spec, imported=imported)
    return PlannedSide(source, spec, run_id)


def side_of(session: Session, side: PlannedSide, on_run: OnRun | None) -> Side:
    """The results of one side: those of its stored run, else of a new run. Blocks."""
    source, spec = side.source, side.spec
    if spec is None:
        return stored_side(session, source, str(source.run_id))
    run_id = side.run_id or _new_run(session, spec, source.name, on_run)
    whole = stored_side(session, source, run_id)
    case_ids = {case.id for case in spec.cases}
    # A stored run may have more cases than this comparison.
    return replace(
        whole,
        results={case_id: group for case_id, group in whole.results.items() if case_id in case_ids},
        cases=tuple(case for case in whole.cases if case.id in case_ids),
    )


def finished_run(
    session: Session, spec: RunSpec, name: str, on_run: OnRun | None, *, keep_cases: bool = True
) -> str:
    """The id of a complete run of `spec`: a stored one, or a new one. Blocks. A new one that stays
    incomplete is returned too. Raises RunCutShort when it was stopped without results.
    """
    return _find(session, spec) or _new_run(session, spec, name, on_run, keep_cases)


def _find(session: Session, spec: RunSpec) -> str | None:
    if spec.fresh:
        return None
    case_ids = [case.id for case in spec.cases]
    return session.store.find(spec.prompt.fingerprint, spec.suite.parts, case_ids, cases=spec.cases)


def _new_run(
    session: Session, spec: RunSpec, name: str, on_run: OnRun | None, keep_cases: bool = True
) -> str:
    live = running.start(session, spec, keep_cases=keep_cases)
    if on_run:
        on_run(live, name)
    summary = live.wait()
    if summary.status is RunStatus.CANCELLED or not summary.scored:
        raise RunCutShort(f"the run of {name} has no results: {summary.reason or 'it was stopped'}")
    return summary.run_id


def stored_side(session: Session, source: Source, run_id: str) -> Side:
    """A side from its stored run."""
    results = by_case(session.store.results(run_id))
    return Side(source, session.store.summary(run_id), results, session.store.cases(run_id))
