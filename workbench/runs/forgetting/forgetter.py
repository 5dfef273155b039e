"""Erases the text of a case from runs.db, down to its bytes; digests and scores stay."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.datasets.values import CHECKS, TOOL_RESULTS, Case
from workbench.errors import UsageError
from workbench.runs.forgetting.people import forget_people
from workbench.runs.forgetting.removed import Removed
from workbench.runs.forgetting.tries import forget_tries, held_cases
from workbench.runs.store import judgements
from workbench.runs.store.contents import snapshots
from workbench.runs.store.contents.case_sets import content_of, contents_in, drop_set, keep_content
from workbench.runs.store.database import open_database, writing
from workbench.runs.store.digests import result_digest
from workbench.runs.store.forgetting import (
    FORGOTTEN,
    FORGOTTEN_MARK,
    ForgottenCase,
    digest_of,
    emptied,
    past_of,
    repeats,
    texts_of,
)
from workbench.runs.store.holder import Holder
from workbench.runs.store.rows import read_case
from workbench.times import utc_now

WAIT_MS = 5_000
"""Milliseconds that erasing waits for other readers."""


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case stored in runs.db, and where."""

    case_set: str
    suite: str
    case: Case


class Forgetter:
    """Finds and removes cases in one runs.db. Close it when done."""

    def __init__(self, path: Path) -> None:
        self._database = open_database(path, create=False)
        self._connection = self._database.conn
        self._connection.execute(f"PRAGMA busy_timeout={WAIT_MS}").fetchall()

    def holdings(self) -> Iterator[StoredCase]:
        """Every stored case that is not forgotten."""
        rows = self._connection.execute(
            "SELECT DISTINCT case_set, suite FROM runs ORDER BY case_set"
        ).fetchall()
        for case_set, suite in rows:
            for content in contents_in(self._connection, case_set):
                if FORGOTTEN_MARK not in content:
                    yield StoredCase(case_set, suite, read_case(content))
        for suite, snapshot, content in snapshots.cases_of_suites(self._connection):
            if FORGOTTEN_MARK not in content:
                yield StoredCase(snapshot, suite, read_case(content))
        for place, suite, case in held_cases(self._connection):
            yield StoredCase(place, suite, case)

    def past(self) -> list[ForgottenCase]:
        """Records of forgotten cases, oldest first."""
        return past_of(self._connection)

    def forget(
        self, case_id: str, suite: str, inputs: Collection[str], by: str, reason: str
    ) -> Removed:
        """Erase every case with one of these input digests, in one transaction, and record who did
        it. Raises UsageError while a run is under way.
        """
        removed = Removed()
        # SQLite overwrites freed bytes in the file with zeros.
        self._connection.execute("PRAGMA secure_delete=ON").fetchall()
        with writing(self._database):
            self._check_nobody_runs()
            for case_set in [row[0] for row in self._case_sets()]:
                self._empty_case_set(case_set, inputs, removed)
            self._empty_snapshots(inputs, removed)
            forget_tries(self._connection, inputs, removed)
            forget_people(self._connection, inputs, removed)
            self._connection.execute(
                "DELETE FROM answers WHERE id NOT IN"
                " (SELECT answer FROM results UNION SELECT answer FROM judgements)"
            )
            self._connection.execute(
                "INSERT INTO forgotten VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    case_id,
                    suite,
                    json.dumps(sorted(inputs)),
                    utc_now(),
                    by,
                    reason,
                    len(removed.runs),
                    removed.answers,
                ],
            )
        return removed

    def still_in(self, texts: Collection[str]) -> list[str]:
        """Descriptions of runs' prompts and other cases that contain one of the texts."""
        places: dict[str, None] = {}
        for asked_in, digest in self._connection.execute(
            "SELECT 'run ' || max(run_id), prompt FROM runs GROUP BY prompt"
            " UNION ALL SELECT 'try ' || max(id), prompt FROM tries GROUP BY prompt"
            " UNION ALL SELECT 'try ' || max(id), draft FROM tries WHERE draft IS NOT NULL"
            " GROUP BY draft"
        ).fetchall():
            if any(repeats(text, texts) for text in texts_of(content_of(self._connection, digest))):
                places[f"the prompt of {asked_in}"] = None
        for holding in self.holdings():
            if any(repeats(text, texts) for text in texts_of(holding.case.content())):
                places[f"case {holding.case.id!r} of {holding.suite}"] = None
        return list(places)

    def erase(self) -> bool:
        """Rewrite the file without the erased bytes and truncate its WAL.

        False when another process reads it, so that the WAL may still hold the old bytes.
        """
        try:
            self._connection.execute("VACUUM")
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError:
            return False
        return not busy

    def close(self) -> None:
        self._database.close()

    def _case_sets(self) -> list[Sequence[Any]]:
        return self._connection.execute("SELECT DISTINCT case_set FROM runs").fetchall()

    def _check_nobody_runs(self) -> None:
        rows = self._connection.execute(
            "SELECT host, pid, process_started, heartbeat FROM sessions WHERE ended_at IS NULL"
        ).fetchall()
        alive = [holder for row in rows if (holder := Holder(*row)).is_alive]
        if alive:
            raise UsageError(
                f"a run is under way in process {alive[0].pid}, and may be asking the case now",
                hint="wait for it, or stop it there",
            )

    def _empty_case_set(self, case_set: str, inputs: Collection[str], removed: Removed) -> None:
        """Erase cases from a set, which gets a new fingerprint so that the original can be stored
        again.
        """
        contents = list(contents_in(self._connection, case_set))
        gone = [
            content
            for content in contents
            if FORGOTTEN_MARK not in content and digest_of(content["inputs"]) in inputs
        ]
        if not gone:
            return
        for content in gone:
            removed.inputs.update(texts_of(content["inputs"]))
            removed.inputs.update(texts_of(content.get(TOOL_RESULTS)))
            removed.outputs.update(texts_of(content.get(CHECKS)))
            removed.outputs.update(texts_of(content["expected"]))
        groups = {content["group"] for content in gone} - {None}
        ids = {content["id"] for content in gone}
        emptied_set = [emptied(content, ids, groups) for content in contents]
        digest = keep_content(self._connection, emptied_set)
        runs = self._connection.execute(
            "SELECT id, run_id, identity FROM runs WHERE case_set = ?", [case_set]
        ).fetchall()
        for run, run_id, identity in runs:
            removed.runs.add(run_id)
            removed.providers.add(identity)
            texts = removed.inputs | removed.outputs
            for case_id in ids:
                texts |= self._empty_results(run, case_id, removed)
            self._empty_run(run, digest, texts)
        drop_set(self._connection, case_set)

    def _empty_snapshots(self, inputs: Collection[str], removed: Removed) -> None:
        """Erase cases from all snapshots, which keep their fingerprints."""
        gone = {
            number: content
            for number, content in snapshots.all_contents(self._connection)
            if FORGOTTEN_MARK not in content and digest_of(content["inputs"]) in inputs
        }
        for content in gone.values():
            removed.inputs.update(texts_of(content["inputs"]))
            removed.outputs.update(texts_of(content["expected"]))
        groups = {content["group"] for content in gone.values()} - {None}

        def without(content: dict[str, Any]) -> dict[str, Any]:
            is_gone = digest_of(content["inputs"]) in inputs
            return emptied(content, {content["id"]} if is_gone else (), groups)

        beside = snapshots.beside(self._connection, gone) if groups else set()
        snapshots.rewrite(self._connection, {*gone, *beside}, without)

    def _empty_results(self, run: int, case_id: str, removed: Removed) -> set[str]:
        """Erase the answers to a case in a run; returns their texts."""
        texts: set[str] = set()
        rows = self._connection.execute(
            "SELECT results.id, run, case_id, repeat, answer, results.cached, failed, scores,"
            " text, error, note, forgotten FROM results JOIN answers ON answers.id = answer"
            " WHERE run = ? AND case_id = ?",
            [run, case_id],
        ).fetchall()
        for row_id, *result, text, error, note, forgotten in rows:
            removed.results += 1
            values = [v[0] if isinstance(v, list) else v for v in json.loads(result[6])]
            result[6] = json.dumps(values, separators=(",", ":"))
            self._connection.execute(
                "UPDATE results SET scores = ?, digest = ? WHERE id = ?",
                [result[6], result_digest(*result), row_id],
            )
            if not forgotten:
                removed.answers += 1
                texts |= {part for part in (text, error, note) if part}
                judgements.empty_answer(self._connection, result[3], FORGOTTEN)
        texts |= judgements.empty(self._connection, run, case_id, FORGOTTEN)
        self._connection.execute(
            "UPDATE labels SET note = CASE note WHEN '' THEN '' ELSE ? END"
            " WHERE run = ? AND case_id = ?",
            [FORGOTTEN, run, case_id],
        )
        removed.outputs |= texts
        return texts

    def _empty_run(self, run: int, case_set: str, texts: Collection[str]) -> None:
        """Erase a run's reason and environment where they repeat one of the texts."""
        reason, environment = self._connection.execute(
            "SELECT reason, environment FROM runs WHERE id = ?", [run]
        ).fetchone()
        known = json.loads(environment)
        notes = known.get("notes") or {}
        kept = {note: times for note, times in notes.items() if not repeats(note, texts)}
        if kept != notes:
            environment = json.dumps({**known, "notes": kept})
        self._connection.execute(
            "UPDATE runs SET case_set = ?, reason = ?, environment = ? WHERE id = ?",
            [case_set, FORGOTTEN if repeats(reason, texts) else reason, environment, run],
        )
