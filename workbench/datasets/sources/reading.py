"""Reads the dataset that a suite declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from workbench.datasets.readers import (
    Row,
    dataset_from_rows,
    read_dataset,
    read_rows,
    rows_in,
)
from workbench.datasets.sources.mapping import mapped_rows, part_of, selected
from workbench.datasets.sources.spec import DVC, GIT, HUGGINGFACE, DatasetSpec, source_path
from workbench.datasets.values import Dataset
from workbench.fingerprints import short


def read_source(spec: DatasetSpec, suite: Path) -> Dataset:
    """The dataset that the suite's file declares. Raises SuiteError or DatasetError."""
    path = source_path(spec, suite)
    if spec.is_plain:
        return read_dataset(path)
    rows, version = _rows(spec, path)
    kind, _, digest = version.partition(" ")
    where = f"{path} ({kind} {short(digest)})" if version else str(path)
    return replace(_dataset(spec, path, rows, where), version=version)


def read_bytes(spec: DatasetSpec, suite: Path, data: bytes, where: str) -> Dataset:
    """The dataset in an earlier content of the suite's file. Raises DatasetError."""
    path = source_path(spec, suite)
    return _dataset(spec, path, rows_in(path, data, where, part_of(spec)), where)


def moved_on(spec: DatasetSpec, suite: Path) -> str:
    """What the source is now, where the suite pins an older version of it; else empty.

    Raises SuiteError or DatasetError.
    """
    if not spec.version:
        return ""
    path = source_path(spec, suite)
    pinned, now = _versioned(spec, path, spec.version), _versioned(spec, path, "HEAD")
    return "" if pinned[1] == now[1] else now[0]


def _dataset(spec: DatasetSpec, path: Path, rows: Iterator[Row], where: str) -> Dataset:
    return selected(dataset_from_rows(path.stem, mapped_rows(rows, spec, where), where), spec)


def _rows(spec: DatasetSpec, path: Path) -> tuple[Iterator[Row], str]:
    """The source's rows, and its version where it has one."""
    if spec.source in (GIT, DVC):
        rev = spec.version or ("HEAD" if spec.source == GIT else "")
        version, data = _versioned(spec, path, rev)
        return rows_in(path, data, f"{path} ({version})", part_of(spec)), version
    if spec.source == HUGGINGFACE:
        from workbench.datasets.sources.huggingface import read_folder

        return read_folder(path, spec.config, part_of(spec)), ""
    return read_rows(path, part_of(spec)), ""


def _versioned(spec: DatasetSpec, path: Path, rev: str) -> tuple[str, bytes]:
    """The version and the content of a file as of a revision."""
    if spec.source == GIT:
        from workbench.datasets.sources.git import read_at

        commit, data = read_at(path, rev)
        return f"{GIT} {commit}", data
    from workbench.datasets.sources.dvc import read_tracked

    md5, data = read_tracked(path, rev)
    return f"{DVC} {md5}", data
