"""Patterns mean what they mean to `re`, and no answer makes a search last."""

from __future__ import annotations

import json
import re
import threading
import time
import warnings
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_answer
from workbench.scorers import patterns
from workbench.scorers.base import Score
from workbench.scorers.catalog import make_scorer
from workbench.scorers.json_schemas import first_error
from workbench.scorers.patterns import is_found, pattern_problem

SLOW = "^(a|aa)+$"
"""Takes twice as long for every further letter of an answer that it does not match."""
ENDLESS = "a" * 200 + "b"

ATOMS = [
    *("a", "b", "A", "[ab]", "[^a]", ".", "1", r"\d", r"\w", r"\s", r"\.", r"\b", "^", "$", " "),
    *("{e}", "{s}", "{i<=1}", "{", "}", "{}", "{,}", "{a,2}", "[{e}]", r"\{", r"\\", "|"),
    *("[[a]", "[[:alpha:]]", "[]a]", "[^]b]", r"[\]\[a]", "[a-c&&b]", r"\N{LATIN SMALL LETTER A}"),
    *("(?i:a)", "(?=a)", "(?!b)", "(?<=a)", "(?<!b)", r"(a|b)\1", "(?P<n>a)(?P=n)"),
]
REPEATS = ["", "*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "*?", "+?", "??", "*+"]
PATTERNS = st.recursive(
    st.tuples(st.sampled_from(ATOMS), st.sampled_from(REPEATS)).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.tuples(inner, st.sampled_from(REPEATS)).map(lambda both: f"(?:{both[0]}){both[1]}"),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("ab A1e{}[].:is&\\\n", max_size=12))
@example("id {e}", "id x")
@example("[[:alpha:]]", "x]")
@example(r"\N{LATIN SMALL LETTER A}{2}", "aa")
def test_a_pattern_finds_what_re_finds(pattern: str, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            wanted = re.search(pattern, text) is not None
        except re.error:
            assert pattern_problem(pattern)
            return
        except SystemError:  # a fault of `re` itself, when groups stand in lookarounds
            return
    assert pattern_problem(pattern) == ""
    assert is_found(pattern, text) is wanted


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", r"\p{L}", "(?<=a+)b", "*", "(?V1)a"])
def test_what_is_no_pattern_is_refused_with_the_suite(pattern: str) -> None:
    with pytest.raises(SuiteError, match="pattern: "):
        make_scorer("matches", {"pattern": pattern}, "suite.yaml")
    for schema in (
        {"pattern": pattern},
        {"properties": {"a": {"patternProperties": {pattern: {}}}}},
    ):
        with pytest.raises(SuiteError, match="schema: "):
            make_scorer("json_schema", {"schema": schema}, "suite.yaml")


SLOW_SCHEMAS: list[tuple[dict[str, Any], Any]] = [
    ({"pattern": SLOW}, ENDLESS),
    ({"items": {"pattern": SLOW}}, [ENDLESS] * 50),
    ({"patternProperties": {SLOW: {}}}, {ENDLESS: 1}),
    ({"patternProperties": {SLOW: {}}, "additionalProperties": False}, {ENDLESS: 1}),
    ({"propertyNames": {"$ref": "#/$defs/n"}, "$defs": {"n": {"pattern": SLOW}}}, {ENDLESS: 1}),
    (
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": {"next": {"$ref": "#"}, "text": {"pattern": SLOW}},
        },
        {"next": {"next": {"text": ENDLESS}}},
    ),
]


@pytest.mark.exhaustive(keep=3)
@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("matches", {"pattern": SLOW}, ENDLESS),
        ("matches", {"pattern": r"\s+$"}, " " * 1_000_000 + "."),
        *(("json_schema", {"schema": schema}, json.dumps(v)) for schema, v in SLOW_SCHEMAS),
    ],
)
def test_a_search_that_would_never_end_is_ended_and_its_score_missing(
    name: str, options: dict[str, Any], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "SEARCH_S", 0.05)
    monkeypatch.setattr("workbench.scorers.json_schemas.SEARCH_S", 0.05)
    scorer = make_scorer(name, options, "suite.yaml")
    started = time.process_time()

    scores, broken = score_answer([scorer], Answer(Outcome.OK, text), Case("1", {"t": "x"}))

    assert time.process_time() - started < 2.0
    assert scores[name].value is None
    assert "took longer than 1 s on this answer" in scores[name].reason
    assert broken == {name}


def test_other_threads_go_on_while_a_search_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SEARCH_S", 1.0)
    begun, over = threading.Event(), threading.Event()
    steps = 0

    def search() -> None:
        begun.set()
        with pytest.raises(TimeoutError):
            is_found(SLOW, ENDLESS)
        over.set()

    thread = threading.Thread(target=search)
    thread.start()
    begun.wait(120)
    while not over.wait(0.01):
        steps += 1
    thread.join()

    assert steps >= 3


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(["", "ab", "n_a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "n_a", "n_b", "z", "next"]), inner, max_size=3)
    ),
    max_leaves=8,
)
SCHEMA = {
    "properties": {"x": {"pattern": "^a"}, "next": {"$ref": "#"}},
    "patternProperties": {"^n_": {"type": "integer"}, "b$": {"minimum": 1}},
    "additionalProperties": {"type": "string", "pattern": "b"},
}


@given(VALUES, st.booleans())
def test_a_schema_decides_as_it_did_with_re(value: Any, strict: bool) -> None:
    schema = SCHEMA | ({"additionalProperties": False} if strict else {})

    assert (first_error(schema, value) is None) == Draft202012Validator(schema).is_valid(value)


def test_names_by_pattern_and_unevaluated_ones_are_refused_together() -> None:
    schema = {"allOf": [{"patternProperties": {"a": {}}}], "unevaluatedProperties": False}

    with pytest.raises(SuiteError, match="cannot be checked together"):
        make_scorer("json_schema", {"schema": schema}, "suite.yaml")


def test_data_in_a_schema_is_no_schema() -> None:
    schema = {
        "properties": {"pattern": {"const": {"$schema": "x", "pattern": "("}}, "const": {}},
        "examples": [{"pattern": "("}],
    }
    scorer = make_scorer("json_schema", {"schema": schema}, "suite.yaml")
    case = Case("1", {"t": "x"})

    right = Answer(Outcome.OK, '{"pattern": {"$schema": "x", "pattern": "("}}')
    assert scorer.score(right, case) == Score(1.0)
    assert scorer.score(Answer(Outcome.OK, '{"pattern": 1}'), case).value == 0.0
