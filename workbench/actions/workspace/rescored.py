"""Past decisions that would flip by the suites of today, as the last rescoring found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workbench.actions.session import Session
from workbench.actions.workspace.checks import Check, Level
from workbench.errors import WorkbenchError
from workbench.registry.models.records import State, Status
from workbench.runs.rescoring.rows import Rejudged, newest_decisions
from workbench.workspace import Workspace


def would_flip(session: Session) -> dict[str, Rejudged]:
    """By evaluation id: the decisions that would flip, as far as the suite that judged them anew
    is still that of today.
    """
    workspace = session.workspace
    if not workspace.runs_path.exists() or not workspace.registry_path.exists():
        return {}
    flips = {key: one for key, one in newest_decisions(session.store.database).items() if one.flips}
    today = {suite: _parts(session, suite) for suite in {one.suite for one in flips.values()}}
    return {key: one for key, one in flips.items() if one.parts == today[one.suite]}


def _parts(session: Session, suite: str) -> dict[str, str] | None:
    try:
        return session.with_reading_changes(session.workspace.suite(suite)).parts
    except WorkbenchError:
        return None  # without a suite nothing can be told by that of today


def flip_words(one: Rejudged) -> str:
    """`by the suite triage of today its gate would fail (judged anew 2026-11-28, workbench
    rescore)`.
    """
    return (
        f"by the suite {one.suite} of today its gate would {one.after.replace('_', ' ')}"
        f" (judged anew {one.made_at[:10]}, workbench rescore)"
    )


def status_by_rescoring(status: Status, flips: dict[str, Rejudged]) -> Status:
    """A version's status, with the decision behind it that would flip."""
    judged = [suite.evaluation for suite in status.suites if suite.evaluation]
    words = [flip_words(flips[record.id]) for record in judged if record.id in flips]
    if not words:
        return status
    state = State.STALE if status.tested else status.state
    return replace(status, state=state, reason="; ".join([status.reason, *words]))


def rescored_checks(workspace: Workspace) -> Iterator[Check]:
    """What doctor says of live versions whose gate would decide otherwise today."""
    try:
        with Session(workspace) as session:
            flips = would_flip(session)
            for live in session.registry.live() if flips else ():
                status = session.registry.status(live.prompt_id, live.version, live.environment)
                for suite in status.suites:
                    one = flips.get(suite.evaluation.id) if suite.evaluation else None
                    if one:
                        message = f"{live.prompt_id}@{live.version} in {live.environment}: "
                        hint = f"workbench evaluate {live.prompt_id}@{live.version}"
                        yield Check("rescore", Level.WARNING, message + flip_words(one), hint)
    except WorkbenchError:
        return  # the checks of the registry and of the store say what is wrong with them
