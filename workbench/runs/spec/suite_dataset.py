"""Reads the key `dataset` of suite.yaml: a path, or a mapping."""

from __future__ import annotations

from typing import Any

from workbench.datasets.sources.spec import DatasetSpec
from workbench.errors import SuiteError


def dataset_spec(value: Any, where: str) -> DatasetSpec:
    """What the suite says about its dataset. Raises SuiteError."""
    if isinstance(value, str) and value:
        return DatasetSpec(value)
    raise SuiteError(f"{where}: dataset is missing")
