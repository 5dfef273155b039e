"""What is written goes where it seems to go: links are read through, never written through.

A workspace may come from anybody, and git keeps links: one that leads out of it would have the
program write over its user's own files. Apps import this, so it needs the standard library alone.
"""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH114, PTH116, PTH119, PTH120
from __future__ import annotations

import os
import stat

SETTINGS_FILE = "workbench.toml"
"""What makes a folder a workspace."""
STATE = ".workbench"
_BESIDE = ("-wal", "-shm", "-journal", ".lock")
"""What SQLite and we keep beside a database."""


def link_in_the_way(database: str) -> str:
    """The first link on the way to a database that is to be written: the state folder, the file
    or one beside it; empty: there is none.
    """
    folder = os.path.dirname(database)
    state = [folder] if os.path.basename(folder) == STATE else []
    for path in (*state, database, *(database + suffix for suffix in _BESIDE)):
        if os.path.islink(path):
            return path
    return ""


def open_lock(path: str) -> int:
    """A descriptor of a lock file, made private where it is missing.

    Raises OSError for a link, and for what is no file or has a second name elsewhere.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    # A pipe would be waited for, were there no O_NONBLOCK.
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o600)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(handle)
        raise OSError(0, "it is no file of its own")
    return handle


def owned_by_another(*paths: str) -> str:
    """The first of these that is not this user's, itself or where a link leads; empty: all are.

    Windows keeps no owner that Python could ask for.
    """
    if not hasattr(os, "geteuid"):
        return ""
    me = os.geteuid()
    for path in paths:
        if os.lstat(path).st_uid != me or os.stat(path).st_uid != me:
            return path
    return ""
