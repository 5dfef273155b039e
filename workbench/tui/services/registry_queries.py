"""What the screens show of drafts, versions and deployments, read in a thread with a Bench."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.actions.session import Session
from workbench.errors import NotFound, RegistryError, WorkbenchError
from workbench.verdicts.sample import mean

if TYPE_CHECKING:
    from workbench.prompts.files.prompty import Draft
    from workbench.registry import PromptDeployment, PromptVersion, Status
    from workbench.registry.models.records import (
        EvaluationRecord,
        LogEntry,
        PromptSummary,
        RuleChange,
    )
    from workbench.verdicts.values import Evidence


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One prompt of the workspace: a draft, versions, or both."""

    prompt_id: str
    versions: int = 0
    latest: str = ""
    live: Mapping[str, str] | None = None
    """Environment to version."""
    draft: Path | None = None
    problem: str = ""
    """Why the draft cannot be read."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version, and what speaks for it."""

    version: PromptVersion
    evaluation: EvaluationRecord | None
    score: float | None
    delta: float | None
    """To the version before, on the cases that both were asked; a fraction of 1."""
    cost_usd: float | None
    """Of the run behind the evaluation."""
    places: tuple[str, ...]
    """The environments where it is live."""
    was_in: tuple[str, ...]
    """The environments where it was live before."""

    @property
    def text(self) -> str:
        """As a Prompty file."""
        from workbench.prompts.files.prompty import write_prompty

        return write_prompty(self.version.prompt)


@dataclass(frozen=True, slots=True)
class PromptPage:
    """Everything about one prompt: its draft and its versions, newest first."""

    prompt_id: str
    draft: Draft | None
    problem: str
    same_as: str | None
    """The version that the draft equals."""
    versions: tuple[VersionRow, ...]
    live: Mapping[str, PromptDeployment]

    def row(self, version: str) -> VersionRow | None:
        """The row of that version, if there is one."""
        return next((row for row in self.versions if row.version.version == version), None)


@dataclass(frozen=True, slots=True)
class LiveRow:
    """What is live in one environment; `deployment` is None where nothing is."""

    prompt_id: str
    environment: str
    deployment: PromptDeployment | None
    status: Status | None
    """None where nothing is live, and until it was read: see `read_statuses`."""
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


def read_prompts(session: Session) -> tuple[PromptRow, ...]:
    """Every prompt that has a draft or a version, by name."""
    from workbench.prompts.files.prompty import read_draft

    rows: dict[str, PromptRow] = {}
    for summary in session.registry.prompts():
        rows[summary.prompt_id] = PromptRow(
            summary.prompt_id, summary.versions, summary.latest, dict(summary.live)
        )
    for path in session.workspace.draft_paths():
        problem = ""
        prompt_id = path.stem
        try:
            prompt_id = read_draft(path).prompt.prompt_id
        except WorkbenchError as error:
            problem = str(error)
        known = rows.get(prompt_id, PromptRow(prompt_id))
        if known.draft is None:
            rows[prompt_id] = PromptRow(
                prompt_id, known.versions, known.latest, known.live, path, problem
            )
    return tuple(rows[name] for name in sorted(rows))


def _paired_delta(record: EvaluationRecord | None, before: EvaluationRecord | None) -> float | None:
    """The mean difference on the cases that both evaluations scored; an early stop leaves fewer,
    and the means of different cases are no comparison.
    """
    if record is None or before is None:
        return None
    new, old = record.evidence, before.evidence
    if new.suite_parts.get("dataset") != old.suite_parts.get("dataset"):
        return None
    scores, scores_before = _headline_scores(new), _headline_scores(old)
    shared = scores.keys() & scores_before.keys()
    return mean([scores[case] - scores_before[case] for case in sorted(shared)])


def _headline_scores(evidence: Evidence) -> dict[str, float]:
    """The candidate's mean score by case id."""
    if not evidence.comparisons:
        return {}
    pairs = evidence.pairs.get(evidence.comparisons[0].scorer, ())
    means = {pair.case_id: mean(pair.b) for pair in pairs}
    return {case: score for case, score in means.items() if score is not None}


def read_page(session: Session, prompt_id: str) -> PromptPage:
    """Draft and versions of one prompt, with scores, costs and places."""
    draft, problem = _draft(session, prompt_id)
    try:
        versions = list(session.registry.versions(prompt_id))
    except NotFound:
        versions = []
    live = {d.environment: d for d in session.registry.live(prompt_id)} if versions else {}
    was_in = _was_in(session, prompt_id) if versions else {}
    records = {v.version: _latest(session, prompt_id, v.version) for v in versions}
    rows = []
    for at, version in enumerate(versions):
        record = records[version.version]
        score = _score(version, record)
        before = versions[at + 1] if at + 1 < len(versions) else None
        delta = _paired_delta(record, records[before.version]) if before else None
        places = tuple(env for env, d in live.items() if d.version == version.version)
        once = tuple(e for e in was_in.get(version.version, ()) if e not in places)
        rows.append(VersionRow(version, record, score, delta, _cost(session, record), places, once))
    same_as = None
    if draft:
        print_ = draft.prompt.fingerprint
        same_as = next((v.version for v in versions if v.fingerprint == print_), None)
    return PromptPage(prompt_id, draft, problem, same_as, tuple(rows), live)


STATUSES_AT_ONCE = 100
"""A status is derived from evidence, a millisecond or more each: the list does not wait for all."""


IN_SIGHT = 30
"""As many have one as soon as the list is shown: about what a screen holds."""


def read_live(
    session: Session, prompts: Sequence[PromptSummary], changes: Sequence[RuleChange] = ()
) -> tuple[LiveRow, ...]:
    """These prompts in every environment; the first ones with their status."""
    rows = []
    environments = [settings.name for settings in session.registry.environments()]
    places: dict[str, dict[str, PromptDeployment]] = {}
    for deployment in session.registry.live():
        places.setdefault(deployment.prompt_id, {})[deployment.environment] = deployment
    for summary in prompts:
        live = places.get(summary.prompt_id, {})
        for environment in dict.fromkeys([*reversed(environments), *live]):
            here = live.get(environment)
            rows.append(LiveRow(summary.prompt_id, environment, here, None, summary.latest))
    first = without_status(rows[:IN_SIGHT])
    for at, row in zip(
        first, read_statuses(session, [rows[at] for at in first], changes), strict=True
    ):
        rows[at] = row
    return tuple(rows)


def without_status(rows: Sequence[LiveRow]) -> list[int]:
    """The places of the rows whose status has yet to be read."""
    return [at for at, row in enumerate(rows) if row.deployment and row.status is None]


def read_statuses(
    session: Session, rows: Sequence[LiveRow], changes: Sequence[RuleChange] = ()
) -> tuple[LiveRow, ...]:
    """The same rows, each live, with how its version stands there. Evidence is stale as soon as a
    deployment would be refused for the `changes` that the files make.
    """
    from workbench.actions.releasing.rules import status_by_files

    rules = {settings.name: settings for settings in session.registry.environments()}
    found = []
    for row in rows:
        if row.deployment:
            prompt_id, place = row.prompt_id, row.environment
            status = session.registry.status(prompt_id, row.deployment.version, place)
            status = status_by_files(status, changes, prompt_id, rules[place])
            found.append(replace(row, status=status))
    return tuple(found)


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
        (v.version, _score(v, _latest(session, prompt_id, v.version))) for v in reversed(versions)
    )


def _draft(session: Session, prompt_id: str) -> tuple[Draft | None, str]:
    try:
        path = session.workspace.draft_path(prompt_id)
        return (session.workspace.draft(path) if path else None), ""
    except WorkbenchError as error:
        return None, str(error)


def _was_in(session: Session, prompt_id: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for environment in session.registry.environments():
        for deployment in session.registry.history(prompt_id, environment.name):
            seen = found.setdefault(deployment.version, [])
            if environment.name not in seen:
                seen.append(environment.name)
    return found


def _latest(session: Session, prompt_id: str, version: str) -> EvaluationRecord | None:
    try:
        return next(iter(session.registry.evaluations(prompt_id, version)), None)
    except WorkbenchError:
        # A record that cannot be read is `workbench verify`'s business: the version stays in sight.
        return None


def _score(version: PromptVersion, record: EvaluationRecord | None) -> float | None:
    if record is not None:
        return record.evidence.score
    return version.evaluation_score


def _cost(session: Session, record: EvaluationRecord | None) -> float | None:
    if record is None or not record.evidence.run_b or not session.workspace.runs_path.exists():
        return None
    try:
        return session.store.original_cost(record.evidence.run_b)
    except NotFound:
        return None  # the run was made elsewhere, or its answers were removed
