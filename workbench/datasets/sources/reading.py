"""Reads the dataset that a suite declares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workbench.datasets.readers import Row, dataset_from_rows, read_dataset, read_rows, rows_in
from workbench.datasets.sources.mapping import mapped_rows, selected
from workbench.datasets.sources.spec import DVC, GIT, HUGGINGFACE, DatasetSpec, source_path
from workbench.datasets.values import Dataset


def read_source(spec: DatasetSpec, suite: Path) -> Dataset:
    """The dataset that the suite's file declares. Raises SuiteError or DatasetError."""
    path = source_path(spec, suite)
    if spec.is_plain:
        return read_dataset(path)
    rows, where = _rows(spec, path)
    return _dataset(spec, path, rows, where)


def read_bytes(spec: DatasetSpec, suite: Path, data: bytes, where: str) -> Dataset:
    """The dataset in an earlier content of the suite's file. Raises DatasetError."""
    path = source_path(spec, suite)
    return _dataset(spec, path, rows_in(path, data, where), where)


def _dataset(spec: DatasetSpec, path: Path, rows: Iterator[Row], where: str) -> Dataset:
    return selected(dataset_from_rows(path.stem, mapped_rows(rows, spec, where), where), spec)


def _rows(spec: DatasetSpec, path: Path) -> tuple[Iterator[Row], str]:
    """The source's rows, and its name for messages: with its version, where it has one."""
    if spec.source == GIT:
        from workbench.datasets.sources.git import read_at

        commit, data = read_at(path, spec.version or "HEAD")
        where = f"{path} (git {commit[:12]})"
        return rows_in(path, data, where), where
    if spec.source == DVC:
        from workbench.datasets.sources.dvc import read_tracked

        md5, data = read_tracked(path, spec.version)
        where = f"{path} (dvc {md5[:12]})"
        return rows_in(path, data, where), where
    if spec.source == HUGGINGFACE:
        from workbench.datasets.sources.huggingface import read_folder

        return read_folder(path, spec.config), str(path)
    return read_rows(path), str(path)
