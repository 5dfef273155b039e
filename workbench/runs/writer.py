"""What the engine writes: a run, its session, batches of results. One thread, one connection."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.errors import NotFound, UsageError
from workbench.fingerprints import canonical_json, short
from workbench.providers.values import Answer
from workbench.runs.database import open_database, writing
from workbench.runs.ids import new_run_id
from workbench.runs.lease import Holder, this_process
from workbench.runs.rows import answer_row, packed, prompt_content, read_answer, scores_text
from workbench.runs.spec_parts import parts_of, scorer_names
from workbench.runs.values import Result, RunSpec, RunStatus


class LeaseLost(Exception):
    """Another process took the run over."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One result with what the store needs to know about it."""

    result: Result
    key: bytes | None
    """Where the answer is kept for later runs; None: it is not."""
    answer_id: int | None = None
    """The stored answer, when it came from the cache."""
    failed: bool = False
    headline: float | None = None


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer from the cache."""

    answer_id: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Started:
    """A run that is open for writing, and what it has already."""

    run_id: str
    done: frozenset[tuple[str, int]]
    """Pairs of case and repeat that need no call."""
    scored: int = 0
    score_sum: float = 0.0
    cost_usd: float = 0.0


class RunWriter:
    """Writes one run."""

    def __init__(self, path: Path) -> None:
        self._database = open_database(path, create=True)
        self._connection = self._database.conn
        self._run = 0
        self._session = 0
        self._scorers: tuple[str, ...] = ()
        self._failed: set[tuple[str, int]] = set()

    def start(
        self, spec: RunSpec, identity: Mapping[str, Any], environment: Mapping[str, Any]
    ) -> Started:
        """A new run."""
        run_id = new_run_id()
        with writing(self._database):
            row = run_row(self._keep, run_id, spec, identity, environment)
            self._database.table("runs").insert(row)
            self._run = self._connection.execute("SELECT last_insert_rowid()").fetchone()[0]
            self._open_session()
        self._scorers = scorer_names(spec)
        return Started(run_id, frozenset())

    def resume(self, run_id: str, spec: RunSpec, identity: Mapping[str, Any]) -> Started:
        """Go on with a run.

        Raises UsageError when something that decides its results changed, or when another
        process is working on it, NotFound when there is none.
        """
        rows = list(self._database.query("SELECT * FROM runs WHERE run_id = ?", [run_id]))
        if not rows:
            raise NotFound(f"no run {run_id!r}")
        stored = rows[0]
        changed = _changes(stored, spec, identity)
        if changed:
            raise UsageError(
                f"run {run_id} cannot go on: {changed} changed since", hint="start a new run"
            )
        self._run = stored["id"]
        self._scorers = scorer_names(spec)
        with writing(self._database):
            self._take_over(run_id)
            self._connection.execute(
                "UPDATE runs SET status = ?, reason = '' WHERE id = ?",
                [RunStatus.RUNNING.value, self._run],
            )
        found = self._connection.execute(
            "SELECT case_id, repeat, failed FROM results WHERE run = ?", [self._run]
        ).fetchall()
        self._failed = {(case, repeat) for case, repeat, failed in found if failed}
        return Started(
            run_id,
            frozenset((case, repeat) for case, repeat, failed in found if not failed),
            stored["scored"],
            stored["score_sum"],
            stored["cost_usd"],
        )

    def recall(self, keys: Sequence[bytes]) -> dict[bytes, Remembered]:
        """The newest stored answer of each key that has one."""
        found: dict[bytes, Remembered] = {}
        newest = "SELECT * FROM answers WHERE key = ? ORDER BY id DESC LIMIT 1"
        for key in keys:
            row = self._connection.execute(newest, (key,)).fetchone()
            if row is not None:
                found[key] = Remembered(row[0], read_answer(row[2:], cached=True))
        return found

    def record(self, batch: Sequence[Recorded], calls: int, seconds: float) -> int:
        """Store results and add what they cost, all of it or nothing; the id of the first.

        `calls` were made and `seconds` passed since the last batch. Raises LeaseLost.
        """
        with writing(self._database):
            self._beat()
            ids = [self._insert(item) for item in batch]
            self._add_up(batch, calls, seconds)
        return ids[0] if ids else 0

    def finish(self, status: RunStatus, reason: str, environment: Mapping[str, Any]) -> None:
        """Close the session and say how the run ended."""
        with writing(self._database):
            self._beat()
            self._connection.execute(
                "UPDATE runs SET status = ?, reason = ?, environment = ? WHERE id = ?",
                [status.value, reason, json.dumps(environment), self._run],
            )
            self._connection.execute(
                "UPDATE sessions SET ended_at = ? WHERE id = ?", [time.time(), self._session]
            )

    def answered_by(self) -> list[tuple[str, str]]:
        """The models and system fingerprints that say they answered this run."""
        return self._connection.execute(
            "SELECT DISTINCT model, system_fingerprint FROM results"
            " JOIN answers ON answers.id = results.answer"
            " WHERE run = ? AND failed = 0 AND model IS NOT NULL LIMIT 20",
            [self._run],
        ).fetchall()

    def close(self) -> None:
        self._database.close()

    def _keep(self, value: Any) -> str:
        digest, body = packed(value)
        self._connection.execute("INSERT OR IGNORE INTO contents VALUES (?, ?)", [digest, body])
        return digest

    def _open_session(self) -> None:
        now = time.time()
        holder = this_process()
        self._connection.execute(
            "INSERT INTO sessions (run, host, pid, process_started, started_at, heartbeat)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [self._run, holder.host, holder.pid, holder.process_started, now, now],
        )
        self._session = self._connection.execute("SELECT last_insert_rowid()").fetchone()[0]

    def _take_over(self, run_id: str) -> None:
        row = self._connection.execute(
            "SELECT host, pid, process_started, heartbeat FROM sessions"
            " WHERE run = ? AND ended_at IS NULL",
            [self._run],
        ).fetchone()
        if row is not None:
            holder = Holder(*row)
            if holder.is_alive:
                raise UsageError(
                    f"run {run_id} is being worked on by process {holder.pid}",
                    hint="wait for it, or stop it there",
                )
            self._connection.execute(
                "UPDATE sessions SET ended_at = heartbeat WHERE run = ? AND ended_at IS NULL",
                [self._run],
            )
        self._open_session()

    def _beat(self) -> None:
        changed = self._connection.execute(
            "UPDATE sessions SET heartbeat = ? WHERE id = ? AND ended_at IS NULL",
            [time.time(), self._session],
        ).rowcount
        if changed != 1:
            raise LeaseLost

    def _insert(self, item: Recorded) -> int:
        result = item.result
        pair = (result.case_id, result.repeat)
        if pair in self._failed:
            self._connection.execute(
                "DELETE FROM results WHERE run = ? AND case_id = ? AND repeat = ? AND failed = 1",
                (self._run, *pair),
            )
        answer_id = item.answer_id
        if answer_id is None:
            answer_id = self._connection.execute(
                "INSERT INTO answers VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (item.key, *answer_row(result.answer)),
            ).lastrowid
        scores = scores_text(result.scores, self._scorers)
        cached, failed = int(result.answer.cached), int(item.failed)
        row = (self._run, *pair, answer_id, cached, failed, scores)
        inserted = self._connection.execute(
            "INSERT INTO results VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row
        ).lastrowid
        return inserted or 0

    def _add_up(self, batch: Sequence[Recorded], calls: int, seconds: float) -> None:
        asked = [item.result.answer for item in batch if item.answer_id is None]
        priced = [answer for answer in asked if not answer.outcome.is_error]
        self._connection.execute(
            "UPDATE runs SET calls = calls + ?, seconds = seconds + ?, cached = cached + ?,"
            " cost_usd = cost_usd + ?, unpriced = unpriced + ?,"
            " prompt_tokens = prompt_tokens + ?, completion_tokens = completion_tokens + ?"
            " WHERE id = ?",
            [
                calls,
                seconds,
                len(batch) - len(asked),
                sum(answer.cost_usd or 0.0 for answer in priced),
                sum(answer.cost_usd is None for answer in priced),
                sum(answer.prompt_tokens or 0 for answer in asked),
                sum(answer.completion_tokens or 0 for answer in asked),
                self._run,
            ],
        )
        scores = [item.headline for item in batch if item.headline is not None]
        self._connection.execute(
            "UPDATE runs SET scored = scored + ?, score_sum = score_sum + ?, errors = errors + ?"
            " WHERE id = ?",
            [len(scores), sum(scores), self._more_errors(batch), self._run],
        )

    def _more_errors(self, batch: Sequence[Recorded]) -> int:
        """How many more errors the run has now; a result may replace one."""
        before = len(self._failed)
        for item in batch:
            pair = (item.result.case_id, item.result.repeat)
            if item.failed:
                self._failed.add(pair)
            else:
                self._failed.discard(pair)
        return len(self._failed) - before


def run_row(
    keep: Any,
    run_id: str,
    spec: RunSpec,
    identity: Mapping[str, Any],
    environment: Mapping[str, Any],
) -> dict[str, Any]:
    """The row of a new run; `keep` stores a content and gives its fingerprint."""
    model = spec.prompt.model
    return {
        "run_id": run_id,
        "status": RunStatus.RUNNING.value,
        "prompt_id": spec.prompt.prompt_id,
        "fingerprint": spec.prompt.fingerprint,
        "label": spec.label,
        "suite": spec.suite.name,
        "split": spec.split,
        "parts": canonical_json(parts_of(spec)),
        "prompt": keep(prompt_content(spec.prompt)),
        "case_set": keep([case.content() for case in spec.cases]),
        "identity": canonical_json(identity),
        "environment": json.dumps(environment),
        "scorers": canonical_json(scorer_names(spec)),
        "cases": len(spec.cases),
        "repeats": spec.run_options.repeats,
        "model": model.id if model else "",
        "created_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _changes(stored: Mapping[str, Any], spec: RunSpec, identity: Mapping[str, Any]) -> str:
    """What differs from the stored run, in words; empty: nothing."""
    before = json.loads(stored["parts"])
    after = parts_of(spec)
    changed = []
    if stored["fingerprint"] != spec.prompt.fingerprint:
        changed.append(f"the prompt ({short(stored['fingerprint'])})")
    for part, words in (
        ("cases", "the cases"),
        ("scorers", "the scorers"),
        ("repeats", "the number of repeats"),
    ):
        if before.get(part) != after.get(part):
            changed.append(words)
    if stored["identity"] != canonical_json(identity):
        changed.append("the provider (endpoint, weights or SDK)")
    return " and ".join(changed)
