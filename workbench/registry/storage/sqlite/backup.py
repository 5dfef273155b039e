"""Backup and restore of the registry, through SQLite alone."""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH101, PTH104, PTH108, PTH110, PTH120
from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from pathlib import Path

from workbench.errors import RegistryError, RegistryUnusable
from workbench.registry.storage.sqlite.layout import LAST_GOOD_SUFFIX
from workbench.registry.storage.sqlite.opening import (
    WRITE_TIMEOUT_S,
    check_header,
    explained,
    open_reader,
    uri_of,
)
from workbench.registry.storage.sqlite.writing import Writer, make_private


def backup(writer: Writer, path: str) -> str:
    """A copy at `path`, in one file without a write-ahead log, checked before it gets that name.

    Raises RegistryError when `path` exists.
    """
    target = os.path.realpath(path)
    if os.path.lexists(path):
        raise RegistryError(f"{path} exists already", hint="name a new file")
    temporary = f"{target}.{os.getpid()}.{time.time_ns()}.tmp"
    with writer.locked() as connection:
        try:
            connection.execute("VACUUM INTO ?", (temporary,))
        except sqlite3.Error as error:
            raise explained(error, temporary) from error
    try:
        os.chmod(temporary, 0o600)
        _check(temporary)
        os.rename(temporary, target)
        _sync_folder(os.path.dirname(target))
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return target


def restore(writer: Writer, path: str) -> None:
    """Replace the registry by a backup; the replaced file is kept beside it.

    Copying a file over a live registry has no effect while its write-ahead log exists, so SQLite
    copies the pages; a file that SQLite cannot read is moved aside. Readers that already saw later
    deployments keep those until they are restarted.
    """
    source = os.path.realpath(path)
    _check(source)
    stamp = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{time.time_ns() % 1_000_000_000}"
    damaged = False
    if os.path.exists(writer.path):
        try:
            backup(writer, f"{writer.path}.replaced-{stamp}")
        except RegistryUnusable:
            damaged = True
    original = open_reader(source, timeout=5.0)
    try:
        with writer.alone():
            if damaged:
                _set_aside(writer.path, f".damaged-{stamp}")
            _fill(writer.path, original)
    finally:
        original.close()
    shutil.rmtree(writer.path + LAST_GOOD_SUFFIX, ignore_errors=True)


def _set_aside(path: str, suffix: str) -> None:
    """Move the file together with its log: one is useless without the other."""
    for part in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(path + part, path + suffix + part)


def _fill(path: str, original: sqlite3.Connection) -> None:
    make_private(path)
    connection = sqlite3.connect(uri_of(path, "rw"), uri=True, timeout=WRITE_TIMEOUT_S)
    try:
        original.backup(connection)
        if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
            raise RegistryUnusable(f"{path} cannot use WAL", hint="keep it on a local disk")
    except sqlite3.Error as error:
        raise explained(error, path) from error
    finally:
        connection.close()


def _check(path: str) -> None:
    """Raises RegistryUnusable unless the file is a sound registry."""
    if not Path(path).exists():
        raise RegistryUnusable(f"there is no backup at {path}", hint="check the path")
    connection = open_reader(path, timeout=5.0)
    try:
        check_header(connection, path)
        answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise explained(error, path) from error
    finally:
        connection.close()
    if answer != "ok":
        raise RegistryUnusable(f"{path} is damaged: {answer}", hint="use another backup")


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
