"""Reads the key `dataset` of suite.yaml: a path, or a mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.datasets.readers import XLSX
from workbench.datasets.sources.addresses import address_problem, is_address
from workbench.datasets.sources.spec import (
    DELTA,
    DVC,
    FILE,
    GIT,
    HUGGINGFACE,
    KINDS,
    OBJECT,
    DatasetSpec,
    Sample,
)
from workbench.errors import SuiteError
from workbench.suggestions import did_you_mean
from workbench.typed_tables import check_keys

BY_HASH = "hash"
_KEYS = (
    "path", "source", "version", "config", "sheet", "columns", "where", "group", "split", "sample",
)  # fmt: skip
_ONLY = {"version": (GIT, DVC, DELTA, OBJECT), "config": (HUGGINGFACE,)}
"""The sources that a key is for."""
_PER_CENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%")
_MOST_SAMPLED = 10**9
_TOLERANCE = 1e-6
"""How much shares may differ from 1 together: 33.3333 % thrice."""


def dataset_spec(value: Any, where: str) -> DatasetSpec:
    """What the suite says about its dataset. Raises SuiteError."""
    if isinstance(value, str) and value:
        return DatasetSpec(value)
    if not value:
        raise SuiteError(f"{where}: dataset is missing")
    where = f"{where}: dataset"
    if not isinstance(value, Mapping):
        raise SuiteError(f"{where}: a path is needed, or a mapping with one", hint="path: ...")
    check_keys(value, _KEYS, where, SuiteError)
    source = value.get("source", FILE)
    if source not in KINDS:
        raise SuiteError(f"{where}: no source {source!r}", hint=did_you_mean(str(source), KINDS))
    for key, sources in _ONLY.items():
        if key in value and source not in sources:
            raise SuiteError(f"{where}: {key} is for the source {' or '.join(sources)} alone")
    if "sheet" in value and not str(value.get("path")).lower().endswith(XLSX):
        raise SuiteError(f"{where}: sheet is for {XLSX} files alone")
    shares, renamed = _split(value.get("split"), f"{where}.split")
    return DatasetSpec(
        path=_path(value, source, where),
        source=source,
        version=_version(value, source, where),
        config=_text(value, "config", where),
        sheet=_text(value, "sheet", where),
        columns=_columns(value.get("columns"), f"{where}.columns"),
        where=_filter(value.get("where"), f"{where}.where"),
        group=_text(value, "group", where),
        shares=shares,
        renamed=renamed,
        sample=_sample(value.get("sample"), f"{where}.sample"),
    )


def _path(value: Mapping[str, Any], source: str, where: str) -> str:
    path = _text(value, "path", where, needed=True)
    if source == OBJECT and not is_address(path):
        raise SuiteError(f"{where}: path must be an address", hint="path: s3://bucket/cases.jsonl")
    if source in (OBJECT, DELTA) and is_address(path) and (problem := address_problem(path)):
        raise SuiteError(f"{where}: {problem}")
    if source not in (OBJECT, DELTA) and is_address(path):
        raise SuiteError(f"{where}: {path} is an address", hint=f"source: {OBJECT} reads it")
    return path


def _version(value: Mapping[str, Any], source: str, where: str) -> str:
    version = value.get("version")
    is_number = isinstance(version, int) and not isinstance(version, bool) and version >= 0
    return str(version) if source == DELTA and is_number else _text(value, "version", where)


def _columns(value: Any, where: str) -> dict[str, str]:
    columns = _mapping(value, where)
    for name, column in columns.items():
        if not isinstance(column, str) or not column:
            raise SuiteError(f"{where}: {name}: {column!r} is no column", hint=f"{name}: COLUMN")
        if name == "inputs":
            raise SuiteError(f"{where}: name each input", hint="columns: {ticket: COLUMN}")
    return dict(columns)


def _filter(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    wanted = {}
    for field, given in _mapping(value, where).items():
        values = given if isinstance(given, list) else [given]
        if not values or any(isinstance(one, (Mapping, list)) or one is None for one in values):
            raise SuiteError(f"{where}.{field}: a value, or a list of values", hint="tags: vip")
        wanted[field] = tuple(map(as_text, values))
    return wanted


def _split(value: Any, where: str) -> tuple[dict[str, float], dict[str, str]]:
    """Shares by split, or names of the file's splits by split."""
    parts = dict(_mapping(value, where))
    by = parts.pop("by", None)
    if not parts:
        if value:
            raise SuiteError(
                f"{where} names no split", hint="split: {gate: 50 %, dev: 50 %, by: hash}"
            )
        return {}, {}
    shares = {name: _share(given) for name, given in parts.items()}
    given = {name: share for name, share in shares.items() if share is not None}
    if not given:
        if by is not None:
            raise SuiteError(f"{where}.by goes with shares", hint="gate: 50 %, dev: 50 %, by: hash")
        if not all(isinstance(name, str) and name for name in parts.values()):
            raise SuiteError(f"{where}: shares or names of the file's splits", hint="gate: test")
        if len({*parts.values()}) < len(parts):
            raise SuiteError(f"{where}: one split of the file cannot become two")
        return {}, parts
    if len(given) < len(shares) or abs(sum(given.values()) - 1) > _TOLERANCE:
        raise SuiteError(f"{where}: the shares must make 100 %", hint="gate: 50 %, dev: 50 %")
    if by not in (None, BY_HASH):
        raise SuiteError(f"{where}.by cannot be {by!r}", hint=f"by: {BY_HASH}")
    return given, {}


def _share(value: Any) -> float | None:
    """`50 %` or 0.5 as a share; None for anything else."""
    match = _PER_CENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        return float(match[1]) / 100
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None


def _sample(value: Any, where: str) -> Sample | None:
    if value is None:
        return None
    given = {"n": value} if isinstance(value, int) else _mapping(value, where)
    check_keys(given, ("n", "seed"), where, SuiteError)
    n, seed = given.get("n"), given.get("seed", 0)
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= _MOST_SAMPLED:
        raise SuiteError(f"{where}.n must be a whole number of cases", hint="{n: 200, seed: 1}")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise SuiteError(f"{where}.seed must be a whole number, not {seed!r}")
    return Sample(n, seed)


def _text(value: Mapping[str, Any], key: str, where: str, *, needed: bool = False) -> str:
    text = value.get(key, "")
    if not isinstance(text, str) or (needed and not text):
        # A commit of digits alone is a number in YAML, without its leading zeros.
        raise SuiteError(
            f"{where}: {key} must be a text, not {text!r}"
            if key in value
            else f"{where}: no {key}",
            hint=f'{key}: "..."',
        )
    return text


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise SuiteError(f"{where} must be a mapping")
    return value
