"""Uses of gate cases that no registry records: evaluations that were started, and comparisons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.runs.store.database import writing

if TYPE_CHECKING:
    from sqlite_utils import Database

EVALUATED = "evaluate"
COMPARED = "compare"


@dataclass(frozen=True, slots=True)
class GateUse:
    """One use of gate cases: its kind, candidate and cases."""

    kind: str
    fingerprint: str
    digests: frozenset[str]
    evaluation: str
    """Id of the evaluation recorded for it; empty: none."""


def note(
    database: Database,
    prompt_id: str,
    suite: str,
    kind: str,
    fingerprint: str,
    digests: Sequence[str],
) -> int:
    """Record a use; returns its id."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with writing(database):
        cursor = database.conn.execute(
            "INSERT INTO gate_uses (prompt_id, suite, kind, fingerprint, used_at, cases)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [prompt_id, suite, kind, fingerprint, now, json.dumps(sorted(digests))],
        )
    return int(cursor.lastrowid or 0)


def recorded(database: Database, use: int, evaluation: str) -> None:
    """Set the evaluation that was recorded for a use."""
    with writing(database):
        database.conn.execute("UPDATE gate_uses SET evaluation = ? WHERE id = ?", [evaluation, use])


def uses_of(database: Database, prompt_id: str) -> list[GateUse]:
    """All uses for a prompt, oldest first."""
    rows = database.execute(
        "SELECT kind, fingerprint, cases, evaluation FROM gate_uses WHERE prompt_id = ?"
        " ORDER BY id",
        [prompt_id],
    ).fetchall()
    return [
        GateUse(kind, fingerprint, frozenset(json.loads(cases)), evaluation)
        for kind, fingerprint, cases, evaluation in rows
    ]
