"""Which stored runs are of a draft that has been edited since."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.actions.refs import DRAFT, resolve
from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.runs.spec.values import RunSummary


def edited_since(session: Session, summaries: Sequence[RunSummary]) -> frozenset[str]:
    """The ids of the runs of a draft whose fingerprint is another one now."""
    of_drafts = [summary for summary in summaries if summary.label == DRAFT]
    prints: dict[str, str] = {}
    for prompt_id in {summary.prompt_id for summary in of_drafts}:
        try:
            prints[prompt_id] = resolve(session, f"{prompt_id}@{DRAFT}").prompt.fingerprint
        except WorkbenchError:
            prints[prompt_id] = ""  # gone, or broken by the edit
    return frozenset(s.run_id for s in of_drafts if s.fingerprint != prints[s.prompt_id])
