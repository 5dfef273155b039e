"""What a suite's scorers cannot judge is said, or refused, before any call."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import DatasetError, SuiteError
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.suite_checks import check_expected
from workbench.runs.spec.suite_file import read_suite


def suite_of(folder: Path, scorers: str, cases: str, name: str = "cases.csv") -> Suite:
    (folder / name).write_text(cases, encoding="utf-8")
    path = folder / "suite.yaml"
    path.write_text(f"suite: s\nprompt: p\ndataset: {name}\nscorers: {scorers}\n", encoding="utf-8")
    return read_suite(path)


def notes(suite: Suite) -> list[str]:
    return list(check_expected(suite, suite.dataset.cases))


def test_a_cell_that_is_no_json_is_refused_with_file_and_line(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, "[json_equals]", 'id,t,expected\n1,x,"{""a"": 1}"\n2,x,{a: 1}\n')
    with pytest.raises(DatasetError) as caught:
        notes(suite)
    where = f"{tmp_path / 'cases.csv'}: line 3: case '2': expected: '{{a: 1}}' is no JSON"
    assert caught.value.message.startswith(where)
    assert "double quotes" in caught.value.hint


def test_blank_and_missing_answers_are_counted(tmp_path: Path) -> None:
    rows = (
        '{"id":"1","t":"x","expected":""}\n{"id":"2","t":"x"}\n{"id":"3","t":"x","expected":"a"}\n'
    )
    suite = suite_of(tmp_path, "[contains]", rows, "cases.jsonl")
    assert notes(suite) == [
        "1 of 3 cases have no score by contains: the expected answer is blank",
        "1 of 3 cases have no expected, which contains needs",
    ]


def test_a_required_scorer_without_any_case_is_refused(tmp_path: Path) -> None:
    rows = '{"id":"1","t":"x","expected":" "}\n{"id":"2","t":"x"}\n'
    with pytest.raises(DatasetError, match="contains needs: the expected answer is blank"):
        notes(suite_of(tmp_path, "[contains]", rows, "cases.jsonl"))
    optional = suite_of(tmp_path, "[{contains: {required: false}}]", rows, "cases.jsonl")
    assert len(notes(optional)) == 2


@pytest.mark.parametrize(
    ("written", "label"),
    [("true", "true"), ("True", True), ("yes", "yes"), ("null", "null"), ("~", "~"), ("1", 1),
     ("1.50", "1.50"), ("1.0", 1.0), ("007", "007"), ("2026-01-01", "2026-01-01"), ("0x1F", "0x1F"),
     ("'true'", "true"), ("''", "")],
)  # fmt: skip
def test_a_label_is_what_stands_in_the_suite(tmp_path: Path, written: str, label: object) -> None:
    suite = suite_of(tmp_path, f"[{{one_of: {{labels: [{written}]}}}}]", "id,t\n1,x\n")
    first = suite.scorers[0].options["labels"][0]
    assert (type(first), first) == (type(label), label)
    assert str(first) == written.strip("'")


def test_labels_that_are_none_are_refused(tmp_path: Path) -> None:
    for labels in ("[[a]]", "[{a: 1}]", "\n      - a\n      -\n"):
        with pytest.raises(SuiteError, match="is no label"):
            suite_of(tmp_path, f"\n  - one_of:\n      labels: {labels}", "id,t\n1,x\n")


def test_a_suite_has_a_further_part_only_where_0_1_0_read_its_cases_otherwise(
    tmp_path: Path,
) -> None:
    plain = suite_of(tmp_path, "[exact_match, similarity]", "id,t,expected\n1,x,cart\n2,x,5\n")
    assert plain.with_reading_changes(plain.dataset.cases) == plain
    assert plain.with_reading_changes(plain.dataset.cases).parts == plain.parts
    assert set(plain.parts) == {"dataset", "scorers", "policy", "repeats"}
    listed = suite_of(tmp_path, "[similarity]", '{"id":"1","t":"x","expected":["a"]}\n', "c.jsonl")
    read = listed.with_reading_changes(listed.dataset.cases, typed=True)
    assert set(read.parts) - set(plain.parts) == {"cells", "readings"}
    assert {k: read.parts[k] for k in listed.parts} == listed.parts
    assert read.fingerprint != listed.fingerprint


@pytest.mark.parametrize(
    ("scorers", "more", "credited"),
    [
        ("[{max_chars: {limit: 9}}]", "", True),
        ("[{matches: {pattern: '^[^x]*$'}}]", "", True),
        ("[{matches: {pattern: 'a'}}]", "", False),
        ("[exact_match, contains, starts_with, similarity]", "", False),
        ("[json_equals]", "", False),
        ("[json_schema, latency, cost]", "", False),
        ("[{one_of: {labels: [a, '']}}]", "", False),
        ("[exact_match, {max_chars: {limit: 9, required: false}}]", "", False),
        ("[{max_chars: {limit: 9}}]", "faults: {empty: wrong}\n", True),
        ("[{max_chars: {limit: 9}}]", "faults: {empty: scored}\n", False),
    ],
)
def test_what_0_1_0_proved_is_stale_only_where_an_empty_answer_would_have_scored(
    tmp_path: Path, scorers: str, more: str, credited: bool
) -> None:
    suite = suite_of(tmp_path, f"{scorers}\n{more}", "id,t,expected\n1,x,5\n2,x,6\n")
    read = suite.with_reading_changes(suite.dataset.cases)
    assert ("empties" in read.parts) is credited
