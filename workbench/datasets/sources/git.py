"""Reads files as they were in git, by plumbing commands that run no program of the repository."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from workbench.errors import DatasetError

TIMEOUT_S = 60.0
_REV = re.compile(r"[A-Za-z0-9_][\w./@^~{}+-]*")
_LINK = b"120000"
_LFS = b"version https://git-lfs.github.com/spec/"
_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""Variables that git sets for its hooks, relative to another folder."""
_ENVIRONMENT = {
    # A partial clone would fetch what is missing, by a command that its configuration names.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def read_at(path: Path, rev: str) -> tuple[str, bytes]:
    """The commit that `rev` names, and the file as it was then.

    Raises DatasetError outside a repository, for an unknown revision or file, and for a pointer of
    Git LFS.
    """
    folder = _folder(path)
    commit = _commit(folder, path, rev)
    blob = _blob(folder, path, commit)
    if not blob:
        raise DatasetError(
            f"{path} is not in git at {rev} ({commit[:12]})", hint="was it named otherwise then?"
        )
    return commit, _content(folder, path, blob, commit)


def tree_at(folder: Path, rev: str, into: Path) -> str:
    """Write the files of a folder as they were at a revision below `into`; returns the commit.

    Symbolic links and submodules are left out. Raises DatasetError like `read_at`.
    """
    commit = _commit(folder, folder, rev)
    for line in _git(folder, "ls-tree", "-r", "-z", commit).split(b"\0"):
        entry, _, name = line.partition(b"\t")
        mode, _, rest = entry.partition(b" ")
        kind, _, blob = rest.partition(b" ")
        path = Path(os.fsdecode(name))
        if kind == b"blob" and mode != _LINK and ".." not in path.parts and not path.is_absolute():
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_bytes(_git(folder, "cat-file", "blob", blob.decode()))
    return commit


def _commit(folder: Path, path: Path, rev: str) -> str:
    """The commit that a revision names. Raises DatasetError, which names the path."""
    if not _REV.fullmatch(rev):
        raise DatasetError(f"{path}: {rev!r} is no revision of git", hint="a commit, tag or branch")
    commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{rev}^{{commit}}").decode().strip()
    if not commit:
        raise DatasetError(
            f"{path}: git has no revision {rev!r} here", hint="git fetch, or another revision"
        )
    return commit


def commits_of(path: Path, *more: Path) -> list[str]:
    """All commits that changed one of the files, newest first; none outside a repository."""
    try:
        folder = _folder(path)
        names = [os.path.relpath(one.absolute(), folder) for one in (path, *more)]
        listed = _git(folder, "rev-list", "--all", "--full-history", "HEAD", "--", *names)
    except DatasetError:
        return []
    return listed.decode().split()


def contents_in_history(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every content that the file had in a commit, newest first, each with its place.

    Nothing outside a repository, and without git.
    """
    seen = set()
    for commit in commits_of(path):
        folder = _folder(path)
        blob = _blob(folder, path, commit)
        if blob and blob not in seen:
            seen.add(blob)
            try:
                yield f"{path} (git {commit[:12]})", _content(folder, path, blob, commit)
            except DatasetError:
                continue  # not here: a partial clone, or a pointer of Git LFS


def _folder(path: Path) -> Path:
    """The nearest folder that exists: the file may have been moved since."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def _blob(folder: Path, path: Path, commit: str) -> str:
    """The id of the file's content in a commit; empty if it has no such file."""
    name = path.absolute().relative_to(folder)
    listed = _git(folder, "ls-tree", "-z", commit, "--", str(name))
    # MODE SP TYPE SP ID TAB NAME NUL; a symbolic link is a blob of the mode 120000.
    mode, _, rest = listed.decode(errors="replace").partition(" ")
    kind, _, rest = rest.partition(" ")
    return rest.partition("\t")[0] if kind == "blob" and mode != "120000" else ""


def _content(folder: Path, path: Path, blob: str, commit: str) -> bytes:
    data = _git(folder, "cat-file", "blob", blob)
    if data.startswith(_LFS):
        raise DatasetError(
            f"{path} is a pointer of Git LFS in {commit[:12]}, not the cases", hint="git lfs fetch"
        )
    return data


def _git(folder: Path, *arguments: str) -> bytes:
    """What git prints. Raises DatasetError when it cannot be asked; quiet failures are empty."""
    environment = {name: v for name, v in os.environ.items() if name not in _OF_A_HOOK}
    try:
        done = subprocess.run(
            ["git", "--no-replace-objects", "-c", "core.fsmonitor=false", *arguments],
            cwd=folder,
            env={**environment, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DatasetError(f"git cannot be asked in {folder}: {error}") from error
    if done.returncode and done.stderr:
        message = done.stderr.decode(errors="replace").strip().splitlines()[-1]
        raise DatasetError(f"{folder}: git: {message.removeprefix('fatal: ')}")
    return done.stdout
