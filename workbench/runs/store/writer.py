"""Writes a run, its session and batches of results. One thread, one connection."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import NotFound, UsageError
from workbench.providers.base import Answer
from workbench.runs.spec.environment import ALTERED, ASKED_AGAIN, MAYBE_BILLED
from workbench.runs.spec.run_ids import new_run_id
from workbench.runs.spec.values import Result, RunSpec, RunStatus
from workbench.runs.store import endpoint_forms, judgements
from workbench.runs.store.contents.case_sets import keep_content
from workbench.runs.store.database import open_database, writing
from workbench.runs.store.digests import is_answer_altered, result_digest
from workbench.runs.store.endpoint_forms import ignored_options
from workbench.runs.store.forgetting import forgotten_cases
from workbench.runs.store.lease import Lease
from workbench.runs.store.rows import first_score, read_answer, scores_text
from workbench.runs.store.run_stats import faults, run_stats
from workbench.runs.store.spec_parts import changes, execution_options, run_row, scorer_names
from workbench.runs.store.streamed_runs import StreamedRun
from workbench.times import utc_now


@dataclass(frozen=True, slots=True)
class Recorded:
    """One result with what the store needs to record it."""

    result: Result
    key: bytes | None
    """Cache key of the answer; None: it is not cached."""
    answer_id: int | None = None
    """Row id of the stored answer, when it came from the cache."""
    failed: bool = False
    headline: float | None = None
    judged: tuple[tuple[str, int], ...] = ()
    """The judges that were asked, by name, and the row ids of their answers."""
    judged_from_cache: int = 0


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer from the cache."""

    answer_id: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Spent:
    """Cost and usage of earlier sessions."""

    cost_usd: float = 0.0
    unpriced: int = 0
    """Answers whose price is unknown."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seen: int = 0
    """Number of answers whose length is known."""
    longest: int = 0
    """The longest of those, in tokens."""
    maybe_billed: int = 0
    """Calls that were sent and got no answer."""
    judge_usd: float = 0.0
    judge_unpriced: int = 0
    cut_off: int = 0
    """Calls that may have been under way when the last process died."""


@dataclass(frozen=True, slots=True)
class Started:
    """A run that is open for writing, and the results that it already has."""

    run_id: str
    done: frozenset[tuple[str, int]]
    """(case id, repeat) pairs that need no call."""
    scores: tuple[float, ...] = ()
    """Headline scores of those pairs that have one."""
    spent: Spent = Spent()
    faults: int = 0
    """Number of answers among them that are the model's own fault."""
    fresh: bool = False
    """Whether it was started without the cache, and so continues without it."""


class RunWriter:
    """Writes one run."""

    def __init__(self, path: Path) -> None:
        self._database = open_database(path, create=True)
        self._connection = self._database.conn
        endpoint_forms.load(self._connection)
        self._run = 0
        self._scorers: tuple[str, ...] = ()
        self._failed: set[tuple[str, int]] = set()
        self._altered = 0
        """Number of cached answers not used because they were altered."""

    def start(
        self, spec: RunSpec, identity: Mapping[str, Any], environment: Mapping[str, Any]
    ) -> Started:
        """Start a new run."""
        run_id = new_run_id()
        probed = ignored_options(self._connection, spec, identity)
        environment = {**environment, **execution_options(spec), **probed}
        again = forgotten_cases(self._connection, spec.cases)
        if again:
            environment[ASKED_AGAIN] = again
        with writing(self._database):
            row = run_row(self._keep, run_id, spec, identity, environment)
            self._database.table("runs").insert(row)
            self._run = self._connection.execute("SELECT last_insert_rowid()").fetchone()[0]
            self._session = Lease.open(self._connection, self._run)
        self._scorers = scorer_names(spec)
        return Started(run_id, frozenset())

    def resume(
        self, run_id: str, spec: RunSpec, identity: Mapping[str, Any], *, batch: bool = False
    ) -> Started:
        """Resume a run, by calls or, with `batch`, through its batch.

        Raises UsageError when something that decides its results changed, when another process
        is working on it, or when a batch is under way and `batch` is false, or the other way
        round; NotFound when there is no such run.
        """
        rows = list(self._database.query("SELECT * FROM runs WHERE run_id = ?", [run_id]))
        if not rows:
            raise NotFound(f"no run {run_id!r}")
        stored = rows[0]
        changed = changes(stored, spec, identity)
        if changed:
            raise UsageError(
                f"run {run_id} cannot go on: {changed} changed since", hint="start a new run"
            )
        self._run = stored["id"]
        if batch != bool(self.open_batch()):
            raise UsageError(
                f"run {run_id} has {'no' if batch else 'a'} batch under way",
                hint="resume it" if batch else f"workbench run --attach {run_id}",
            )
        self._scorers = scorer_names(spec)
        with writing(self._database):
            self._session = Lease.take_over(self._connection, self._run, run_id)
            self._connection.execute(
                "UPDATE runs SET status = ?, reason = '', environment = json_patch(environment, ?)"
                " WHERE id = ?",
                [RunStatus.RUNNING.value, json.dumps(execution_options(spec)), self._run],
            )
        rows_of_results = self._connection.execute(
            "SELECT case_id, repeat, failed, scores FROM results WHERE run = ?", [self._run]
        ).fetchall()
        self._failed = {(case, repeat) for case, repeat, failed, _ in rows_of_results if failed}
        scores = [first_score(text) for _, _, failed, text in rows_of_results if not failed]
        return Started(
            run_id,
            frozenset((case, repeat) for case, repeat, failed, _ in rows_of_results if not failed),
            tuple(score for score in scores if score is not None),
            self._spent(stored, len(rows_of_results) - len(self._failed)),
            faults=faults(self._connection, self._run),
            fresh=bool(json.loads(stored["environment"]).get("fresh")),
        )

    def _spent(self, stored: Mapping[str, Any], done: int) -> Spent:
        seen, longest = self._connection.execute(
            "SELECT count(completion_tokens), max(completion_tokens)"
            " FROM results JOIN answers ON answers.id = results.answer WHERE run = ?",
            [self._run],
        ).fetchone()
        environment = json.loads(stored["environment"])
        cut_off = 0
        if self._session.after_death:
            left = stored["cases"] * stored["repeats"] - done
            cut_off = min(int(environment.get("concurrency") or 0), left)
        return Spent(
            stored["cost_usd"],
            stored["unpriced"],
            stored["prompt_tokens"],
            stored["completion_tokens"],
            seen=seen,
            longest=longest or 0,
            maybe_billed=int(environment.get(MAYBE_BILLED) or 0),
            judge_usd=stored["judge_cost_usd"],
            judge_unpriced=stored["judge_unpriced"],
            cut_off=cut_off,
        )

    def cached_answers(self, keys: Sequence[bytes]) -> dict[bytes, CachedAnswer]:
        """The newest stored answer by key, without answers that were altered or misclassified."""
        cached: dict[bytes, CachedAnswer] = {}
        newest = (
            "SELECT *, is_misread(outcome, finish_reason, reading)"
            " FROM answers WHERE key = ? ORDER BY id DESC LIMIT 1"
        )
        for key in keys:
            row = self._connection.execute(newest, (key,)).fetchone()
            if row is None or row[-1]:
                continue
            if is_answer_altered(row):
                self._altered += 1
                continue
            cached[key] = CachedAnswer(row[0], read_answer(row[2:], cached=True))
        return cached

    def record(
        self,
        batch: Sequence[Recorded],
        calls: int,
        seconds: float,
        maybe_billed: int | None = None,
    ) -> int:
        """Store results and add up their cost, atomically; returns the row id of the first.

        `calls` and `seconds` count since the last batch; `maybe_billed` is the total number of
        calls that were sent and got no answer, None if unchanged. Raises LeaseLost.
        """
        with writing(self._database):
            self._session.beat()
            now = utc_now()
            ids = [self._insert(item, now) for item in batch]
            self._add_up(batch, calls, seconds)
            if maybe_billed is not None:
                self._connection.execute(
                    "UPDATE runs SET environment = json_set(environment, ?, ?) WHERE id = ?",
                    [f"$.{MAYBE_BILLED}", maybe_billed, self._run],
                )
        return ids[0] if ids else 0

    def keep_judgement(self, key: bytes, answer: Answer | None, calls: int) -> int:
        """Store a judge's answer and count its calls; returns its row id, 0 for none. Raises
        LeaseLost.
        """
        with writing(self._database):
            self._session.beat()
            judgements.add_up(self._connection, self._run, calls, answer)
            lasts = answer is not None and not answer.outcome.is_error
            return (
                judgements.insert_answer(self._connection, key, answer) if answer and lasts else 0
            )

    def finish(self, status: RunStatus, reason: str, environment: Mapping[str, Any]) -> None:
        """Store how the run ended and close the session."""
        with writing(self._database):
            self._session.beat()
            self._connection.execute(
                "UPDATE runs SET status = ?, reason = ?,"
                " environment = json_patch(environment, ?) WHERE id = ?",
                [status.value, reason, json.dumps(environment), self._run],
            )
            endpoint_forms.save(self._connection)
            self._session.end()

    def open_batch(self) -> str:
        """The id of the run's batch that is under way, SUBMITTING, or empty."""
        row = self._connection.execute(
            "SELECT batch_id FROM batches WHERE run = ? AND batch_id != 'over'", [self._run]
        ).fetchone()
        return str(row[0]) if row else ""

    def note_batch(self, batch_id: str) -> None:
        """Record the id or state of the run's batch."""
        with writing(self._database):
            self._connection.execute(
                "INSERT INTO batches VALUES (?, ?, ?)"
                " ON CONFLICT (run) DO UPDATE SET batch_id = excluded.batch_id",
                [self._run, batch_id, time.time()],
            )

    def run_stats(self) -> dict[str, Any]:
        """Statistics of the finished run, see `run_stats`."""
        altered = {ALTERED: self._altered} if self._altered else {}
        return {**run_stats(self._connection, self._run), **altered}

    def close(self) -> None:
        self._database.close()

    def streamed(self) -> StreamedRun:
        """What else is stored of a run whose cases are read while it goes on."""
        return StreamedRun(self._database, self._run)

    def _keep(self, value: Any) -> str:
        return keep_content(self._connection, value)

    def _insert(self, item: Recorded, now: str) -> int:
        result = item.result
        pair = (result.case_id, result.repeat)
        if pair in self._failed:
            self._connection.execute(
                "DELETE FROM results WHERE run = ? AND case_id = ? AND repeat = ? AND failed = 1",
                (self._run, *pair),
            )
        answer_id = item.answer_id
        if answer_id is None:
            answer_id = judgements.insert_answer(self._connection, item.key, result.answer, now)
        if item.judged:
            judgements.record(
                self._connection, self._run, pair, item.judged, item.judged_from_cache
            )
        scores = scores_text(result.scores, self._scorers)
        cached, failed = int(result.answer.cached), int(item.failed)
        row = (self._run, *pair, answer_id, cached, failed, scores)
        inserted = self._connection.execute(
            "INSERT INTO results VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, result_digest(*row))
        ).lastrowid
        return inserted or 0

    def _add_up(self, batch: Sequence[Recorded], calls: int, seconds: float) -> None:
        called = [item.result.answer for item in batch if item.answer_id is None]
        priced = [answer for answer in called if not answer.outcome.is_error]
        scores = [item.headline for item in batch if item.headline is not None]
        self._connection.execute(
            "UPDATE runs SET calls = calls + ?, seconds = seconds + ?, cached = cached + ?,"
            " cost_usd = cost_usd + ?, unpriced = unpriced + ?,"
            " prompt_tokens = prompt_tokens + ?, completion_tokens = completion_tokens + ?,"
            " scored = scored + ?, score_sum = score_sum + ?, errors = errors + ?"
            " WHERE id = ?",
            [
                calls,
                seconds,
                len(batch) - len(called),
                sum(answer.cost_usd or 0.0 for answer in priced),
                sum(answer.cost_usd is None for answer in priced),
                sum(answer.prompt_tokens or 0 for answer in called),
                sum(answer.completion_tokens or 0 for answer in called),
                len(scores),
                sum(scores),
                self._more_errors(batch),
                self._run,
            ],
        )

    def _more_errors(self, batch: Sequence[Recorded]) -> int:
        """Change of the run's number of errors; a result may replace an error."""
        before = len(self._failed)
        for item in batch:
            pair = (item.result.case_id, item.result.repeat)
            if item.failed:
                self._failed.add(pair)
            else:
                self._failed.discard(pair)
        return len(self._failed) - before
