"""What a scorer sees of an answer, and that what is stored stays as it came."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.providers.base import Answer, Outcome
from workbench.scorers.catalog import make_scorer
from workbench.scorers.transforms import (
    NAMES,
    NotApplicable,
    drop_thinking,
    read_transforms,
    seen_through,
    strip_fence,
)


def seen(text: str, *transforms: Any) -> str:
    return seen_through(read_transforms(list(transforms), "suite.yaml"), text)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('Here it is:\n\n```json\n{"a": 1}\n```\nAnything else?', '{"a": 1}'),
        ("```\nfirst\n```\n```\nsecond\n```", "first"),
        ("~~~sql\nSELECT 1\n~~~", "SELECT 1"),
        ("````\n```\ninner\n```\n````", "```\ninner\n```"),
        ("```json\n{}\n", "{}\n"),
        ('```json {"a": 1}```', '{"a": 1}'),
        ("```\r\nx\r\n```\r\n", "x"),
        ('{"a": "```"}', '{"a": "```"}'),
        ("no fence", "no fence"),
        ("", ""),
    ],
)
def test_the_first_fenced_block_is_what_a_scorer_sees(text: str, content: str) -> None:
    assert strip_fence(text) == content


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>hm</think>\n\nbilling", "billing"),
        ("<think>a</think>b<think>c</think>d", "bd"),
        ("<THINKING>a\nb</THINKING> x", "x"),
        ("so it is billing</think>\nbilling", "billing"),
        ("<think>never ends", ""),
        ("  <think>never ends", ""),
        ("write <think> to think", "write <think> to think"),
        ("<think>a <reasoning> b</reasoning></think>x", "x"),
        ("1 < 2", "1 < 2"),
    ],
)
def test_thinking_is_dropped(text: str, answer: str) -> None:
    assert drop_thinking(text) == answer


@pytest.mark.parametrize(
    "hostile",
    ["<think>" * 100_000, "</think>" * 100_000, "```\n" * 100_000, "```" + " " * 100_000],
)
def test_no_answer_makes_a_transform_slow(hostile: str) -> None:
    before = process_time()
    drop_thinking(hostile)
    strip_fence(hostile)
    assert process_time() - before < 5


@pytest.mark.parametrize(
    ("text", "transforms", "result"),
    [
        ('{"a": {"b": [1, "x"]}}', [{"json_path": "a.b[1]"}], "x"),
        ('{"a": {"b": [1, "x"]}}', [{"json_path": "$.a.b[-2]"}], "1"),
        ('{"a b": {"c": true}}', [{"json_path": "['a b'].c"}], "true"),
        ('{"a": {"b": 1}}', [{"json_path": "a"}], '{"b": 1}'),
        ("\n\none\ntwo\n", ["first_line"], "one"),
        ("one\ntwo\n\n", ["last_line"], "two"),
        ("the total is 42 EUR", [{"regex": "is ([0-9]+)"}], "42"),
        ("the total is 42 EUR", [{"regex": "is [0-9]+"}], "is 42"),
        ("a=1 b=2", [{"regex": "(.)=1 (?P<k>.)", "group": "k"}], "b"),
        (" Ä ", ["strip", "casefold", "nfc"], "ä"),
        ("<think>x</think>```json\n{}\n```", ["drop_thinking", "strip_fence"], "{}"),
    ],
)
def test_transforms_are_applied_in_order(text: str, transforms: list[Any], result: str) -> None:
    assert seen(text, *transforms) == result


@pytest.mark.parametrize(
    ("text", "transform", "reason"),
    [
        ("no json", {"json_path": "a"}, "not JSON"),
        ("{}", {"json_path": "a"}, "nothing is at a"),
        ("[1]", {"json_path": "[3]"}, "nothing is at"),
        ('{"a": null}', {"json_path": "a.b"}, "nothing is at"),
        ("x", {"regex": "[0-9]+"}, "nothing matches"),
    ],
)
def test_an_answer_that_a_transform_does_not_fit_is_wrong(
    text: str, transform: Any, reason: str
) -> None:
    with pytest.raises(NotApplicable, match=reason):
        seen(text, transform)
    scorer = make_scorer("max_chars", {"transforms": [transform]}, "suite.yaml")
    score = scorer.score(Answer(Outcome.OK, text), Case("1", {}))
    assert score.value == 0.0
    assert reason in score.reason
    negated = make_scorer("not", {"max_chars": {"transforms": [transform]}}, "suite.yaml")
    assert negated.score(Answer(Outcome.OK, text), Case("1", {})).value == 0.0


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        ("strip_fences", "did you mean 'strip_fence'?"),
        ("regex", "regex needs a value"),
        ({"regex": None}, "regex needs a value"),
        ({"json_path": None}, "json_path needs a value"),
        ({"regex": "("}, "missing )"),
        ({"regex": "a", "group": 1}, "has no group 1"),
        ({"regex": "a", "group": [1]}, "has no group [1]"),
        ({"regex": "a", "groups": 1}, "no transform"),
        ({"json_path": "a..b"}, "cannot read"),
        ({"json_path": "a[*]"}, "cannot read"),
        (5, "no transform"),
        ({}, "no transform"),
    ],
)
def test_a_wrong_transform_is_refused_with_what_is_right(transform: Any, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        make_scorer("exact_match", {"transforms": [transform]}, "suite.yaml")
    assert message in str(caught.value)
    assert "suite.yaml: exact_match.transforms" in str(caught.value)


@pytest.mark.parametrize("text", ['{"q": "a", "q": "b"}', '{"q": NaN}', '{"q": Infinity}'])
def test_a_json_path_reads_json_as_strictly_as_the_scorers_of_json(text: str) -> None:
    with pytest.raises(NotApplicable, match="not JSON"):
        seen(text, {"json_path": "q"})


def test_a_number_at_a_json_path_reads_as_it_is_written() -> None:
    assert seen('{"q": 1.50}', {"json_path": "q"}) == "1.50"


def test_casefold_applies_to_what_is_expected_too_and_strip_fence_does_not() -> None:
    case = Case("1", {}, "Billing")
    answer = Answer(Outcome.OK, "BILLING")
    assert make_scorer("exact_match", {}, "").score(answer, case).value == 0.0
    folding = make_scorer("exact_match", {"transforms": ["casefold"]}, "")
    assert folding.score(answer, case).value == 1.0
    assert (
        make_scorer("exact_match", {"transforms": ["strip_fence"]}, "")
        .score(Answer(Outcome.OK, "```\nx\n```"), Case("1", {}, "```\nx\n```"))
        .value
        == 0.0
    )
    labels = make_scorer("one_of", {"labels": ["Billing"], "transforms": ["casefold"]}, "")
    assert labels.score(answer, case).value == 1.0
    assert labels.options["labels"] == ["Billing"]


def test_an_answer_of_thinking_alone_is_empty() -> None:
    scorer = make_scorer("max_chars", {"transforms": ["drop_thinking"]}, "")
    score = scorer.score(Answer(Outcome.OK, "<think>long</think>\n"), Case("1", {}))
    assert (score.value, score.reason) == (0.0, "the answer is empty")


@given(st.text(), st.lists(st.sampled_from(NAMES[:-2]), max_size=4))
def test_any_text_goes_through_and_the_answer_stays_as_it_came(
    text: str, transforms: list[str]
) -> None:
    answer = Answer(Outcome.OK, text)
    scorer = make_scorer("max_chars", {"transforms": transforms}, "")
    assert scorer.score(answer, Case("1", {})).value in (0.0, 1.0)
    assert answer.text == text
