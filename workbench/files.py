"""Files that are there whole or not at all, whenever the process is killed."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import UsageError

LEFT_BEHIND_S = 3600.0
"""A temporary file older than this was left by a process that was killed."""
USUAL_MODE = 0o644
_SUFFIX = ".workbench-tmp"


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a whole file, keeping the mode of the one it replaces and making its folder.

    Raises UsageError where it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else USUAL_MODE
        with replacing(path, mode=mode) as temporary:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = USUAL_MODE) -> Iterator[Path]:
    """An empty file to fill; when the block ends well it takes the place of `path`.

    The file and its folder are synced, so it survives a power loss too. A link at `path` is
    replaced, not followed.
    """
    path = path.absolute()
    _sweep(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder, and its rename is durable without
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(path: Path) -> None:
    """Remove what earlier, killed writes of the same file left behind."""
    for old in path.parent.glob(f".{path.name}.*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > LEFT_BEHIND_S:
                old.unlink()
