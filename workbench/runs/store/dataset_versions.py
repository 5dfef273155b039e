"""Versions of a suite's dataset in runs.db: which contents it had, since when, by whom and why."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.datasets.snapshots.changes import DatasetChanges, changes_between
from workbench.datasets.snapshots.manifest import only_in
from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.runs.store.contents import snapshots
from workbench.runs.store.contents.case_sets import contents_in
from workbench.runs.store.database import writing
from workbench.runs.store.forgetting import FORGOTTEN_MARK, forgotten_cases, without_forgotten
from workbench.runs.store.rows import read_case
from workbench.times import utc_now

if TYPE_CHECKING:
    from sqlite_utils import Database

    from workbench.runs.spec.suite import Suite

FILE = "file"
"""Names the cases as they are."""
NEWEST = "newest"
"""Names the last version."""
FEWEST_DIGITS = 6
"""Digits of a fingerprint that name a version, at least."""
_NUMBER = re.compile(r"[0-9]{1,9}")
_DIGEST = re.compile(rf"[0-9a-f]{{{FEWEST_DIGITS},64}}")
_NAME = re.compile(r"[A-Za-z][\w.-]{0,63}")
_VERSIONS = (
    "SELECT v.suite, v.number, s.fingerprint, s.gate, s.cases, v.added, v.removed, v.changed,"
    " v.made_at, v.made_by, v.reason, v.source, s.id,"
    " (SELECT json_group_array(name) FROM dataset_tags AS t"
    "  WHERE t.suite = v.suite AND t.number = v.number)"
    " FROM dataset_versions AS v JOIN snapshots AS s ON s.id = v.snapshot"
)


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """One content that a suite's dataset had."""

    suite: str
    number: int
    fingerprint: str
    """Of the dataset."""
    gate: str
    """Fingerprint of the cases that decide, by which evidence names them."""
    cases: int
    added: int
    removed: int
    changed: int
    made_at: str
    """ISO 8601, UTC: when this program first read it."""
    made_by: str
    reason: str
    source: str
    snapshot: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredCases:
    """The cases of a content."""

    cases: tuple[Case, ...]
    forgotten: int = 0
    """Those whose texts were forgotten."""


class DatasetVersions:
    """Records and reads versions in an open runs.db."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sqlite3.Connection = database.conn

    def record(self, suite: Suite, by: str, reason: str, source: str) -> DatasetVersion:
        """The suite's newest version, which is a new one if the dataset's content is not that of
        the last.

        Cases that were forgotten are kept without their texts. Raises UsageError when runs.db
        cannot take it: the disk is full, or another process writes for too long.
        """
        try:
            return self._record(suite, by, reason, source)
        except sqlite3.OperationalError as error:
            raise UsageError(
                f"the cases of {suite.name} cannot be kept in runs.db: {error}",
                hint="is the disk full, or another process writing?",
            ) from error

    def _record(self, suite: Suite, by: str, reason: str, source: str) -> DatasetVersion:
        dataset = suite.dataset
        newest = self.newest(suite.name)
        if newest is not None and newest.fingerprint == dataset.fingerprint:
            return newest
        gate = suite.gate_cases.fingerprint
        contents = without_forgotten(self._connection, dataset.cases)
        with writing(self._database):
            # Another process may have been faster.
            newest = self.newest(suite.name)
            if newest is None or newest.fingerprint != dataset.fingerprint:
                parent = newest.snapshot if newest else None
                snapshot = snapshots.find(self._connection, dataset.fingerprint)
                if snapshot is None:
                    snapshot = snapshots.store(
                        self._connection, dataset.fingerprint, gate, contents, parent
                    )
                self._insert(suite.name, newest, snapshot, (by, reason, source))
        made = self.newest(suite.name)
        assert made is not None
        return made

    def record_streamed(
        self,
        suite: str,
        fingerprints: tuple[str, str],
        writer: snapshots.SnapshotWriter,
        origin: tuple[str, str, str],
    ) -> None:
        """Record a content whose cases `writer` has stored, if it is not that of the last version.

        `fingerprints` are those of the dataset and of its gate cases; `origin` is by whom, why, and
        the source.
        """
        with writing(self._database):
            newest = self.newest(suite)
            if newest is None or newest.fingerprint != fingerprints[0]:
                snapshot = snapshots.find(self._connection, fingerprints[0])
                if snapshot is None:
                    parent = newest.snapshot if newest else None
                    snapshot = writer.finish(*fingerprints, parent)
                self._insert(suite, newest, snapshot, origin)

    def versions(self, suite: str, limit: int | None = None) -> list[DatasetVersion]:
        """The suite's versions, newest first."""
        rows = self._connection.execute(
            f"{_VERSIONS} WHERE v.suite = ? ORDER BY v.number DESC LIMIT ?",
            [suite, -1 if limit is None else limit],
        ).fetchall()
        return [_version(row) for row in rows]

    def newest(self, suite: str) -> DatasetVersion | None:
        """The suite's last version, if there is one."""
        return next(iter(self.versions(suite, 1)), None)

    def find(self, suite: str, ref: str) -> DatasetVersion | None:
        """The version with that number, name, or first digits of a fingerprint (of the dataset, or
        of its gate cases); the newest of several. None if there is none.

        Raises UsageError for digits that two fingerprints begin with.
        """
        versions: list[DatasetVersion] = []
        if _NUMBER.fullmatch(ref):
            versions = self._where("v.number = ?2", suite, int(ref))
        if not versions:
            named = "SELECT number FROM dataset_tags WHERE suite = v.suite AND name = ?2"
            versions = self._where(f"v.number = ({named})", suite, ref)
        if versions or not is_digest(ref):
            return next(iter(versions), None)
        begins = "substr(s.fingerprint, 1, ?2) = ?3 OR substr(s.gate, 1, ?2) = ?3"
        alike = self._where(begins, suite, len(ref), ref)
        meant = {v.fingerprint if v.fingerprint.startswith(ref) else v.gate for v in alike}
        if len(meant) > 1:
            which = ", ".join(f"{v.number} ({v.fingerprint[:12]})" for v in alike[:3])
            raise UsageError(f"{ref} begins several contents of {suite}: versions {which}")
        return next(iter(alike), None)

    def _where(self, condition: str, suite: str, *values: Any) -> list[DatasetVersion]:
        rows = self._connection.execute(
            f"{_VERSIONS} WHERE v.suite = ?1 AND ({condition}) ORDER BY v.number DESC",
            [suite, *values],
        ).fetchall()
        return [_version(row) for row in rows]

    def read(self, version: DatasetVersion) -> StoredCases:
        """The cases of a version, in the dataset's order."""
        numbers = snapshots.numbers_of(self._connection, version.snapshot)
        contents = list(snapshots.contents_of(self._connection, numbers))
        forgotten = sum(FORGOTTEN_MARK in content for content in contents)
        return StoredCases(tuple(map(read_case, contents)), forgotten)

    def forgotten(self, cases: Sequence[Case]) -> list[list[str]]:
        """Those of them that were forgotten: id, by whom and on which day."""
        return forgotten_cases(self._connection, cases)

    def is_whole(self, version: DatasetVersion) -> bool:
        """Whether its cases are exactly those that were stored."""
        return snapshots.is_whole(self._connection, version.snapshot)

    def run_cases(self, suite: str, digest: str) -> Iterator[tuple[Case, ...]]:
        """Yield the cases of runs on the suite, in their order, where the fingerprint of the gate
        cases begins with these digits: runs of earlier releases kept no snapshot.
        """
        rows = self._connection.execute(
            "SELECT DISTINCT case_set FROM runs"
            " WHERE suite = ? AND substr(json_extract(parts, '$.dataset'), 1, ?) = ?",
            [suite, len(digest), digest],
        )
        for (case_set,) in rows.fetchall():
            contents = list(contents_in(self._connection, case_set))
            if not any(FORGOTTEN_MARK in content for content in contents):
                yield tuple(map(read_case, contents))

    def changes(self, before: DatasetVersion, after: DatasetVersion) -> DatasetChanges:
        """What a version changed; reads only the cases that one of the two lacks."""
        old = snapshots.numbers_of(self._connection, before.snapshot)
        near = before.snapshot, old
        new = snapshots.numbers_of(self._connection, after.snapshot, near)
        return changes_between(
            self._read(only_in(old, new)),
            self._read(only_in(new, old)),
            reordered=old != new,
        )

    def tag(self, version: DatasetVersion, name: str, by: str, *, move: bool = False) -> None:
        """Name a version. Raises UsageError for a name that another version has, unless it may be
        moved, and for one that could be read as a number or a fingerprint.
        """
        if not _NAME.fullmatch(name) or is_digest(name) or name in (FILE, NEWEST):
            raise UsageError(
                f"{name!r} cannot name a version",
                hint="a letter, then letters, digits, . _ -; not all of them hexadecimal digits",
            )
        with writing(self._database):
            row = self._connection.execute(
                "SELECT number FROM dataset_tags WHERE suite = ? AND name = ?2",
                [version.suite, name],
            ).fetchone()
            if row and row[0] != version.number and not move:
                raise UsageError(
                    f"{name!r} names version {row[0]} of {version.suite}", hint="--move moves it"
                )
            self._connection.execute(
                "INSERT OR REPLACE INTO dataset_tags VALUES (?, ?, ?, ?, ?)",
                [version.suite, name, version.number, utc_now(), by],
            )

    def _insert(
        self, suite: str, newest: DatasetVersion | None, snapshot: int, origin: tuple[str, str, str]
    ) -> None:
        numbers = snapshots.numbers_of(self._connection, snapshot)
        added, removed, changed = len(numbers), 0, 0
        if newest is not None:
            before = snapshots.numbers_of(self._connection, newest.snapshot)
            gone = self._ids(only_in(before, numbers))
            come = self._ids(only_in(numbers, before))
            added, removed = len(come - gone), len(gone - come)
            changed = len(come & gone)
        by, reason, source = origin
        number = newest.number + 1 if newest else 1
        self._connection.execute(
            "INSERT INTO dataset_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [suite, number, snapshot, utc_now(), by, reason, source, added, removed, changed],
        )

    def _ids(self, numbers: Iterable[int]) -> set[str]:
        return {content["id"] for content in snapshots.contents_of(self._connection, numbers)}

    def _read(self, numbers: Iterable[int]) -> tuple[Case, ...]:
        return tuple(map(read_case, snapshots.contents_of(self._connection, numbers)))


def is_digest(ref: str) -> bool:
    """Whether a reference to a version may be the first digits of a fingerprint."""
    return _DIGEST.fullmatch(ref) is not None


def _version(row: Any) -> DatasetVersion:
    return DatasetVersion(*[*row[:-1], tuple(sorted(json.loads(row[-1])))])
