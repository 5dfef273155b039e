"""Texts that a suite names itself: any, all, none of them, at the start or the end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scorers.families.judged import judged, value
from workbench.errors import SuiteError
from workbench.scorers.catalog import make_scorer


@pytest.mark.parametrize(
    ("kind", "text", "options", "expected"),
    [
        ("contains", "a refund", {"text": "refund"}, 1.0),
        ("contains", "a Refund", {"text": "refund"}, 0.0),
        ("contains", "a Refund", {"text": "refund", "ignore_case": True}, 1.0),
        ("contains", "a Refund", {"text": "refund", "transforms": ["casefold"]}, 1.0),
        ("contains", "a Refund", {"text": "REFUND", "transforms": ["casefold"]}, 1.0),
        ("contains", "a b", {"any": ["z", "b"]}, 1.0),
        ("contains", "a b", {"any": ["z", "y"]}, 0.0),
        ("contains", "a b", {"all": ["a", "b"]}, 1.0),
        ("contains", "a b", {"all": ["a", "z"]}, 0.0),
        ("contains", "a b", {"none": ["y", "z"]}, 1.0),
        ("contains", "a b", {"none": ["y", "b"]}, 0.0),
        ("contains", "a b", {"any": ["a"], "all": ["b"], "none": ["c"]}, 1.0),
        ("contains", "a b", {"any": ["a"], "all": ["b"], "none": ["a"]}, 0.0),
        ("starts_with", "Dear Ana", {"any": ["Hello", "Dear"]}, 1.0),
        ("starts_with", "Ana, dear", {"text": "Dear"}, 0.0),
        ("ends_with", "It is done.\n", {"any": [".", "!"]}, 1.0),
        ("ends_with", "It is done.\n", {"text": ".", "strip": False}, 0.0),
        ("ends_with", "It is", {"text": "."}, 0.0),
    ],
)
def test_texts_of_the_suite(kind: str, text: str, options: dict[str, Any], expected: float) -> None:
    assert value(kind, text, **options) == expected
    scorer = make_scorer(kind, options, "")
    assert scorer.reads is None, "it needs nothing of the case"


def test_ends_with_reads_the_expected_text_too() -> None:
    assert value("ends_with", "so: billing", "billing") == 1.0
    assert value("ends_with", "billing it is", ["billing", "is"]) == 1.0
    assert value("ends_with", "x", None) is None
    assert judged("contains", "x", None, all=["y"]).reason == "without: y"


def test_a_blank_text_is_refused_and_options_that_came_later_are_absent_unless_set() -> None:
    with pytest.raises(SuiteError, match="a blank text is in every answer"):
        make_scorer("contains", {"all": [" "]}, "suite.yaml")
    with pytest.raises(SuiteError, match="text: a blank text is in every answer"):
        make_scorer("contains", {"text": "  "}, "suite.yaml")
    assert make_scorer("contains", {}, "").options == {"ignore_case": False, "strip": True}
    assert make_scorer("contains", {"text": ""}, "").options.keys() == {"ignore_case", "strip"}
