"""What apps call: the live version in microseconds, which never fails after its first success.

A warm answer checks for a commit by any process (`PRAGMA data_version`): without one, the last
answer holds; with one, if this prompt's newest deployment is still the same. Fifty times a second
it checks whether the file was replaced (`stat`). When the registry cannot be read, or is not
trustworthy, the last good answer is given: from memory, else from the snapshot on disk, else
`default`. That nothing is live is an answer too.
"""

from __future__ import annotations

from _thread import RLock
from os import getpid
from time import monotonic

from workbench.errors import NotInRegistry, UsageError
from workbench.registry.models.digest import GENESIS
from workbench.registry.models.values import DEFAULT, MEMORY, SNAPSHOT, PromptVersion
from workbench.registry.reader.connection import Connection
from workbench.registry.reader.coverage import Coverage, check_newest
from workbench.registry.reader.last_good import Kept
from workbench.registry.reader.live_record import (
    may_be_names,
    newest,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable
    from os import stat_result

    from workbench.errors import WorkbenchError
    from workbench.registry.reader.last_good import LastGood

    Key = tuple[str, str, str | None]
    """prompt_id, environment, requires."""
    Default = PromptVersion | str | None

_MOST_ABSENT = 10_000
"""How many prompts without a deployment are remembered: an app may ask for any name."""

_STATE = """SELECT (SELECT hash FROM ledger WHERE seq = ?), (SELECT max(seq) FROM ledger),
  d.seq, (SELECT hash FROM ledger WHERE seq = d.seq)
FROM (SELECT max(seq) AS seq FROM deployments WHERE prompt_id = ? AND environment = ?) d"""


class Entry:
    """An answer, and the state of the file for which it was last confirmed."""

    __slots__ = ("generation", "hash", "low", "seq", "since", "version")

    def __init__(
        self,
        version: PromptVersion | None,
        seq: int,
        hash_: str | None,
        low: int,
        generation: int,
    ) -> None:
        self.version = version
        """None when nothing is live."""
        self.seq = seq
        """Of the deployment or retirement; 0 when there never was one."""
        self.hash = hash_
        self.low = low
        """Records after this one were compared with their rows."""
        self.generation = generation
        self.since = monotonic()


class Reader:
    """One connection, one memory; safe to use from several threads, and after a fork during which
    no other thread reads: SQLite's own locks are copied as they are.
    """

    def __init__(self, path: str, last_good: LastGood, there: Callable[[str], stat_result]) -> None:
        self.path = path
        self.last_error: WorkbenchError | None = None
        """Why the last answer did not come from the registry."""
        self._last_good = last_good
        # Reentrant: a signal handler may call while its own thread is inside a call.
        self._lock = RLock()
        self._pid = getpid()
        self._file = Connection(path, there)
        self._coverage = Coverage()
        self._entries: dict[Key, Entry] = {}
        self._seen: dict[tuple[str, str], Kept] = {}

    def active(
        self,
        prompt_id: str,
        environment: str,
        requires: str | None = None,
        default: Default = None,
        strict: bool = False,
    ) -> PromptVersion | None:
        """The live version, else `default`, else None when nothing is live.

        `strict` raises every problem, and NotInRegistry when nothing is live; otherwise a problem
        is raised only before the first answer. All are RegistryErrors.
        """
        key = (prompt_id, environment, requires)
        if self._pid != getpid():
            self._begin_anew_after_a_fork()
        with self._lock:
            try:
                entry = self._entry(key)
            except Exception as error:  # noqa: BLE001 - a damaged file may raise anything
                return self._without_registry(key, error, default, strict)
            self.last_error = None
            if entry.version is not None:
                return entry.version
            return self._nothing(key, default, strict)

    def warm(self, key: Key) -> PromptVersion | None:
        """The answer, if it is available without waiting."""
        if self._pid != getpid() or not self._lock.acquire(False):
            return None
        try:
            entry, file = self._entries.get(key), self._file
            if entry is None or file.cursor is None or monotonic() > file.next_stat:
                return None
            version = file.cursor.execute("PRAGMA data_version").fetchone()[0]
            if version != file.data_version or entry.generation != file.generation:
                return None
            self.last_error = None
            return entry.version
        except Exception:  # noqa: BLE001 - the caller asks again in a thread, which says what is wrong
            return None
        finally:
            self._lock.release()

    def active_at(
        self,
        key: Key,
        moment: datetime.datetime | str,
        default: Default = None,
        strict: bool = False,
    ) -> PromptVersion | None:
        """The version that was live at `moment`, as `active`. No last good answer is kept for
        earlier times.
        """
        if self._pid != getpid():
            self._begin_anew_after_a_fork()
        with self._lock:
            try:
                version = self._past(key, moment)
            except UsageError as error:
                problem: WorkbenchError = error
            except Exception as error:  # noqa: BLE001 - as above
                problem = self._file.problem(error)
            else:
                self.last_error = None
                return version or self._nothing(key, default, strict, moment)
            if default is None or strict:
                raise problem
            return self._default(key, default, problem)

    def _past(self, key: Key, moment: datetime.datetime | str) -> PromptVersion | None:
        from workbench.registry.reader.past import live_at
        from workbench.registry.storage.clock import as_text

        prompt_id, environment, requires = key
        at = as_text(moment)
        if not may_be_names(prompt_id, environment):
            return None
        self._file.ensure_current()
        record = live_at(self._file, self._coverage, prompt_id, environment, at)
        if record is None:
            return None
        version = record.as_version()
        if requires is not None:
            from workbench.registry.reader.ranges import check_range

            check_range(version, requires)
        return version

    def nothing_live(self, key: Key, at: datetime.datetime | str | None = None) -> NotInRegistry:
        """The error for it, with the nearest names."""
        from workbench.registry.reader.nothing_live import explained_with

        with self._lock:
            return explained_with(self._file, key, at)

    def close(self) -> None:
        """Close the connection; the memory stays."""
        with self._lock:
            if self._pid == getpid():
                self._file.close()
            else:
                self._file.abandon()

    def _begin_anew_after_a_fork(self) -> None:
        """The parent's connection must be neither used nor closed here, and one of its threads
        may have held the lock.
        """
        self._file.abandon()
        self._lock = RLock()
        self._pid = getpid()

    def _entry(self, key: Key) -> Entry:
        file = self._file
        cursor = file.cursor
        if cursor is None or monotonic() > file.next_stat:
            cursor = file.ensure_current()
        version = cursor.execute("PRAGMA data_version").fetchone()[0]
        if version != file.data_version:
            file.notice_commit(version)
        entry = self._entries.get(key)
        if entry is not None and (
            entry.generation == file.generation or self._still_holds(key, entry)
        ):
            return entry
        return self._load(key, entry)

    def _still_holds(self, key: Key, entry: Entry) -> bool:
        """Whether no unseen record was added, and the newest deployment is the one of the answer.

        Versions never change, so the text that was checked when it was loaded is valid too.
        """
        seen, version = self._coverage, entry.version
        state = self._file.first(_STATE, (seen.high, *key[:2]))
        if state != (seen.hash, seen.high, entry.seq or None, entry.hash) or entry.low < seen.low:
            return False
        if (
            version is not None
            and not version.revoked
            and (key[0], version.fingerprint) in seen.revoked
        ):
            return False
        entry.generation = self._file.generation
        entry.since = monotonic()
        return True

    def _load(self, key: Key, before: Entry | None) -> Entry:
        prompt_id, environment, requires = key
        if not may_be_names(prompt_id, environment):
            return Entry(None, 0, None, 0, -1)
        file, seen = self._file, self._seen.get(key[:2])
        if seen is None:
            # Read before the snapshot: other processes may store newer answers meanwhile.
            seen = self._last_good.read(prompt_id, environment)
        file.begin()
        try:
            record = newest(prompt_id, environment, file.row, file.first)
            low = check_newest(file, self._coverage, key, record, seen)
        finally:
            file.end()
        if record is None:
            entry = Entry(None, 0, None, 0, file.generation)
            if len(self._entries) < _MOST_ABSENT:
                self._entries[key] = entry
            return entry
        version = None if record.is_retirement else record.as_version()
        if before is not None and before.version == version:
            version = before.version  # keeps its compiled templates
        now = Kept(record, *self._coverage.head)
        if seen is None or not seen.is_as_good_as(now):
            self._last_good.keep(prompt_id, environment, now)
        self._seen[key[:2]] = now
        if version is not None and requires is not None:
            from workbench.registry.reader.ranges import check_range

            check_range(version, requires)
        entry = Entry(version, record.seq, record.hash, low, file.generation)
        self._entries[key] = entry
        return entry

    def _without_registry(
        self, key: Key, error: Exception, default: Default, strict: bool
    ) -> PromptVersion | None:
        """The last good answer, marked as such; else `default`. Raises the problem as a
        RegistryError.
        """
        if not may_be_names(*key[:2]):
            return self._nothing(key, default, strict)
        problem = self.last_error = self._file.problem(error)
        if strict:
            raise problem from error
        entry = None
        if key[2] is None or isinstance(key[2], str):
            entry = self._remembered(key) or self._from_disk(key)
        if entry is not None and entry.version is not None:
            source = SNAPSHOT if entry.generation < 0 else MEMORY
            return entry.version.with_source(source, monotonic() - entry.since)
        if default is not None:
            return self._default(key, default, problem)
        if entry is None:
            raise problem from error
        return None

    def _remembered(self, key: Key) -> Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            # It was requested without a range before, or with another one.
            entry = self._entries.get((key[0], key[1], None))
            return entry if entry is None or _allowed(entry.version, key[2]) else None
        return entry

    def _from_disk(self, key: Key) -> Entry | None:
        kept = self._last_good.read(key[0], key[1])
        if kept is None:
            return None
        version = None if kept.record.is_retirement else kept.record.as_version()
        if not _allowed(version, key[2]):
            return None
        entry = self._entries[key] = Entry(version, *kept.head, kept.record.seq, -1)
        entry.since = monotonic() - kept.age
        return entry

    def _nothing(
        self, key: Key, default: Default, strict: bool, at: datetime.datetime | str | None = None
    ) -> PromptVersion | None:
        if strict:
            raise self.nothing_live(key, at)
        if default is None:
            return None
        name, place = (ascii(part)[:100] for part in key[:2])
        return self._default(key, default, NotInRegistry(f"nothing of {name} is live in {place}"))

    def _default(
        self, key: Key, default: PromptVersion | str, problem: WorkbenchError
    ) -> PromptVersion:
        self.last_error = problem
        if isinstance(default, PromptVersion):
            return default.with_source(DEFAULT, 0.0)
        prompt_id, environment, _ = key
        try:
            given = PromptVersion(prompt_id, "0.0.0", default)
        except Exception:  # noqa: BLE001 - no fingerprint of such a name or text, and no error
            given = PromptVersion(prompt_id, "0.0.0", default, fingerprint=GENESIS)
        return given.replaced(source=DEFAULT, environment=environment)


def _allowed(version: PromptVersion | None, requires: str | None) -> bool:
    if requires is None:
        return True
    from workbench.registry.reader.ranges import is_within

    return is_within(version, requires)
