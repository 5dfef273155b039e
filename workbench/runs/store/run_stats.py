"""Statistics of a finished run: the models that answered, latencies, notes."""

from __future__ import annotations

import sqlite3
from typing import Any

from workbench.providers.base import Outcome
from workbench.runs.spec.counters import nearest_rank
from workbench.runs.spec.environment import EMPTY

_MODELS_SHOWN = 20
_NOTES_SHOWN = 10

_ORDERED = {
    "latency_s": "SELECT latency FROM results JOIN answers ON answers.id = results.answer"
    " WHERE run = ? AND failed = 0 AND latency IS NOT NULL ORDER BY 1 LIMIT 1 OFFSET ?",
    "first_token_s": "SELECT first_token FROM results JOIN answers ON answers.id = results.answer"
    " WHERE run = ? AND failed = 0 AND latency IS NOT NULL AND first_token IS NOT NULL"
    " ORDER BY 1 LIMIT 1 OFFSET ?",
}


def run_stats(connection: sqlite3.Connection, run: int) -> dict[str, Any]:
    """The part of a run's environment that is known only at its end.

    Model names and system fingerprints (`mixed` when there are several), `latency_s` and, where
    answers were streamed, `first_token_s` with p50 and p95 in seconds, the number of answers with
    each note, `empty`: the number of empty answers, and `judged_by`: the models that answered for
    each judge.
    """
    return {
        **_answered_by(connection, run),
        **_latencies(connection, run),
        **_notes(connection, run),
        **_empty(connection, run),
        **_judged_by(connection, run),
    }


def faults(connection: sqlite3.Connection, run: int) -> int:
    """The number of answers that are the model's own fault."""
    rows = connection.execute(
        "SELECT outcome, count(*) FROM results JOIN answers ON answers.id = results.answer"
        " WHERE run = ? GROUP BY outcome",
        [run],
    ).fetchall()
    return sum(count for outcome, count in rows if Outcome(outcome).is_models_fault)


def _answered_by(connection: sqlite3.Connection, run: int) -> dict[str, Any]:
    rows = connection.execute(
        "SELECT DISTINCT model, system_fingerprint FROM results"
        " JOIN answers ON answers.id = results.answer"
        " WHERE run = ? AND failed = 0 AND model IS NOT NULL LIMIT ?",
        [run, _MODELS_SHOWN],
    ).fetchall()
    models = sorted({model for model, _ in rows})
    prints = sorted({mark for _, mark in rows if mark})
    stats: dict[str, Any] = {"answered_by": models, "system_fingerprints": prints}
    if len(models) > 1 or len(prints) > 1:
        stats["mixed"] = True
    return stats


def _judged_by(connection: sqlite3.Connection, run: int) -> dict[str, Any]:
    rows = connection.execute(
        "SELECT DISTINCT judge, model FROM judgements JOIN answers ON answers.id = answer"
        " WHERE run = ? AND model IS NOT NULL ORDER BY judge, model",
        [run],
    ).fetchall()
    judged: dict[str, list[str]] = {}
    for judge, model in rows:
        judged.setdefault(judge, []).append(model)
    return {"judged_by": judged} if judged else {}


def _latencies(connection: sqlite3.Connection, run: int) -> dict[str, Any]:
    """p50 and p95 by nearest rank; SQLite sorts, which it does on disk where there are many."""
    counts = connection.execute(
        "SELECT count(latency), count(first_token) FROM results"
        " JOIN answers ON answers.id = results.answer"
        " WHERE run = ? AND failed = 0 AND latency IS NOT NULL",
        [run],
    ).fetchone()
    stats: dict[str, Any] = {}
    for (name, ordered), count in zip(_ORDERED.items(), counts, strict=True):
        for key, share in (("p50", 0.5), ("p95", 0.95)):
            if count:
                rank = nearest_rank(count, share)
                row = connection.execute(ordered, [run, rank]).fetchone()
                stats.setdefault(name, {})[key] = row[0]
    return stats


def _notes(connection: sqlite3.Connection, run: int) -> dict[str, Any]:
    rows = connection.execute(
        "SELECT note, count(*) FROM results JOIN answers ON answers.id = results.answer"
        " WHERE run = ? AND note IS NOT NULL GROUP BY note ORDER BY 2 DESC LIMIT ?",
        [run, _NOTES_SHOWN],
    ).fetchall()
    return {"notes": dict(rows)} if rows else {}


def _empty(connection: sqlite3.Connection, run: int) -> dict[str, Any]:
    count = connection.execute(
        "SELECT count(*) FROM results JOIN answers ON answers.id = results.answer WHERE run = ?"
        " AND (outcome = ? OR (outcome = ? AND trim(text, char(9, 10, 13, 32)) = ''))",
        [run, Outcome.EMPTY, Outcome.OK],
    ).fetchone()[0]
    return {EMPTY: count} if count else {}
