"""The rows of rescorings in runs.db. Values alone: a scorer's reason may quote a case."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.runs.spec.values import Result
from workbench.runs.store.database import writing

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class KeptDecision:
    """What a past evaluation's gate would have decided by other scorers."""

    evaluation: str
    before: str
    after: str
    why: str
    """Parts of the suite that differ from those that judged it."""


def keep(
    database: Database,
    made_by: str,
    suite: str,
    parts: Mapping[str, str],
    runs: Mapping[str, Iterable[Result]],
    decisions: Sequence[KeptDecision],
) -> int:
    """Keep one rescoring of several runs; returns its id."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with writing(database):
        cursor = database.conn.execute(
            "INSERT INTO rescorings (made_at, made_by, suite, parts) VALUES (?, ?, ?, ?)",
            [now, made_by, suite, json.dumps(dict(parts), sort_keys=True)],
        )
        made = int(cursor.lastrowid or 0)
        database.conn.executemany(
            "INSERT INTO rescored_results VALUES (?, ?, ?, ?, ?)",
            (
                [made, run_id, result.case_id, result.repeat, _values(result)]
                for run_id, results in runs.items()
                for result in results
            ),
        )
        database.conn.executemany(
            "INSERT INTO rescored_decisions VALUES (?, ?, ?, ?, ?)",
            ([made, one.evaluation, one.before, one.after, one.why] for one in decisions),
        )
    return made


def _values(result: Result) -> str:
    return json.dumps({name: score.value for name, score in result.scores.items()})
