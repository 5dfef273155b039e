"""Parquet and XLSX as sources of cases."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.datasets.tables_made import number_cell, parquet, text_cell, xlsx
from tests.datasets.test_sources import Folder
from workbench.datasets.readers import read_dataset, read_rows, rows_in
from workbench.datasets.tables import xlsx as xlsx_reader
from workbench.datasets.tables.parquet import connected
from workbench.datasets.values import Case
from workbench.errors import DatasetError, ExtraMissing, SuiteError
from workbench.prompts.files.untyped import UntypedText


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "workspace")


def only(path: Path) -> dict[str, Any]:
    ((_, row),) = read_rows(path)
    return dict(row)


# Parquet


def test_a_parquet_file_reads_as_the_same_dataset_as_its_jsonl(tmp_path: Path) -> None:
    query = (
        "SELECT 'r' || i AS id, {'ticket': 'no ' || i, 'n': i} AS inputs, 'bug' AS expected,"
        " ['vip'] AS tags, 'gate' AS split FROM range(3) t(i)"
    )
    table = read_dataset(parquet(tmp_path / "cases.parquet", query))
    lines = "".join(
        f'{{"id": "r{i}", "inputs": {{"ticket": "no {i}", "n": {i}}}, "expected": "bug",'
        ' "tags": ["vip"], "split": "gate"}\n'
        for i in range(3)
    )
    (tmp_path / "cases.jsonl").write_text(lines)
    assert table.fingerprint == read_dataset(tmp_path / "cases.jsonl").fingerprint
    assert table.places["r1"] == "row 2"


FORMS: list[tuple[str, Any]] = [
        ("DATE '2024-01-02'", "2024-01-02"),
        ("TIMESTAMP '2024-01-02 03:04:05.5'", "2024-01-02T03:04:05.5"),
        ("TIMESTAMP_NS '2024-01-02 03:04:05.123456789'", "2024-01-02T03:04:05.123456789"),
        ("TIMESTAMPTZ '2024-01-02 03:04:05+02'", "2024-01-02T01:04:05+00:00"),
        ("TIME '01:02:03'", "01:02:03"),
        ("'0f8fad5b-d9cb-469f-a165-70867728950e'::UUID", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("'b'::ENUM('a', 'b')", "b"),
        ("9223372036854775807::BIGINT", 9223372036854775807),
        ("200::UTINYINT", 200),
        ("0.1::FLOAT", 0.1),
        ("true", True),
        ("NULL::INTEGER", None),
        ("[1, NULL]", [1, None]),
        ("{'at': DATE '2024-01-02', 'n': 1}", {"at": "2024-01-02", "n": 1}),
        ("[{'at': [TIMESTAMPTZ '2024-01-02 03:04:05+02']}]",
         [{"at": ["2024-01-02T01:04:05+00:00"]}]),
        ("MAP {'k': DATE '2024-01-02'}", {"k": "2024-01-02"}),
        ("""'{"a": 1.50}'::JSON""", {"a": 1.5}),
    ]  # fmt: skip


def test_each_type_has_one_json_form(tmp_path: Path) -> None:
    query = ", ".join(f"{sql} AS v{at}" for at, (sql, _) in enumerate(FORMS))
    row = only(parquet(tmp_path / "t.parquet", f"SELECT {query}"))
    for (sql, value), got in zip(FORMS, row.values(), strict=True):
        assert (got, type(got)) == (value, type(value)), sql


@settings(max_examples=5, deadline=None)
@given(st.decimals("-1e6", "1e6", places=3))
def test_decimals_keep_their_digits(tmp_path_factory: pytest.TempPathFactory, n: Any) -> None:
    path = tmp_path_factory.mktemp("decimals") / "t.parquet"
    assert str(only(parquet(path, f"SELECT '{n}'::DECIMAL(12, 3) AS v"))["v"]) == f"{n:.3f}"


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("'x'::BLOB", "the column 'v' is BLOB, which is no JSON value"),
        ("{'image': {'bytes': 'x'::BLOB}}", "the column 'v' is BLOB"),
        ("INTERVAL 1 DAY", "the column 'v' is INTERVAL"),
        ("MAP {1: 2}", "the column 'v' is a map with keys that are INTEGER"),
        ("'nan'::DOUBLE", "row 1: column 'v': NaN and infinities are refused"),
        ("['inf'::FLOAT]", "row 1: column 'v': NaN and infinities are refused"),
        ("9223372036854775808::UBIGINT", "row 1: column 'v': a whole number beyond 64 bits"),
        ("12345678901234567890::DECIMAL(38, 0)", "row 1: column 'v': a whole number beyond"),
    ],
)
def test_what_json_has_no_form_for_is_refused_by_column(
    tmp_path: Path, sql: str, problem: str
) -> None:
    path = parquet(tmp_path / "t.parquet", f"SELECT 'a' AS ticket, {sql} AS v")
    with pytest.raises(DatasetError) as refusal:
        read_dataset(path)
    assert f"{path}: {problem}" in refusal.value.message


def test_a_column_that_the_suite_does_not_take_is_not_read(folder: Folder) -> None:
    query = "SELECT 'one' AS text, 'bug' AS label, 'x'::BLOB AS image, 'a' AS id, 7 AS thread"
    parquet(folder.suite / "cases.parquet", query)
    columns = {"ticket": "text", "expected": "label"}
    dataset = folder.read({"path": "cases.parquet", "columns": columns, "group": "thread"})
    assert dataset.cases == (Case("a", {"ticket": "one"}, "bug", group="7"),)
    with pytest.raises(DatasetError, match=r"no column 'txt' \(did you mean 'text'\?"):
        folder.read({"path": "cases.parquet", "columns": {"ticket": "txt"}})


def test_the_checks_of_a_row_are_read_beside_the_columns_that_the_suite_takes(
    folder: Folder,
) -> None:
    checks = '\'[{"contains": {"text": "bug"}}]\'::JSON'
    parquet(folder.suite / "cases.parquet", f"SELECT 'one' AS text, 'a' AS id, {checks} AS checks")
    dataset = folder.read({"path": "cases.parquet", "columns": {"ticket": "text"}})
    (case,) = dataset.cases
    assert case == Case("a", {"ticket": "one"}, checks=({"contains": {"text": "bug"}},))


@pytest.mark.parametrize(
    ("other", "problem"),
    [("Text", "'text' and 'Text' differ by case"), ("text", "the column 'text' stands twice")],
)
def test_columns_that_would_be_renamed_are_refused(
    tmp_path: Path, other: str, problem: str
) -> None:
    path = parquet(tmp_path / "t.parquet", "SELECT 'one' AS text, {'a': 1} AS s, 'two' AS t3xt")
    path.write_bytes(path.read_bytes().replace(b"t3xt", other.encode()))
    with pytest.raises(DatasetError, match=problem):
        read_dataset(path)


def test_a_name_with_glob_characters_is_one_file_and_folders_name_no_columns(
    tmp_path: Path,
) -> None:
    inside = tmp_path / "year=2024" / "it's [1]"
    inside.mkdir(parents=True)
    parquet(tmp_path / "t.parquet", "SELECT 'one' AS ticket").rename(inside / "a*.parquet")
    parquet(tmp_path / "t.parquet", "SELECT 'two' AS ticket").rename(inside / "ab.parquet")
    assert only(inside / "a*.parquet") == {"ticket": "one"}


def test_a_file_that_is_not_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_text("id,ticket\n")
    with pytest.raises(DatasetError, match=r"t\.parquet: .*\(is it Parquet\?\)"):
        read_dataset(path)
    whole = parquet(tmp_path / "whole.parquet", "SELECT i FROM range(9) t(i)").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match=r"t\.parquet: "):
        read_dataset(path)


def test_nothing_but_the_file_can_be_reached(tmp_path: Path) -> None:
    from workbench.datasets.tables.parquet import connected

    path = parquet(tmp_path / "t.parquet", "SELECT 1 AS n")
    other = parquet(tmp_path / "other.parquet", "SELECT 2 AS n")
    with connected(duckdb, path) as connection:
        for sql in (f"SELECT * FROM '{other}'", "INSTALL httpfs", "SET enable_external_access=1",
                    f"COPY (SELECT 1) TO '{tmp_path}/new.csv'"):  # fmt: skip
            with pytest.raises(duckdb.Error):
                connection.execute(sql)
        assert connection.execute(f"SELECT * FROM '{path}'").fetchall() == [(1,)]


def test_reading_a_table_draws_nothing_and_holds_no_more_than_it_decodes(tmp_path: Path) -> None:
    """DuckDB reads ahead whole row groups by default, and draws a bar into standard output."""
    settings = {
        "enable_progress_bar": "false",
        "disable_parquet_prefetching": "true",
        "read_ahead_depth": "0",
        "streaming_buffer_size": "97.6 KiB",
    }
    path = parquet(tmp_path / "cases.parquet", "SELECT 1 AS n")
    with connected(duckdb, path) as connection:
        names = ", ".join(f"'{name}'" for name in settings)
        query = f"SELECT name, value FROM duckdb_settings() WHERE name IN ({names})"
        assert dict(connection.execute(query).fetchall()) == settings


def test_a_table_in_git_and_one_in_a_hugging_face_folder_read_alike(folder: Folder) -> None:
    data = folder.suite / "hub" / "data"
    data.mkdir(parents=True)
    parquet(data / "train-00000-of-00001.parquet", "SELECT 'a' AS id, 'one' AS text")
    parquet(data / "test-00000-of-00001.parquet", "SELECT 'b' AS id, 'two' AS text")
    spec = {"path": "hub", "source": "huggingface"}
    assert [(c.id, c.split) for c in folder.read(spec).cases] == [("a", "train"), ("b", "test")]
    commit = folder.commit()
    path = data / "test-00000-of-00001.parquet"
    parquet(path, "SELECT 'b' AS id, 'changed' AS text")
    at = {"path": "hub/data/test-00000-of-00001.parquet", "source": "git", "version": commit}
    dataset = folder.read(at)
    assert dataset.cases == (Case("b", {"text": "two"}),)
    assert dataset.version == f"git {commit}"


@pytest.mark.parametrize(("name", "module", "extra"), [("t.parquet", "duckdb", "parquet"),
                                                       ("t.xlsx", "openpyxl", "xlsx")])  # fmt: skip
def test_without_its_extra_a_table_is_refused_in_one_line_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, extra: str
) -> None:
    (tmp_path / name).write_bytes(b"")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExtraMissing) as refusal:
        read_dataset(tmp_path / name)
    assert refusal.value.hint == f"pip install 'prompt-workbench[{extra}]'"


# XLSX

HEADER = ["id", "ticket", "n"]


def test_a_sheet_reads_as_the_csv_of_the_same_cells(tmp_path: Path) -> None:
    rows = [
        HEADER,
        ["a", "it costs", number_cell(12)],
        ["b", "x, y", number_cell("12.5")],
        ["", "", ""],
    ]
    sheet = read_dataset(xlsx(tmp_path / "cases.xlsx", cases=rows))
    (tmp_path / "cases.csv").write_text('id,ticket,n\na,it costs,12\nb,"x, y",12.5\n')
    assert sheet.fingerprint == read_dataset(tmp_path / "cases.csv").fingerprint
    assert isinstance(sheet.cases[0].inputs["n"], UntypedText)
    assert sheet.places == {"a": "row 2", "b": "row 3"}


@pytest.mark.exhaustive(keep=11)
@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (number_cell(12), "12"),
        (number_cell("12.0"), "12"),
        (number_cell("0.30000000000000004"), "0.3"),
        (number_cell("1.5", 3), "1.50"),
        (number_cell("0.5", 4), "50%"),
        (number_cell(7, 5), "007"),
        (number_cell(-7, 5), "-007"),
        (number_cell(45293, 1), "2024-01-02"),
        (number_cell("45293.5", 2), "2024-01-02T12:00:00"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c><f>1+1</f><v>2</v></c>', "2"),
        ('<c t="str"><f>""</f><v></v></c>', ""),
        (text_cell("007"), "007"),
        (text_cell("=cmd|' /C calc'!A0"), "=cmd|' /C calc'!A0"),
        (text_cell("  two\r\nlines "), "  two\nlines "),
    ],
)  # fmt: skip
def test_a_cell_is_the_text_that_a_person_sees(tmp_path: Path, cell: str, text: str) -> None:
    path = xlsx(tmp_path / "t.xlsx", cases=[["id", "v"], ["a", cell]])
    assert only(path)["v"] == text


def test_a_formula_that_nobody_computed_is_no_empty_cell(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", cases=[["id", "v"], ["a", "<c><f>1+1</f></c>"]])
    with pytest.raises(DatasetError, match=r"row 2: the formula in column 2 has no value yet"):
        read_dataset(path)


def test_the_first_visible_sheet_is_read_or_the_one_that_the_suite_names(folder: Folder) -> None:
    xlsx(
        folder.suite / "t.xlsx", hidden_old=[["x"], ["0"]], first=[["x"], ["1"]], two=[["x"], ["2"]]
    )
    assert folder.read("t.xlsx").cases[0].inputs == {"x": "1"}
    assert folder.read({"path": "t.xlsx", "sheet": "two"}).cases[0].inputs == {"x": "2"}
    with pytest.raises(DatasetError, match=r"no sheet 'tow' \(did you mean 'two'"):
        folder.read({"path": "t.xlsx", "sheet": "tow"})
    with pytest.raises(SuiteError, match=r"sheet is for \.xlsx files alone"):
        folder.read({"path": "t.csv", "sheet": "two"})


@pytest.mark.parametrize(
    ("header", "row", "problem"),
    [
        (["id", "id"], ["a", "b"], "the column 'id' stands twice"),
        (["id", "", "v"], ["a", "b", "c"], "column 2 has no name"),
    ],
)
def test_the_rules_of_csv_hold_for_headers(
    tmp_path: Path, header: list[str], row: list[str], problem: str
) -> None:
    header = [cell or text_cell("") for cell in header]
    with pytest.raises(DatasetError, match=problem):
        read_dataset(xlsx(tmp_path / "t.xlsx", cases=[header, row]))


def test_a_workbook_that_unpacks_to_too_much_is_refused_whatever_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_reader, "MAX_UNPACKED", 100_000)
    path = xlsx(tmp_path / "t.xlsx", cases=[["id", "v"], ["a", "x" * 200_000]])
    with pytest.raises(DatasetError, match="unpacks to more than"):
        read_dataset(path)


def test_two_cells_far_apart_take_no_memory_for_those_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_reader, "MAX_ROWS", 1_000)
    far = '<c r="XFD9"><v>1</v></c>'
    path = xlsx(tmp_path / "t.xlsx", cases=[["id", "v"], ["a", "b", far]])
    with pytest.raises(DatasetError, match="has 16384 cells, the header 2"):
        read_dataset(path)
    huge = tmp_path / "huge.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(huge, "w") as new:
        for member in old.namelist():
            body = old.read(member)
            new.writestr(member, body.replace(b"<row>", b'<row r="99999999">'))
    with pytest.raises(DatasetError, match="beyond the sizes of a sheet"):
        read_dataset(huge)


@pytest.mark.parametrize("data", [b"id,ticket\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0" * 200])
def test_a_file_that_is_no_workbook_is_named(data: bytes) -> None:
    with pytest.raises(DatasetError, match=r"here: t\.xlsx is no XLSX file"):
        list(rows_in(Path("t.xlsx"), data, "here: t.xlsx"))
