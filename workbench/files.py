"""Atomic file writes.

In a workspace, which may be untrusted, a link is followed only to a place where the file itself
could be.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.errors import UsageError
from workbench.links import SETTINGS_FILE, STATE

CONFIG_VARIABLE = "WORKBENCH_CONFIG"
"""Names the folder of the user's own files."""
LEFT_BEHIND_S = 3600.0
"""Age in seconds from which a temporary file counts as left by a killed process."""
USUAL_MODE = 0o644
_SUFFIX = ".workbench-tmp"


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file atomically, with the mode of the one it replaces, creating its folder.

    Raises UsageError when it cannot be written, see also `real_place`.
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
    """The place to write a file: `path` itself, or the target of links.

    Inside a workspace a link may lead to a file in it that has the same suffix and is not hidden,
    such as a draft with two names; links in its state folder are never followed. A link outside a
    workspace is the user's own: it is replaced, see `replacing`.
    Raises UsageError for any other link.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100  (without .., links unresolved)
    # Check every enclosing workspace: the nearest may contain a link to another one.
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
    """Whether the file named `inside` a workspace may have the target `real`."""
    if STATE in inside.parts or not real.is_relative_to(here):
        return False
    return not any(part.startswith(".") for part in real.relative_to(here).parts)


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = USUAL_MODE) -> Iterator[Path]:
    """An empty temporary file to fill; it replaces `path` when the block ends without an error.

    The file and its folder are synced, so it survives a power loss. A link at `path` is replaced,
    not followed, unless `real_place` allows it, which may raise UsageError.
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
        return  # Windows cannot open a folder; its rename is durable without
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep(path: Path) -> None:
    """Remove temporary files of killed writes of the same file."""
    for old in path.parent.glob(f".{path.name}.*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > LEFT_BEHIND_S:
                old.unlink()


def read_user_file(name: str) -> dict[str, Any]:
    """The JSON object in a file of the user's own, outside of every workspace: no workspace can
    change it. Empty if there is none.
    """
    try:
        content = json.loads(_user_path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_user_file(name: str, content: Mapping[str, Any]) -> None:
    """Replace that file."""
    write_atomically(_user_path(name), json.dumps(content, indent=1, sort_keys=True) + "\n")


def _user_path(name: str) -> Path:
    given = os.environ.get(CONFIG_VARIABLE)
    if given:
        return Path(given) / name
    import platformdirs

    return platformdirs.user_config_path("prompt-workbench") / name
