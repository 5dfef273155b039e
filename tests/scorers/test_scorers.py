"""Scorers: values in [0, 1] or missing, never a guess."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scorers.families.test_provider_embeddings import Known, vector
from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.suite_file import read_suite
from workbench.scorers.base import Score
from workbench.scorers.catalog import KINDS, make_scorer
from workbench.scorers.faults import FaultScore
from workbench.typed_options import checked

OPTIONS: dict[str, dict[str, Any]] = {
    "one_of": {"labels": ["a", "b"]},
    "matches": {"pattern": "a+"},
    "json_schema": {"schema": {"type": "object"}},
    "length": {"at_most": 5},
    "numeric": {"expected": 1},
    "json_fields": {"expected": {"a": 1}},
    "tool_call": {"tool": "billing"},
    "embedding": {"provider": "mock", "model": "small"},
    "language": {"certainty": 0.0},
    "not": {"of": "exact_match"},
    "any_of": {"of": ["exact_match", "contains"]},
    "all_of": {"of": ["exact_match", "contains"]},
    "mean_of": {"of": ["exact_match", "contains"]},
}
EMBEDDINGS = Known({"billing": vector(1, 0), "far": vector(0, 1)})
CHECKED = Case("1", {"t": "x"}, "billing", checks=("exact_match",))


MEASURES = ("latency", "cost")
JUDGES_OF_TEXT = sorted(n for n, kind in KINDS.items() if not kind.combine and not kind.judges)
JUDGES_OF_TEXT = [name for name in JUDGES_OF_TEXT if name not in MEASURES]
EMPTY = Answer(Outcome.EMPTY, " \n", latency_s=1.0, cost_usd=0.0)


def score(
    name: str, text: str, case_expects: Any = None, *, answer: Answer | None = None, **options: Any
) -> float | None:
    scorer = make_scorer(name, options, "suite.yaml")
    case = Case("1", {"t": "x"}, case_expects)
    return scorer.score(answer or Answer(Outcome.OK, text), case).value


@pytest.mark.parametrize(
    ("text", "expected", "options", "value"),
    [
        ("billing", "billing", {}, 1.0),
        (" billing\n", "billing", {}, 1.0),
        (" billing\n", "billing", {"strip": False}, 0.0),
        ("Billing", "billing", {}, 0.0),
        ("Billing", "billing", {"ignore_case": True}, 1.0),
        ("STRASSE", "straße", {"ignore_case": True}, 1.0),
        ("sales", ["billing", "sales"], {}, 1.0),
        ("true", True, {}, 1.0),
        ("5", 5, {}, 1.0),
        ("", "", {}, None),
        ("", [""], {}, 1.0),
        ("x", [""], {}, 0.0),
        ("x", None, {}, None),
    ],
)
def test_exact_match(
    text: str, expected: Any, options: dict[str, Any], value: float | None
) -> None:
    assert score("exact_match", text, expected, **options) == value


def test_contains_and_starts_with() -> None:
    assert score("contains", "the billing team", "billing") == 1.0
    assert score("contains", "the team", "billing") == 0.0
    assert score("starts_with", "billing, I think", "billing") == 1.0
    assert score("starts_with", "I think billing", "billing") == 0.0


def test_labels_patterns_and_lengths() -> None:
    assert score("one_of", " a ", labels=["a", "b"]) == 1.0
    assert score("one_of", "c", labels=["a", "b"]) == 0.0
    assert score("matches", "xaaay", pattern="^x") == 1.0
    assert score("matches", "y", pattern="^x") == 0.0
    assert score("max_chars", "abc", limit=3) == 1.0
    assert score("max_chars", "abcd", limit=3) == 0.0


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [
        ('{"a": 1}', {"a": 1}, 1.0),
        ('{"a": 1.0}', {"a": 1}, 1.0),
        ('{"a": true}', {"a": 1}, 0.0),
        ("[1, 2]", [1, 2], 1.0),
        ("[2, 1]", [1, 2], 0.0),
        ("not json", {"a": 1}, 0.0),
        ("NaN", {"a": 1}, 0.0),
        ("[" * 100_000, [], 0.0),
        ("9" * 5000, 1, 0.0),
    ],
)
def test_json_equals(text: str, expected: Any, value: float) -> None:
    assert score("json_equals", text, expected) == value


def test_a_json_schema_decides_and_never_fetches() -> None:
    schema = {"type": "object", "required": ["queue"]}
    assert score("json_schema", '{"queue": "billing"}', schema=schema) == 1.0
    assert score("json_schema", "{}", schema=schema) == 0.0
    assert score("json_schema", "{", schema=schema) == 0.0
    reaching = {"$ref": "http://127.0.0.1:9/schema.json"}
    assert score("json_schema", "{}", schema=reaching) is None


def test_similarity_is_a_share_or_a_cut() -> None:
    assert score("similarity", "abc", "abc") == 1.0
    assert score("similarity", "abc", "xyz") == 0.0
    assert score("similarity", "abcd", "abcx", at_least=0.7) == 1.0
    assert score("similarity", "abcd", "abcx", at_least=0.8) == 0.0


def test_time_and_money_that_are_unknown_are_missing() -> None:
    quick = Answer(Outcome.OK, "x", latency_s=0.5, cost_usd=0.001)
    assert score("latency", "", answer=quick, at_most="1s") == 1.0
    assert score("latency", "", answer=quick, at_most="250ms") == 0.0
    assert score("cost", "", answer=quick, at_most_usd=0.01) == 1.0
    assert score("cost", "", answer=quick, at_most_usd=0.0001) == 0.0
    assert score("latency", "x", at_most="1s") is None
    assert score("cost", "x", at_most_usd=1) is None


@pytest.mark.parametrize("name", sorted(KINDS))
@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_error_is_never_a_score_and_the_models_own_fault_is_zero(
    name: str, outcome: Outcome
) -> None:
    answer = Answer(outcome, "billing", error="why", latency_s=1.0, cost_usd=0.0)
    scorer = make_scorer(name, OPTIONS.get(name, {}), "suite.yaml")
    scored = scorer.score(answer, CHECKED, models=EMBEDDINGS)
    if outcome.is_error:
        assert scored.value is None
        assert scored.reason == "why"
    elif outcome in KINDS[name].judges:
        assert scored.value in (0.0, 1.0)
    elif outcome.is_models_fault and not (outcome is Outcome.EMPTY and name in MEASURES):
        assert scored.value == 0.0
    elif name == "external":  # only imported answers have its scores
        assert scored.value is None
    else:
        assert scored.value is not None


@pytest.mark.exhaustive(keep=5)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, OPTIONS.get(name, {})) for name in JUDGES_OF_TEXT),
        ("matches", {"pattern": "^((?!sorry)[^x])*$"}),
        ("exact_match", {"strip": False}),
    ],
)
def test_an_empty_answer_is_none_and_gets_0_by_every_scorer_of_text(
    name: str, options: dict[str, Any]
) -> None:
    scorer = make_scorer(name, options, "suite.yaml")
    case = Case("1", {"t": "x"}, "billing")
    assert scorer.score(EMPTY, case) == Score(0.0, "the answer is empty")
    missing = replace(scorer, faults={Outcome.EMPTY: FaultScore.MISSING})
    assert missing.score(EMPTY, case) == Score(None, "the answer is empty")
    scored = replace(scorer, faults={Outcome.EMPTY: FaultScore.SCORED})
    assert scored.score(EMPTY, case) == scorer.score(Answer(Outcome.OK, EMPTY.text), case)


def test_an_empty_answer_is_right_where_the_case_or_the_labels_say_so() -> None:
    for name in ("exact_match", "similarity"):
        assert score(name, "", [""], answer=EMPTY) == 1.0
        assert score(name, "", ["a", ""], answer=EMPTY) == 1.0
        assert score(name, "", "", answer=EMPTY) is None, "a blank alone is no expected answer"
    assert score("one_of", "", answer=EMPTY, labels=["a", ""]) == 1.0


@given(st.sampled_from(sorted(KINDS)), st.text(), st.text() | st.integers() | st.lists(st.text()))
def test_every_score_lies_between_0_and_1_or_is_missing(
    name: str, text: str, expected: Any
) -> None:
    value = score(name, text, expected, **OPTIONS.get(name, {}))
    assert value is None or (type(value) is float and 0.0 <= value <= 1.0)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("exact_macth", {}, "did you mean 'exact_match'?"),
        ("exact_match", {"ignore_caes": True}, "did you mean 'ignore_case'?"),
        ("exact_match", {"strip": "yes"}, "strip must be true or false, not 'yes'"),
        ("max_chars", {"limit": True}, "limit must be a whole number, 1 or more, not True"),
        ("matches", {"pattern": "("}, "pattern:"),
        ("one_of", {}, "labels: name at least one"),
        ("latency", {"at_most": "soon"}, "at_most:"),
        ("json_schema", {"schema": {"type": "objekt"}}, "schema:"),
        ("json_schema", {"schema": {}}, "json_schema.schema is empty"),
        ("tool_call", {"arguments": {"id": 7}}, "arguments: name their tool"),
        ("language", {"languages": [""]}, "languages: '' is no code"),
        ("similarity", {"at_least": 80}, "at_least must be a number from 0 to 1, not 80"),
        ("similarity", {"at_least": -1}, "at_least must be a number from 0 to 1, not -1"),
        (
            "similarity",
            {"at_least": float("nan")},
            "number from 0 to 1, not nan",
        ),
        ("max_chars", {"limit": -1}, "limit must be a whole number, 1 or more, not -1"),
        ("max_chars", {"limit": 0}, "limit must be a whole number, 1 or more, not 0"),
        ("latency", {"at_most": "0s"}, "at_most: no answer comes in no time"),
        ("cost", {"at_most_usd": -0.5}, "at_most_usd must be a number, 0 or more, not -0.5"),
        ("cost", {"at_most_usd": float("inf")}, "at_most_usd must be a number, 0 or more, not inf"),
    ],
)
def test_a_wrong_scorer_or_option_is_refused(
    name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SuiteError) as caught:
        make_scorer(name, options, "suite.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("suite.yaml")


def test_the_fingerprint_follows_kind_revision_and_options() -> None:
    prints = {
        make_scorer("exact_match", {}, "s").fingerprint,
        make_scorer("exact_match", {"ignore_case": True}, "s").fingerprint,
        make_scorer("contains", {}, "s").fingerprint,
    }
    assert len(prints) == 3
    same = make_scorer("exact_match", {"strip": True}, "s").fingerprint
    assert same == make_scorer("exact_match", {}, "s").fingerprint


def expecting(text: str, expected: Any = None, *, cost_usd: float = 0.0) -> tuple[Answer, Case]:
    answer = Answer(Outcome.OK, text, latency_s=1.0, cost_usd=cost_usd)
    return answer, Case("1", {"t": "x"}, expected)


CALL = '[{"function": {"name": "get_order", "arguments": "{\\"id\\": 7}"}}]'
EXAMPLES = {
    "exact_match": (expecting("Billing", "billing"), expecting("sales", "billing")),
    "contains": (expecting("to Billing", "billing"), expecting("to sales", "billing")),
    "starts_with": (expecting("Billing, I think", "billing"), expecting("sales", "billing")),
    "one_of": (expecting("sales"), expecting("returns")),
    "matches": (expecting("AB-12"), expecting("12-AB")),
    "max_chars": (expecting("x" * 280), expecting("x" * 281)),
    "similarity": (expecting("billing!", "billing"), expecting("sales", "billing")),
    "json_schema": (expecting('{"queue": "sales"}'), expecting('{"q": "sales"}')),
    "json_equals": (expecting('{"a": 1.0}', {"a": 1}), expecting("[1]", {"a": 1})),
    "latency": (
        expecting("x"),
        (Answer(Outcome.OK, "x", latency_s=6.0), Case("1", {"t": "x"})),
    ),
    "cost": (expecting("x", cost_usd=0.001), expecting("x", cost_usd=0.003)),
    "ends_with": (expecting("Yes!"), expecting("Yes")),
    "length": (expecting("word " * 20), expecting("word " * 19)),
    "numeric": (expecting("so it is 1.01", 1), expecting("so it is 1.02", 1)),
    "json_fields": (
        expecting('{"queue": "sales", "total": 1}', {"queue": "sales", "total": 1.01}),
        expecting('{"queue": "x", "total": 2}', {"queue": "sales", "total": 1.01}),
    ),
    "xml": (expecting("<order><item/><total/></order>"), expecting("<order><item/></order>")),
    "levenshtein": (expecting("billnig", "billing"), expecting("sales", "billing")),
    "token_set": (expecting("b a", "a b"), expecting("x", "a b")),
    "rouge_n": (expecting("the cat sat", "the cat sat"), expecting("a dog", "the cat sat")),
    "rouge_l": (expecting("the cat sat", "the cat sat"), expecting("a dog", "the cat sat")),
    "bleu": (expecting("the cat sat here", "the cat sat here"), expecting("a", "the cat")),
    "chrf": (expecting("the cat", "the cat"), expecting("xyz", "abc")),
    "sql": (expecting("SELECT 1"), expecting("DELETE FROM t")),
    "language": (expecting("Das ist ein deutscher Satz."), expecting("Это русский текст.")),
    "no_pii": (expecting("nothing"), expecting("ana@example.com")),
    "embedding_similarity": (
        expecting("a refund", "a refund"),
        expecting("The weather in Lisbon is mild.", "SELECT id FROM orders"),
    ),
    "embedding": (expecting("billing", "billing"), expecting("far", "billing")),
    "refusal": (expecting("Sure."), expecting("I'm sorry, but I cannot help with that.")),
    "finish_reason": (expecting("x"), (Answer(Outcome.REFUSED, "x"), Case("1", {"t": "x"}))),
    "tool_call": (
        (Answer(Outcome.TOOL_CALL, CALL), Case("1", {"t": "x"})),
        (Answer(Outcome.OK, "no"), Case("1", {"t": "x"})),
    ),
    "not": (expecting("yes"), expecting("as an AI")),
    "any_of": (expecting("Billing", "Billing"), expecting("xyz", "billing")),
    "all_of": (expecting("1", 1), expecting("2", 1)),
    "mean_of": (expecting("a", "a"), expecting("b" * 201, "a")),
    "checks": (
        (Answer(Outcome.OK, "billing"), CHECKED),
        (Answer(Outcome.OK, "sales"), CHECKED),
    ),
}
"""What the example of each kind gives 1 and 0."""


@pytest.mark.exhaustive(keep=18)
@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"external"}))
def test_the_example_of_every_kind_is_an_entry_of_a_suite_that_tells_right_from_wrong(
    name: str, tmp_path: Path
) -> None:
    kind = KINDS[name]
    expected = {"queue": "a", "total": 1} if name == "json_fields" else "1"
    row = {"inputs": {"t": "x"}, "expected": expected, "checks": ["exact_match"]}
    (tmp_path / "cases.jsonl").write_text(json.dumps(row))
    path = tmp_path / "suite.yaml"
    path.write_text(f"suite: s\nprompt: p\ndataset: cases.jsonl\nscorers:\n  - {kind.example}\n")
    scorer = read_suite(path).scorers[0]
    assert {scorer.kind.name, *(leaf.kind.name for leaf in scorer.leaves)} >= {name}
    right, wrong = EXAMPLES[name]
    assert scorer.score(*right, models=EMBEDDINGS).value == 1.0
    assert scorer.score(*wrong, models=EMBEDDINGS).value == 0.0


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_and_option_says_what_it_does(name: str) -> None:
    kind = KINDS[name]
    assert kind.summary.endswith(".")
    json.dumps(kind.defaults)
    for option in kind.options.values():
        assert option.summary.endswith(".")
        assert checked(option.default, option.kind, name, SuiteError) == option.default
