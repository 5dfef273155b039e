"""Asks a sample of a live version's evaluation again: did its provider change?"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from workbench.actions.comparing.side_runs import OnRun
from workbench.actions.proving.asking import Asked, ask_again
from workbench.actions.proving.recorded import Recorded, recall, recorded_evaluation
from workbench.actions.running.costs import OnPlanned
from workbench.actions.session import Session
from workbench.errors import RegistryError
from workbench.registry import EvaluationRecord
from workbench.verdicts.sequential_plan import shuffled
from workbench.verdicts.values import Comparison, Verdict

SAMPLE = 50
"""Cases that are asked unless said otherwise."""


class Change(enum.StrEnum):
    """What a canary says."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Canary:
    """A sample of an evaluation, asked again."""

    recorded: Recorded
    asked: Asked
    change: Change
    reason: str
    comparisons: tuple[Comparison, ...]
    """Today's answers against the recorded ones, by gating scorer."""
    marked: str
    """How the live version stands in the environment now, where that is news; else empty."""


def canary(
    session: Session,
    suite_name: str,
    environment: str,
    *,
    sample: int = SAMPLE,
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> Canary:
    """Ask the same sample of the live version's newest evaluation on that suite again. Blocks.

    The sample depends on the evaluation alone, so that every call asks the same cases. Raises
    NotFound, NotReproducible and RunCutShort as `reproduce` does.
    """
    prompt_id = session.workspace.suite(suite_name).prompt_id
    record = recorded_evaluation(session, f"{prompt_id}@{environment}", suite_name)
    whole = recall(session, record)
    groups = {case.id: case.group for case in whole.cases}
    order = shuffled([case.id for case in whole.cases], groups, whole.suite.dataset.seed)
    chosen = set(order[:sample])
    recorded = whole.only([case for case in whole.cases if case.id in chosen])
    asked = ask_again(session, recorded, on_planned=on_planned, on_run=on_run)
    comparisons = asked.comparisons(whole.suite.gate, whole.suite.dataset.seed)
    change, reason = _judged(asked, comparisons, whole.suite.gate.margin)
    marked = _mark(session, record, asked, comparisons, change, environment)
    return Canary(recorded, asked, change, reason, comparisons, marked)


def _mark(
    session: Session,
    record: EvaluationRecord,
    asked: Asked,
    comparisons: tuple[Comparison, ...],
    change: Change,
    environment: str,
) -> str:
    """Records who answers today, and whether scores changed: the evidence reads drifted then."""
    evidence = record.evidence
    other = _other_scores(comparisons)
    try:
        news = session.registry.observe(
            record,
            asked.origin,
            f"canary on {evidence.suite}" + (f": {other}" if other else ""),
            by=session.author,
            changed=None if change is Change.UNDECIDED else bool(other),
        )
    except RegistryError as error:
        # A job that may only read the registry has its answer all the same.
        return f"not recorded: {error.message}"
    if not news:
        return ""
    status = session.registry.status(evidence.prompt_id, evidence.version, environment)
    return f"{evidence.prompt_id}@{evidence.version} is {status.state.value}: {status.reason}"


def _other_scores(comparisons: tuple[Comparison, ...]) -> str:
    """Which score is another one than when it was judged; empty: none for sure."""
    for comparison in comparisons:
        if comparison.verdict in (Verdict.BETTER, Verdict.WORSE):
            return f"{comparison.scorer} is {comparison.verdict.value} than when it was judged"
    return ""


def _judged(asked: Asked, comparisons: tuple[Comparison, ...], margin: float) -> tuple[Change, str]:
    if other_scores := _other_scores(comparisons):
        return Change.CHANGED, other_scores
    other = next((d for d in asked.differences if d.what == "the model that answered"), None)
    if other:
        return Change.CHANGED, f"another model answers: {other.before} -> {other.now}"
    if asked.same_answers == asked.cases:
        return Change.UNCHANGED, "every answer is the same"
    for comparison in comparisons:
        low, high = comparison.low, comparison.high
        if low is None or high is None or low < -margin or high > margin:
            return Change.UNDECIDED, f"{comparison.scorer}: too few cases to exclude a change"
    return Change.UNCHANGED, "any change is smaller than the margin"
