"""What is live goes to the targets of its environment, and what did not arrive goes again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from workbench.actions.releasing.delivering import Outcome, deliver
from workbench.actions.releasing.targets import find_target, target_named
from workbench.actions.session import Session
from workbench.errors import UsageError, WorkbenchError
from workbench.exchange.targets.base import Takes, as_pointer_target
from workbench.registry import PromptDeployment
from workbench.runs.store.outbox import Delivery, OutboxRow, Parcel, Step

_MOST_DUE = 10
"""How much of what waits another command takes along."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A parcel that has yet to arrive."""

    parcel: Parcel
    row: OutboxRow | None = None
    """None: it was never tried, as where a deployment was cut off after it was recorded."""

    @property
    def state(self) -> Delivery:
        return self.row.state if self.row else Delivery.PENDING

    def __str__(self) -> str:
        if self.row is None:
            return f"{self.parcel}: never sent"
        error, step, attempts = self.row.last_error, self.row.step, self.row.attempts
        if not error and step is Step.QUEUED:
            return (
                f"{self.parcel}: {'waits for its version' if self.parcel.environment else 'waits'}"
            )
        why = error or f"cut off at the step {step.value}, or still at it"
        return f"{self.parcel}: {self.state.value} after {attempts} attempts: {why}"


def targets_of(
    session: Session, environment: str, publish: bool | None = None
) -> tuple[str, ...] | None:
    """The targets of a deployment there: those of the settings, or, with `publish` and where these
    name none, each table that takes versions. None: nothing is to be published (False).

    Raises UsageError when it is to be published and no target is configured.
    """
    settings = session.workspace.settings
    rules = settings.environments.get(environment)
    named = rules.publish if rules else ()
    if publish is False:
        return None
    if named or publish is None:
        return named
    takes = {name: find_target(session.workspace, name).kind.takes for name in settings.targets}
    tables = tuple(name for name, what in takes.items() if what is Takes.VERSION)
    if not tables:
        raise UsageError(
            f"no target to publish {environment} to",
            hint=f'[targets.NAME] kind = ..., then [environments.{environment}] publish = ["NAME"]',
        )
    return tables


def publish(
    session: Session, done: PromptDeployment, targets: Iterable[str] | None
) -> list[Outcome]:
    """Send what was deployed, rolled back or retired to targets, with the environment's pointer.

    Raises nothing for what a target or its settings do: that is in the outcomes, and waits in the
    outbox. A rollback and a retirement also move each pointer of the environment that was moved
    before, whether or not the settings name that target; a deployment leaves these, see `behind`.
    What is due at the targets goes first.
    """
    if targets is None:
        return []
    back = done.action != "deploy"
    moved = [(row.target, row.output) for row in _moved(session, done)] if back else []
    outputs: dict[str, list[str]] = {}
    for name, output in dict.fromkeys([*((name, "") for name in targets), *moved]):
        outputs.setdefault(name, []).append(output)
    live = "" if done.action == "retire" else done.version
    outcomes: list[Outcome] = []
    for name, places in outputs.items():
        nature = _nature(session, name)
        where = (done.prompt_id, live, done.environment)
        parcels = [parcel for output in places for parcel in _parcels(name, nature, where, output)]
        outcomes += retry_due(session, name, parcels)
        outcomes += _deliver(session, name, parcels, force_pointers=back)
    return outcomes


@dataclass(frozen=True, slots=True)
class Behind:
    """A pointer that was moved earlier and is left now: another version is live."""

    target: str
    prompt_id: str
    version: str
    """That it leads to, by the outbox."""
    environment: str
    output: str
    is_live: bool
    """Whether anything is live there."""

    def __str__(self) -> str:
        still = f"{self.target} still serves {self.version} in {self.environment}"
        if not self.is_live:
            return f"{still}: workbench drift {self.target} --repair"
        ref = f"{self.prompt_id}@{self.environment}"
        output = f" --output {shlex.quote(self.output)}" if self.output else ""
        return f"{still}: workbench export {self.target} {ref}{output}"


def behind(session: Session, done: PromptDeployment) -> list[Behind]:
    """The pointers of the environment that still lead to another version, after `publish`."""
    live = "" if done.action == "retire" else done.version
    return [
        Behind(row.target, row.prompt_id, row.version, row.environment, row.output, bool(live))
        for row in _moved(session, done)
        if row.state is Delivery.DONE and row.version != live
    ]


def publish_by_settings(session: Session, done: PromptDeployment) -> list[Outcome]:
    """`publish` to the targets that the settings name; the outcomes of what was done now."""
    outcomes = publish(session, done, targets_of(session, done.environment))
    return [outcome for outcome in outcomes if not outcome.is_late]


def waiting(session: Session, target: str = "") -> list[Waiting]:
    """What has yet to arrive at a target (empty: at any), versions first: what failed, and what is
    live where it is to be published and was never sent.

    A pointer that waits leads to what is live now, whatever it was to lead to before.
    """
    rows = session.store.outbox.rows(target)
    waiting = _unfinished(session, rows)
    for parcel in _owed(session, rows, target):
        waiting.setdefault(_key(parcel), Waiting(parcel))
    return sorted(waiting.values(), key=lambda one: bool(one.parcel.environment))


def _unfinished(session: Session, rows: Iterable[OutboxRow]) -> dict[tuple[str, ...], Waiting]:
    """What was tried and has yet to arrive, by what it is."""
    waiting: dict[tuple[str, ...], Waiting] = {}
    for row in rows:
        if row.state is not Delivery.DONE:
            for parcel in _now(session, row):
                waiting.setdefault(_key(parcel), Waiting(parcel, row))
    return waiting


def retry(session: Session, target: str = "") -> list[Outcome]:
    """Send again what has yet to arrive, see `waiting`; nothing else is sent."""
    parcels = [one.parcel for one in waiting(session, target)]
    outcomes: list[Outcome] = []
    for name in dict.fromkeys(parcel.target for parcel in parcels):
        outcomes += _deliver(session, name, [p for p in parcels if p.target == name])
    return outcomes


def retry_due(session: Session, target: str, but: Iterable[Parcel] = ()) -> list[Outcome]:
    """Send again what waits at a target and is due, until something fails there; few of it, as
    another command has to wait for it. `but` is what that command sends.
    """
    workspace = session.workspace
    if not workspace.runs_path.exists() or session.store.is_read_only:
        return []
    unfinished = _unfinished(session, session.store.outbox.rows(target)).values()
    ordered = sorted(unfinished, key=lambda one: bool(one.parcel.environment))
    waits = [(one.parcel, one.row) for one in ordered if one.row]
    if not waits:
        return []
    stuck = {
        (parcel.prompt_id, parcel.version, parcel.output)
        for parcel, row in waits
        if not parcel.environment and not row.is_due
    }
    taken = {_key(parcel) for parcel in but}
    due = [
        parcel
        for parcel, row in waits
        if row.is_due
        and _key(parcel) not in taken
        and (parcel.prompt_id, parcel.version, parcel.output) not in stuck
    ][:_MOST_DUE]
    try:
        target_named(workspace, target, unasked=True)
    except WorkbenchError:  # which the command says itself, if it needs that
        return []
    outcomes: list[Outcome] = []
    for prompt_id in dict.fromkeys(parcel.prompt_id for parcel in due):
        outcomes += _deliver(session, target, [p for p in due if p.prompt_id == prompt_id])
        if any(outcome.error for outcome in outcomes):
            break
    return [replace(outcome, is_late=True) for outcome in outcomes]


def drop(session: Session, target: str = "") -> list[OutboxRow]:
    """Forget what failed at a target (empty: at any); nothing is sent."""
    outbox = session.store.outbox
    rows = outbox.unfinished(target)
    for row in rows:
        outbox.drop(row)
    return rows


def _deliver(
    session: Session, name: str, parcels: list[Parcel], *, force_pointers: bool = False
) -> list[Outcome]:
    parcels = [_with_reason(session, parcel) for parcel in parcels]
    try:
        try:
            addressed = target_named(session.workspace, name, unasked=True)
        except WorkbenchError as error:
            outbox = session.store.outbox
            for row in outbox.queue(parcels):
                outbox.failed(row, str(error), retry_in_s=None)
            return [Outcome(parcel, Delivery.FAILED, error=error) for parcel in parcels]
        return deliver(session, addressed, parcels, force_pointers=force_pointers)
    except Exception as error:  # noqa: BLE001 - what went live is live, and must be said to be
        cause = _in_words(error)
        return [Outcome(parcel, Delivery.PENDING, error=cause) for parcel in parcels]


def _in_words(error: Exception) -> WorkbenchError:
    if isinstance(error, WorkbenchError):
        return error
    return WorkbenchError(f"{type(error).__name__}: {error}", hint="workbench export --pending")


def _parcels(
    target: str, nature: _Nature, live: tuple[str, str, str], output: str = ""
) -> Iterator[Parcel]:
    """The parcels by which a target has what is live: prompt id, version (empty: none) and
    environment.
    """
    prompt_id, version, environment = live
    if version or nature.takes is Takes.REGISTRY:
        yield Parcel(target, prompt_id, version, "", output, environment)
    if nature.points:
        yield Parcel(target, prompt_id, version, environment, output, environment)


def _with_reason(session: Session, parcel: Parcel) -> Parcel:
    """Why an untested version may leave: the rule of an environment that asks for no evidence."""
    environment = parcel.approved_for
    rules = {rules.name: rules for rules in session.registry.environments()}.get(environment)
    if parcel.reason or not parcel.version or rules is None or not rules.untested:
        return parcel
    if session.registry.status(parcel.prompt_id, parcel.version, environment).tested:
        return parcel
    return replace(parcel, reason=f"{environment} takes versions without evidence")


def _moved(session: Session, done: PromptDeployment) -> list[OutboxRow]:
    """The rows of the pointers of the environment that were moved, and not removed since."""
    if not session.workspace.runs_path.exists():
        return []
    here = (done.prompt_id, done.environment)
    rows = session.store.outbox.rows()
    return [row for row in rows if (row.prompt_id, row.environment) == here and row.version]


def _now(session: Session, row: OutboxRow) -> Iterator[Parcel]:
    """A row's parcel as it is to arrive now, with the version that its pointer leads to."""
    if not row.environment:
        yield row.parcel
        return
    live = session.registry.live(row.prompt_id)
    version = next((d.version for d in live if d.environment == row.environment), "")
    if version == row.version:
        yield row.parcel
        return
    nature = _nature(session, row.target)
    yield from _parcels(row.target, nature, (row.prompt_id, version, row.environment), row.output)


def _owed(session: Session, rows: list[OutboxRow], target: str) -> Iterator[Parcel]:
    """What is live where it is to be published, and has no row, or a pointer's row of another."""
    versions = {(r.target, r.prompt_id, r.version) for r in rows if not r.environment}
    led = {(r.target, r.prompt_id, r.environment): r.version for r in rows if r.environment}
    live = {(d.prompt_id, d.environment): d.version for d in session.registry.live()}
    for rules in session.workspace.settings.environments.values():
        for name in rules.publish:
            if target not in ("", name):
                continue
            nature = _nature(session, name)
            ids = {prompt_id for prompt_id, place in live if place == rules.name}
            ids |= {p for t, p, place in led if (t, place) == (name, rules.name)}
            for prompt_id in sorted(ids):
                version = live.get((prompt_id, rules.name), "")
                is_led = led.get((name, prompt_id, rules.name), "") == version
                is_sent = (name, prompt_id, version) in versions
                if not (is_led if nature.points else is_sent):
                    yield from _parcels(name, nature, (prompt_id, version, rules.name))


@dataclass(frozen=True, slots=True)
class _Nature:
    """Whether a target has pointers, and what it takes."""

    points: bool
    takes: Takes


def _nature(session: Session, target: str) -> _Nature:
    try:
        kind = find_target(session.workspace, target).kind
    except WorkbenchError:  # its settings are wrong, which is said when it is sent to
        return _Nature(True, Takes.VERSION)
    return _Nature(as_pointer_target(kind) is not None, kind.takes)


def _key(parcel: Parcel) -> tuple[str, ...]:
    pointer = () if parcel.environment else (parcel.version,)
    return (parcel.target, parcel.output, parcel.prompt_id, parcel.environment, *pointer)
