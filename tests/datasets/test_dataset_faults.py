"""Dataset files: every fault is one line with its place, and nothing changes silently."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from workbench.datasets.delimited import MAX_FIELD_CHARS
from workbench.datasets.fit import check_fit
from workbench.datasets.readers import MAX_BYTES, dataset_from_rows, read_dataset
from workbench.datasets.values import Dataset
from workbench.errors import DatasetError
from workbench.prompts.values import Message, Prompt


def read(folder: Path, name: str, content: str | bytes) -> Dataset:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_dataset(path)


def refused(folder: Path, name: str, content: str | bytes) -> DatasetError:
    with pytest.raises(DatasetError) as caught:
        read(folder, name, content)
    assert "\n" not in caught.value.message
    return caught.value


def test_all_formats_say_the_same(tmp_path: Path) -> None:
    jsonl = read(tmp_path, "a.jsonl", '{"id":"1","inputs":{"t":"x"},"expected":"y","tags":["a"]}\n')
    same = [
        read(
            tmp_path,
            "a.json",
            '[{"tags":["a"],"expected":"y","id":"1","inputs":{"t":"x"}}]',
        ),
        read(tmp_path, "b.json", '{"cases":[{"id":"1","t":"x","expected":"y","tags":"a"}]}'),
        read(tmp_path, "a.csv", "id,t,expected,tags\n1,x,y,a\n"),
        read(tmp_path, "a.yaml", "- id: 1\n  inputs: {t: x}\n  expected: y\n  tags: [a]\n"),
    ]
    assert {dataset.fingerprint for dataset in same} == {jsonl.fingerprint}


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", "\ufeffid,t\n1,x\n").cases[0].id == "1"
    assert read(tmp_path, "a.jsonl", '\ufeff{"id":"1","t":"x"}\n').cases[0].id == "1"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter_and_those_in_cells_read_as_lf(tmp_path: Path, end: str) -> None:
    text = f'id,t{end}1,"a{end}b"{end}2,x{end}'
    dataset = read(tmp_path, "a.csv", text)
    assert [case.inputs["t"] for case in dataset.cases] == ["a\nb", "x"]


def test_the_fingerprint_is_of_parsed_rows(tmp_path: Path) -> None:
    unix = read(tmp_path, "a.csv", "id,t\n1,x\n2,y\n")
    mixed = read(tmp_path, "b.csv", "id,t\r\n1,x\n2,y\r\n")
    assert unix.fingerprint == mixed.fingerprint


def test_a_nul_in_a_cell_is_kept_whole(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", "id,t\n1,a\0b\n").cases[0].inputs["t"] == "a\0b"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,t\n1,caf\xe9\n".encode("latin-1"), "byte 10 is not UTF-8 (Latin-1"),
        ("id,t\n1,x\n".encode("utf-16"), "is UTF-16"),
    ],
)
def test_another_encoding_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    assert message in refused(tmp_path, "a.csv", content).message


def test_half_a_surrogate_pair_is_refused_with_its_line(tmp_path: Path) -> None:
    error = refused(tmp_path, "a.jsonl", '{"id":"1","t":"x"}\n{"id":"2","t":"\\ud800"}\n')
    assert "line 2: half of a surrogate pair" in error.message


def test_ids_that_stand_twice_are_listed_with_their_lines(tmp_path: Path) -> None:
    rows = "".join(f'{{"id":"{n % 7}","t":"x"}}\n' for n in range(14))
    error = refused(tmp_path, "a.jsonl", rows)
    assert "'0' on line 1 and line 8; '1' on line 2 and line 9" in error.message
    assert "'5'" not in error.message


def test_a_number_and_its_text_are_the_same_id(tmp_path: Path) -> None:
    refused(tmp_path, "a.jsonl", '{"id":1,"t":"x"}\n{"id":"1","t":"y"}\n')


def test_missing_ids_are_made_and_said(tmp_path: Path) -> None:
    text = '{"t":"x"}\n{"t":"x"}\n'
    first, again = read(tmp_path, "a.jsonl", text), read(tmp_path, "b.jsonl", text)
    assert [case.id for case in first.cases] == [case.id for case in again.cases]
    assert len({case.id for case in first.cases}) == 2
    assert first.notes == ("2 cases had no id: made from their content",)


def test_a_missing_column_is_named_with_the_prompt_before_any_call(tmp_path: Path) -> None:
    dataset = read(tmp_path, "a.csv", "id,text\n1,x\n")
    prompt = Prompt("triage", (Message("user", "{{ ticket }}"),))
    with pytest.raises(DatasetError, match="case '1' has no ticket, which triage needs") as caught:
        check_fit(prompt, dataset.cases, dataset.place_of)
    assert caught.value.hint == "it has: text"


def test_a_short_or_long_row_is_refused_with_its_line(tmp_path: Path) -> None:
    assert (
        "line 3 has 1 cells, the header 2" in refused(tmp_path, "a.csv", "id,t\n1,x\n2\n").message
    )
    assert "line 2 has 3 cells" in refused(tmp_path, "a.csv", "id,t\n1,x,y\n").message


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert "'t' stands twice" in refused(tmp_path, "a.csv", "id,t,t\n1,x,y\n").message


def test_an_open_quote_is_refused_where_it_opens(tmp_path: Path) -> None:
    error = refused(tmp_path, "a.csv", 'id,t\n1,x\n2,"y\n3,z\n4,z\n')
    assert "line 3" in error.message
    assert "quote" in error.hint


def test_a_long_field_is_read_and_a_huge_one_refused(tmp_path: Path) -> None:
    assert (
        len(read(tmp_path, "a.csv", f"id,t\n1,{'x' * 200_000}\n").cases[0].inputs["t"]) == 200_000
    )
    error = refused(tmp_path, "a.csv", f"id,t\n1,{'x' * (MAX_FIELD_CHARS + 1)}\n")
    assert "line 2" in error.message


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
@pytest.mark.parametrize("content", ["", "\n\n"])
def test_nothing_in_the_file_is_0_cases(tmp_path: Path, name: str, content: str) -> None:
    assert "0 cases" in refused(tmp_path, name, content).message


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", "id,t\n"), ("a.json", "[]"), ("a.yaml", "[]")]
)
def test_a_header_alone_is_0_cases(tmp_path: Path, name: str, content: str) -> None:
    assert "0 cases" in refused(tmp_path, name, content).message


def test_a_file_beyond_the_cap_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # a hole: it takes no room
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError, match=r"a\.jsonl is larger than 1000 MB"):
            read_dataset(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_newlines_end_a_line(tmp_path: Path, odd: str) -> None:
    line = json.dumps({"id": "1", "t": f"a{odd}b"}, ensure_ascii=False)
    assert read(tmp_path, "a.jsonl", f"{line}\n").cases[0].inputs["t"] == f"a{odd}b"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id":"1","t":"x"},\n', "line 1: column 19"),
        ('{\n  "id": "1"\n}\n', "line 1: column"),
        ('[{"id":"1"}]\n', "line 1 is not an object"),
        ('"text"\n', "line 1 is not an object"),
        ('{"id":"1","t":"x"} {"id":"2"}\n', "line 1: column 20"),
    ],
)
def test_what_is_no_line_of_json_is_refused_with_a_hint(
    tmp_path: Path, content: str, message: str
) -> None:
    error = refused(tmp_path, "a.jsonl", content)
    assert message in error.message
    assert error.hint


def test_blank_lines_are_skipped(tmp_path: Path) -> None:
    assert len(read(tmp_path, "a.jsonl", '\n{"id":"1","t":"x"}\n \r\n\n').cases) == 1


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_nesting_is_refused(tmp_path: Path, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    assert "nested deeper than 64" in refused(tmp_path, "a.jsonl", f'{{"t":{deep}}}\n').message
    assert "nested" in refused(tmp_path, "a.yaml", f"- t: {deep}\n").message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_nan_and_infinities_are_refused(tmp_path: Path, number: str) -> None:
    assert "refused" in refused(tmp_path, "a.jsonl", f'{{"id":"1","t":{number}}}\n').message


@pytest.mark.parametrize(("number", "message"), [("9" * 5000, "digits"), (str(2**63), "64 bits")])
def test_a_number_that_is_too_large_is_refused(tmp_path: Path, number: str, message: str) -> None:
    assert message in refused(tmp_path, "a.jsonl", f'{{"id":"1","t":{number}}}\n').message
    assert message in refused(tmp_path, "a.yaml", f"- {{id: '1', t: {number}}}\n").message


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert "'t' stands twice" in refused(tmp_path, "a.jsonl", '{"t":"x","t":"y"}\n').message
    nested = '{"id":"1","inputs":{"t":1,"t":2}}\n'
    assert "line 1: the key 't' stands twice" in refused(tmp_path, "a.jsonl", nested).message


def test_types_stay_as_they_are(tmp_path: Path) -> None:
    rows = "".join(
        f'{{"id":"{n}","t":{value}}}\n'
        for n, value in enumerate(["1", '"1"', "null", "true", "1.0"])
    )
    values = [case.inputs["t"] for case in read(tmp_path, "a.jsonl", rows).cases]
    assert [repr(value) for value in values] == ["1", "'1'", "None", "True", "1.0"]


def test_yaml_aliases_are_refused(tmp_path: Path) -> None:
    bomb = "a: &a [x,x]\nb: &b [*a,*a]\ncases: [*b]\n"
    assert "line 2 aliases are refused" in refused(tmp_path, "a.yaml", bomb).message
    assert "aliases are refused" in refused(tmp_path, "a.yaml", "&x [*x]\n").message


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [id]", "!!python/name:os.system"])
def test_yaml_tags_are_refused(tmp_path: Path, tag: str) -> None:
    assert "line 1" in refused(tmp_path, "a.yaml", f"- {{id: '1', t: {tag}}}\n").message


@pytest.mark.parametrize(
    "written", ["no", "on", "12:30:45", "2026-01-01", "1.10", "007", "1_000", "1e3", "0x1f", "+5"]
)
def test_yaml_text_that_looks_like_something_else_stays_text(tmp_path: Path, written: str) -> None:
    assert (
        read(tmp_path, "a.yaml", f"- {{id: '1', t: {written}}}\n").cases[0].inputs["t"] == written
    )


def test_plain_yaml_numbers_are_numbers(tmp_path: Path) -> None:
    inputs = (
        read(tmp_path, "a.yaml", "- {id: '1', a: 5, b: 1.5, c: true, d: null}\n").cases[0].inputs
    )
    assert dict(inputs) == {"a": 5, "b": 1.5, "c": True, "d": None}


def test_yaml_keys_twice_and_several_documents_are_refused(tmp_path: Path) -> None:
    assert "stands twice" in refused(tmp_path, "a.yaml", "- {t: x, t: y}\n").message
    refused(tmp_path, "a.yaml", "- {t: x}\n---\n- {t: y}\n")


@pytest.mark.parametrize("name", ["a.arrow", "a.jsonl.gz", "a.zip", "a"])
def test_other_formats_and_archives_are_named(tmp_path: Path, name: str) -> None:
    assert "no reader for" in refused(tmp_path, name, b"PAR1").message


def test_a_cell_is_text_whatever_it_names(tmp_path: Path) -> None:
    cell = "file:///etc/passwd"
    assert read(tmp_path, "a.csv", f"id,t\n1,{cell}\n").cases[0].inputs["t"] == cell


@pytest.mark.timeout(10)
def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "device.jsonl").symlink_to("/dev/zero")
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    for name in ("pipe", "folder", "device"):
        with pytest.raises(DatasetError, match="is not a regular file"):
            read_dataset(tmp_path / f"{name}.jsonl")
    with pytest.raises(DatasetError, match="no dataset at"):
        read_dataset(tmp_path / "gone.jsonl")


def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id":"1","t":"x"}\n')
    usual = os.fdopen

    def somebody_writes(*args: Any, **options: Any) -> Any:
        with path.open("a") as file:
            file.write('{"id":"2","t":"y"}\n')
        return usual(*args, **options)

    monkeypatch.setattr(os, "fdopen", somebody_writes)
    with pytest.raises(DatasetError, match="changed while it was read"):
        read_dataset(path)


def test_one_changed_byte_changes_the_fingerprint(tmp_path: Path) -> None:
    row = {"id": "1", "inputs": {"t": "x"}, "expected": "y", "tags": ["a"], "split": "dev"}
    before = read(tmp_path, "a.jsonl", json.dumps(row)).fingerprint
    for change in (
        {"id": "2"},
        {"inputs": {"t": "X"}},
        {"expected": "Y"},
        {"tags": ["b"]},
        {"split": "gate"},
        {"group": "g"},
    ):
        assert read(tmp_path, "a.jsonl", json.dumps(row | change)).fingerprint != before


def test_a_key_that_nothing_reads_is_noted_with_the_one_that_was_meant(tmp_path: Path) -> None:
    notes = read(tmp_path, "a.jsonl", '{"id":"1","inputs":{"t":"x"},"expcted":"y"}\n').notes
    assert notes == ("the key 'expcted' is read by nothing: did you mean 'expected'?",)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "1"}, "no inputs"),
        ({"id": "1", "inputs": {}}, "no inputs"),
        ({"id": "1", "inputs": "x"}, "no inputs"),
        ({"id": " ", "t": "x"}, "is no id"),
        ({"id": 1.5, "t": "x"}, "is no id"),
        ({"id": True, "t": "x"}, "is no id"),
        ({"id": "1", "t": "x", "tags": {"a": 1}}, "tags must be a list"),
    ],
)
def test_a_row_that_is_no_case_is_refused(row: dict[str, object], message: str) -> None:
    with pytest.raises(DatasetError, match=f"w: line 7: .*{message}"):
        dataset_from_rows("d", iter([("line 7", row)]), "w")


def test_splits_are_chosen_by_name(tmp_path: Path) -> None:
    dataset = read(tmp_path, "a.csv", "id,t,split\n1,x,dev\n2,y,gate\n3,z,\n")
    assert dataset.splits == ("dev", "gate")
    assert [case.id for case in dataset.only("gate").cases] == ["2"]
    assert len(dataset.only("all").cases) == 3


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=examples(60))
@given(st.lists(st.dictionaries(st.text("tuvw", min_size=1), values, min_size=1), min_size=1))
def test_jsonl_gives_back_the_values_that_were_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]]
) -> None:
    folder = tmp_path_factory.mktemp("data", numbered=True)
    lines = [
        json.dumps({"id": str(n), "inputs": row}, ensure_ascii=False) for n, row in enumerate(rows)
    ]
    dataset = read(folder, "a.jsonl", "\n".join(lines))
    assert [dict(case.inputs) for case in dataset.cases] == rows


@settings(max_examples=examples(200))
@given(st.sampled_from(["a.jsonl", "a.json", "a.csv", "a.yaml"]), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_our_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    try:
        read(tmp_path_factory.getbasetemp(), name, data)
    except DatasetError as error:
        assert error.message
