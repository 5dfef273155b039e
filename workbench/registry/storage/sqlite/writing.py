"""The only way to write: one lock file, one BEGIN IMMEDIATE, one ledger record per row."""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH110, PTH112, PTH116, PTH120
from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import warnings
from collections.abc import Callable, Iterator

from workbench.errors import RegistryError, RegistryLocked, RegistryUnusable
from workbench.links import link_in_the_way, open_lock
from workbench.registry.models.actors import same_person
from workbench.registry.storage.anchors import anchor_of, keep_anchor
from workbench.registry.storage.ledger import Sign, Transaction
from workbench.registry.storage.limits import check_clock
from workbench.registry.storage.sqlite.migrations import migrate, refuse_foreign
from workbench.registry.storage.sqlite.opening import (
    WRITE_TIMEOUT_S,
    check_header,
    check_there,
    explained,
    steps_in,
    uri_of,
)
from workbench.registry.storage.sqlite.trigger_parts import SAME_PERSON

try:
    import fcntl
except ImportError:  # Windows: BEGIN IMMEDIATE alone orders the writers there
    fcntl = None  # type: ignore[assignment]

OLDEST_SQLITE = (3, 38, 0)
"""STRICT tables came with 3.37, JSON in every build with 3.38."""
CHECKPOINT_EVERY = 50
"""Write transactions between two truncating checkpoints."""
_JOURNAL_LIMIT = 16 * 1024 * 1024
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.001, 0.02


class Writer:
    """Opens the file for writing when that is first needed, and keeps it open."""

    def __init__(
        self,
        path: str,
        *,
        create: bool,
        named: str = "",
        timeout: float = WRITE_TIMEOUT_S,
        sign: Sign | None = None,
        anchors: str = "",
        warn: Callable[[str], None] = warnings.warn,
    ) -> None:
        """`named` is the path as it was given, its links unresolved; `anchors` the file that takes
        a line after each deployment, "" for none.
        """
        self.path = path
        self._named = named or path
        self._sign = sign
        self._anchors = anchors
        self._warn = warn
        self._create = create
        self._timeout = timeout
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._file: tuple[int, int] = (0, 0)
        self._thread_lock = threading.RLock()
        self._writes = 0

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A write transaction: all or nothing. Keep it short, and never wait inside.

        Raises RegistryError for whatever SQLite or a trigger refuses.
        """
        with self._thread_lock, self._lock_file():
            connection = self._open()
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    transaction = Transaction(connection, self.path, self._sign)
                    yield transaction
                    anchor = anchor_of(connection, transaction.kinds) if self._anchors else None
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                if anchor is not None:
                    keep_anchor(self._anchors, anchor, self._warn)
                self._checkpoint_sometimes(connection)
            except sqlite3.Error as error:
                raise explained(error, self.path) from error
            except UnicodeEncodeError as error:
                raise RegistryError(
                    "a text holds half of a surrogate pair, which UTF-8 cannot store",
                    hint="replace the broken character",
                ) from error

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Exclusive access to the file: no other writer, and no connection of this one."""
        with self._thread_lock, self._lock_file():
            connection, self._connection = self._connection, None
            if connection is not None and self._owner == os.getpid():
                connection.close()
            yield

    @contextlib.contextmanager
    def locked(self) -> Iterator[sqlite3.Connection]:
        """The connection outside a transaction, with other writers kept out."""
        with self._thread_lock, self._lock_file():
            yield self._open()

    def ensure(self) -> None:
        """Make or migrate the file now."""
        with self._thread_lock, self._lock_file():
            self._open()

    def close(self) -> None:
        """Close the connection; the write-ahead log is folded into the file."""
        with self._thread_lock:
            connection, self._connection = self._connection, None
            if connection is None:
                return
            if self._owner == os.getpid():
                with contextlib.suppress(RegistryLocked), self._lock_file():
                    connection.close()
                    return
                connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = self._connection
        if connection is not None and self._owner == os.getpid():
            status = os.stat(self.path) if os.path.exists(self.path) else None
            if status is not None and (status.st_dev, status.st_ino) == self._file:
                return connection
            # The file was replaced: nobody would ever see what is written to the old one.
            connection.close()
        # After a fork the parent's connection must be neither used nor closed.
        self._connection = None
        new = not os.path.exists(self.path)
        if new and not self._create:
            check_there(self.path)
        connection = self._connect(new)
        status = os.stat(self.path)
        self._file = (status.st_dev, status.st_ino)
        self._owner = os.getpid()
        self._connection = connection
        return connection

    def _connect(self, new: bool) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise RegistryUnusable(
                f"SQLite {sqlite3.sqlite_version} is too old for a registry",
                hint=f"use a Python with SQLite {'.'.join(map(str, OLDEST_SQLITE))} or newer",
            )
        if new:
            make_private(self.path)
        elif os.stat(self.path).st_nlink > 1:
            raise RegistryUnusable(
                f"{self.path} has a second name (a hard link); writing would corrupt it",
                hint="remove the other link",
            )
        before = os.stat(self.path)
        try:
            connection = sqlite3.connect(
                uri_of(self.path, "rw"),
                uri=True,
                timeout=self._timeout,
                isolation_level=None,
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise explained(error, self.path) from error
        try:
            connection.create_function(SAME_PERSON, 2, same_person, deterministic=True)
            refuse_foreign(connection, self.path, may_be_empty=self._create)
            self._check_clock(connection, before)
            _settle(connection, self.path)
            migrate(connection, self.path, sign=self._sign)
            check_header(connection, self.path)
        except sqlite3.Error as error:
            connection.close()
            raise explained(error, self.path) from error
        except RegistryError:
            connection.close()
            # Closing may have written what the last writer left in its log.
            with contextlib.suppress(OSError):
                os.utime(self.path, ns=(before.st_atime_ns, before.st_mtime_ns))
            raise
        return connection

    def _check_clock(self, connection: sqlite3.Connection, before: os.stat_result) -> None:
        """Before the file is migrated, which would give it the time of a wrong clock."""
        if steps_in(connection):
            _, _, last = Transaction(connection).head()
            check_clock(self.path, last, before.st_mtime)

    def _checkpoint_sometimes(self, connection: sqlite3.Connection) -> None:
        self._writes += 1
        if self._writes % CHECKPOINT_EVERY == 0:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextlib.contextmanager
    def _lock_file(self) -> Iterator[None]:
        if link := link_in_the_way(self._named):
            raise RegistryUnusable(
                f"{link} is a symbolic link: a registry is read through one, and never written",
                hint="remove the link, or give the path of the file itself",
            )
        if fcntl is None:
            yield
            return
        path = self.path + ".lock"
        try:
            handle = open_lock(path)
        except OSError as error:
            raise RegistryUnusable(
                f"{path} cannot be opened: {error.strerror}",
                hint="check the permissions of the folder",
            ) from error
        try:
            self._wait_for(handle)
            # Fixed length: truncating the file would cost as much as the transaction.
            os.pwrite(handle, b"%-20d" % os.getpid(), 0)
            yield
        finally:
            os.close(handle)

    def _wait_for(self, handle: int) -> None:
        started = time.monotonic()
        pause = _FIRST_WAIT_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waited = time.monotonic() - started
                if waited > self._timeout:
                    pid = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
                    raise RegistryLocked(
                        f"another process (pid {pid}) is writing to {self.path};"
                        f" waited {waited:.0f} s",
                        hint="nothing was written; try again when it has finished",
                    ) from None
                # No queue, but far fairer than SQLite's busy handler.
                time.sleep(pause)
                pause = min(_LONGEST_WAIT_S, pause * 1.5)
            else:
                return


def make_private(path: str) -> None:
    """An empty file that only its owner can read; SQLite would follow the umask."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise RegistryUnusable(f"there is no folder {folder}", hint="make it first")
    try:
        # O_EXCL: a file that is there already is never opened but by SQLite.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise RegistryUnusable(
            f"{path} cannot be made: {error.strerror}", hint="check the permissions of the folder"
        ) from error


def _settle(connection: sqlite3.Connection, path: str) -> None:
    # Not OFF: the gate uses json_each, which SQLite 3.38 to 3.40 calls unsafe then.
    connection.execute("PRAGMA trusted_schema=ON")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA mmap_size=0")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA recursive_triggers=ON")
    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        raise RegistryUnusable(
            f"{path} lies on a file system without shared memory (journal mode {mode})",
            hint="keep the registry on a local disk",
        )
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA journal_size_limit={_JOURNAL_LIMIT}")
