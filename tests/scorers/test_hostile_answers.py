"""Whatever a model answers, each scorer gives a score in [0, 1], or says why it gives none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.datasets.json_values import parse_json
from workbench.datasets.values import Case
from workbench.errors import DatasetError
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_answer
from workbench.scorers.catalog import suite_scorers

ANSWERS = {
    "nothing": "",
    "blanks": " \n\t\r\n ",
    "control characters": "a\x00b\x1b[2J\x07",
    "lone surrogates": "\ud800 x \udfff",
    "astral characters": "\U0001f600\U0001d4b3" * 40,
    "right to left": "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627\u202c",
    "combining marks": "a" + "\u0301" * 3000,
    "no number in JSON": '{"a": NaN, "b": [Infinity, -Infinity]}',
    "a number past every float": '{"a": 1e400}',
    "a number of 5,000 digits": "9" * 5000,
    "a member of 4,000 digits": '{"a": ' + "9" * 4000 + "}",
    "lists in lists": "[" * 20_000 + "]" * 20_000,
    "objects in objects": '{"a":' * 900 + "1" + "}" * 900,
    "objects, not closed": '{"a":' * 20_000,
    "a key twice": '{"a": 1, "a": 2}',
    "parentheses": "SELECT " + "(" * 3000 + "1" + ")" * 3000,
    "elements in elements": "<a>" * 5000 + "</a>" * 5000,
    "an entity": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "what makes patterns backtrack": "a" * 3000 + "!",
    "digits": "1" * 20_000 + "x",
    "groups of digits": "1,111" * 5000,
    "fences": "```\n" * 5000,
    "thoughts": "<think>" * 5000 + "</think>",
    "mail addresses": "a@" * 2000,
}
EXPECTED: dict[str, Any] = {
    "a text": "The x is 42 words long.",
    "a number": "42",
    "an object": {"a": {"b": 1}, "c": "x"},
    "a number past every float": {"a": 1e300},
    "a list": ["x", 1, None],
    "nothing": None,
    "a blank": " ",
    "right to left": "\u05e9\u05dc\u05d5\u05dd",
    "a boolean": True,
}
BACKTRACKING = "^(a|aa)+$"
ENTRIES: list[Any] = [
    *("exact_match", "contains", "starts_with", "ends_with", "json_equals", "json_fields"),
    *("similarity", "levenshtein", "token_set", "rouge_l", "rouge_n", "bleu", "chrf"),
    *("numeric", "refusal", "no_pii", "sql", "xml", "tool_call", "language"),
    {"not": "refusal"},
    {"not": {"any_of": ["exact_match", {"not": "json_equals"}]}},
    {"any_of": ["exact_match", "similarity"]},
    {"all_of": ["exact_match", "json_fields"]},
    {"mean_of": ["exact_match", {"similarity": {"weight": 3}}]},
    {"finish_reason": {}},
    {"latency": {"at_most": "5s"}},
    {"cost": {"at_most_usd": 1}},
    {"length": {"at_most": 5}},
    {"max_chars": {"limit": 5}},
    {"one_of": {"labels": ["x", "y"]}},
    {"json_fields": {"no_others": True, "tolerance": 0.5}},
    {"numeric": {"pick": "last", "relative": 0.5}},
    {"levenshtein": {"at_most": 3}},
    {"rouge_n": {"n": 9, "measure": "precision"}},
    {"json_schema": {"schema": {"type": "array", "uniqueItems": True}}},
    {"json_schema": {"schema": {"$ref": "#"}}},
    {"xml": {"elements": ["a/b"]}},
    {"exact_match": {"transforms": ["strip", "casefold", "nfc", "strip_fence", "drop_thinking"]}},
    {"exact_match": {"transforms": ["last_line", {"json_path": "a.b[0]"}]}},
    {"contains": {"transforms": ["first_line", {"regex": "[a-z]+"}]}},
]


def _name(entry: Any) -> str:
    return json.dumps(entry)[:60]


@pytest.mark.exhaustive
@pytest.mark.parametrize("entry", ENTRIES, ids=_name)
def test_a_hostile_answer_gets_a_score_or_a_reason(entry: Any) -> None:
    scorers = suite_scorers([entry], [entry], "suite.yaml")
    compares = any(leaf.kind.reads for leaf in scorers[0].leaves)
    for what, expected in EXPECTED.items() if compares else [("nothing", None)]:
        case = Case("1", {"t": "x"}, expected)
        for which, text in ANSWERS.items():
            outcome = Outcome.OK if text.strip() else Outcome.EMPTY
            answer = Answer(outcome, text, latency_s=1.0, finish_reason="stop")
            scores, failed = score_answer(scorers, answer, case)
            (score,) = scores.values()
            assert not failed, f"{which}, expected {what}: {score.reason}"
            assert score.reason if score.value is None else 0 <= score.value <= 1


@pytest.mark.parametrize(
    "entry",
    [
        {"matches": {"pattern": BACKTRACKING}},
        {"json_schema": {"schema": {"type": "object", "patternProperties": {BACKTRACKING: {}}}}},
        {"exact_match": {"transforms": [{"regex": BACKTRACKING}]}},
    ],
    ids=_name,
)
def test_a_pattern_that_backtracks_leaves_the_score_missing(
    entry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("patterns", "json_schemas"):
        monkeypatch.setattr(f"workbench.scorers.{module}.SEARCH_S", 0.02)
    scorers = suite_scorers([entry], [entry], "suite.yaml")
    text = "a" * 60 + "!"
    shown = json.dumps({text: 1}) if "json_schema" in entry else text
    answer = Answer(Outcome.OK, shown)
    scores, failed = score_answer(scorers, answer, Case("1", {"t": "x"}, "a"))
    (score,) = scores.values()
    assert failed
    assert score.value is None
    assert "the pattern took longer" in score.reason


def test_a_key_that_stands_twice_among_many_is_found_at_once() -> None:
    keys = [f'"k{number}": 1' for number in range(20_000)]
    with pytest.raises(DatasetError, match="the key 'k19999' stands twice"):
        parse_json("{" + ", ".join([*keys, keys[-1]]) + "}", "the answer")


@pytest.mark.parametrize("kind", ["bleu", "chrf"])
def test_an_answer_that_does_not_end_is_wrong_without_being_compared(kind: str) -> None:
    scorers = suite_scorers([kind], [kind], "suite.yaml")
    answer, long = Answer(Outcome.OK, "word " * 210_000), "word " * 210_000
    for expected, value in (("word", 0.0), (long, None)):
        scores, failed = score_answer(scorers, answer, Case("1", {"t": "x"}, expected))
        assert scores[kind].value == value
        assert scores[kind].reason == "more than 1,000,000 characters"
        assert not failed
