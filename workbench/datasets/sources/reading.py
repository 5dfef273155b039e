"""Reads the dataset that a suite declares, as it is and as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.child_process.source import workspace_of
from workbench.datasets.readers import (
    Part,
    Row,
    dataset_from_rows,
    read_dataset,
    read_rows,
    rows_in,
)
from workbench.datasets.sources.addresses import check_trusted, is_address
from workbench.datasets.sources.mapping import mapped_rows, part_of, selected
from workbench.datasets.sources.spec import (
    DELTA,
    DVC,
    GIT,
    HUGGINGFACE,
    OBJECT,
    DatasetSpec,
    source_path,
)
from workbench.datasets.values import Dataset
from workbench.errors import DatasetError
from workbench.fingerprints import short

if TYPE_CHECKING:
    from workbench.datasets.sources.delta import DeltaSource
    from workbench.datasets.sources.object_store import StoredObject

_DIGESTS = (GIT, DVC)
"""Sources whose versions are digests, of which messages show the beginning."""


def read_source(spec: DatasetSpec, suite: Path) -> Dataset:
    """The dataset that the suite's file declares.

    Raises SuiteError, DatasetError, ExtraMissing, or UntrustedWorkspace.
    """
    path = source_path(spec, suite)
    if spec.is_plain:
        return read_dataset(path)
    rows, version = _rows(spec, suite, path)
    kind, _, name = version.partition(" ")
    shown = short(name) if kind in _DIGESTS else name
    where = f"{_place(spec, path)} ({kind} {shown})" if version else str(path)
    return replace(_dataset(spec, path, rows, where), version=version)


def moved_on(spec: DatasetSpec, suite: Path) -> str:
    """What the source is now, where the suite pins an older version of it; else empty.

    Raises what `read_source` raises.
    """
    if not spec.version:
        return ""
    path = source_path(spec, suite)
    if spec.source == DELTA:
        table = _table(spec, suite, path)
        now = table.version_of("")
        return "" if table.version_of(spec.version) == now else f"{DELTA} {now}"
    if spec.source == OBJECT:
        stored = _object(spec, suite)
        return "" if stored.is_now(spec.version) else f"{OBJECT} {stored.version_of('')}"
    pinned, now_there = _versioned(spec, path, spec.version), _versioned(spec, path, "HEAD")
    return "" if pinned[1] == now_there[1] else now_there[0]


def earlier_datasets(spec: DatasetSpec, suite: Path) -> Iterator[tuple[Dataset, str]]:
    """Yield what the source's earlier contents read as, each with its place.

    Those that are of another form, broken or no longer kept are left out.
    """
    path = source_path(spec, suite)
    for place, rows in _earlier(spec, suite, path):
        try:
            yield _dataset(spec, path, rows, place), place
        except DatasetError:
            continue


def _earlier(spec: DatasetSpec, suite: Path, path: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    if spec.source == DELTA:
        table = _table(spec, suite, path)
        for number in table.numbers():
            place = f"{_place(spec, path)} ({DELTA} {number})"
            yield place, _later(table, number, part_of(spec))
    elif spec.source == OBJECT:
        stored = _object(spec, suite)
        for version in stored.versions():
            place = f"{spec.path} ({OBJECT} {version})"
            yield place, _in_object(stored, version, path, place, part_of(spec))
    else:
        from workbench.datasets.sources.history import earlier_contents

        for place, data in earlier_contents(path):
            yield place, rows_in(path, data, place, part_of(spec))


def _later(table: DeltaSource, number: int, part: Part) -> Iterator[Row]:
    yield from table.read(number, part.columns)


def _in_object(
    stored: StoredObject, version: str, path: Path, place: str, part: Part
) -> Iterator[Row]:
    yield from rows_in(path, stored.read(version)[1], place, part)


def _dataset(spec: DatasetSpec, path: Path, rows: Iterator[Row], where: str) -> Dataset:
    return selected(dataset_from_rows(path.stem, mapped_rows(rows, spec, where), where), spec)


def _rows(spec: DatasetSpec, suite: Path, path: Path) -> tuple[Iterator[Row], str]:
    """The source's rows, and its version where it has one."""
    part = part_of(spec)
    if spec.source == DELTA:
        table = _table(spec, suite, path)
        number = table.version_of(spec.version)
        return iter(table.read(number, part.columns)), f"{DELTA} {number}"
    if spec.source == OBJECT:
        name, data = _object(spec, suite).read(spec.version)
        version = f"{OBJECT} {name}"
        return rows_in(path, data, f"{spec.path} ({version})", part), version
    if spec.source in (GIT, DVC):
        rev = spec.version or ("HEAD" if spec.source == GIT else "")
        version, data = _versioned(spec, path, rev)
        return rows_in(path, data, f"{path} ({version})", part), version
    if spec.source == HUGGINGFACE:
        from workbench.datasets.sources.huggingface import read_folder

        return read_folder(path, spec.config, part), ""
    return read_rows(path, part), ""


def _table(spec: DatasetSpec, suite: Path, path: Path) -> DeltaSource:
    from workbench.datasets.sources.delta import DeltaSource

    if is_address(spec.path):
        check_trusted(workspace_of(suite), spec.path)
    return DeltaSource(_place(spec, path))


def _object(spec: DatasetSpec, suite: Path) -> StoredObject:
    from workbench.datasets.sources.object_store import StoredObject

    check_trusted(workspace_of(suite), spec.path)
    return StoredObject(spec.path)


def _place(spec: DatasetSpec, path: Path) -> str:
    return spec.path if is_address(spec.path) else str(path)


def _versioned(spec: DatasetSpec, path: Path, rev: str) -> tuple[str, bytes]:
    """The version and the content of a file as of a revision."""
    if spec.source == GIT:
        from workbench.datasets.sources.git import read_at

        commit, data = read_at(path, rev)
        return f"{GIT} {commit}", data
    from workbench.datasets.sources.dvc import read_tracked

    md5, data = read_tracked(path, rev)
    return f"{DVC} {md5}", data
