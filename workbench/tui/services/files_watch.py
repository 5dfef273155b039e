"""Detects changed files by size and modification time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.workspace import Workspace

_Mark = tuple[int, int, int, int]


class FilesWatch:
    """Size and times of files at the last check. Reads no contents; call it in a thread, as a disk
    may be slow.
    """

    def __init__(self, paths: Callable[[], Iterable[Path]]) -> None:
        """`paths` lists the files again at each check."""
        self._paths = paths
        self._known: dict[Path, _Mark] | None = None

    def changed(self) -> bool:
        """Whether one came, went or changed since the last call; the first call says no."""
        before, self._known = self._known, dict(self._marks())
        return before is not None and before != self._known

    def _marks(self) -> Iterator[tuple[Path, _Mark]]:
        for path in self._paths():
            try:
                stat = path.stat()
            except OSError:
                continue  # deleted since it was listed
            yield path, (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)


def files_of_suites(workspace: Workspace) -> Iterator[Path]:
    """Every suite.yaml and the files next to it or below: cases and schemas."""
    for suite in workspace.suite_paths():
        folder = suite.parent
        # For a suite in the workspace root, rglob would list the whole workspace.
        yield from folder.iterdir() if folder == workspace.root else folder.rglob("*")
