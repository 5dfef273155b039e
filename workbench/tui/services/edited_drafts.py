"""Which stored runs are of a draft that has been edited since."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.actions.refs import draft_ref, resolve
from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.runs.spec.values import RunSummary


def edited_since(session: Session, summaries: Sequence[RunSummary]) -> frozenset[str]:
    """The ids of the runs of a draft or variant whose fingerprint is another one now."""
    refs = {s.run_id: draft_ref(session.workspace, s.prompt_id, s.label) for s in summaries}
    prints: dict[str, str] = {"": ""}
    for ref in set(refs.values()) - {""}:
        try:
            prints[ref] = resolve(session, ref).prompt.fingerprint
        except WorkbenchError:
            prints[ref] = ""  # gone, or broken by the edit
    return frozenset(
        s.run_id for s in summaries if refs[s.run_id] and s.fingerprint != prints[refs[s.run_id]]
    )
