"""What apps call: the live version, in microseconds, and never failing after its first success.

A warm answer asks whether anybody committed (`PRAGMA data_version`): if not, the answer of before
still holds; if so, whether this prompt's newest deployment is still the same one. Fifty times
a second it asks whether another file took this one's place (`stat`). When the registry cannot
be read, or can be read but not be trusted, the last good answer is given: from memory, else from
the snapshot on disk, else `default`. A retired prompt is no failure: then nothing is live.
"""

from __future__ import annotations

import os
import sqlite3
from _thread import allocate_lock
from os import getpid
from time import monotonic

from workbench.errors import NotInRegistry, RegistryError, RegistryLocked, RegistryUnusable
from workbench.registry.digest import Column
from workbench.registry.last_good import LastGood
from workbench.registry.layout import SCHEMA_VERSION
from workbench.registry.live_version import (
    HEAD,
    NEWEST,
    NEWEST_AT,
    Unverified,
    head_of,
    is_retirement,
    nothing_is_live,
    version_of,
)
from workbench.registry.opening import check_there, explained, is_outdated, open_reader
from workbench.registry.precedence import allows, parse_range, sort_key
from workbench.registry.values import DEFAULT, MEMORY, SNAPSHOT, PromptVersion

RETRY_AFTER_LOCK_S = 1.0
"""How long answers come from memory before a locked registry is asked again."""

LOOK_AT_THE_FILE_S = 0.02
"""How often a busy reader asks whether another file took the place of this one."""

Key = tuple[str, str, "str | None"]
"""prompt_id, environment, requires."""


class _Entry:
    """An answer, and the state of the file that it was last found to hold in."""

    __slots__ = ("generation", "hash", "seq", "since", "version")

    def __init__(self, version: PromptVersion, seq: int, hash_: str, generation: int) -> None:
        self.version = version
        self.seq = seq
        self.hash = hash_
        self.generation = generation
        self.since = monotonic()


class Reader:
    """One connection, one memory; safe to use from several threads and after a fork."""

    def __init__(self, path: str, last_good: LastGood) -> None:
        self.path = path
        self.last_error: RegistryError | None = None
        """Why the last answer did not come from the registry."""
        self._last_good = last_good
        self._lock = allocate_lock()
        self._connection: sqlite3.Connection | None = None
        self._cursor: sqlite3.Cursor | None = None
        self._pid = getpid()
        self._file = (0, 0)
        self._look_again = 0.0
        self._data_version = -1
        self._generation = 0
        self._entries: dict[Key, _Entry] = {}
        self._heads: dict[tuple[str, str], tuple[int, str]] = {}
        self._ranges: dict[str, tuple[tuple[str, str], ...]] = {}
        self._locked_until = 0.0

    def active(
        self,
        prompt_id: str,
        environment: str,
        requires: str | None = None,
        default: PromptVersion | str | None = None,
        strict: bool = False,
    ) -> PromptVersion:
        """The live version. Raises NotInRegistry when nothing is live and there is no default."""
        key = (prompt_id, environment, requires)
        if self._pid != getpid():
            self._begin_anew_after_a_fork()
        with self._lock:
            try:
                cursor = self._cursor
                if cursor is None or monotonic() > self._look_again:
                    cursor = self._look_at_the_file()
                version = cursor.execute("PRAGMA data_version").fetchone()[0]
                if version != self._data_version:
                    self._notice_a_commit(cursor, version)
                entry = self._entries.get(key)
                if entry is not None and (
                    entry.generation == self._generation or self._still_holds(key, entry)
                ):
                    self.last_error = None
                    return entry.version
                return self._load(key)
            except NotInRegistry as error:
                if default is None or strict:
                    raise
                return self._default(key, default, error)
            except sqlite3.Error as error:
                problem = explained(error, self.path)
            except RegistryError as error:
                problem = error
            except OSError as error:
                problem = RegistryUnusable(f"{self.path}: {error}", hint="check the path")
            return self._fallback(key, problem, default, strict)

    def warm(self, key: Key) -> PromptVersion | None:
        """The answer, if it can be had without waiting for anything."""
        entry = self._entries.get(key)
        if entry is None or self._pid != getpid() or not self._lock.acquire(False):
            return None
        try:
            if self._cursor is None or monotonic() > self._look_again:
                return None
            version = self._cursor.execute("PRAGMA data_version").fetchone()[0]
            if version != self._data_version or entry.generation != self._generation:
                return None
            self.last_error = None
            return entry.version
        except sqlite3.Error:
            return None  # the caller asks again in a thread, and that says what is wrong
        finally:
            self._lock.release()

    def active_at(
        self,
        key: Key,
        at: str,
        default: PromptVersion | str | None,
    ) -> PromptVersion:
        """What was live then, `default` when nothing was. Raises RegistryError."""
        prompt_id, environment, requires = key
        if self._pid != getpid():
            self._begin_anew_after_a_fork()
        with self._lock:
            try:
                if self._cursor is None:
                    self._look_at_the_file()
                row = self._query(NEWEST_AT, (prompt_id, environment, at))
            except sqlite3.Error as error:
                raise explained(error, self.path) from error
            if row is None or is_retirement(row):
                nothing = NotInRegistry(
                    f"nothing of {prompt_id} was live in {environment} at {at}",
                    hint="see workbench log",
                )
                if default is None:
                    raise nothing
                return self._default(key, default, nothing)
            version = version_of(row, environment)
            if requires is not None:
                self._check_range(version, str(row[3]), requires)
            return version

    def close(self) -> None:
        """Close the connection; the memory stays."""
        with self._lock:
            self._disconnect()

    def _begin_anew_after_a_fork(self) -> None:
        """The parent's connection must be neither used nor closed here, and one of its threads
        may have held the lock.
        """
        _ORPHANS.append(self._connection)
        self._connection = self._cursor = None
        self._lock = allocate_lock()
        self._pid = getpid()

    def _look_at_the_file(self) -> sqlite3.Cursor:
        """Open it, or open it again when another file took its place."""
        try:
            found = check_there(self.path)
        except RegistryError:
            self._disconnect()
            raise
        if (
            self._cursor is None
            or (found.st_dev, found.st_ino) != self._file
            or is_outdated(self._connection, found, self.path)
        ):
            self._disconnect()
            self._cursor = self._connect(found)
        self._look_again = monotonic() + LOOK_AT_THE_FILE_S
        return self._cursor

    def _notice_a_commit(self, cursor: sqlite3.Cursor, data_version: int) -> None:
        self._generation += 1
        schema = cursor.execute("PRAGMA user_version").fetchone()[0]
        if schema > SCHEMA_VERSION:
            raise RegistryUnusable(
                f"{self.path} needs a reader of schema {schema} now; this one knows"
                f" {SCHEMA_VERSION}",
                hint="upgrade prompt-workbench in this app",
            )
        self._data_version = data_version

    def _connect(self, found: os.stat_result) -> sqlite3.Cursor:
        if monotonic() < self._locked_until:
            raise RegistryLocked(f"{self.path} was locked a moment ago", hint="it is asked again")
        try:
            self._connection = open_reader(self.path)
        except RegistryLocked:
            self._locked_until = monotonic() + RETRY_AFTER_LOCK_S
            raise
        self._file = (found.st_dev, found.st_ino)
        self._data_version = -1
        return self._connection.cursor()

    def _disconnect(self) -> None:
        if self._connection is not None and self._pid == getpid():
            self._connection.close()
        self._connection = self._cursor = None
        self._generation += 1

    def _query(self, sql: str, values: tuple[Column, ...]) -> tuple[Column, ...] | None:
        if self._cursor is None:
            raise RegistryUnusable(f"{self.path} is not open", hint="try again")
        row: tuple[Column, ...] | None = self._cursor.execute(sql, values).fetchone()
        return row

    def _still_holds(self, key: Key, entry: _Entry) -> bool:
        """Whether the newest deployment is the one that the answer came from.

        Versions never change, so then the text that was checked when it was loaded holds too.
        """
        row = self._query(HEAD, key[:2])
        if row is None or row != (entry.seq, entry.hash, int(entry.version.revoked)):
            return False
        entry.generation = self._generation
        entry.since = monotonic()
        self.last_error = None
        return True

    def _load(self, key: Key) -> PromptVersion:
        prompt_id, environment, requires = key
        row = self._query(NEWEST, (prompt_id, environment))
        if row is None or is_retirement(row):
            self._check_monotonic(prompt_id, environment, row)
            self._entries.pop(key, None)
            if row is not None:
                self._last_good.forget(prompt_id, environment)
            raise nothing_is_live(prompt_id, environment, row, self._query)
        version = version_of(row, environment)
        self._check_monotonic(prompt_id, environment, row)
        if requires is not None:
            self._check_range(version, str(row[3]), requires)
        seq, hashed = head_of(row)
        self._heads[prompt_id, environment] = (seq, hashed)
        self._entries[key] = _Entry(version, seq, hashed, self._generation)
        self.last_error = None
        return version

    def _check_monotonic(
        self, prompt_id: str, environment: str, row: tuple[Column, ...] | None
    ) -> None:
        """The registry must still hold what it said was live, now or before this process."""
        seen = self._heads.get((prompt_id, environment))
        if seen is not None and not self._knows(seen):
            raise _older(self.path)
        if row is not None and head_of(row) == seen:
            return
        if row is None or is_retirement(row):
            earlier = self._last_good.head(prompt_id, environment)
        else:
            earlier = self._last_good.keep(prompt_id, environment, row, self._query)
        if seen is None and earlier is not None and not self._knows(earlier):
            raise _older(self.path)

    def _knows(self, head: tuple[int, str]) -> bool:
        held = self._query("SELECT hash FROM ledger WHERE seq = ?", (head[0],))
        return held is not None and held[0] == head[1]

    def _check_range(self, version: PromptVersion, key: str, requires: str) -> None:
        bounds = self._ranges.get(requires)
        if bounds is None:
            bounds = self._ranges[requires] = parse_range(requires)
        if not allows(bounds, key):
            raise RegistryError(
                f"{version.ref} is live in {version.environment}, but {requires} is required",
                hint="register this consumer, so that such a deploy is refused",
            )

    def _fallback(
        self,
        key: Key,
        problem: RegistryError,
        default: PromptVersion | str | None,
        strict: bool,
    ) -> PromptVersion:
        self.last_error = problem
        if strict:
            raise problem
        entry = self._entries.get(key)
        if entry is not None:
            source = entry.version.source if entry.version.source == SNAPSHOT else MEMORY
            return entry.version.with_source(source, monotonic() - entry.since)
        version = self._from_disk(key)
        if version is not None:
            return version
        if default is not None:
            return self._default(key, default, problem)
        raise problem

    def _from_disk(self, key: Key) -> PromptVersion | None:
        prompt_id, environment, requires = key
        try:
            stored = self._last_good.read(prompt_id, environment)
            if stored is None:
                return None
            row, age = stored
            if requires is not None and not allows(parse_range(requires), sort_key(str(row[2]))):
                return None
            if row[1] != prompt_id:
                return None  # the file of another prompt was put here
            version = version_of(row, environment).with_source(SNAPSHOT, age)
        except (RegistryError, TypeError, ValueError):
            return None  # it does not verify: what is wrong with the registry itself is told
        entry = self._entries[key] = _Entry(version, -1, "", -1)
        entry.since = monotonic() - age
        return version

    def _default(
        self, key: Key, default: PromptVersion | str, problem: RegistryError
    ) -> PromptVersion:
        self.last_error = problem
        if isinstance(default, PromptVersion):
            return default.with_source(DEFAULT, 0.0)
        return PromptVersion(key[0], "0.0.0", default, source=DEFAULT, environment=key[1])


def _older(path: str) -> Unverified:
    return Unverified(
        f"{path} does not know what it deployed before: an older or another registry was put in"
        " its place",
        hint="run workbench verify --head, then restore the newest backup",
    )


_ORPHANS: list[sqlite3.Connection | None] = []
"""Connections of a parent process, kept so that nothing closes them here."""
