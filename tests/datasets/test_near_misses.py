"""A column or split that is nearly one that decides is refused, unless a template uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.datasets.near_misses import check_names, name_notes, split_notes
from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Dataset
from workbench.errors import DatasetError


def dataset(folder: Path, text: str, name: str = "c.csv") -> Dataset:
    (folder / name).write_text(text)
    return read_dataset(folder / name)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Split", "split"),
        ("SPLIT", "split"),
        ("splits", "split"),
        ("split:", "split"),
        ("Group", "group"),
        ("groups", "group"),
        ("Expected", "expected"),
        ("expected_", "expected"),
        ("\uff53plit", "split"),
    ],
)
def test_a_near_miss_of_a_key_that_decides_is_refused_with_its_place(
    tmp_path: Path, name: str, key: str
) -> None:
    for made in (
        dataset(tmp_path, f"id,q,{name}\n1,x,y\n"),
        dataset(tmp_path, f'{{"id": "1", "q": "x", "{name}": "y"}}', "c.jsonl"),
        dataset(tmp_path, f'{{"id": "1", "inputs": {{"q": "x"}}, "{name}": "y"}}', "d.jsonl"),
    ):
        with pytest.raises(DatasetError, match=rf"line [12]: '{name}' is read by nothing") as told:
            check_names(made, {"q"})
        assert told.value.hint.startswith(f"did you mean '{key}'?")


def test_a_column_that_a_template_uses_is_an_input_whatever_its_name(tmp_path: Path) -> None:
    made = dataset(tmp_path, "id,q,Group\n1,x,y\n")
    check_names(made, {"q", "Group"})
    assert list(name_notes(made, {"q", "Group"})) == []


def test_a_column_of_another_name_that_says_gate_and_dev_is_refused(tmp_path: Path) -> None:
    made = dataset(tmp_path, "id,q,partition\n1,x,dev\n2,y,Gate\n3,z,\n")
    with pytest.raises(DatasetError, match="'partition' is read by nothing"):
        check_names(made, {"q"})
    check_names(dataset(tmp_path, "id,q,door\n1,x,gate\n2,y,barrier\n"), {"q"})


@pytest.mark.parametrize("split", ["Gate", "GATE", "gates", "Dev", "de v"])
def test_a_split_that_is_nearly_gate_or_dev_is_refused(tmp_path: Path, split: str) -> None:
    made = dataset(tmp_path, f"id,q,split\n1,x,dev\n2,y,{split}\n")
    with pytest.raises(DatasetError, match=f"line 3: case '2' is in a split '{split}'"):
        check_names(made, {"q"})
    check_names(dataset(tmp_path, "id,q,split\n1,x,train\n2,y,test\n"), {"q"})


@pytest.mark.parametrize("name", ["c.jsonl", "c.csv", "c.yaml"])
def test_blanks_around_a_split_or_a_group_mean_nothing_in_any_format(
    tmp_path: Path, name: str
) -> None:
    texts = {
        "c.jsonl": '{"id": "1", "q": "x", "split": " gate ", "group": "g "}',
        "c.csv": 'id,q,split,group\n1,x," gate ","g "\n',
        "c.yaml": '[{id: "1", q: x, split: " gate ", group: "g "}]',
    }
    (case,) = dataset(tmp_path, texts[name], name).cases
    assert (case.split, case.group) == ("gate", "g")


def test_what_resembles_another_key_is_named(tmp_path: Path) -> None:
    made = dataset(tmp_path, "ID,q,gruop,Tags\n1,x,y,z\n")
    check_names(made, {"q"})
    assert list(name_notes(made, {"q"})) == [
        "the column 'ID' is no 'id': rename it if it is meant as such",
        "the column 'gruop' is no 'group': rename it if it is meant as such",
        "the column 'Tags' is no 'tags': rename it if it is meant as such",
    ]


def test_splits_without_one_for_the_gate_are_said(tmp_path: Path) -> None:
    made = dataset(tmp_path, "id,q,split\n1,x,dev\n2,y,test\n")
    (note,) = split_notes(made)
    assert (
        note == "no case is in the split 'gate', so all of them decide, those of 'dev', 'test' too"
    )
    assert not list(split_notes(dataset(tmp_path, "id,q\n1,x\n")))
