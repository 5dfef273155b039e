"""Earlier contents of a dataset's file: in git, and in DVC's cache by the digests in git."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.datasets.sources.dvc import LOCK, read_tracked
from workbench.datasets.sources.git import commits_of, contents_in_history
from workbench.errors import DatasetError


def earlier_contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every earlier content that can be had, with its place."""
    yield from contents_in_history(path)
    root = next((folder for folder in path.parents if (folder / ".dvc").is_dir()), None)
    if root is None:
        return
    inside = [folder for folder in path.parents if folder.is_relative_to(root)]
    places = (path, *inside[:-1])
    pointers = [place.with_name(f"{place.name}.dvc") for place in places]
    seen = set()
    for rev in ("", *commits_of(*pointers, *(folder / LOCK for folder in inside))):
        try:
            md5, data = read_tracked(path, rev, cached=True)
        except DatasetError:
            continue  # not tracked then, or not in the cache
        if md5 not in seen:
            seen.add(md5)
            yield f"{path} (dvc {md5[:12]})", data
