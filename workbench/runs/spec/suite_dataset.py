"""Reads the key `dataset` of suite.yaml: a path, or a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.datasets.readers import XLSX
from workbench.datasets.sources.addresses import address_problem, is_address
from workbench.datasets.sources.spec import DELTA, DVC, GIT, HUGGINGFACE, OBJECT, DatasetSpec
from workbench.errors import SuiteError
from workbench.typed_tables import read_table

_ONLY = {"version": (GIT, DVC, DELTA, OBJECT), "config": (HUGGINGFACE,)}
"""The sources that a key is for."""


def dataset_spec(value: Any, where: str) -> DatasetSpec:
    """What the suite says about its dataset. Raises SuiteError."""
    if isinstance(value, str) and value:
        return DatasetSpec(value)
    if not value:
        raise SuiteError(f"{where}: dataset is missing")
    where = f"{where}: dataset"
    if not isinstance(value, Mapping):
        raise SuiteError(f"{where}: a path is needed, or a mapping with one", hint="path: ...")
    version = value.get("version")
    if value.get("source") == DELTA and type(version) is int and version >= 0:
        value = {**value, "version": str(version)}
    spec = read_table(DatasetSpec, value, where, SuiteError)
    for name, sources in _ONLY.items():
        if name in value and spec.source not in sources:
            raise SuiteError(f"{where}: {name} is for the source {' or '.join(sources)} alone")
    if "sheet" in value and not spec.path.lower().endswith(XLSX):
        raise SuiteError(f"{where}: sheet is for {XLSX} files alone")
    if "inputs" in spec.columns:
        raise SuiteError(f"{where}.columns: name each input", hint="columns: {ticket: COLUMN}")
    _check_path(spec.path, spec.source, where)
    return spec


def _check_path(path: str, source: str, where: str) -> None:
    if source == OBJECT and not is_address(path):
        raise SuiteError(f"{where}: path must be an address", hint="path: s3://bucket/cases.jsonl")
    if source in (OBJECT, DELTA) and is_address(path) and (problem := address_problem(path)):
        raise SuiteError(f"{where}: {problem}")
    if source not in (OBJECT, DELTA) and is_address(path):
        raise SuiteError(f"{where}: {path} is an address", hint=f"source: {OBJECT} reads it")
