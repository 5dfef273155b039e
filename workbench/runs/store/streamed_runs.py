"""What is stored of a run whose cases are read while it goes on: its cases and the dataset."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.fingerprints import canonical_json, fingerprint
from workbench.runs.spec.case_stream import Position
from workbench.runs.spec.environment import AVAILABLE, READ_NOTES, SNAPSHOT, STREAMED
from workbench.runs.spec.values import RunSpec
from workbench.runs.store.contents.case_sets import keep_content, keep_parts
from workbench.runs.store.contents.snapshots import SnapshotWriter
from workbench.runs.store.database import writing
from workbench.runs.store.dataset_versions import DatasetVersions

if TYPE_CHECKING:
    from sqlite_utils import Database

    from workbench.runs.spec.open_stream import OpenStream


class StreamedRun:
    """Stores it through the run's own connection; to be used in the store's thread."""

    def __init__(self, database: Database, run: int) -> None:
        self._database = database
        self._connection: sqlite3.Connection = database.conn
        self._run = run
        self._snapshot = SnapshotWriter(self._connection)

    def keep(self, lines: Sequence[bytes], position: Position) -> None:
        """Keep the next cases of the dataset, and how far the run's own were read."""
        with writing(self._database):
            self._snapshot.add(lines)
            self._note({STREAMED: [position.cases, position.digest]})

    def finish(self, spec: RunSpec, stream: OpenStream) -> dict[str, Any]:
        """Store the run's cases as far as they were read; after all of them its parts, and the
        dataset as a version. Returns what is known now of the run's circumstances.
        """
        parts = []
        for contents in stream.case_sets():
            with writing(self._database):
                parts.append(keep_content(self._connection, contents))
        position = stream.position
        known: dict[str, Any] = {STREAMED: [position.cases, position.digest]}
        if stream.notes:
            known[READ_NOTES] = list(stream.notes)
        with writing(self._database):
            self._connection.execute(
                "UPDATE runs SET case_set = ? WHERE id = ?",
                [keep_parts(self._connection, parts), self._run],
            )
            if stream.ended:
                known |= {AVAILABLE: stream.cases, SNAPSHOT: stream.fingerprint}
                self._connection.execute(
                    "UPDATE runs SET cases = ?, parts = ? WHERE id = ?",
                    [stream.cases, canonical_json(_parts(spec, stream)), self._run],
                )
            self._note(known)
        if stream.ended and spec.stream:
            DatasetVersions(self._database).record_streamed(
                spec.suite.name,
                (stream.fingerprint, stream.gate),
                self._snapshot,
                spec.stream.recorded,
            )
        return known

    def done(self, case_ids: Iterable[str]) -> set[tuple[str, int]]:
        """Of these cases, the (case id, repeat) pairs that need no call."""
        query = "SELECT repeat FROM results WHERE run = ? AND case_id = ? AND failed = 0"
        return {
            (case_id, repeat)
            for case_id in case_ids
            for (repeat,) in self._connection.execute(query, [self._run, case_id])
        }

    def position(self) -> Position | None:
        """How far an earlier session came."""
        row = self._connection.execute(
            "SELECT environment FROM runs WHERE id = ?", [self._run]
        ).fetchone()
        known = json.loads(row[0]).get(STREAMED)
        return Position(*known) if known else None

    def _note(self, values: Mapping[str, Any]) -> None:
        self._connection.execute(
            "UPDATE runs SET environment = json_patch(environment, ?) WHERE id = ?",
            [json.dumps(values), self._run],
        )


def _parts(spec: RunSpec, stream: OpenStream) -> dict[str, str]:
    """What `parts_of` gives for a run whose cases are all known."""
    return {
        **stream.parts,
        "repeats": fingerprint(spec.run_options.repeats),
        "cases": stream.cases_fingerprint,
    }
