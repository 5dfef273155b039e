"""The newest evaluation of a version, and its score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.actions.session import Session
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.registry import PromptVersion
    from workbench.registry.models.records import EvaluationRecord


def latest_evaluation(session: Session, prompt_id: str, version: str) -> EvaluationRecord | None:
    try:
        return next(iter(session.registry.evaluations(prompt_id, version)), None)
    except WorkbenchError:
        # `workbench verify` reports unreadable records; the version is still listed.
        return None


def score_of(version: PromptVersion, record: EvaluationRecord | None) -> float | None:
    if record is not None:
        return record.evidence.score
    return version.evaluation_score
