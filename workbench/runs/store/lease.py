"""The right to write to a run: one process at a time, lost when the process dies."""

from __future__ import annotations

import sqlite3
import time
from typing import Self

from workbench.errors import UsageError
from workbench.runs.store.holder import HEARTBEAT_S, Holder, this_process


class LeaseLost(Exception):
    """Another process took the run over."""


class Lease:
    """An open session of this process on a run. All methods belong into a write transaction."""

    def __init__(
        self, connection: sqlite3.Connection, lease: int, after_death: bool = False
    ) -> None:
        self._connection = connection
        self._session = lease
        self._at = 0.0
        self.after_death = after_death
        """The process that had the run before died without leaving it."""

    @classmethod
    def open(cls, connection: sqlite3.Connection, run: int, after_death: bool = False) -> Self:
        """Start to work on a run that nobody works on."""
        now = time.time()
        holder = this_process()
        lease = connection.execute(
            "INSERT INTO sessions (run, host, pid, process_started, started_at, heartbeat)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [run, holder.host, holder.pid, holder.process_started, now, now],
        ).lastrowid
        return cls(connection, lease or 0, after_death)

    @classmethod
    def take_over(cls, connection: sqlite3.Connection, run: int, run_id: str) -> Self:
        """Go on with a run whose last process is gone. Raises UsageError when it is not."""
        row = connection.execute(
            "SELECT host, pid, process_started, heartbeat FROM sessions"
            " WHERE run = ? AND ended_at IS NULL",
            [run],
        ).fetchone()
        if row is not None:
            holder = Holder(*row)
            if holder.is_alive:
                raise UsageError(
                    f"run {run_id} is being worked on by process {holder.pid}",
                    hint="wait for it, or stop it there",
                )
            connection.execute(
                "UPDATE sessions SET ended_at = heartbeat WHERE run = ? AND ended_at IS NULL",
                [run],
            )
        return cls.open(connection, run, after_death=row is not None)

    def beat(self) -> None:
        """A sign of life, where it is due. Raises LeaseLost when another process took over."""
        now = time.time()
        if abs(now - self._at) < HEARTBEAT_S:
            held = self._connection.execute(
                "SELECT 1 FROM sessions WHERE id = ? AND ended_at IS NULL", [self._session]
            ).fetchone()
        else:
            self._at = now
            held = self._connection.execute(
                "UPDATE sessions SET heartbeat = ? WHERE id = ? AND ended_at IS NULL",
                [now, self._session],
            ).rowcount
        if not held:
            raise LeaseLost

    def end(self) -> None:
        """Leave the run to others."""
        self._connection.execute(
            "UPDATE sessions SET ended_at = ? WHERE id = ?", [time.time(), self._session]
        )
