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


@dataclass(frozen=True, slots=True)
class Rejudged:
    """The newest decision about an evaluation by other scorers than those that judged it."""

    parts: Mapping[str, str]
    """Fingerprints of the suite that judged anew."""
    suite: str
    before: str
    after: str
    why: str
    made_at: str
    """ISO 8601, UTC."""
    made_by: str

    @property
    def flips(self) -> bool:
        return self.after != self.before


def newest_decisions(database: Database) -> dict[str, Rejudged]:
    """The newest of each evaluation, by its id."""
    rows = database.execute(
        "SELECT evaluation, parts, suite, before, after, why, made_at, made_by"
        " FROM rescored_decisions JOIN rescorings ON rescorings.id = rescoring ORDER BY rescoring"
    ).fetchall()
    return {evaluation: Rejudged(json.loads(parts), *more) for evaluation, parts, *more in rows}


@dataclass(frozen=True, slots=True)
class RescoredScores:
    """The newest rescoring of a run."""

    made_at: str
    made_by: str
    means: Mapping[str, float | None]
    """By scorer, over the answers that it scored."""


def newest_scores(database: Database, run_id: str) -> RescoredScores | None:
    """The newest rescoring of a run; None: there is none."""
    newest = database.execute(
        "SELECT id, made_at, made_by FROM rescorings WHERE EXISTS"
        " (SELECT 1 FROM rescored_results WHERE rescoring = rescorings.id AND run_id = ?)"
        " ORDER BY id DESC LIMIT 1",
        [run_id],
    ).fetchone()
    if newest is None:
        return None
    rows = database.execute(
        "SELECT key, avg(value) FROM rescored_results, json_each(scores)"
        " WHERE rescoring = ? AND run_id = ? GROUP BY key",
        [newest[0], run_id],
    ).fetchall()
    return RescoredScores(newest[1], newest[2], dict(rows))


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
