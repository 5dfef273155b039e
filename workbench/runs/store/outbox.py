"""The outbox: for each target, the versions and pointers that were sent to it or wait to be.

A row is queued before anything is sent and says how far it came, so that a call that was cut off
is gone on with by the next one.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from workbench.lazy_imports import without
from workbench.runs.store.database import writing
from workbench.runs.store.migrations import M006_OUTBOX

if TYPE_CHECKING:
    from sqlite_utils import Database


class Delivery(enum.StrEnum):
    """How a row stands."""

    PENDING = "pending"
    """It waits, or the target could not be reached."""
    DONE = "done"
    FAILED = "failed"
    """The target or the registry refused; somebody must do something."""


class Step(enum.StrEnum):
    """What was begun last."""

    QUEUED = "queued"
    READ = "read"
    SEND = "send"
    COMPARE = "compare"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be sent."""

    target: str
    """The table's name, or the kind's."""
    prompt_id: str
    version: str
    """Empty: a pointer that is to be removed."""
    environment: str = ""
    """Whose pointer it is; empty: the version itself."""
    output: str = ""
    """The file or folder that the command line named, absolute."""
    approved_for: str = ""
    """The environment for which the version was approved."""
    reason: str = ""
    """Why it leaves although it is not tested."""

    def __str__(self) -> str:
        what = f"{self.prompt_id}@{self.version}" if self.version else self.prompt_id
        if not self.environment:
            return f"{self.target}: {what}"
        to = self.version or "nothing"
        return f"{self.target}: {self.environment} -> {to} of {self.prompt_id}"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A parcel and how it stands; times are ISO 8601 in UTC."""

    id: int
    target: str
    output: str
    prompt_id: str
    version: str
    environment: str
    approved_for: str
    reason: str
    state: Delivery
    step: Step
    attempts: int
    last_error: str
    next_attempt: str
    """No other call to the target takes it along before then; empty: the next one does."""
    content: str
    """Hash of the content that was sent."""
    ref: str
    """What the target calls the version."""
    created_at: str
    updated_at: str

    @property
    def is_due(self) -> bool:
        """Whether the next call to its target tries it again."""
        return self.state is Delivery.PENDING and self.next_attempt <= _now()

    @property
    def parcel(self) -> Parcel:
        return Parcel(**{field.name: getattr(self, field.name) for field in fields(Parcel)})


def unkept_outbox() -> Outbox:
    """One that ends with the process, for a workspace that cannot be written."""
    with without("pandas", "numpy"):
        from sqlite_utils import Database

    database = Database(memory=True)
    # As `writing` expects it: no transaction but its own.
    database.conn.isolation_level = None
    for statement in M006_OUTBOX:
        database.conn.execute(statement)
    return Outbox(database)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Reads and writes the rows of one database."""

    database: Database

    def queue(self, parcels: Iterable[Parcel]) -> list[OutboxRow]:
        """A pending row for each parcel: a new one, or the one that it has. All are queued, or
        none. A pointer's row is of the version that it is to lead to now.
        """
        parcels = tuple(parcels)
        with writing(self.database):
            for parcel in parcels:
                self._queue(parcel)
        return [self._row(parcel) for parcel in parcels]

    def rows(self, target: str = "", *, state: Delivery | None = None) -> list[OutboxRow]:
        """The rows of a target (empty: of all), versions before the pointers to them."""
        rows = self.database.query(
            "SELECT * FROM outbox WHERE ?1 IN ('', target) AND (?2 IS NULL OR state = ?2)"
            " ORDER BY environment <> '', id",
            [target, state],
        )
        return [_made(row) for row in rows]

    def unfinished(self, target: str = "") -> list[OutboxRow]:
        """The rows that are not done."""
        return [row for row in self.rows(target) if row.state is not Delivery.DONE]

    def begin(self, row: OutboxRow, step: Step, attempt: int) -> None:
        """Note that a step is begun, in the row's attempt of that number."""
        self._write(
            "UPDATE outbox SET step = ?, attempts = ?, updated_at = ? WHERE id = ?",
            [step, attempt, _now(), row.id],
        )

    def done(self, row: OutboxRow, *, ref: str, content: str) -> None:
        """Note that all of it is there, under `ref`."""
        self._write(
            "UPDATE outbox SET state = 'done', last_error = '', next_attempt = '', ref = ?,"
            " content = ?, updated_at = ? WHERE id = ?",
            [ref, content, _now(), row.id],
        )

    def failed(self, row: OutboxRow, error: str, *, retry_in_s: float | None) -> None:
        """Note why it did not arrive; None: trying again does not help by itself."""
        state = Delivery.FAILED if retry_in_s is None else Delivery.PENDING
        later = "" if retry_in_s is None else _now(retry_in_s)
        self._write(
            "UPDATE outbox SET state = ?, last_error = ?, next_attempt = ?, updated_at = ?"
            " WHERE id = ?",
            [state, error, later, _now(), row.id],
        )

    def drop(self, row: OutboxRow) -> None:
        """Forget a row: nothing is to be sent any more."""
        self._write("DELETE FROM outbox WHERE id = ?", [row.id])

    def _queue(self, parcel: Parcel) -> None:
        values = asdict(parcel) | {"now": _now()}
        changed = self.database.conn.execute(
            "UPDATE outbox SET version = :version, approved_for = :approved_for, reason = :reason,"
            " state = 'pending', step = 'queued', last_error = '', next_attempt = '',"
            " attempts = CASE WHEN state = 'done' OR version <> :version THEN 0 ELSE attempts END,"
            " updated_at = :now"
            " WHERE target = :target AND output = :output AND prompt_id = :prompt_id"
            " AND environment = :environment AND (environment <> '' OR version = :version)",
            values,
        ).rowcount
        if not changed:
            self.database.conn.execute(
                "INSERT INTO outbox (target, output, prompt_id, version, environment, approved_for,"
                " reason, state, step, created_at, updated_at) VALUES (:target, :output,"
                " :prompt_id, :version, :environment, :approved_for, :reason, 'pending', 'queued',"
                " :now, :now)",
                values,
            )

    def _row(self, parcel: Parcel) -> OutboxRow:
        (row,) = self.database.query(
            "SELECT * FROM outbox WHERE target = :target AND output = :output"
            " AND prompt_id = :prompt_id AND environment = :environment AND version = :version",
            asdict(parcel),
        )
        return _made(row)

    def _write(self, statement: str, values: list[object]) -> None:
        with writing(self.database):
            self.database.conn.execute(statement, values)


def _made(row: dict[str, Any]) -> OutboxRow:
    return OutboxRow(**row | {"state": Delivery(row["state"]), "step": Step(row["step"])})


def _now(later_s: float = 0.0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=later_s)).isoformat(timespec="seconds")
