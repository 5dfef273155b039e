"""Finds what somebody changed in the targets, sends ours again, or takes theirs as a draft."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.actions.releasing.delivering import Outcome, deliver
from workbench.actions.releasing.importing import read_source, write_drafts
from workbench.actions.releasing.targets import Addressed, find_target, target_named
from workbench.actions.session import Session
from workbench.errors import (
    NotInRegistry,
    TargetError,
    TargetUnreachable,
    UsageError,
    WorkbenchError,
)
from workbench.exchange.delivery import tried
from workbench.exchange.drift import Drift, Expected, Finding, drift_of, is_revoked
from workbench.exchange.targets.base import (
    VersionTarget,
    as_pointer_target,
    as_version_target,
)
from workbench.prompts.files.prompty import read_draft
from workbench.prompts.values import SUFFIX, Prompt
from workbench.runs.store.outbox import OutboxRow, Parcel
from workbench.suggestions import did_you_mean
from workbench.workspace import PROMPTS, Workspace

REASON = "it was sent before, and is sent again to repair it"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found at one target."""

    target: str
    checked: int
    """Prompts that were looked at."""
    compared: int = 0
    """Their versions and pointers."""
    is_blind: bool = False
    """Whether the target cannot say what it has."""
    findings: tuple[Finding, ...] = ()
    error: WorkbenchError | None = None
    """Why not all of it could be looked at."""


def drift(session: Session, target: str = "") -> list[Report]:
    """Compare a target (empty: each that anything was sent to, or is published to) with what it
    should have. Nothing is written, here or there.

    Raises UsageError for a target that nothing was sent to and none of the settings names.
    """
    rows = _rows(session)
    settings = session.workspace.settings
    known = {*(row.target for row in rows), *settings.targets}
    if target and target not in known:
        raise UsageError(f"nothing was sent to {target!r}", hint=did_you_mean(target, known))
    return [
        _report(session, name, [row for row in rows if row.target == name])
        for name in sorted(known)
        if target in ("", name)
    ]


def repair(session: Session, report: Report) -> list[Outcome]:
    """Send ours again and make the pointers lead to it. A version that the target cannot change
    becomes a newer one there. What is theirs alone is left as it is; a revoked version is not sent.
    """
    if not report.findings:
        return []
    expected = _expected(session, report.target, _of(session, report.target))
    parcels = dict.fromkeys(
        parcel
        for finding in report.findings
        if not is_revoked(session.registry, finding.prompt_id, finding.version)
        for parcel in _repairs(report.target, finding, expected)
    )
    addressed = target_named(session.workspace, report.target, unasked=True)
    return deliver(session, addressed, parcels, force=True)


def take(session: Session, report: Report) -> list[Path]:
    """A draft of each content of theirs that differs; the drafts' paths. No draft is overwritten:
    where the prompt has one, theirs is named after the target. One that is there as it would be
    made is not made again.
    """
    theirs = [finding for finding in report.findings if finding.held is not None]
    if not theirs:
        return []
    addressed = target_named(session.workspace, report.target)
    pointers = as_pointer_target(addressed.kind)
    paths = []
    for (prompt_id, _), held in {
        (f.prompt_id, f.held.ref): f.held for f in theirs if f.held
    }.items():
        with addressed.calling():
            if pointers is None:
                prompts = read_source(Path(held.ref)).prompts
            else:
                prompts = (pointers.prompt(prompt_id, held),)
        name = held.version if pointers is None else held.ref
        paths += [_draft(session.workspace, prompt, report.target, name) for prompt in prompts]
    return paths


def _report(session: Session, target: str, rows: list[OutboxRow]) -> Report:
    report = Report(target, 0)
    try:
        wanted = _expected(session, target, rows)
        if not wanted:
            return report
        is_of_workspace = target in session.workspace.settings.targets
        addressed = target_named(session.workspace, target, unasked=is_of_workspace)
    except WorkbenchError as error:
        return replace(report, error=error)
    kind = as_version_target(addressed.kind)
    if kind is None:
        return replace(report, is_blind=True)
    try:
        for expected in wanted:
            with addressed.calling():
                findings = _drift_of(session, addressed.to(expected.output), kind, expected)
            report = replace(
                report,
                checked=report.checked + 1,
                compared=report.compared + len(expected.versions) + len(expected.pointers),
                findings=(*report.findings, *findings),
            )
    except WorkbenchError as error:
        return replace(report, error=error)
    except Exception as error:  # noqa: BLE001 - what a target answers may be anything
        message = addressed.shown(f"{target} failed: {type(error).__name__}: {error}")
        return replace(report, error=TargetUnreachable(message))
    return report


def _drift_of(
    session: Session, addressed: Addressed, kind: VersionTarget, expected: Expected
) -> list[Finding]:
    return tried(lambda _: drift_of(session.registry, kind, expected, addressed.destination))


def _rows(session: Session) -> list[OutboxRow]:
    # Opening the store would make it.
    return session.store.outbox.rows() if session.workspace.runs_path.exists() else []


def _of(session: Session, target: str) -> list[OutboxRow]:
    return [row for row in _rows(session) if row.target == target]


def _expected(session: Session, target: str, rows: list[OutboxRow]) -> list[Expected]:
    """What a target should have, by prompt and by the file that was named: the versions that were
    sent, and for each pointer that was ever moved, or is published, what is live there now.
    """
    if not session.workspace.registry_path.exists():
        return []
    versions: dict[tuple[str, str], dict[str, bool]] = {}
    pointers: dict[tuple[str, str], dict[str, str]] = {}
    live = {(d.prompt_id, d.environment): d.version for d in session.registry.live()}
    is_file = as_pointer_target(find_target(session.workspace, target).kind) is None
    for row in _last_in_each_file(rows) if is_file else rows:
        where = (row.prompt_id, row.output)
        if row.version and not _is_registered(session, row):
            continue
        if row.environment:
            version = live.get((row.prompt_id, row.environment), "")
            pointers.setdefault(where, {})[row.environment] = version
        elif row.content:
            versions.setdefault(where, {})[row.version] = True
    published = [
        rules.name
        for rules in session.workspace.settings.environments.values()
        if target in rules.publish
    ]
    known = {prompt_id for prompt_id, _ in (*versions, *pointers)}
    for environment in published:
        here = {prompt_id for prompt_id, place in live if place == environment}
        for prompt_id in sorted(known | here):
            version = live.get((prompt_id, environment), "")
            leads = pointers.setdefault((prompt_id, ""), {})
            if version or environment in leads:
                leads[environment] = version
    for where, leads in pointers.items():
        for version in leads.values():
            if version:
                versions.setdefault(where, {}).setdefault(version, False)
    return [
        Expected(where[0], versions.get(where, {}), pointers.get(where, {}), where[1])
        for where in sorted({*versions, *pointers})
        if versions.get(where) or pointers.get(where)
    ]


def _last_in_each_file(rows: list[OutboxRow]) -> Iterator[OutboxRow]:
    """The rows without versions whose file holds a later one now."""
    last = {row.ref: row.id for row in sorted(rows, key=lambda row: row.updated_at)}
    return (row for row in rows if last[row.ref] == row.id)


def _is_registered(session: Session, row: OutboxRow) -> bool:
    try:
        session.registry.get_version(row.prompt_id, row.version)
    except NotInRegistry:  # another registry stands here now
        return False
    return True


def _repairs(target: str, finding: Finding, expected: list[Expected]) -> Iterator[Parcel]:
    """The version that differs, and the pointers that should lead to it."""
    leads = next(
        one.pointers
        for one in expected
        if (one.prompt_id, one.output) == (finding.prompt_id, finding.output)
    )
    if finding.drift is Drift.AHEAD:
        return
    if finding.version:
        yield Parcel(target, finding.prompt_id, finding.version, "", finding.output, reason=REASON)
    for environment, version in leads.items():
        if version == finding.version:
            yield Parcel(
                target, finding.prompt_id, version, environment, finding.output, environment, REASON
            )


def _draft(workspace: Workspace, theirs: Prompt, target: str, ref: str) -> Path:
    names = _names(theirs.prompt_id, target, ref)
    for name in names:
        prompt = replace(theirs, prompt_id=name)
        path = workspace.draft_path(name) or workspace.root / PROMPTS / f"{name}{SUFFIX}"
        if not path.exists():
            return write_drafts(workspace, [prompt], target)[0]
        if name != theirs.prompt_id and read_draft(path).prompt.fingerprint == prompt.fingerprint:
            return path
    raise TargetError(
        f"there are drafts of {theirs.prompt_id} and {names[-1]} already",
        hint="rename or remove one of them",
    )


def _names(prompt_id: str, target: str, ref: str) -> tuple[str, str, str]:
    plain = re.sub(r"[^a-z0-9_.-]+", "-", f"{target}-{ref}".lower()).strip("-")
    return (prompt_id, f"{prompt_id}_{target}", f"{prompt_id}_{plain}"[:100])
