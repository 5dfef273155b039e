"""New scores for stored answers, without a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from workbench.errors import UsageError
from workbench.fingerprints import canonical_json, fingerprint
from workbench.runs.database import writing
from workbench.runs.ids import new_run_id
from workbench.runs.rows import read_answer, scores_text
from workbench.runs.scoring import score_answer
from workbench.runs.store import RunStore
from workbench.runs.values import RunStatus
from workbench.scorers.base import Scorer


def rescore(
    run_id: str, scorers: Sequence[Scorer], store: RunStore, *, headline: str | None = None
) -> str:
    """The id of a new run with the same answers, judged by `scorers`.

    `headline` is the scorer that counts, else the run's own if it is still there, else the first.
    Raises NotFound, UsageError for a run that is under way or for no scorers.
    """
    summary = store.summary(run_id)
    if summary.status is RunStatus.RUNNING:
        raise UsageError(f"run {run_id} is still going on", hint="stop it first")
    if not scorers:
        raise UsageError("no scorers to score with")
    names = [scorer.name for scorer in scorers]
    first = next((name for name in (headline, summary.scorer) if name in names), names[0])
    names.remove(first)
    names.insert(0, first)
    cases = {case.id: case for case in store.cases(run_id)}
    found = store.database.execute(
        "SELECT case_id, repeat, answers.* FROM results"
        " JOIN runs ON runs.id = results.run JOIN answers ON answers.id = results.answer"
        " WHERE run_id = ? ORDER BY results.id",
        [run_id],
    ).fetchall()
    rows = []
    values: list[float] = []
    errors = 0
    for case_id, repeat, answer_id, _key, *columns in found:
        answer = read_answer(columns, cached=True)
        scores, broken = score_answer(scorers, answer, cases[case_id])
        failed = answer.outcome.is_error or first in broken
        errors += failed
        value = scores[first].value
        if value is not None:
            values.append(value)
        rows.append((case_id, repeat, answer_id, int(failed), scores_text(scores, names)))
    new_id = new_run_id()
    with writing(store.database):
        _copy(store, run_id, new_id, scorers, names, len(values), sum(values), errors, len(rows))
        store.database.conn.executemany(
            "INSERT INTO results (run, case_id, repeat, answer, cached, failed, scores)"
            " VALUES ((SELECT id FROM runs WHERE run_id = ?), ?, ?, ?, 1, ?, ?)",
            [(new_id, *row) for row in rows],
        )
    return new_id


def _copy(
    store: RunStore,
    run_id: str,
    new_id: str,
    scorers: Sequence[Scorer],
    names: Sequence[str],
    scored: int,
    score_sum: float,
    errors: int,
    results: int,
) -> None:
    """The row of the new run: that of the old one, with other scores and no costs."""
    old = next(iter(store.database.query("SELECT * FROM runs WHERE run_id = ?", [run_id])))
    whole = results == old["cases"] * old["repeats"] and not errors
    parts = json.loads(old["parts"])
    parts["scorers"] = fingerprint([[s.fingerprint, s.required] for s in scorers])
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    row = {
        **old,
        "run_id": new_id,
        "status": (RunStatus.COMPLETE if whole else RunStatus.INCOMPLETE).value,
        "reason": "" if whole else f"rescored from {run_id}, which is not complete",
        "parts": canonical_json(parts),
        "environment": json.dumps(json.loads(old["environment"]) | {"rescored_from": run_id}),
        "scorers": canonical_json(list(names)),
        "created_at": now,
        "scored": scored,
        "score_sum": score_sum,
        "errors": errors,
        "cached": results,
        **dict.fromkeys(("calls", "cost_usd", "unpriced", "seconds"), 0),
        **dict.fromkeys(("prompt_tokens", "completion_tokens"), 0),
    }
    del row["id"]
    store.database.table("runs").insert(row)
