"""Reads the dataset that a suite declares."""

from __future__ import annotations

from pathlib import Path

from workbench.datasets.readers import READERS, dataset_from_rows, decode, read_dataset
from workbench.datasets.sources.spec import DatasetSpec
from workbench.datasets.values import Dataset
from workbench.errors import DatasetError, SuiteError


def read_source(spec: DatasetSpec, suite: Path) -> Dataset:
    """The dataset that the suite's file declares. Raises SuiteError or DatasetError."""
    return read_dataset(beside(suite, spec.path))


def beside(suite: Path, name: str) -> Path:
    """The dataset's path, resolved; must lie below the suite's folder. Raises SuiteError."""
    folder = suite.parent.resolve()
    dataset = (folder / name).resolve()
    if not dataset.is_relative_to(folder):
        raise SuiteError(f"{suite}: dataset {name!r} lies outside {folder}", hint="put it beside")
    return dataset


def source_path(spec: DatasetSpec, suite: Path) -> Path:
    """The file or folder in the workspace that the suite names. Raises SuiteError."""
    return beside(suite, spec.path)


def read_bytes(spec: DatasetSpec, suite: Path, data: bytes, where: str) -> Dataset:
    """The dataset in an earlier content of the suite's file. Raises DatasetError."""
    path = source_path(spec, suite)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DatasetError(f"{path}: no reader for {path.suffix!r}")
    return dataset_from_rows(path.stem, reader(decode(data, where), where), where)
