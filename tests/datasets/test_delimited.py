"""CSV and TSV: what spreadsheets write is read as it was meant, and 0.1.0's fingerprints stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Dataset
from workbench.errors import DatasetError

PLAIN = (
    'id,ticket,vip,expected,tags,split\n1,"a, ""b""\nc",false,cart,"x, y",dev\n'
    '2,,TRUE,"{""a"": 1.50}",,gate\n,z,1.50,7,,\n'
)
PLAIN_IN_0_1_0 = "75f40fa9f853481c9e18860facd1d753427846148db42395629203d0f799cb85"


def read(folder: Path, name: str, content: str) -> Dataset:
    path = folder / name
    path.write_bytes(content.encode("utf-8"))
    return read_dataset(path)


def test_what_reads_as_in_0_1_0_keeps_its_fingerprint(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", PLAIN).fingerprint == PLAIN_IN_0_1_0


def test_line_ends_inside_cells_do_not_change_the_fingerprint(tmp_path: Path) -> None:
    crlf = PLAIN.replace("\n", "\r\n")
    assert read(tmp_path, "a.csv", crlf).fingerprint == PLAIN_IN_0_1_0
    assert read(tmp_path, "a.csv", f"\ufeff{crlf}").fingerprint == PLAIN_IN_0_1_0


@pytest.mark.parametrize(
    ("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", "\t")]
)
def test_commas_semicolons_and_tabs_say_the_same(tmp_path: Path, name: str, mark: str) -> None:
    rows = (("id", "t", "expected"), ("1", '"a,;\tb"', "x"), ("2", '"say ""hi"""', "y"))
    dataset = read(tmp_path, name, "".join(f"{mark.join(row)}\n" for row in rows))
    assert [case.inputs["t"] for case in dataset.cases] == ["a,;\tb", 'say "hi"']
    assert [case.expected for case in dataset.cases] == ["x", "y"]


def test_a_header_with_commas_is_one_of_commas_whatever_else_it_has(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", "id,a;b\n1,x\n").cases[0].inputs == {"a;b": "x"}
    assert read(tmp_path, "b.csv", 'id;"a,b"\n1;x\n').cases[0].inputs == {"a,b": "x"}


def test_rows_of_blank_cells_are_no_cases(tmp_path: Path) -> None:
    dataset = read(tmp_path, "a.csv", "\n,,\nid,t,expected\n,,\n1,x,y\n\n , ,\t\n,,\n2,z,y\n,,\n")
    assert [(case.id, dataset.place_of(case)) for case in dataset.cases] == [
        ("1", f"{dataset.source}: line 5"),
        ("2", f"{dataset.source}: line 9"),
    ]
    assert dataset.notes == ()


def test_blank_columns_behind_the_last_one_are_none(tmp_path: Path) -> None:
    for text in ("id,t,\n1,x,\n", "id,t,,\n1,x,,\n", "id,t\n1,x,,\n", "id,t,,\n1,x\n"):
        assert read(tmp_path, "a.csv", text).cases[0].inputs == {"t": "x"}
    assert read(tmp_path, "a.csv", "id,,t\n1,,x\n").cases[0].inputs == {"t": "x"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,,t\n1,,x\n2,y,x\n", "line 3: column 2 has no name"),
        ("id,t\n1,x\n2,x,y\n", "line 3 has 3 cells, the header 2"),
        ("id,t,expected\n1,x,y\n2,x\n", "line 3 has 2 cells, the header 3"),
        ("id,t, t\n1,x,y\n", "'t' stands twice"),
    ],
)
def test_cells_that_belong_to_no_column_are_refused_with_their_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        read(tmp_path, "a.csv", text)


def test_blanks_around_names_ids_and_splits_mean_nothing(tmp_path: Path) -> None:
    case = read(tmp_path, "a.csv", 'id, t ,split, expected,tags\n 7 , x ,gate , y,"a , b"\n').cases[
        0
    ]
    assert (case.id, case.split, case.tags) == ("7", "gate", ("a", "b"))
    assert (case.inputs["t"], case.expected) == (" x ", " y"), "text stays as it is"


def test_blank_cells_of_a_case_are_absent(tmp_path: Path) -> None:
    case = read(tmp_path, "a.csv", "id,t,split,expected,tags,group\n1,x, , ,\t, \n").cases[0]
    assert (case.split, case.expected, case.tags, case.group) == (None, None, (), None)


def test_tags_and_inputs_may_be_json(tmp_path: Path) -> None:
    text = 'id,inputs,tags\n1,"{""t"": ""x"", ""n"": 2}","[""a, b"", ""c""]"\n'
    case = read(tmp_path, "a.csv", text).cases[0]
    assert (case.inputs, case.tags) == ({"t": "x", "n": 2}, ("a, b", "c"))
    with pytest.raises(DatasetError, match="line 2: inputs: column 1"):
        read(tmp_path, "a.csv", "id,inputs\n1,ticket\n")


def test_an_open_quote_in_the_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="line 1"):
        read(tmp_path, "a.csv", 'id,"t\n1,x\n')


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sep=;\nid;q\n1;a\n", "line 1: 'sep=;' is no header"),
        ("SEP=,\nid,q\n1,a\n", "line 1: 'SEP=,' is no header"),
        ("id|q\n1|a\n", r"line 1: the columns are separated by '\|'"),
    ],
)
def test_another_delimiter_is_refused_by_its_name(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=problem):
        read_dataset(path)
