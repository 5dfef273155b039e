"""Cases written back into a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Case
from workbench.datasets.writer import add_case, free_id, parse_value, remove_case, replace_case
from workbench.errors import DatasetError

FIRST = '{"id": "t-1",   "inputs": {"ticket": "one"}, "expected": "bug", "note": "kept"}\n'
SECOND = '{"expected": "billing", "ticket": "flat", "id": "t-2"}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "cases.jsonl"
    file.write_text(FIRST + "\n" + SECOND, encoding="utf-8")
    return file


def test_an_added_case_is_one_more_line_and_the_others_stay_as_they_were(path: Path) -> None:
    before = path.read_bytes()
    add_case(path, Case("t-3", {"ticket": "drei 漢字\nnew line"}, None, ("new",), "dev"))
    assert path.read_bytes().startswith(before)
    assert read_dataset(path).cases[-1] == Case(
        "t-3", {"ticket": "drei 漢字\nnew line"}, None, ("new",), "dev"
    )


def test_a_file_without_a_last_line_break_gets_one(path: Path) -> None:
    path.write_text(FIRST.rstrip("\n"))
    add_case(path, Case("t-3", {"ticket": "three"}))
    assert [case.id for case in read_dataset(path).cases] == ["t-1", "t-3"]


def test_a_changed_case_keeps_its_place_and_what_it_does_not_know(path: Path) -> None:
    replace_case(path, Case("t-1", {"ticket": "changed"}, "bug"))
    lines = path.read_text().splitlines()
    assert '"note": "kept"' in lines[0]
    assert lines[2] + "\n" == SECOND
    assert read_dataset(path).cases[0].inputs == {"ticket": "changed"}


def test_a_deleted_case_is_one_line_less_and_the_others_stay_as_they_were(path: Path) -> None:
    with pytest.raises(DatasetError, match="no case 't-9'"):
        remove_case(path, "t-9")
    remove_case(path, "t-1")
    assert path.read_text() == "\n" + SECOND
    with pytest.raises(DatasetError, match="its only case"):
        remove_case(path, "t-2")
    assert path.read_text() == "\n" + SECOND


def test_a_flat_row_becomes_one_with_inputs(path: Path) -> None:
    replace_case(path, Case("t-2", {"ticket": "changed"}, "billing"))
    assert read_dataset(path).cases[1] == Case("t-2", {"ticket": "changed"}, "billing")


def test_a_case_can_get_another_id_but_not_a_taken_one(path: Path) -> None:
    replace_case(path, Case("t-9", {"ticket": "one"}), case_id="t-1")
    assert [case.id for case in read_dataset(path).cases] == ["t-9", "t-2"]
    with pytest.raises(DatasetError, match="t-2"):
        replace_case(path, Case("t-2", {"ticket": "one"}), case_id="t-9")
    with pytest.raises(DatasetError, match="already"):
        add_case(path, Case("t-9", {"ticket": "one"}))


def test_a_case_that_is_gone_cannot_be_changed(path: Path) -> None:
    with pytest.raises(DatasetError, match="no case"):
        replace_case(path, Case("t-7", {"ticket": "one"}))


def test_a_case_that_could_not_be_read_again_is_not_written(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(DatasetError):
        add_case(path, Case("t-3", {}))
    with pytest.raises(DatasetError):
        add_case(path, Case("t-3", {"ticket": "\ud800"}))
    assert path.read_bytes() == before


def test_other_formats_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text("id,ticket\n1,x\n")
    with pytest.raises(DatasetError, match=r"\.jsonl"):
        add_case(file, Case("2", {"ticket": "y"}))


@pytest.mark.parametrize(
    ("taken", "like", "free"),
    [
        (["t-1", "t-2"], "t-1", "t-3"),
        (["t-001", "t-119"], "", "t-120"),
        (["t-1", "x-9"], "t-1", "t-2"),
        (["alpha"], "alpha", "alpha-1"),
        ([], "", "case-1"),
        (["9" * 40], "9" * 40, "0" * 39 + "1"),
    ],
)
def test_a_free_id_looks_like_its_neighbours(taken: list[str], like: str, free: str) -> None:
    assert free_id(taken, like) == free


@given(st.lists(st.text(min_size=1, max_size=6), max_size=30), st.text(max_size=6))
def test_a_free_id_is_free(taken: list[str], like: str) -> None:
    assert free_id(taken, like) not in taken


def test_what_starts_like_json_must_be_json() -> None:
    assert parse_value('{"a": [1]}') == {"a": [1]}
    assert parse_value(" plain {text}") == " plain {text}"
    assert parse_value("  ") is None
    with pytest.raises(DatasetError):
        parse_value("{half")
