"""The length of an answer in words, characters and tokens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scorers.families.judged import value
from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.providers.base import Answer, Outcome
from workbench.scorers.catalog import make_scorer


@pytest.mark.parametrize(
    ("text", "options", "score"),
    [
        ("one two  three\n", {"at_most": 3}, 1.0),
        ("one two three four", {"at_most": 3}, 0.0),
        ("one two", {"at_least": 3}, 0.0),
        ("one two three", {"at_least": 3, "at_most": 3}, 1.0),
        ("äöü", {"unit": "characters", "at_most": 3}, 1.0),
        ("äöü ", {"unit": "characters", "at_most": 3}, 0.0),
        ("äöü ", {"unit": "characters", "at_most": 3, "transforms": ["strip"]}, 1.0),
        ("x", {"unit": "tokens", "at_most": 3}, None),
    ],
)
def test_length(text: str, options: dict[str, Any], score: float | None) -> None:
    assert value("length", text, **options) == score


def test_tokens_are_those_that_the_endpoint_counted() -> None:
    scorer = make_scorer("length", {"unit": "tokens", "at_most": 3}, "")
    for tokens, score in ((3, 1.0), (4, 0.0)):
        answer = Answer(Outcome.OK, "x", completion_tokens=tokens)
        assert scorer.score(answer, Case("1", {})).value == score


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "name one"),
        ({"unit": "lines", "at_most": 1}, "unit: one of words, characters, tokens"),
        ({"at_least": 5, "at_most": 2}, "at_least 5 is more than at_most 2"),
        ({"at_most": -1}, "0 or more, not -1"),
    ],
)
def test_wrong_limits_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        make_scorer("length", options, "suite.yaml")
