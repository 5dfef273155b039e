"""Out of the workspace, into files and registries that others read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.actions.refs import resolve
from workbench.actions.releasing.delivering import Outcome, deliver
from workbench.actions.releasing.targets import Addressed, find_target, target_named
from workbench.actions.session import Session
from workbench.errors import TargetUnreachable, UsageError
from workbench.exchange.approval import approved, describe
from workbench.exchange.delivery import Moved, refuse
from workbench.exchange.losses import Loss, part_losses
from workbench.exchange.targets.base import (
    Export,
    Sent,
    Takes,
    Target,
    as_pointer_target,
    holds_parts,
)
from workbench.prompts.files.variants import AT
from workbench.prompts.key_like import keys_in
from workbench.registry.registry_file import PRODUCTION
from workbench.runs.store.outbox import Parcel


@dataclass(frozen=True, slots=True)
class Plan:
    """What would leave for where, before anything is sent."""

    addressed: Addressed
    leaving: Export
    losses: tuple[Loss, ...] = ()
    """What the target cannot hold."""
    warnings: tuple[str, ...] = ()
    """About what looks like a key in it, or a pointer that stays."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was sent where, and what the user should know about it."""

    sent: Sent | None
    """None: the target had it already."""
    losses: tuple[Loss, ...] = ()
    warnings: tuple[str, ...] = ()
    prompt_id: str = ""
    version: str = ""
    ref: str = ""
    """What the target calls the version."""
    pointers: tuple[Moved, ...] = ()
    file: Path | None = None
    """The file that has it, where it is one."""


def plan_export(
    session: Session,
    target: str,
    ref: str | None,
    path: Path | None = None,
    environment: str | None = None,
    *,
    force_reason: str = "",
) -> Plan:
    """What an export would send: the registry, a version that may leave, or any prompt; to a kind
    of target, or a [targets.NAME] table.

    Of `PROMPT@ENVIRONMENT`, or with an environment, that environment's pointer travels; else those
    of all environments where the version is live. Raises UsageError for an unknown target,
    UntrustedWorkspace for a table that the user has not agreed to, GateRefused for a version that
    may not leave, and TargetRefused for what the target cannot take.
    """
    addressed = target_named(session.workspace, target, path)
    with addressed.calling():
        leaving = _leaving(session, addressed, ref, environment, force_reason)
        refuse(addressed.kind, leaving, addressed.destination)
        losses = _losses(addressed.kind, leaving)
    warnings = (*_keys_in(leaving), *_no_pointer(addressed, leaving, environment))
    return Plan(addressed, leaving, losses, warnings)


def losses_at(
    session: Session, targets: Iterable[str], prompt_id: str, version: str, environment: str
) -> list[tuple[str, Loss]]:
    """What each target cannot hold of a version that is published to it; none is asked. One whose
    settings or code are wrong is left out: sending to it says that, and holds up no deployment.
    """
    losses: list[tuple[str, Loss]] = []
    for name in targets:
        try:
            entry = find_target(session.workspace, name)
            leaving = _published(session, entry.kind, prompt_id, version, environment)
            with entry.calling():
                losses += [(name, loss) for loss in _losses(entry.kind, leaving)]
        except Exception:  # noqa: BLE001 - see above
            continue
    return losses


def _published(
    session: Session, kind: Target, prompt_id: str, version: str, environment: str
) -> Export:
    registry = session.registry
    if kind.takes is Takes.REGISTRY:
        return Export(registry)
    approved = describe(registry, prompt_id, version, environment)
    suites = session.workspace.suite_paths() if kind.takes is Takes.PROMPT else ()
    return Export.of(
        registry,
        approved.version.prompt,
        version,
        version=version,
        approved=approved,
        environments=(environment,) if as_pointer_target(kind) else (),
        suites=suites,
    )


def _losses(kind: Target, leaving: Export) -> tuple[Loss, ...]:
    written_out = () if holds_parts(kind) else part_losses(leaving.whole)
    return (*written_out, *kind.loses(leaving))


def export(session: Session, plan: Plan, *, force: bool = False) -> Exported:
    """Send what was planned; a version with the outbox, so that a later call can go on with it.

    `force` goes past other content and newer versions of the target. Raises TargetError.
    """
    leaving, addressed = plan.leaving, plan.addressed
    if leaving.prompt is None or not leaving.version:
        with addressed.calling():
            sent = addressed.kind.send(leaving, addressed.destination)
        done = sent if sent.changed else None
        return Exported(done, plan.losses, plan.warnings, file=sent.path)
    outcomes = deliver(session, addressed, parcels_of(plan), force=force)
    for outcome in outcomes:
        if outcome.error:
            if isinstance(outcome.error, TargetUnreachable) and not outcome.error.hint:
                outcome.error.hint = "workbench export --pending tries it again"
            raise outcome.error
    return _exported(plan, outcomes)


def _exported(plan: Plan, outcomes: list[Outcome]) -> Exported:
    arrived = next(outcome.arrived for outcome in outcomes if outcome.arrived)
    return Exported(
        arrived.sent,
        plan.losses,
        plan.warnings,
        plan.leaving.prompt.prompt_id if plan.leaving.prompt else "",
        plan.leaving.version,
        arrived.ref,
        tuple(outcome.moved for outcome in outcomes if outcome.moved),
        arrived.file,
    )


def parcels_of(plan: Plan) -> list[Parcel]:
    """What goes through the outbox: the version and its pointers; nothing of a draft."""
    leaving, addressed = plan.leaving, plan.addressed
    if leaving.prompt is None or not leaving.version:
        return []
    path, approval = addressed.destination.path, leaving.approved
    output = os.path.abspath(path) if path else ""  # noqa: PTH100 (without following links)
    return [
        Parcel(
            addressed.name,
            leaving.prompt.prompt_id,
            leaving.version,
            environment,
            output,
            approval.environment if approval else "",
            approval.reason if approval else "",
        )
        for environment in ("", *leaving.environments)
    ]


def _leaving(
    session: Session, addressed: Addressed, ref: str | None, environment: str | None, force: str
) -> Export:
    takes, registry = addressed.kind.takes, session.registry
    if takes is Takes.REGISTRY:
        if ref:
            raise UsageError(f"{addressed.name} takes the whole registry", hint="leave it out")
        return Export(registry)
    if not ref:
        hint = f"workbench export {addressed.name} PROMPT"
        raise UsageError(f"{addressed.name} needs a prompt", hint=hint)
    if takes is Takes.PROMPT:
        source = resolve(session, ref)
        label = source.label.removeprefix(AT)
        suites = session.workspace.suite_paths()
        return Export.of(
            registry, source.prompt, label, version=source.version or "", suites=suites
        )
    prompt_id, _, version = ref.partition("@")
    known = [settings.name for settings in registry.environments()]
    if not version or version in known:
        environment = version or environment or PRODUCTION
        version = registry.require_active(prompt_id, environment, strict=True).version
    approval = approved(registry, prompt_id, version, environment or PRODUCTION, force_reason=force)
    places = [live.environment for live in approval.live]
    if as_pointer_target(addressed.kind) is None:
        places = []
    elif environment is not None:
        places = [place for place in places if place == environment]
    prompt = approval.version.prompt
    return Export.of(
        registry,
        prompt,
        version,
        version=version,
        approved=approval,
        environments=tuple(places),
    )


def _no_pointer(addressed: Addressed, leaving: Export, environment: str | None) -> Iterator[str]:
    """That the version is not live in the environment that was named."""
    points = as_pointer_target(addressed.kind) is not None
    if points and environment is not None and not leaving.environments:
        yield f"{leaving.version} is not live in {environment}: no pointer is moved"


def _keys_in(leaving: Export) -> Iterator[str]:
    """Warnings about what looks like a key in what leaves."""
    if leaving.prompt is not None:
        prompts = [(f"{leaving.prompt.prompt_id}@{leaving.label}", leaving.prompt)]
    else:
        registry = leaving.registry
        ids = [summary.prompt_id for summary in registry.prompts()]
        prompts = [(v.ref, v.prompt) for name in ids for v in registry.versions(name)]
    for name, prompt in prompts:
        yield from (f"{name}: {warning}" for warning in keys_in(prompt))
