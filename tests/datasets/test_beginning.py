"""A few cases of a large file are read without the rest of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.datasets.tables_made import parquet
from workbench.datasets.readers import read_dataset
from workbench.datasets.sources.beginning import first_cases, with_note
from workbench.datasets.streaming import blocks
from workbench.errors import DatasetError


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """100 cases of the gate, then 100 of dev, each asked twice."""
    monkeypatch.setattr(blocks, "LARGE_BYTES", 1000)
    file = tmp_path / "cases.jsonl"
    rows = [
        {"id": f"{split}{n}", "inputs": {"t": f"ticket {n // 2}"}, "split": split}
        for split in ("gate", "dev")
        for n in range(100)
    ]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return file


def test_the_first_distinct_cases_of_a_split_are_those_of_the_whole_file(path: Path) -> None:
    from workbench.datasets.distinct import distinct

    for split in ("gate", "dev", "all"):
        whole = distinct(read_dataset(path).only(split).cases)
        first = first_cases(path, 30, split)
        assert first is not None
        assert distinct(first.cases)[:30] == whole[:30]
        assert first.rows == 200
        assert first.place_of(first.cases[0]) == read_dataset(path).place_of(first.cases[0])
    dev = first_cases(path, 3, "dev")
    assert dev is not None and len(dev.cases) < 30
    assert "of 200 rows only the first" in with_note(dev).notes[-1]


def test_the_first_cases_of_a_parquet_file_are_those_of_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "LARGE_PACKED_BYTES", 100)
    query = (
        "SELECT 'ticket ' || i // 2 AS t, CASE WHEN i < 100 THEN 'gate' ELSE 'dev' END AS split"
        " FROM range(200) t(i)"
    )
    path = parquet(tmp_path / "cases.parquet", query)
    whole = read_dataset(path)
    for split in ("gate", "dev", "all"):
        first = first_cases(path, 5, split)
        assert first is not None
        assert first.cases == whole.only(split).cases[: len(first.cases)]
        assert first.rows == 200
        assert first.place_of(first.cases[0]) == whole.place_of(first.cases[0])


def test_what_comes_after_is_not_read_and_what_is_read_is_checked(path: Path) -> None:
    text = path.read_text()
    path.write_text(text + "{broken\n")
    assert first_cases(path, 5, "gate") is not None
    path.write_text("{broken\n" + text)
    with pytest.raises(DatasetError, match="line 1: column"):
        first_cases(path, 5, "all")


def test_rows_without_ids_are_named_as_in_the_whole_file(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [json.dumps({k: v for k, v in row.items() if k != "id"}) for row in rows]
    path.write_text("\n\n".join(lines))
    first = first_cases(path, 5, "dev")
    assert first is not None
    assert first.cases == read_dataset(path).only("dev").cases[: len(first.cases)]


def test_without_such_a_split_the_first_cases_are_taken(path: Path) -> None:
    first = first_cases(path, 5, "other")
    assert first is not None and first.cases[0].id == "gate0"


def test_a_split_written_with_escapes_is_found(path: Path) -> None:
    row = '{"id": "x", "inputs": {"t": "late"}, "split": "\\u0073mall"}\n'
    path.write_text(path.read_text() + row)
    first = first_cases(path, 5, "small")
    assert first is not None and [case.id for case in first.cases] == ["x"]


def test_other_files_are_read_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_cases(path.rename(path.with_suffix(".json")), 5, "all") is None
    monkeypatch.setattr(blocks, "LARGE_BYTES", 10**9)
    path.write_text("{}")
    assert first_cases(path, 5, "all") is None
    assert first_cases(path.with_name("none.jsonl"), 5, "all") is None
