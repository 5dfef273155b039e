"""Answers that were imported from another tool, as a side of a comparison."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workbench.actions.session import Session
from workbench.runs.imported.storing import (
    RESCORED,
    Origin,
    external_scores,
    store_answers,
    unprovided,
)
from workbench.runs.spec.environment import IMPORTED
from workbench.runs.spec.values import RunSpec, RunSummary
from workbench.scorers.judges.judge import asking_of


def imported_run(session: Session, spec: RunSpec) -> str | None:
    """A stored run of imported answers to what `spec` asks, with the suite's scores of today; None
    where they were not imported. It is no evidence: an evaluation asks itself.
    """
    summary = imported_answers(session, spec)
    if summary is None:
        return None
    same = summary.fingerprint == spec.prompt.fingerprint
    parts = summary.suite_parts
    if same and all(parts.get(name) == part for name, part in spec.suite.parts.items()):
        return summary.run_id
    wanted = {case.id for case in spec.cases}
    results = session.store.results(summary.run_id)
    answers = external_scores((r for r in results if r.case_id in wanted), spec)
    origin = Origin(**summary.environment[IMPORTED])
    spec = replace(spec, label=summary.label)
    path = session.workspace.runs_path
    return store_answers(path, spec, answers, origin, rescored=True)[0]


def import_notes(runs: Iterable[RunSummary]) -> list[str]:
    """A sentence for each run that was imported."""
    return [
        f"run {run.run_id} was imported from {run.environment[IMPORTED].get('tool')}: no call was"
        " made for it, and no gate takes it"
        for run in runs
        if IMPORTED in run.environment
    ]


def imported_answers(session: Session, spec: RunSpec) -> RunSummary | None:
    """The newest import that has an answer, or an error, for each of the spec's cases and repeats,
    whatever scored it and whichever provider the prompt names; none where the suite asks a judge.
    """
    if spec.fresh or asking_of(spec.scorers) or not session.workspace.runs_path.exists():
        return None
    asked, repeats = unprovided(spec.prompt), range(spec.run_options.repeats)
    wanted = {(case.id, repeat) for case in spec.cases for repeat in repeats}
    for run in session.store.summaries(spec.prompt.prompt_id):
        identity = run.environment.get("identity") or {}
        if IMPORTED not in run.environment or RESCORED in identity or run.repeats != len(repeats):
            continue
        if unprovided(session.store.prompt(run.run_id)) != asked:
            continue
        stored = {case.id: case.question for case in session.store.cases(run.run_id)}
        if any(stored.get(case.id) != case.question for case in spec.cases):
            continue
        if wanted <= {(each.case_id, each.repeat) for each in session.store.results(run.run_id)}:
            return run
    return None
