"""What the run screen shows, read in a thread with a Session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.actions.session import Session
from workbench.errors import NotFound, WorkbenchError
from workbench.runs.spec.values import Result, RunStatus, RunSummary
from workbench.tui.services.ratings import ratings_of
from workbench.tui.table.case_rows import ResultRow, answered, waiting_rows

if TYPE_CHECKING:
    from workbench.prompts.values import Prompt

MOST_RUNS = 2_000


@dataclass(frozen=True)
class RunPage:
    """One stored run: what it was, and a row for each of its cases and repeats."""

    summary: RunSummary
    prompt: Prompt
    rows: tuple[ResultRow, ...]
    ratings: Mapping[str, str]
    """What people said about answers, by row key."""
    passed: int
    failed: int
    faults: int = 0
    """Answers that are empty, cut off or refused."""


def read_runs(session: Session) -> tuple[RunSummary, ...]:
    """The newest runs; none where nothing was ever run."""
    if not session.workspace.runs_path.exists():
        return ()
    return tuple(session.store.summaries(limit=MOST_RUNS))


def read_run(session: Session, run_id: str) -> RunPage:
    """One run with everything in it. Raises NotFound."""
    if not session.workspace.runs_path.exists():
        raise NotFound(f"no run {run_id!r}", hint="F5 makes one")
    store = session.store
    summary = store.summary(run_id)
    results = store.results(run_id)
    waiting = {
        row.key: row for row in waiting_rows(store.cases(run_id), summary.repeats, summary.scorer)
    }
    waiting.update((row.key, row) for row in answered(waiting, results))
    ratings = ratings_of(session, summary, results)
    rows = tuple(waiting.values())
    scores = [row.score for row in rows if row.score is not None]
    passed = sum(score >= 1.0 for score in scores)
    failed = len(scores) - passed
    prompt = store.prompt(run_id)
    faults = sum(bool(row.result and row.result.answer.outcome.is_models_fault) for row in rows)
    return RunPage(summary, prompt, rows, ratings, passed, failed, faults)


def read_results(session: Session, run_id: str) -> list[Result]:
    """The results that are stored so far."""
    return session.store.results(run_id)


def counterpart(session: Session, run_id: str) -> str | None:
    """The default REF to compare a run with: the live version of the gate's baseline environment,
    else the newest complete run of another prompt text on the same cases.
    """
    summary = session.store.summary(run_id)
    live = _live_version(session, summary)
    if live:
        return live
    for other in session.store.summaries(summary.prompt_id, summary.suite, limit=200):
        same_cases = other.suite_parts.get("cases") == summary.suite_parts.get("cases")
        if (
            other.run_id != run_id
            and other.status is RunStatus.COMPLETE
            and other.fingerprint != summary.fingerprint
            and same_cases
        ):
            return other.run_id
    return None


def _live_version(session: Session, summary: RunSummary) -> str | None:
    try:
        environment = session.workspace.suite_for(summary.prompt_id, summary.suite).gate.baseline
        versions = {d.environment: d.version for d in session.registry.live(summary.prompt_id)}
        version = versions.get(environment or "")
        if version is None:
            return None
        registered = session.registry.get_version(summary.prompt_id, version)
    except WorkbenchError:
        # The suite was renamed, or the prompt never registered.
        return None
    same = registered.fingerprint == summary.fingerprint
    return None if same else f"{summary.prompt_id}@{version}"
