"""Turns a source's rows into the cases that a suite declares: columns, filters, splits, samples."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from workbench.datasets.case_checks import case_checks
from workbench.datasets.json_values import as_text
from workbench.datasets.questions import as_json
from workbench.datasets.readers import Part, Row
from workbench.datasets.sources.spec import DatasetSpec, Sample
from workbench.datasets.values import CASE_KEYS, CHECKS, Case, Dataset
from workbench.errors import DatasetError
from workbench.json_text import without_spelling
from workbench.suggestions import did_you_mean
from workbench.units import plural

_HASHED = 8
"""Bytes of a digest that are read as a number in [0, 1)."""


def mapped_rows(rows: Iterator[Row], spec: DatasetSpec, where: str) -> Iterator[Row]:
    """The rows with the suite's columns and groups. Raises DatasetError for an unknown column."""
    if not spec.columns and not spec.group:
        yield from rows
        return
    for place, row in rows:
        made = _mapped(row, spec.columns, f"{where}: {place}") if spec.columns else dict(row)
        if spec.group:
            made["group"] = as_text(_column(row, spec.group, f"{where}: {place}", "group"))
        yield place, made


def part_of(spec: DatasetSpec) -> Part:
    """What the suite's columns need of a table."""
    if not {*spec.columns} - CASE_KEYS:
        return Part(sheet=spec.sheet)
    group = {spec.group} if spec.group else set()
    return Part(frozenset({*spec.columns.values(), *group}), spec.sheet)


def selected(dataset: Dataset, spec: DatasetSpec) -> Dataset:
    """The cases that the suite takes, in their order, in its splits. Raises DatasetError when none
    is left.
    """
    cases = dataset.cases
    notes = list(dataset.notes)
    if spec.split.renamed:
        cases = _renamed(cases, spec.split.renamed, dataset)
    if spec.where:
        cases = tuple(case for case in cases if _matches(case, spec.where))
        notes.append(f"where takes {len(cases):,} of {plural(len(dataset.cases), 'case')}")
        if not cases:
            raise _nothing_matches(dataset, spec.where)
    if spec.split.shares:
        cases = tuple(
            case if case.split else replace(case, split=split_of(case, spec.split.shares))
            for case in cases
        )
    if spec.sample is not None:
        if spec.sample.n < len(cases):
            notes.append(f"a sample of {spec.sample.n:,} of {plural(len(cases), 'case')}")
        cases = sampled(cases, spec.sample)
    return replace(dataset, cases=cases, notes=tuple(notes))


def split_of(case: Case, shares: Mapping[str, float]) -> str:
    """The split of a case by a hash of its group, or of its inputs where it has none.

    It depends on no other case, so that a new one never moves an old one, and cases that are not
    independent (a group, equal inputs) are never divided among splits.
    """
    at = _fraction("split", _independent(case))
    total = 0.0
    for name, share in shares.items():
        total += share
        if at < total:
            return name
    return list(shares)[-1]  # the shares may add up to a little less than 1


def sampled(cases: tuple[Case, ...], sample: Sample) -> tuple[Case, ...]:
    """As many cases as the sample has, in their order.

    The cases with the smallest hashes are taken: a new case takes the place of one other at most.
    """
    if sample.n >= len(cases):
        return cases
    ranked = sorted(cases, key=lambda case: _fraction(f"sample {sample.seed}", _own(case)))
    taken = {case.id for case in ranked[: sample.n]}
    return tuple(case for case in cases if case.id in taken)


def _mapped(row: Mapping[str, Any], columns: Mapping[str, str], where: str) -> dict[str, Any]:
    """A row of the mapped inputs; other fields of a case are kept under their own names."""
    made: dict[str, Any] = {
        key: row[key] for key in CASE_KEYS - {"inputs"} if key in row and key not in columns
    }
    checks = case_checks(row, where)
    if checks:
        made[CHECKS] = list(checks)
    inputs: dict[str, Any] = {}
    for name, column in columns.items():
        (made if name in CASE_KEYS else inputs)[name] = _column(row, column, where, name)
    if not any(name not in CASE_KEYS for name in columns):
        taken = {*columns.values(), *made.keys() & {CHECKS}}
        own = row.get("inputs")
        inputs = (
            {key: value for key, value in row.items() if key not in CASE_KEYS | taken}
            if not isinstance(own, Mapping)
            else {key: value for key, value in own.items() if key not in taken}
        )
    return {**made, "inputs": inputs}


def _column(row: Mapping[str, Any], column: str, where: str, name: str) -> Any:
    """The value of a column, which may also be one of the row's inputs."""
    own = row.get("inputs")
    for values in (row, own if isinstance(own, Mapping) else {}):
        if column in values:
            return values[column]
    known = [*row, *(own if isinstance(own, Mapping) else ())]
    hint = did_you_mean(column, map(str, known))
    raise DatasetError(f"{where}: no column {column!r}, which is to be {name}", hint=hint)


def _renamed(
    cases: tuple[Case, ...], renamed: Mapping[str, str], dataset: Dataset
) -> tuple[Case, ...]:
    for name, old in renamed.items():
        if old not in dataset.splits:
            raise DatasetError(
                f"{dataset.source}: no split {old!r}, which is to be {name}",
                hint=did_you_mean(old, dataset.splits),
            )
    names = {old: name for name, old in renamed.items()}
    return tuple(replace(case, split=names.get(case.split or "", case.split)) for case in cases)


def _matches(case: Case, where: Mapping[str, tuple[str, ...]]) -> bool:
    return all(
        any(value in wanted for value in _values(case, field)) for field, wanted in where.items()
    )


def _values(case: Case, field: str) -> Iterator[str]:
    value = case.tags if field == "tags" else case.inputs.get(field)
    if field in CASE_KEYS - {"inputs", "tags"}:
        value = getattr(case, field)
    for item in value if isinstance(value, (list, tuple)) else (value,):
        if item is not None:
            yield as_text(item)


def _nothing_matches(dataset: Dataset, where: Mapping[str, tuple[str, ...]]) -> DatasetError:
    for field, wanted in where.items():
        there = {value for case in dataset.cases for value in _values(case, field)}
        if not there & {*wanted}:
            hint = did_you_mean(wanted[0], there) if there else f"no case has {field}"
            return DatasetError(
                f"{dataset.source}: where: no case has {field} {' or '.join(wanted)}", hint=hint
            )
    return DatasetError(f"{dataset.source}: where: no case fulfils all of it")


def _independent(case: Case) -> str:
    return case.group if case.group is not None else as_json(without_spelling(case.inputs))


def _own(case: Case) -> str:
    return as_json(without_spelling(case.inputs))


def _fraction(purpose: str, text: str) -> float:
    """A number in [0, 1) from a hash of the text."""
    digest = hashlib.sha256(f"{purpose}\0{text}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:_HASHED]) / float(1 << 8 * _HASHED)
