"""Copies of the registry, made and put back by SQLite alone."""

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
from workbench.registry.last_good import FOLDER_SUFFIX
from workbench.registry.opening import check_header, explained, open_reader
from workbench.registry.writing import Writer


def backup(writer: Writer, path: str) -> str:
    """A copy at `path`, in one file without a write-ahead log, checked before it is named so.

    Raises RegistryError when `path` exists.
    """
    target = os.path.realpath(path)
    if os.path.exists(target):
        raise RegistryError(f"{target} exists already", hint="name a new file")
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
    """Put a backup into the open registry; what was there is kept beside it as `.replaced-N`.

    Copying a file over a live registry does nothing as long as its write-ahead log is there, so
    SQLite copies the pages. Readers that already saw later deployments keep those in memory until
    they are restarted: for them the registry went back.
    """
    source = os.path.realpath(path)
    _check(source)
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    if os.path.exists(writer.path):
        with contextlib.suppress(RegistryUnusable):
            # A damaged registry may not be readable any more; that is why it is restored.
            backup(writer, f"{writer.path}.replaced-{stamp}-{time.time_ns() % 1_000_000}")
    original = open_reader(source, timeout=5.0)
    try:
        with writer.locked() as connection:
            original.backup(connection)
            if connection.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
                raise RegistryUnusable(f"{writer.path} cannot use WAL", hint="use a local disk")
    except sqlite3.Error as error:
        raise explained(error, writer.path) from error
    finally:
        original.close()
    shutil.rmtree(writer.path + FOLDER_SUFFIX, ignore_errors=True)


def _check(path: str) -> None:
    """Raises RegistryUnusable unless the file is a sound registry."""
    if not Path(path).exists():
        raise RegistryUnusable(f"there is no backup at {path}", hint="check the path")
    connection = open_reader(path, timeout=5.0)
    try:
        check_header(connection, path, writing=False)
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
