"""The right to write to a run: one process at a time, lost when the process dies."""

from __future__ import annotations

import sqlite3
import time
from typing import Self

from workbench.errors import UsageError
from workbench.runs.store.holder import HEARTBEAT_S, Holder, this_process


class LeaseLost(Exception):
    """Another process took over the run."""


class Lease:
    """An open session of this process on a run. Call all methods inside a write transaction."""

    def __init__(
        self, connection: sqlite3.Connection, lease: int, after_death: bool = False
    ) -> None:
        self._connection = connection
        self._session = lease
        self._at = 0.0
        self.after_death = after_death
        """Whether the previous process died without ending its session."""

    @classmethod
    def open(cls, connection: sqlite3.Connection, run: int, after_death: bool = False) -> Self:
        """Open a session on a run that has no open one."""
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
        """Open a session on a run whose last process is gone. Raises UsageError if it is alive."""
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
        """Write a heartbeat when it is due. Raises LeaseLost when another process took over."""
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
        """End the session."""
        self._connection.execute(
            "UPDATE sessions SET ended_at = ? WHERE id = ?", [time.time(), self._session]
        )
