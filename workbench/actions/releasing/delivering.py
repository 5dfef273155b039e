"""Delivers parcels to a target through the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from workbench.actions.releasing.targets import Addressed
from workbench.actions.session import Session
from workbench.errors import TargetUnreachable, UsageError, WorkbenchError
from workbench.exchange.approval import approved
from workbench.exchange.delivery import (
    LATER,
    Arrived,
    Moved,
    move_pointer,
    refuse,
    send_version,
    tried,
)
from workbench.exchange.targets.base import Export, Takes, as_pointer_target
from workbench.registry.registry_file import PRODUCTION
from workbench.runs.store.outbox import (
    Delivery,
    Outbox,
    OutboxRow,
    Parcel,
    Step,
    unkept_outbox,
)
from workbench.runs.store.outbox_lock import alone

T = TypeVar("T")
_Version = tuple[str, str, str]
"""Prompt id, version, output."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a parcel."""

    parcel: Parcel
    state: Delivery
    arrived: Arrived | None = None
    """Of a version that is there."""
    moved: Moved | None = None
    """Of a pointer that leads where it should."""
    error: WorkbenchError | None = None
    is_late: bool = False
    """Whether it waited from an earlier call, and was taken along."""

    @property
    def changed(self) -> bool:
        """Whether anything was written there."""
        moved = self.moved is not None and self.moved.before != self.moved.after
        return moved or (self.arrived is not None and self.arrived.sent is not None)


def deliver(
    session: Session,
    addressed: Addressed,
    parcels: Iterable[Parcel],
    *,
    force: bool = False,
    force_pointers: bool = False,
) -> list[Outcome]:
    """Send the versions, then move the pointers; an outcome for each parcel, in that order.

    They are queued before anything is sent. A pointer to a version that did not arrive waits.
    `force` goes past what the target has, `force_pointers` only past where its pointers lead.
    """
    parcels = sorted(parcels, key=lambda parcel: bool(parcel.environment))
    outcomes: list[Outcome] = []
    with _outbox(session) as outbox:
        rows = outbox.queue(parcels)
        refs = _known_refs(outbox, rows)
        for row in rows:
            one = _Delivery(session, outbox, addressed.to(row.output), row)
            if not row.environment:
                outcome = one.send(_environments(row, rows), force)
                if outcome.arrived:
                    refs[_version(row)] = outcome.arrived.ref
                else:
                    refs.pop(_version(row), None)
            elif row.version and _version(row) not in refs:
                outcome = Outcome(row.parcel, Delivery.PENDING, error=_cause(outcomes, row))
            else:
                outcome = one.point(refs.get(_version(row)), force or force_pointers)
            outcomes.append(outcome)
    return outcomes


@contextmanager
def _outbox(session: Session) -> Iterator[Outbox]:
    """The workspace's outbox, for this process alone. Where that cannot be written, what is sent is
    not kept, and sent all the same.
    """
    try:
        kept = None if session.store.is_read_only else session.store.outbox
    except (UsageError, OSError):  # there is no runs.db, and it cannot be made
        kept = None
    if kept is None:
        yield unkept_outbox()
        return
    with alone(session.workspace.state):
        yield kept


def _known_refs(outbox: Outbox, rows: Sequence[OutboxRow]) -> dict[_Version, str]:
    """The refs of versions that arrived earlier, for pointers that are queued without them."""
    targets = {row.target for row in rows}
    done = [row for name in targets for row in outbox.rows(name, state=Delivery.DONE)]
    return {_version(row): row.ref for row in done if not row.environment}


def _version(row: OutboxRow) -> _Version:
    return row.prompt_id, row.version, row.output


def _environments(row: OutboxRow, rows: Sequence[OutboxRow]) -> tuple[str, ...]:
    """Where pointers to the row's version are to be set."""
    return tuple(r.environment for r in rows if r.environment and _version(r) == _version(row))


def _cause(outcomes: Sequence[Outcome], row: OutboxRow) -> WorkbenchError | None:
    """Why the version that a pointer is to lead to did not arrive."""
    same = (row.prompt_id, row.version)
    errors = (o.error for o in outcomes if (o.parcel.prompt_id, o.parcel.version) == same)
    return next(errors, None)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """Of one row."""

    session: Session
    outbox: Outbox
    addressed: Addressed
    row: OutboxRow

    def send(self, environments: tuple[str, ...], force: bool) -> Outcome:
        kind, destination = self.addressed.kind, self.addressed.destination

        def once(attempt: int) -> Arrived:
            leaving = self._leaving(environments)
            refuse(kind, leaving, destination)
            return send_version(kind, leaving, destination, self._note(attempt), force=force)

        arrived = self._tried(once)
        if isinstance(arrived, WorkbenchError):
            return self._failed(arrived)
        self.outbox.done(self.row, ref=arrived.ref, content=arrived.content)
        return Outcome(self.row.parcel, Delivery.DONE, arrived=arrived)

    def point(self, ref: str | None, force: bool) -> Outcome:
        kind = as_pointer_target(self.addressed.kind)
        assert kind is not None
        wanted = (self.row.prompt_id, self.row.environment, ref if self.row.version else None)

        def once(attempt: int) -> Moved:
            self._note(attempt)(Step.POINT)
            registry, destination = self.session.registry, self.addressed.destination
            return move_pointer(kind, registry, wanted, destination, force=force)

        moved = self._tried(once)
        if isinstance(moved, WorkbenchError):
            return self._failed(moved)
        self.outbox.done(self.row, ref=moved.after or "", content="")
        return Outcome(self.row.parcel, Delivery.DONE, moved=moved)

    def _tried(self, once: Callable[[int], T]) -> T | WorkbenchError:
        try:
            with self.addressed.calling():
                return tried(once)
        except WorkbenchError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a target's answer may be anything
            message = f"{self.addressed.name} failed: {type(error).__name__}: {error}"
            return TargetUnreachable(self.addressed.shown(message), retry=False)

    def _failed(self, error: WorkbenchError) -> Outcome:
        retry_in_s = None
        if isinstance(error, TargetUnreachable):
            retry_in_s = LATER.backoff_s(self.row.attempts + 1)
        self.outbox.failed(self.row, str(error), retry_in_s=retry_in_s)
        state = Delivery.FAILED if retry_in_s is None else Delivery.PENDING
        return Outcome(self.row.parcel, state, error=error)

    def _note(self, attempt: int) -> Callable[[Step], None]:
        return lambda step: self.outbox.begin(self.row, step, self.row.attempts + attempt)

    def _leaving(self, environments: tuple[str, ...]) -> Export:
        row, registry = self.row, self.session.registry
        if self.addressed.kind.takes is Takes.REGISTRY:
            return Export(registry)
        if self.addressed.kind.takes is Takes.PROMPT:
            prompt = registry.get_version(row.prompt_id, row.version).prompt
            suites = self.session.workspace.suite_paths()
            return Export.of(registry, prompt, row.version, version=row.version, suites=suites)
        approval = approved(
            registry,
            row.prompt_id,
            row.version,
            row.approved_for or PRODUCTION,
            force_reason=row.reason,
        )
        prompt = approval.version.prompt
        return Export.of(
            registry,
            prompt,
            row.version,
            version=row.version,
            approved=approval,
            environments=environments,
        )
