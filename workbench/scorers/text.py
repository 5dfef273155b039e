"""Scorers that look at the text alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.datasets.values import Case
from workbench.providers.values import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.patterns import is_found, pattern_problem

SHOWN_CHARS = 60


def _prepared(text: str, options: Mapping[str, Any]) -> str:
    if options["strip"]:
        text = text.strip()
    return text.casefold() if options["ignore_case"] else text


def _wanted(case: Case) -> list[str]:
    """The accepted answers: one, or any of a list."""
    expected = case.expected
    return [_as_text(item) for item in (expected if isinstance(expected, list) else [expected])]


def _as_text(value: Any) -> str:
    """A value as an answer would write it: `true`, not `True`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _verdict(found: bool, case: Case) -> Score:
    if found:
        return Score(1.0)
    return Score(0.0, f"want: {' or '.join(_wanted(case))[:SHOWN_CHARS]}")


def _exact_match(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    text = _prepared(answer.text, options)
    return _verdict(any(text == _prepared(want, options) for want in _wanted(case)), case)


def _contains(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    text = _prepared(answer.text, options)
    return _verdict(any(_prepared(want, options) in text for want in _wanted(case)), case)


def _starts_with(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    text = _prepared(answer.text, options)
    return _verdict(any(text.startswith(_prepared(w, options)) for w in _wanted(case)), case)


def _one_of(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    text = _prepared(answer.text, options)
    if any(text == _prepared(str(label), options) for label in options["labels"]):
        return Score(1.0)
    return Score(0.0, f"not one of {len(options['labels'])} labels")


def _matches(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    if is_found(options["pattern"], answer.text):
        return Score(1.0)
    return Score(0.0, "the pattern does not match")


def _max_chars(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    length = len(answer.text)
    return Score(float(length <= options["limit"]), f"{length} characters")


def _pattern_problem(options: Mapping[str, Any]) -> str:
    problem = pattern_problem(options["pattern"])
    return f"pattern: {problem}" if problem else ""


_TEXT_OPTIONS = {"ignore_case": False, "strip": True}

KINDS = (
    Kind("exact_match", "The answer is the expected text.", _exact_match, _TEXT_OPTIONS),
    Kind("contains", "The answer contains the expected text.", _contains, _TEXT_OPTIONS),
    Kind("starts_with", "The answer starts with the expected text.", _starts_with, _TEXT_OPTIONS),
    Kind(
        "one_of",
        "The answer is one of the labels.",
        _one_of,
        {**_TEXT_OPTIONS, "labels": []},
        needs_expected=False,
        check=lambda options: "" if options["labels"] else "labels: name at least one",
    ),
    Kind(
        "matches",
        "A regular expression is found in the answer.",
        _matches,
        {"pattern": ""},
        revision=2,
        needs_expected=False,
        check=_pattern_problem,
    ),
    Kind(
        "max_chars",
        "The answer has at most this many characters.",
        _max_chars,
        {"limit": 1000},
        needs_expected=False,
    ),
)
