"""The run store: the requests, answers and scores of every run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from workbench.datasets.values import Case
from workbench.errors import NotFound
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Outcome
from workbench.providers.probe import Probe
from workbench.runs.spec.values import Result, RunStatus, RunSummary
from workbench.runs.store import gate_uses, judgements
from workbench.runs.store.contents.case_sets import content_of, contents_in
from workbench.runs.store.database import open_database, writing
from workbench.runs.store.digests import is_answer_altered, result_digest
from workbench.runs.store.holder import Holder
from workbench.runs.store.outbox import Outbox
from workbench.runs.store.rows import (
    read_answer,
    read_case,
    read_prompt,
    read_results,
    read_summary,
)

KILLED = "the process ended before the run did"


@dataclass(frozen=True, slots=True)
class Label:
    """A person's judgement of one answer."""

    case_id: str
    repeat: int
    label: str
    note: str
    labelled_at: str
    """ISO 8601, UTC."""


class RunStore:
    """Reads and labels runs. To be used by the opening thread only; each thread opens its own."""

    def __init__(self, path: Path, create: bool = True) -> None:
        """Raises NotFound when it is missing, UsageError for a file that is not a run store."""
        self.path = Path(path)
        self.database = open_database(self.path, create, writes=False)
        self._last_cases: tuple[str, tuple[Case, ...]] = ("", ())

    @property
    def is_read_only(self) -> bool:
        """Whether it was opened where it cannot be written."""
        return bool(self.database.conn.execute("PRAGMA query_only").fetchone()[0])

    def summaries(
        self, prompt_id: str | None = None, suite: str | None = None, limit: int | None = None
    ) -> list[RunSummary]:
        """The runs, newest first."""
        rows = self.database.query(
            "SELECT * FROM runs WHERE (?1 IS NULL OR prompt_id = ?1)"
            " AND (?2 IS NULL OR suite = ?2) ORDER BY id DESC LIMIT ?3",
            [prompt_id, suite, -1 if limit is None else limit],
        )
        return [self._summary(row) for row in list(rows)]

    def summary(self, run_id: str) -> RunSummary:
        """One run. Raises NotFound."""
        return self._summary(self._row(run_id))

    def summary_or_none(self, run_id: str) -> RunSummary | None:
        """One run, or None when there is none of that id."""
        try:
            return self.summary(run_id)
        except NotFound:
            return None

    def results(self, run_id: str, *, from_id: int = 0, limit: int | None = None) -> list[Result]:
        """Results in the order in which they were stored, from row id `from_id` on. Raises
        NotFound.
        """
        run = self._row(run_id)
        names = json.loads(run["scorers"])
        rows = self.database.execute(
            "SELECT case_id, repeat, results.cached, scores, answers.*"
            " FROM results JOIN answers ON answers.id = results.answer"
            " WHERE run = ? AND results.id >= ? ORDER BY results.id LIMIT ?",
            [run["id"], from_id, -1 if limit is None else limit],
        ).fetchall()
        return read_results(rows, names)

    def batch_of(self, run_id: str) -> str:
        """Id of the run's batch, if it has one under way; else empty."""
        row = self.database.execute(
            "SELECT batch_id FROM batches WHERE run = ? AND batch_id != 'over'",
            [self._row(run_id)["id"]],
        ).fetchone()
        return str(row[0]) if row else ""

    def outcomes(self, run_id: str) -> dict[Outcome, int]:
        """How many of the run's answers there are of each outcome, the most frequent first."""
        rows = self.database.execute(
            "SELECT outcome, count(*) FROM results JOIN answers ON answers.id = results.answer"
            " WHERE run = ? GROUP BY outcome ORDER BY 2 DESC, 1",
            [self._row(run_id)["id"]],
        ).fetchall()
        return {Outcome(outcome): count for outcome, count in rows}

    def prompt(self, run_id: str) -> Prompt:
        """The prompt of the run. Raises NotFound."""
        return read_prompt(content_of(self.database.conn, self._row(run_id)["prompt"]))

    def cases(self, run_id: str) -> tuple[Case, ...]:
        """The run's cases, in the order in which they were run. Raises NotFound."""
        return self._case_set(self._row(run_id)["case_set"])

    def find(
        self,
        prompt_fingerprint: str,
        suite_parts: Mapping[str, str],
        case_ids: Iterable[str],
        *,
        cases: Sequence[Case] | None = None,
    ) -> str | None:
        """The newest run of that prompt with exactly these parts that has a result without error
        for each of these cases and repeats, or None.

        With `cases`, the cases' contents must be the same too, not only their ids. A run that was
        imported is left out: it is no evidence.
        """
        case_ids = set(case_ids)
        rows = self.database.execute(
            "SELECT id, run_id, parts, repeats, case_set FROM runs"
            " WHERE fingerprint = ? AND status != 'running'"
            " AND json_extract(environment, '$.imported') IS NULL ORDER BY id DESC",
            [prompt_fingerprint],
        ).fetchall()
        for run, run_id, parts, repeats, case_set in rows:
            stored = json.loads(parts)
            if any(stored.get(name) != digest for name, digest in suite_parts.items()):
                continue
            if cases is not None and not self._holds(case_set, cases):
                continue
            if case_ids <= self._answered(run, repeats):
                return str(run_id)
        return None

    def done(self, run_id: str) -> frozenset[tuple[str, int]]:
        """(case id, repeat) pairs that a resumed run would skip. Raises NotFound."""
        rows = self.database.execute(
            "SELECT case_id, repeat FROM results WHERE run = ? AND failed = 0",
            [self._row(run_id)["id"]],
        ).fetchall()
        return frozenset((case_id, repeat) for case_id, repeat in rows)

    def altered(self, run_id: str) -> frozenset[tuple[str, int]]:
        """(case id, repeat) of the run's results whose row or answer was edited or forgotten after
        it was stored. They cannot serve as evidence.
        """
        rows = self.database.execute(
            "SELECT run, case_id, repeat, answer, cached, failed, scores, results.digest, answers.*"
            " FROM results JOIN answers ON answers.id = results.answer WHERE run = ?",
            [self._row(run_id)["id"]],
        ).fetchall()
        return frozenset(
            (row[1], row[2])
            for row in rows
            if row[7] != result_digest(*row[:7]) or is_answer_altered(row[8:])
        )

    def known_keys(self, keys: Sequence[bytes]) -> set[bytes]:
        """The keys that have a usable stored answer."""
        known = (
            "SELECT 1 FROM (SELECT * FROM answers WHERE key = ? ORDER BY id DESC LIMIT 1)"
            " WHERE NOT is_misread(outcome, finish_reason, reading)"
        )
        return {key for key in keys if self.database.execute(known, [key]).fetchone()}

    def cached_answer(self, key: bytes) -> Answer | None:
        """The newest stored answer of that key, if a run would take it from the cache."""
        row = self.database.execute(
            "SELECT *, is_misread(outcome, finish_reason, reading) FROM answers WHERE key = ?"
            " ORDER BY id DESC LIMIT 1",
            [key],
        ).fetchone()
        if row is None or row[-1] or is_answer_altered(row):
            return None
        return read_answer(row[2:], cached=True)

    def keep_answer(self, key: bytes, answer: Answer) -> None:
        """Store an answer of a judge that no run asked for."""
        with writing(self.database):
            judgements.insert_answer(self.database.conn, key, answer)

    def was_judged(self, judges: str) -> bool:
        """Whether a run has been judged by these judges, named by their part of a suite."""
        row = self.database.execute(
            "SELECT 1 FROM runs WHERE json_extract(parts, '$.judge') = ? LIMIT 1", [judges]
        ).fetchone()
        return row is not None

    def judgements(self, run_id: str, case_id: str, repeat: int) -> list[tuple[str, Answer]]:
        """What judges answered about a result, by name, in the order in which they were asked."""
        return judgements.of_result(self.database.conn, run_id, case_id, repeat)

    def original_cost(self, run_id: str) -> float | None:
        """US dollars that the run's answers cost when they were made, cached ones included; None
        when any of those costs is unknown.
        """
        row = self.database.execute(
            "SELECT sum(cost_usd), count(*) > count(cost_usd)"
            " FROM results JOIN answers ON answers.id = results.answer WHERE run = ?",
            [self._row(run_id)["id"]],
        ).fetchone()
        return None if row[0] is None or row[1] else float(row[0])

    def mean_latency(self, prompt_id: str, provider: str, model: str) -> float | None:
        """Mean seconds per call in the newest run of that prompt, provider and model with calls."""
        row = self.database.execute(
            "SELECT avg(latency) FROM results JOIN answers ON answers.id = results.answer"
            " WHERE run = (SELECT id FROM runs WHERE prompt_id = ? AND model = ? AND calls > 0"
            " AND json_extract(environment, '$.provider') = ? ORDER BY id DESC LIMIT 1)",
            [prompt_id, model, provider],
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def label(self, run_id: str, case_id: str, repeat: int, label: str, note: str = "") -> None:
        """Label an answer, replacing an earlier label. Raises NotFound."""
        run = self._row(run_id)["id"]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with writing(self.database):
            self.database.conn.execute(
                "INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " label = excluded.label, note = excluded.note,"
                " labelled_at = excluded.labelled_at",
                [run, case_id, repeat, label, note, now],
            )

    def labels(self, run_id: str) -> list[Label]:
        """All labels of a run."""
        rows = self.database.execute(
            "SELECT case_id, repeat, label, note, labelled_at FROM labels WHERE run = ?"
            " ORDER BY case_id, repeat",
            [self._row(run_id)["id"]],
        ).fetchall()
        return [Label(*row) for row in rows]

    def record_probe(self, probe: Probe) -> None:
        """Store a probe's result, replacing an earlier one."""
        with writing(self.database):
            self.database.conn.execute(
                "INSERT OR REPLACE INTO probes VALUES (?, ?, ?, ?)",
                [probe.endpoint, probe.model, probe.probed_at, json.dumps(probe.content())],
            )

    def probe(self, endpoint: str, model: str) -> Probe | None:
        """The last probe of that model and endpoint, if there is one."""
        row = self.database.execute(
            "SELECT found FROM probes WHERE endpoint = ? AND model = ?", [endpoint, model]
        ).fetchone()
        return Probe(**json.loads(row[0])) if row else None

    def note_gate_use(
        self, prompt_id: str, suite: str, kind: str, fingerprint: str, digests: Sequence[str]
    ) -> int:
        """Record that gate cases were used for a candidate; returns the id of the use."""
        return gate_uses.note(self.database, prompt_id, suite, kind, fingerprint, digests)

    def gate_use_recorded(self, use: int, evaluation: str) -> None:
        """Set the id of the evaluation that was recorded for a use."""
        gate_uses.recorded(self.database, use, evaluation)

    def gate_uses(self, prompt_id: str) -> list[gate_uses.GateUse]:
        """The uses of gate cases for a prompt, oldest first."""
        return gate_uses.uses_of(self.database, prompt_id)

    @property
    def outbox(self) -> Outbox:
        """What was sent to targets of exports, and what waits."""
        return Outbox(self.database)

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _row(self, run_id: str) -> dict[str, Any]:
        rows = list(self.database.query("SELECT * FROM runs WHERE run_id = ?", [run_id]))
        if not rows:
            raise NotFound(f"no run {run_id!r}", hint="workbench runs lists them")
        return rows[0]

    def _case_set(self, digest: str) -> tuple[Case, ...]:
        # The two runs of a comparison mostly share one set of cases.
        if self._last_cases[0] != digest:
            self._last_cases = (
                digest,
                tuple(map(read_case, contents_in(self.database.conn, digest))),
            )
        return self._last_cases[1]

    def _holds(self, case_set: str, cases: Sequence[Case]) -> bool:
        stored = {case.id: case for case in self._case_set(case_set)}
        # 1.50 == 1.5 but their texts differ: digests tell them apart.
        return all(
            (held := stored.get(case.id)) == case and held.digest == case.digest for case in cases
        )

    def _answered(self, run: int, repeats: int) -> set[str]:
        rows = self.database.execute(
            "SELECT case_id FROM results JOIN answers ON answers.id = results.answer"
            " WHERE run = ? AND failed = 0 AND NOT is_misread(outcome, finish_reason, reading)"
            " GROUP BY case_id HAVING count(*) >= ?",
            [run, repeats],
        ).fetchall()
        return {row[0] for row in rows}

    def _summary(self, row: Mapping[str, Any]) -> RunSummary:
        status = RunStatus(row["status"])
        reason = row["reason"]
        if status is RunStatus.RUNNING and not self._is_worked_on(row["id"]):
            status, reason = RunStatus.INCOMPLETE, KILLED
        return read_summary(row, status, reason)

    def _is_worked_on(self, run: int) -> bool:
        row = self.database.execute(
            "SELECT host, pid, process_started, heartbeat FROM sessions"
            " WHERE run = ? AND ended_at IS NULL",
            [run],
        ).fetchone()
        return row is not None and Holder(*row).is_alive
