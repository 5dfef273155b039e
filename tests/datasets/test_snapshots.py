"""Manifests of snapshots, changes between two, and cases written back into files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.readers import read_dataset
from workbench.datasets.snapshots.changes import changes_between
from workbench.datasets.snapshots.manifest import (
    numbers_in,
    packed_ranges,
    ranges_of,
    unpacked_ranges,
)
from workbench.datasets.snapshots.writing import written
from workbench.datasets.values import Case, Dataset
from workbench.errors import UsageError

NUMBERS = st.lists(st.integers(1, 60), unique=True)


@given(NUMBERS, NUMBERS)
def test_a_list_of_cases_survives_as_ranges_of_any_other(
    numbers: list[int], parent: list[int]
) -> None:
    ranges = unpacked_ranges(packed_ranges(ranges_of(numbers, parent)))
    assert list(numbers_in(ranges, parent)) == numbers


def test_one_changed_case_of_many_takes_three_ranges() -> None:
    before = list(range(1, 10_001))
    after = [*before[:5000], 10_001, *before[5001:]]
    assert ranges_of(after, before) == [0, 5000, -10_001, 1, 5001, 4999]


def test_changes_name_the_fields_that_differ_down_to_a_numbers_type() -> None:
    old = Case("a", {"n": 1, "text": "same"}, "x", ("vip",))
    new = Case("a", {"n": 1.0, "text": "same", "more": "y"}, "z", ("vip",), "gate")
    changes = changes_between([old, Case("gone", {"n": 2})], [new, Case("new", {"n": 3})])
    assert [case.id for case in changes.added] == ["new"]
    assert [case.id for case in changes.removed] == ["gone"]
    assert set(changes.changed[0].fields()) == {
        ("inputs.n", 1, 1.0),
        ("inputs.more", None, "y"),
        ("expected", "x", "z"),
        ("split", None, "gate"),
    }
    assert next(repr(pair) for _, *pair in changes.changed[0].fields()) == "[1, 1.0]"


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".jsonl", '{"id": "a", "inputs": {"t": "one", "n": 1.50}, "tags": ["x"], "extra": 1}\n'),
        (".json", '[{"id": "a", "inputs": {"t": "one", "n": 1e3}, "expected": [1, null]}]'),
        (".csv", "id,t,expected,tags,split\na,one,true,\"x,y\",gate\nb,\"zwei\n, drei\",,,dev\n"),
        (".tsv", "id\tt\texpected\na\tone, two\t1.50\n"),
        (".yaml", "- {id: a, inputs: {t: one, n: 1.50}, expected: 2}\n"),
    ],
)  # fmt: skip
def test_cases_written_back_read_as_the_same_dataset(
    tmp_path: Path, suffix: str, text: str
) -> None:
    path = tmp_path / f"cases{suffix}"
    path.write_text(text, encoding="utf-8")
    before = read_dataset(path)
    path.write_text("not what it was", encoding="utf-8")
    path.write_text(written(path, before.cases, before.fingerprint), encoding="utf-8")
    assert read_dataset(path).fingerprint == before.fingerprint


def test_lines_of_the_same_cases_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    kept = '{"id": "a",  "inputs": {"t": "one"}, "note": "of nobody\'s concern"}'
    path.write_text(kept + '\n{"id": "b", "inputs": {"t": "edited"}}\n', encoding="utf-8")
    cases = (Case("b", {"t": "two"}), Case("a", {"t": "one"}))
    text = written(path, cases, Dataset("cases", cases).fingerprint)
    assert text.split("\n") == ['{"id": "b", "inputs": {"t": "two"}}', kept, ""]


def test_a_format_that_cannot_hold_the_cases_is_refused(tmp_path: Path) -> None:
    cases = (Case("a", {"t": {"deep": 1}}),)
    with pytest.raises(UsageError, match=r"\.csv cannot hold these cases"):
        written(tmp_path / "cases.csv", cases, Dataset("cases", cases).fingerprint)
