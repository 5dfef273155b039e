"""Configures git to merge the workspace's anchors by keeping the lines of both branches."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import UsageError
from workbench.files import write_atomically
from workbench.registry.storage.anchors import FILE_NAME

ATTRIBUTES = ".gitattributes"
UNION_MERGE = f"{FILE_NAME} merge=union"


def in_git(folder: Path) -> bool:
    """Whether the folder is in a git repository or a linked work tree, where `.git` is a file."""
    here = folder.resolve()
    return any((place / ".git").exists() for place in (here, *here.parents))


def add_union_merge(folder: Path) -> None:
    """Append the line to the folder's .gitattributes.

    Raises UsageError when it cannot be read or written, and for a symbolic link, whose target would
    be copied into a committed file.
    """
    path = folder / ATTRIBUTES
    if path.is_symlink():
        raise UsageError(f"{path} is a link", hint="put the file itself there, or remove the link")
    try:
        before = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", hint="check the file") from error
    if any(line.split()[:1] == [FILE_NAME.encode()] for line in before.splitlines()):
        return  # a merge driver is configured already
    newline = b"\r\n" if b"\r\n" in before else b"\n"
    gap = newline if before and not before.endswith(b"\n") else b""
    write_atomically(path, before + gap + UNION_MERGE.encode() + newline)


def merges_by_union(folder: Path) -> bool:
    """Whether .gitattributes configures how the anchors are merged."""
    here = folder.resolve()
    for place in (here, *here.parents):
        path = place / ATTRIBUTES
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
        for line in text.splitlines():
            pattern, *attributes = line.split() or [""]
            if pattern.endswith(FILE_NAME) and any("merge" in item for item in attributes):
                return True
        if (place / ".git").exists():
            break
    return False
