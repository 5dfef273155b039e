"""Opening the file: only ever through SQLite, and each failure as a sentence.

Opening registry.db in any other way inside a process that has it open would drop SQLite's locks,
and acknowledged commits could be lost. `os.stat` is safe; `open`, copy and hash are not.
"""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH100, PTH113, PTH116, PTH118, PTH120
from __future__ import annotations

import os
import sqlite3
import stat

from workbench.errors import OlderSchema, RegistryError, RegistryLocked, RegistryUnusable
from workbench.links import STATE, owned_by_another
from workbench.registry.storage.sqlite.layout import APPLICATION_ID, SCHEMA_VERSION

FILE_VARIABLE = "WORKBENCH_REGISTRY"
FILE_NAME = "registry.db"
READ_TIMEOUT_S = 0.25
WRITE_TIMEOUT_S = 30.0

_LIMITS = ((0, 100_000_000), (1, 1_000_000))
"""SQLITE_LIMIT_LENGTH and SQLITE_LIMIT_SQL_LENGTH, in bytes."""


def named_registry(path: str | os.PathLike[str] | None) -> str | None:
    """The path of the registry as given, or from $WORKBENCH_REGISTRY; None: neither says one. Its
    links are not resolved.
    """
    named = os.environ.get(FILE_VARIABLE) or None if path is None else os.fspath(path)
    return None if named is None else os.path.abspath(named)


def nearest_registry() -> str:
    """The nearest .workbench/registry.db of this user here or above; where there is none, the one
    that would be here. Its links are not resolved.

    Raises RegistryUnusable where the nearest one is another user's.
    """
    folder = here = os.path.realpath(".")
    while True:
        candidate = os.path.join(folder, STATE, FILE_NAME)
        if os.path.isfile(candidate):
            _refuse_stranger(candidate)
            return candidate
        above = os.path.dirname(folder)
        if above == folder:
            return os.path.join(here, STATE, FILE_NAME)
        folder = above


def _refuse_stranger(path: str) -> None:
    """Anybody can put a registry into a folder that all may write, and an app below would serve
    it.
    """
    if stranger := owned_by_another(os.path.dirname(path), path):
        raise RegistryUnusable(
            f"{stranger} belongs to another user: a registry that was only found, and not named,"
            " is not taken from others",
            hint=f"give its path, or set {FILE_VARIABLE}",
        )


def check_nearest(path: str) -> os.stat_result:
    """`check_there` for a path of `nearest_registry`: the file may come later, and from anybody."""
    if not os.path.lexists(path):
        here = os.path.dirname(os.path.dirname(path))
        raise RegistryUnusable(
            f"there is no {STATE}/{FILE_NAME} in {here} or above",
            hint=f"run workbench init, give a path, or set {FILE_VARIABLE}",
        )
    status = check_there(path)
    _refuse_stranger(path)
    return status


def check_there(path: str) -> os.stat_result:
    """What the file system says about the file. Raises RegistryUnusable when it is missing."""
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise RegistryUnusable(
            f"there is no registry at {path}", hint="workbench init makes one"
        ) from error
    except OSError as error:
        raise RegistryUnusable(
            f"{path} cannot be reached: {error.strerror}", hint="check the path and its permissions"
        ) from error
    if stat.S_ISDIR(status.st_mode):
        raise RegistryUnusable(f"{path} is a folder, not a registry", hint="name the file in it")
    if not stat.S_ISREG(status.st_mode):
        raise RegistryUnusable(f"{path} is no file", hint="give the path of a registry.db")
    return status


def check_beside(path: str) -> None:
    """Raises RegistryUnusable when something else stands where SQLite keeps its logs: a named
    pipe there would be waited for without end.
    """
    for suffix in ("-journal", "-wal", "-shm"):
        try:
            status = os.stat(path + suffix)
        except OSError:
            continue  # mostly there is none; what cannot be reached, SQLite explains
        if not stat.S_ISREG(status.st_mode):
            raise RegistryUnusable(f"{path}{suffix} is no file", hint="remove it")


def uri_of(path: str, mode: str) -> str:
    """The SQLite URI of a path; `?`, `#` and `%` in it would open another file."""
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    if os.sep != "/":
        quoted = "/" + quoted.replace(os.sep, "/")
    return f"file:{quoted}?mode={mode}"


def open_reader(
    path: str, *, timeout: float = READ_TIMEOUT_S, trusted: bool = False
) -> sqlite3.Connection:
    """A connection that cannot write. Raises RegistryError as a sentence.

    `trusted` lets it ask the gate's views: they use json_each, which SQLite 3.38 to 3.40 refuses
    under trusted_schema=OFF. Apps do without.
    """
    status = check_there(path)
    check_beside(path)
    try:
        return _open_reader(path, uri_of(path, "ro"), timeout, trusted, sqlite3.Connection)
    except RegistryUnusable:
        if not _is_frozen(path):
            raise
    connection = _open_reader(path, f"{uri_of(path, 'ro')}&immutable=1", timeout, trusted, _Frozen)
    if isinstance(connection, _Frozen):
        connection.mtime_ns = status.st_mtime_ns
    return connection


class _Frozen(sqlite3.Connection):
    """Reads a file that nobody can change where it is: SQLite looks for no changes in it."""

    mtime_ns = 0


def is_outdated(connection: sqlite3.Connection | None, status: os.stat_result, path: str) -> bool:
    """Whether a file that could not be changed here was changed elsewhere, as the machine does
    that a read-only folder of a container is shared from.
    """
    if not isinstance(connection, _Frozen):
        return False
    return connection.mtime_ns != status.st_mtime_ns or not _is_frozen(path)


def _is_frozen(path: str) -> bool:
    """Whether the file is on a read-only file system, where SQLite can make no shared memory for
    its log, and nothing is in the log.
    """
    try:
        if not os.statvfs(os.path.dirname(path)).f_flag & os.ST_RDONLY:
            return False
        return os.stat(f"{path}-wal").st_size == 0
    except FileNotFoundError:
        return True
    except (OSError, AttributeError):
        return False  # AttributeError: Windows knows nothing of this


def _open_reader(
    path: str, uri: str, timeout: float, trusted: bool, kind: type[sqlite3.Connection]
) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            uri,
            uri=True,
            timeout=timeout,
            isolation_level=None,
            check_same_thread=False,
            factory=kind,
        )
    except sqlite3.Error as error:
        raise explained(error, path) from error
    try:
        _settle(connection, trusted)
        connection.execute("PRAGMA query_only=ON")
        check_header(connection, path)
        if trusted and (steps := steps_in(connection)) < SCHEMA_VERSION:
            raise OlderSchema(f"{path} has the older schema {steps}")
    except UnicodeDecodeError as error:  # in the schema that SQLite quotes in its complaint
        connection.close()
        hint = "run workbench verify, then workbench restore BACKUP"
        raise RegistryUnusable(f"{path} is damaged", hint=hint) from error
    except sqlite3.Error as error:
        connection.close()
        raise explained(error, path) from error
    except RegistryError:
        connection.close()
        raise
    return connection


def _settle(connection: sqlite3.Connection, trusted: bool) -> None:
    connection.execute(f"PRAGMA trusted_schema={'ON' if trusted else 'OFF'}")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA mmap_size=0")
    for category, limit in _LIMITS:
        connection.setlimit(category, limit)


def check_header(connection: sqlite3.Connection, path: str) -> None:
    """Raises RegistryUnusable for other programs' files, and for those that need a newer reader."""
    # Not as tables: a file may hold a view of that name.
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise RegistryUnusable(f"{path} is empty", hint="workbench init makes a registry")
    if application != APPLICATION_ID:
        raise RegistryUnusable(
            f"{path} is a database of another program, not a registry",
            hint="give the path of a registry.db",
        )
    if version > SCHEMA_VERSION:
        raise RegistryUnusable(
            f"{path} needs a reader of schema {version}; this program knows {SCHEMA_VERSION}",
            hint="upgrade prompt-workbench",
        )


def steps_in(connection: sqlite3.Connection) -> int:
    """How many migrations the file went through; 0 for an empty one."""
    try:
        row = connection.execute(
            "SELECT count(*) FROM _sqlite_migrations WHERE migration_set = 'workbench.registry'"
        ).fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return 0
        raise
    return int(row[0])


def explained(error: sqlite3.Error, path: str) -> RegistryError:
    """The sentence for what SQLite said; a trigger's refusal keeps its own words."""
    name = getattr(error, "sqlite_errorname", "") or ""
    text = str(error)
    if name == "SQLITE_CONSTRAINT_TRIGGER":
        return RegistryError(f"the registry refused: {text}", hint="see workbench log")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return RegistryLocked(
            f"{path} is locked by another process", hint="try again when it has finished"
        )
    for prefix, problem, hint in _PROBLEMS:
        if name.startswith(prefix):
            return RegistryUnusable(f"{path} {problem}", hint=hint)
    if not text.isprintable() or text.startswith("Could not decode"):
        return RegistryUnusable(f"{path} is damaged", hint="run workbench verify")
    if "no such table" in text or "no such column" in text or "no such view" in text:
        return RegistryUnusable(
            f"{path} lacks a part of its schema: {text}", hint="run workbench verify"
        )
    return RegistryUnusable(f"{path}: {text}", hint="run workbench verify")


_PROBLEMS = (
    ("SQLITE_NOTADB", "is not a registry: it is no SQLite file", "workbench restore BACKUP"),
    ("SQLITE_CORRUPT", "is damaged", "run workbench verify, then workbench restore BACKUP"),
    ("SQLITE_FULL", "cannot grow: the disk is full", "free some space; nothing was lost"),
    ("SQLITE_READONLY", "cannot be written", "check the permissions of the file and its folder"),
    ("SQLITE_CANTOPEN", "cannot be opened", "check the permissions of the file and its folder"),
    ("SQLITE_PERM", "may not be opened", "check the permissions of the file and its folder"),
    ("SQLITE_IOERR", "cannot be read or written: the disk failed", "check the disk"),
    ("SQLITE_TOOBIG", "takes no text of this size", "keep texts under 10 MB"),
)
