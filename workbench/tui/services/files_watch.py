"""Notices that files were changed on disk, by their sizes and times alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.workspace import Workspace

_Mark = tuple[int, int, int, int]


class FilesWatch:
    """What files looked like when they were last looked at. Nothing is read; to be called in a
    thread, for a disk may be slow.
    """

    def __init__(self, paths: Callable[[], Iterable[Path]]) -> None:
        """`paths` lists them anew at each look."""
        self._paths = paths
        self._known: dict[Path, _Mark] | None = None

    def changed(self) -> bool:
        """Whether one came, went or changed since the last call; the first call says no."""
        before, self._known = self._known, dict(self._marks())
        return before is not None and before != self._known

    def _marks(self) -> Iterator[tuple[Path, _Mark]]:
        for path in self._paths():
            try:
                found = path.stat()
            except OSError:
                continue  # gone since it was listed: it counts as gone
            yield path, (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def files_of_suites(workspace: Workspace) -> Iterator[Path]:
    """Every suite.yaml, and what lies beside it or below: its cases, its schemas."""
    for suite in workspace.suite_paths():
        folder = suite.parent
        # A suite in the workspace's own folder: below that lies everything else, too.
        yield from folder.iterdir() if folder == workspace.root else folder.rglob("*")
