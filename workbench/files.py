"""Files that are there whole or not at all, whenever the process is killed.

In a workspace, which may be anybody's, a link is followed only to where the file could lie itself.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import UsageError
from workbench.links import SETTINGS_FILE, STATE

LEFT_BEHIND_S = 3600.0
"""A temporary file older than this was left by a process that was killed."""
USUAL_MODE = 0o644
_SUFFIX = ".workbench-tmp"


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a whole file, keeping the mode of the one it replaces and making its folder.

    Raises UsageError where it cannot be written, see `real_place` too.
    """
    path = real_place(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else USUAL_MODE
        with replacing(path, mode=mode) as temporary:
            temporary.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def real_place(path: Path) -> Path:
    """Where a file is to be written: `path` itself, or where links lead from it.

    Inside a workspace they may lead to a place of it with the same suffix that is not hidden, as
    a draft that two names share; nothing is written through a link in its state folder. A link
    that is not in a workspace is the user's own: it is replaced, see `replacing`.
    Raises UsageError for another link.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100  (without .., links unresolved)
    # Of each workspace around it: a link to another one may stand in the nearest.
    roots = [folder for folder in path.parents if (folder / SETTINGS_FILE).is_file()]
    if not roots:
        return path
    try:
        real = path.resolve()
        places = [(root.resolve(), path.relative_to(root)) for root in roots]
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{path} is a link that leads nowhere", hint="remove it") from error
    if all(real == here / inside for here, inside in places):
        return path
    if real.suffix == path.suffix and all(_may_lead(real, *place) for place in places):
        return real
    raise UsageError(
        f"{path} is a link to {real}, and nothing is written through it",
        hint="a link may lead to a file of the same kind in the workspace; edit others in place",
    )


def _may_lead(real: Path, here: Path, inside: Path) -> bool:
    """Whether what is named `inside` a workspace may be `real`."""
    if STATE in inside.parts or not real.is_relative_to(here):
        return False
    return not any(part.startswith(".") for part in real.relative_to(here).parts)


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = USUAL_MODE) -> Iterator[Path]:
    """An empty file to fill; when the block ends well it takes the place of `path`.

    The file and its folder are synced, so it survives a power loss too. A link at `path` is
    replaced, not followed, unless `real_place` says otherwise, which may raise UsageError.
    """
    path = real_place(path)
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
