"""The snippets, example files and features that a workspace's drafts refer to."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.errors import DatasetError, DraftError
from workbench.prompts.features import Feature, read_feature
from workbench.prompts.values import MAX_TEXT_BYTES, SNIPPETS
from workbench.suggestions import did_you_mean

SNIPPET_SUFFIX = ".md"


@dataclass(frozen=True, slots=True)
class WorkspaceFiles:
    """See `PromptFiles`. Nothing outside of the workspace is read, through links neither."""

    root: Path
    folder: Path
    """The draft's folder: example files are looked for there, then from `root`."""

    def snippet(self, name: str) -> str:
        path = self.root / SNIPPETS / f"{name}{SNIPPET_SUFFIX}"
        shown = f"{SNIPPETS}/{name}{SNIPPET_SUFFIX}"
        try:
            return _regular_text(_inside(path, self.root, shown), shown)
        except FileNotFoundError as error:
            known = [path.stem for path in snippet_paths(self.root)]
            hint = did_you_mean(name, known) if known else f"write {shown}"
            raise DraftError(f"there is no {shown}", hint=hint) from error

    def feature(self, name: str) -> Feature:
        return read_feature(self.root, name)

    def rows(self, file: str) -> Sequence[Mapping[str, Any]]:
        path = self.path_of(file)
        try:
            status = path.stat()
        except OSError as error:
            raise DraftError(f"{file}: {error.strerror}") from error
        if status.st_size > MAX_TEXT_BYTES:
            raise DraftError(f"{file} is larger than {MAX_TEXT_BYTES // 1_000_000} MB")
        try:
            return _rows(str(path), status.st_mtime_ns, status.st_size)
        except DatasetError as error:
            raise DraftError(error.message, hint=error.hint) from error

    def path_of(self, file: str) -> Path:
        """The example file of that name. Raises DraftError if there is none that may be read."""
        # A draft elsewhere has its examples beside it.
        is_ours = _is_within(self.folder, self.root)
        beside = _inside(self.folder / file, self.root if is_ours else self.folder, file)
        path = _inside(self.root / file, self.root, file) if is_ours else beside
        path = beside if beside.exists() else path
        if not path.exists():
            places = dict.fromkeys((self.folder, self.root)) if is_ours else (self.folder,)
            where = " or ".join(map(str, places))
            raise DraftError(f"there is no {file} in {where}", hint="name the file")
        return path


def snippet_paths(root: Path) -> tuple[Path, ...]:
    """The snippets of a workspace, by name."""
    return tuple(sorted((root / SNIPPETS).glob(f"*{SNIPPET_SUFFIX}")))


@lru_cache(maxsize=16)
def _rows(path: str, _changed_at: int, _size: int) -> tuple[Mapping[str, Any], ...]:
    """The rows of a file in this state: a draft that is typed is read at each pause."""
    from workbench.datasets.readers import read_dataset

    return tuple(
        {"inputs": case.inputs, "expected": case.expected, "tags": list(case.tags)}
        for case in read_dataset(Path(path)).cases
    )


def _inside(path: Path, root: Path, shown: str) -> Path:
    """The file, with its links resolved. Raises DraftError for one outside of `root`, and for a
    hidden one, such as those of the workspace's state.
    """
    try:
        real, home = path.resolve(), root.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise DraftError(f"{shown!r} is no path of a file") from error
    if not real.is_relative_to(home):
        raise DraftError(f"{shown} leads out of {home}", hint="copy the file into the workspace")
    if any(part.startswith(".") for part in real.relative_to(home).parts):
        raise DraftError(f"{shown} is a hidden file", hint="name a file of the workspace")
    return real


def _is_within(folder: Path, root: Path) -> bool:
    return folder.resolve().is_relative_to(root.resolve())


def _regular_text(real: Path, shown: str) -> str:
    """The text of a regular file; a pipe or a device would block. Raises FileNotFoundError."""
    try:
        handle = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DraftError(f"{shown}: {error.strerror}") from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise DraftError(f"{shown} is not a regular file")
    with os.fdopen(handle, "rb") as file:
        if status.st_size > MAX_TEXT_BYTES:
            raise DraftError(f"{shown} is larger than {MAX_TEXT_BYTES // 1_000_000} MB")
        data = file.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"{shown}: byte {error.start} is not UTF-8"
        raise DraftError(problem, hint="save it as UTF-8") from error
