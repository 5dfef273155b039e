"""Brings a version to a target and its pointers to it, one step at a time.

Every step begins by asking what the target has, so that a call after one that was cut off, or whose
answer was lost, goes on where that one came to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from workbench.errors import NotInRegistry, TargetConflict, TargetRefused, TargetUnreachable
from workbench.exchange.comparing import content_hash, diff_lines
from workbench.exchange.targets.base import (
    Destination,
    Export,
    Held,
    PointerTarget,
    Sent,
    Target,
    VersionTarget,
    as_pointer_target,
    as_version_target,
)
from workbench.providers.retry_policy import RetryPolicy
from workbench.registry import PromptRegistry
from workbench.runs.store.outbox import Step

T = TypeVar("T")

ATTEMPTS = 3
"""How often one call tries a step that the target cannot be reached for."""
POLICY = RetryPolicy(first_backoff_s=0.2, longest_backoff_s=2.0)
LATER = RetryPolicy(first_backoff_s=60.0, longest_backoff_s=3600.0)
"""When another call to the target takes along what did not arrive."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A version as it is there now."""

    sent: Sent | None
    """None: the target had it already."""
    ref: str = ""
    content: str = ""
    """Hash of its content."""
    file: Path | None = None
    """The file that has it, where it is one."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A pointer before and after; both are refs of the target, None where there is none."""

    environment: str
    before: str | None
    after: str | None


def tried(action: Callable[[int], T], attempts: int = ATTEMPTS) -> T:
    """What `action` gives, called with the number of the attempt; again while it raises
    TargetUnreachable, after a short random time.
    """
    for attempt in range(1, attempts):
        try:
            return action(attempt)
        except TargetUnreachable as error:
            if not error.retry:
                raise
        time.sleep(POLICY.backoff_s(attempt))
    return action(attempts)


def refuse(kind: Target, export: Export, destination: Destination) -> None:
    """Raises TargetRefused with everything that keeps it from being sent there."""
    versions = as_version_target(kind)
    problems = versions.refuses(export, destination) if versions else ()
    if problems:
        raise TargetRefused("; ".join(problems))


def send_version(
    kind: Target,
    export: Export,
    destination: Destination,
    note: Callable[[Step], None],
    *,
    force: bool = False,
) -> Arrived:
    """Send a version unless the target has it, and compare what the target has then.

    `note` is called before each step. A file that has it is written again where its evidence
    changed. Raises TargetConflict for other content, or a newest version that is not of this
    registry, without `force`; TargetError.
    """
    versions = as_version_target(kind)
    if versions is None:
        note(Step.SEND)
        sent = kind.send(export, destination)
        return Arrived(sent, file=sent.path)
    ours = versions.content(export)
    digest = content_hash(ours)
    note(Step.READ)
    held = versions.read_back(export, destination)
    is_there = held is not None and content_hash(held.content) == digest
    pointers = as_pointer_target(kind)
    if held and is_there and pointers:
        return Arrived(None, held.ref, digest)
    if held and not is_there and not force:
        raise _differs(export, destination, held, versions, "has it with other content")
    if held is None and pointers and not force:
        _refuse_ahead(pointers, export, destination)
    note(Step.SEND)
    sent = versions.send(export, destination)
    note(Step.COMPARE)
    held = versions.read_back(export, destination)
    if held is None:
        raise TargetConflict(
            f"{destination.name} does not have {_named(export)} after it was sent",
            hint="look there, then: workbench export --pending",
        )
    if content_hash(held.content) != digest:
        raise _differs(export, destination, held, versions, "has other content than was sent")
    return Arrived(sent if sent.changed else None, held.ref or sent.ref, digest, sent.path)


def move_pointer(
    kind: PointerTarget,
    registry: PromptRegistry,
    wanted: tuple[str, str, str | None],
    destination: Destination,
    *,
    force: bool = False,
) -> Moved:
    """Make an environment's pointer lead to a version; `wanted` is prompt id, environment and ref,
    None to remove it.

    Raises TargetConflict where it leads to a version that is not of this registry, without `force`.
    """
    prompt_id, environment, ref = wanted
    before = kind.pointers(prompt_id, destination).get(environment)
    if before == ref:
        return Moved(environment, before, ref)
    if before is not None and not force:
        held = kind.held(prompt_id, before, destination)
        if held is not None and is_foreign(registry, prompt_id, held):
            raise TargetConflict(
                f"{destination.name}: {environment} of {prompt_id} leads to {_in_words(held)},"
                " which is not of this registry",
                hint=_LOOK.format(name=destination.name),
            )
    kind.point(prompt_id, environment, ref, destination)
    after = kind.pointers(prompt_id, destination).get(environment)
    if after != ref:
        raise TargetConflict(
            f"{destination.name}: {environment} of {prompt_id} leads to {after or 'nothing'} after"
            f" it was set to {ref or 'nothing'}",
            hint="somebody else moves it too? workbench export --pending",
        )
    return Moved(environment, before, after)


def is_foreign(registry: PromptRegistry, prompt_id: str, held: Held) -> bool:
    """Whether a target's version says to be none that is registered here."""
    if not held.version:
        return True
    try:
        registry.get_version(prompt_id, held.version)
    except NotInRegistry:
        return True
    return False


_LOOK = "workbench drift {name} shows it; --force --reason TEXT goes past it"


def _refuse_ahead(kind: PointerTarget, export: Export, destination: Destination) -> None:
    assert export.prompt is not None
    newest = kind.newest(export.prompt.prompt_id, destination)
    if newest is None or not is_foreign(export.registry, export.prompt.prompt_id, newest):
        return
    if content_hash(newest.content) != content_hash(kind.content(export)):
        what = f"is ahead: its newest is {_in_words(newest)}, which is not of this registry"
        raise _differs(export, destination, newest, kind, what)


def _differs(
    export: Export, destination: Destination, held: Held, kind: VersionTarget, what: str
) -> TargetConflict:
    return TargetConflict(
        f"{destination.name} {what} ({_named(export)})",
        hint=_LOOK.format(name=destination.name),
        diff=diff_lines(kind.content(export), held.content),
    )


def _named(export: Export) -> str:
    return f"{export.prompt.prompt_id}@{export.version}" if export.prompt else export.version


def _in_words(held: Held) -> str:
    return f"{held.version} ({held.ref})" if held.version else held.ref
