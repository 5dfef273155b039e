"""Symbolic links are followed for reading, never for writing.

A workspace may be untrusted, and git keeps links: one that leads out of it would make the program
overwrite its user's own files. Apps import this module, so it uses only the standard library.
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
"""Suffixes of the files that SQLite and this program keep beside a database."""


def link_in_the_way(database: str) -> str:
    """The first symbolic link that prevents writing a database: its folder, the file, or one
    beside it; empty if there is none.
    """
    folder = os.path.dirname(database)
    state = [folder] if os.path.basename(folder) == STATE else []
    for path in (*state, database, *(database + suffix for suffix in _BESIDE)):
        if os.path.islink(path):
            return path
    return ""


def open_lock(path: str) -> int:
    """A descriptor of a lock file, created with private permissions if missing.

    Raises OSError for a symbolic link, for anything but a regular file, and for a hard link.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    # O_NONBLOCK: opening a pipe would block.
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o600)
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(handle)
        raise OSError(0, "it is no file of its own")
    return handle


def owned_by_another(*paths: str) -> str:
    """The first path that, itself or as a link's target, belongs to another user; else empty.

    Always empty on Windows, where Python has no owner of a file.
    """
    if not hasattr(os, "geteuid"):
        return ""
    me = os.geteuid()
    for path in paths:
        if os.lstat(path).st_uid != me or os.stat(path).st_uid != me:
            return path
    return ""
