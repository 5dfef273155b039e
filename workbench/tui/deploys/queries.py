"""What the deploys screen shows, read in a thread with a Session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from workbench.actions.session import Session
from workbench.errors import RegistryError
from workbench.tui.services.version_scores import latest_evaluation, score_of

if TYPE_CHECKING:
    from workbench.registry import PromptDeployment, Status
    from workbench.registry.models.records import LogEntry, PromptSummary, RuleChange

STATUSES_AT_ONCE = 100
"""Deriving a status takes a millisecond or more: the list does not wait for all."""
IN_SIGHT = 30
"""Rows that get their status before the list is shown: about one screen."""
FIRST_PROMPTS = 40
"""With so many the list is shown at first: more than a screen, whatever the registry holds."""


class LiveRow(NamedTuple):
    """What is live in one environment; `deployment` is None where nothing is.

    Made in a third of a dataclass's time: there are as many as prompts times environments.
    """

    prompt_id: str
    environment: str
    deployment: PromptDeployment | None
    status: Status | None
    """None where nothing is live, and until `read_statuses` has read it."""
    newest: str
    """The prompt's newest version."""


@dataclass(frozen=True, slots=True)
class LivePage:
    """One prompt in one environment: its history, where a rollback would go, its scores."""

    prompt_id: str
    environment: str
    history: tuple[LogEntry, ...]
    """Newest first."""
    rollback_to: str
    """Empty: nothing to go back to."""
    scores: tuple[tuple[str, float | None], ...]
    """(version, score), oldest first."""


def count_waiting(session: Session) -> int:
    """How much did not arrive at the targets of exports."""
    publishes = any(e.publish for e in session.workspace.settings.environments.values())
    if not publishes and not session.workspace.runs_path.exists():
        return 0
    from workbench.actions.releasing.publishing import waiting

    return len(waiting(session))


def read_live(
    session: Session, prompts: Sequence[PromptSummary], changes: Sequence[RuleChange] = ()
) -> tuple[LiveRow, ...]:
    """These prompts in every environment; the first ones with their status."""
    rows = []
    environments = [settings.name for settings in reversed(session.registry.environments())]
    places: dict[str, dict[str, PromptDeployment]] = {}
    for deployment in _deployments(session, prompts):
        places.setdefault(deployment.prompt_id, {})[deployment.environment] = deployment
    for summary in prompts:
        live = places.get(summary.prompt_id, {})
        prompt_id, newest = summary.prompt_id, summary.latest
        if not live:  # most, where there are many
            rows += [LiveRow(prompt_id, name, None, None, newest) for name in environments]
            continue
        here = dict.fromkeys([*environments, *live])
        rows += [LiveRow(prompt_id, name, live.get(name), None, newest) for name in here]
    first = without_status(rows[:IN_SIGHT])
    for at, row in zip(
        first, read_statuses(session, [rows[at] for at in first], changes), strict=True
    ):
        rows[at] = row
    return tuple(rows)


def _deployments(session: Session, prompts: Sequence[PromptSummary]) -> list[PromptDeployment]:
    if len(prompts) > FIRST_PROMPTS:
        return session.registry.live()
    return [live for one in prompts for live in session.registry.live(one.prompt_id)]


def without_status(rows: Sequence[LiveRow]) -> list[int]:
    """The places of the rows whose status has yet to be read."""
    return [at for at, row in enumerate(rows) if row.deployment and row.status is None]


def read_statuses(
    session: Session, rows: Sequence[LiveRow], changes: Sequence[RuleChange] = ()
) -> tuple[LiveRow, ...]:
    """The same rows with the status of each live version. Evidence counts as stale as soon as a
    deployment would be refused under the `changes` that the files make.
    """
    from workbench.actions.releasing.rules import status_by_files
    from workbench.actions.workspace.features import status_by_apps, status_by_features

    rules = {settings.name: settings for settings in session.registry.environments()}
    apps = session.registry.app_features()
    updated = []
    for row in rows:
        if row.deployment:
            prompt_id, place = row.prompt_id, row.environment
            number = row.deployment.version
            status = session.registry.status(prompt_id, number, place)
            status = status_by_files(status, changes, prompt_id, rules[place])
            made = session.registry.get_version(prompt_id, number)
            status = status_by_features(status, made.prompt, session.workspace.root)
            status = status_by_apps(status, made, place, apps)
            updated.append(row._replace(status=status))
    return _by_rescoring(session, updated)


def _by_rescoring(session: Session, rows: Sequence[LiveRow]) -> tuple[LiveRow, ...]:
    if not rows or not session.workspace.runs_path.exists():
        return tuple(rows)  # without the imports of the store, 100 ms
    from workbench.actions.workspace.rescored import status_by_rescoring, would_flip

    flips = would_flip(session)
    return tuple(
        row._replace(status=status_by_rescoring(row.status, flips)) if row.status else row
        for row in rows
    )


def read_place(session: Session, prompt_id: str, environment: str) -> LivePage:
    """What happened there or to a version that was there, and where a rollback would go."""
    entries = list(session.registry.history(prompt_id, environment))
    were_here = {entry.version for entry in entries}
    entries += [
        entry
        for entry in session.registry.history(prompt_id)
        if entry.action == "revoke" and entry.version in were_here
    ]
    try:
        back = session.registry.preview_rollback(prompt_id, environment).to_version
    except RegistryError:
        back = ""
    return LivePage(
        prompt_id,
        environment,
        tuple(sorted(entries, key=lambda entry: -entry.seq)),
        back,
        read_scores(session, prompt_id),
    )


def read_scores(session: Session, prompt_id: str) -> tuple[tuple[str, float | None], ...]:
    """(version, score) of each version, oldest first."""
    versions = list(session.registry.versions(prompt_id))
    return tuple(
        (v.version, score_of(v, latest_evaluation(session, prompt_id, v.version)))
        for v in reversed(versions)
    )
