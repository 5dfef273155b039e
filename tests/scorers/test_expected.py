"""What is expected is what was written: no Python value, no repr, and a blank is nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.json_values import parse_json
from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.prompts.files.untyped import UntypedText
from workbench.providers.base import Answer, Outcome
from workbench.scorers.base import Score
from workbench.scorers.catalog import KINDS, make_scorer

TEXT = ("exact_match", "contains", "starts_with", "similarity")


def scored(name: str, text: str, expected: Any, **options: Any) -> Score:
    scorer = make_scorer(name, options, "suite.yaml")
    return scorer.score(Answer(Outcome.OK, text), Case("1", {"t": "x"}, expected))


def is_new(name: str, expected: Any) -> bool:
    reads = KINDS[name].reads
    assert reads is not None
    return reads.is_new(Case("1", {"t": "x"}, expected))


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("blank", ["", " ", "\n\t", UntypedText("")])
def test_a_blank_is_no_expected_answer(name: str, blank: str) -> None:
    score = scored(name, "anything", blank)
    assert (score.value, score.reason) == (None, "the expected answer is blank")
    assert is_new(name, blank)


@pytest.mark.parametrize("name", TEXT)
def test_an_empty_list_expects_nothing(name: str) -> None:
    score = scored(name, "anything", [])
    assert (score.value, score.reason) == (None, "the list of expected answers is empty")


@pytest.mark.parametrize("name", ["contains", "starts_with"])
def test_a_blank_in_a_list_is_not_in_every_answer(name: str) -> None:
    assert scored(name, "refund", ["", "cart"]).value == 0.0
    assert scored(name, "cart", ["", "cart"]).value == 1.0
    assert scored(name, "cart", ["", " "]).value is None


def test_a_list_can_say_that_an_empty_answer_is_right() -> None:
    assert scored("exact_match", "", ["", "none"]).value == 1.0
    assert scored("exact_match", "cart", ["", "none"]).value == 0.0


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("make", [list, lambda items: UntypedText(json.dumps(items))])
def test_a_list_means_any_of_them(name: str, make: Any) -> None:
    expected = make(["cart", "basket"])
    assert scored(name, "cart", expected).value == 1.0
    assert scored(name, "basket", expected).value == 1.0
    assert scored(name, "xyz", expected).value == 0.0


@pytest.mark.parametrize("items", [["a", 1], [1, 2], [True], [None], [1.5, [2]], [{"a": True}]])
def test_a_list_in_a_cell_means_what_it_means_in_jsonl(items: list[Any]) -> None:
    cell = UntypedText(json.dumps(items))
    for text in (*map(json.dumps, items), "a", str(cell), ""):
        in_cell, in_jsonl = (scored("exact_match", text, e).value for e in (cell, items))
        assert in_cell == in_jsonl
    assert scored("exact_match", json.dumps(items[-1]), cell).value == 1.0
    assert is_new("exact_match", cell), "0.1.0 compared with the text of the cell"


def test_brackets_in_a_cell_that_are_no_json_are_text() -> None:
    assert scored("contains", "as said in [a].", UntypedText("[a]")).value == 1.0
    assert scored("contains", "a", UntypedText("[a]")).value == 0.0
    assert not is_new("contains", UntypedText("[a]"))
    assert scored("contains", "as said in [1].", UntypedText('["[1]"]')).value == 1.0
    assert (
        scored("exact_match", "", UntypedText("[]")).reason == scored("exact_match", "", []).reason
    )


def in_yaml(tmp_path: Path, expected: str) -> Any:
    path = tmp_path / "a.yaml"
    path.write_text(f"- {{id: '1', inputs: {{t: x}}, expected: {expected}}}\n", encoding="utf-8")
    return read_dataset(path).cases[0].expected


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("[True, False]", [True, False]),
        ("TRUE", True),
        ("[1.50, TRUE, 'True', '1.50']", [1.5, True, "True", "1.50"]),
        ("{a: TRUE, b: [False, 1.50]}", {"a": True, "b": [False, 1.5]}),
    ],
)
def test_yaml_words_and_numbers_are_json_values_however_they_are_written(
    tmp_path: Path, written: str, value: Any
) -> None:
    expected = in_yaml(tmp_path, written)
    assert scored("json_equals", json.dumps(value), expected).value == 1.0
    assert scored("json_equals", json.dumps({"x": value}), expected).value == 0.0


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("{a: TRUE, b: 1.50}", '{"a": true, "b": 1.50}'),
        ("{a: '1.50', b: 'TRUE', c: 007}", '{"a": "1.50", "b": "TRUE", "c": 7}'),
        ("[[TRUE, 1.50], x]", "[true, 1.50]"),
        ("1.50", "1.50"),
        ("TRUE", "TRUE"),
    ],
)
def test_a_yaml_object_is_compared_as_an_answer_would_write_it(
    tmp_path: Path, written: str, text: str
) -> None:
    expected = in_yaml(tmp_path, written)
    assert scored("exact_match", text, expected).value == 1.0
    assert is_new("exact_match", expected) == (text[0] in "{[")


def test_a_number_in_an_object_stands_as_the_file_has_it() -> None:
    expected = parse_json('{"a": 1.50, "b": [1e3]}', "x")
    assert scored("exact_match", '{"a": 1.50, "b": [1e3]}', expected).value == 1.0
    assert is_new("exact_match", expected)
    assert not is_new("exact_match", {"a": 1.5, "b": [1000.0]})


def test_a_list_is_a_json_value_for_json_equals() -> None:
    assert scored("json_equals", '["a", "b"]', ["a", "b"]).value == 1.0
    assert scored("json_equals", '"a"', ["a", "b"]).value == 0.0
    assert scored("json_equals", "[]", []).value == 1.0
    assert scored("json_equals", '""', "").value == 1.0


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize(
    ("expected", "text"),
    [(True, "true"), (False, "false"), (3, "3"), (1.0, "1.0"), ({"a": None}, '{"a": null}'),
     ([None, "x"], "null")],
)  # fmt: skip
def test_values_are_compared_as_json_writes_them(name: str, expected: Any, text: str) -> None:
    assert scored(name, text, expected).value == 1.0


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("number", ["1.50", "1.0", "1e3", "-0.0", "0.10", "1E-7"])
def test_a_number_is_compared_as_it_stands_in_json(name: str, number: str) -> None:
    expected = parse_json(number, "w")
    assert expected == float(number)
    assert scored(name, number, expected).value == 1.0
    assert json.dumps(expected) == json.dumps(float(number)), "its fingerprint stays"


def test_booleans_in_yaml_are_compared_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "- {id: 1, t: x, expected: True}\n- {id: 2, t: x, expected: [FALSE, yes]}\n"
        "- {id: 3, t: x, expected: true}\n- {id: 4, t: x, expected: 2026-01-01}\n"
    )
    one, two, three, four = (case.expected for case in read_dataset(path).cases)
    assert [scored("exact_match", t, one).value for t in ("True", "true")] == [1.0, 0.0]
    assert [scored("exact_match", t, two).value for t in ("FALSE", "yes")] == [1.0, 1.0]
    assert three is True
    assert scored("exact_match", "2026-01-01", four).value == 1.0
    assert [scored("json_equals", "true", e).value for e in (one, three)] == [1.0, 1.0]


@pytest.mark.parametrize("name", TEXT)
def test_line_ends_are_compared_as_lf(name: str) -> None:
    for answer, expected in (("a\r\nb", "a\nb"), ("a\nb", "a\r\nb"), ("a\rb", "a\nb")):
        assert scored(name, answer, expected).value == 1.0
    assert is_new(name, "a\r\nb")
    assert not is_new(name, "a\nb")


def test_a_pattern_sees_folded_line_ends_and_those_that_came() -> None:
    assert scored("matches", "a\r\nb", None, pattern="a\nb").value == 1.0
    assert scored("matches", "a\r\nb", None, pattern="a\r\nb").value == 1.0
    assert scored("matches", "cart\r\n", None, pattern="^cart$").value == 1.0


def test_strings_in_json_stay_as_they_are_written() -> None:
    assert scored("json_equals", '"a\\r\\nb"', "a\nb").value == 0.0


def test_labels_are_what_the_suite_says() -> None:
    for labels, text in (
        ([True, False], "true"), ([None], "null"), ([1, 2], "1"), ([1.5], "1.5"), (["yes"], "yes")
    ):  # fmt: skip
        assert scored("one_of", text, None, labels=labels).value == 1.0
        assert scored("one_of", "True", None, labels=labels).value == 0.0
    assert make_scorer("one_of", {"labels": [1, 1.5, "a"]}, "w").options["labels"] == [1, 1.5, "a"]


@pytest.mark.parametrize("labels", [[["a"]], [{"a": 1}]])
def test_a_label_that_is_no_text_is_refused(labels: Any) -> None:
    with pytest.raises(SuiteError, match="is no label"):
        make_scorer("one_of", {"labels": labels}, "w")


def test_a_pattern_that_is_in_every_answer_is_refused() -> None:
    with pytest.raises(SuiteError, match="pattern: name one"):
        make_scorer("matches", {}, "w")


@pytest.mark.parametrize(
    ("cell", "answer", "value"),
    [
        ('{"a": 1.50}', '{"a": 1.5}', 1.0),
        ("true", "true", 1.0),
        ("TRUE", "true", 1.0),
        ("true", "1", 0.0),
        ("1", "1.0", 1.0),
        ("1", "true", 0.0),
        ('"cart"', '"cart"', 1.0),
        ("[1, 2]", "[1,2]", 1.0),
        ("null", "null", None),
        ("cart", '"cart"', None),
    ],
)
def test_json_equals_compares_the_value_of_a_cell(
    cell: str, answer: str, value: float | None
) -> None:
    assert scored("json_equals", answer, UntypedText(cell)).value == value
    assert is_new("json_equals", UntypedText(cell))


def test_a_difference_of_types_is_said() -> None:
    assert scored("json_equals", '{"a": 1}', '{"a": 1}').reason == "an object, want a string"
    assert scored("json_equals", "1", True).reason == "a number, want a boolean"


@pytest.mark.parametrize("name", ["json_equals", "json_schema"])
def test_an_answer_with_a_key_twice_is_no_json(name: str) -> None:
    assert scored(name, '{"a": 1, "a": 2}', {"a": 2}).value == 0.0


def test_plain_yaml_numbers_are_numbers_inside_json() -> None:
    assert scored("json_equals", '{"price": 1.1}', {"price": UntypedText("1.10")}).value == 1.0
    assert is_new("json_equals", {"price": UntypedText("1.10")})
    assert not is_new("json_equals", {"price": 1.1, "tags": ["a"]})


@pytest.mark.parametrize("name", TEXT)
@given(st.text().filter(lambda text: text.strip() and "\r" not in text))
def test_the_evidence_of_plain_texts_of_0_1_0_stays(name: str, text: str) -> None:
    assert not is_new(name, text)
    assert not is_new("json_equals", text)


@pytest.mark.parametrize("name", TEXT[:3])
@pytest.mark.parametrize("expected", [True, 1, 1.5, {"a": 1}, ["a", "b"], ["a", 1], None])
def test_the_evidence_of_values_that_read_as_before_stays(name: str, expected: Any) -> None:
    assert not is_new(name, expected)


@pytest.mark.parametrize(
    ("expected", "new"),
    [(True, True), (["a", "b"], True), ({"a": 1}, True), (3, False), (1.5, False), (None, False)],
)
def test_similarity_reads_anew_what_it_took_for_a_repr(expected: Any, new: bool) -> None:
    assert is_new("similarity", expected) is new
