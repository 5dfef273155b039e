"""Scorers that look at the text alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.datasets.delimited import folded
from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.expected import PART, WHOLE, parts, texts, wants_blank
from workbench.scorers.patterns import is_found, pattern_problem
from workbench.typed_options import Option

SHOWN_CHARS = 60


def _prepared(text: str, options: Mapping[str, Any]) -> str:
    text = folded(text)
    if options["strip"]:
        text = text.strip()
    return text.casefold() if options["ignore_case"] else text


def _verdict(is_match: bool, wanted: Sequence[str]) -> Score:
    if is_match:
        return Score(1.0)
    return Score(0.0, f"want: {' or '.join(wanted)[:SHOWN_CHARS]}")


def _exact_match(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    text, wanted = _prepared(answer.text, options), texts(case)
    return _verdict(any(text == _prepared(want, options) for want in wanted), wanted)


def _contains(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    text, wanted = _prepared(answer.text, options), parts(case)
    return _verdict(any(_prepared(want, options) in text for want in wanted), wanted)


def _starts_with(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    text, wanted = _prepared(answer.text, options), parts(case)
    return _verdict(any(text.startswith(_prepared(want, options)) for want in wanted), wanted)


def _one_of(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    text = _prepared(answer.text, options)
    if any(text == _prepared(str(label), options) for label in options["labels"]):
        return Score(1.0)
    return Score(0.0, f"not one of {len(options['labels'])} labels")


def _matches(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    # As it came, too: a pattern may name \r itself.
    if any(is_found(options["pattern"], text) for text in {folded(answer.text), answer.text}):
        return Score(1.0)
    return Score(0.0, "the pattern does not match")


def _max_chars(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    length = len(answer.text)
    return Score(float(length <= options["limit"]), f"{length} characters")


def _pattern_problem(options: Mapping[str, Any]) -> str:
    if not options["pattern"]:
        return "pattern: name one, every answer has an empty text in it"
    problem = pattern_problem(options["pattern"])
    return f"pattern: {problem}" if problem else ""


_TEXT_OPTIONS = {
    "ignore_case": Option(False, "Take upper and lower case letters for the same."),
    "strip": Option(True, "Leave out white space at both ends."),
}

KINDS = (
    Kind(
        "exact_match",
        "The answer is the expected text.",
        _exact_match,
        _TEXT_OPTIONS,
        reads=WHOLE,
        takes_empty=wants_blank,
        example="exact_match: {ignore_case: true}",
    ),
    Kind(
        "contains",
        "The answer contains the expected text.",
        _contains,
        _TEXT_OPTIONS,
        reads=PART,
        example="contains: {ignore_case: true}",
    ),
    Kind(
        "starts_with",
        "The answer starts with the expected text.",
        _starts_with,
        _TEXT_OPTIONS,
        reads=PART,
        example="starts_with: {ignore_case: true}",
    ),
    Kind(
        "one_of",
        "The answer is one of the labels.",
        _one_of,
        {
            **_TEXT_OPTIONS,
            "labels": Option([], "The texts of which the answer must be one; at least one."),
        },
        check=lambda options: "" if options["labels"] else "labels: name at least one",
        compared=("labels",),
        takes_empty=lambda _case, options: any(not str(one).strip() for one in options["labels"]),
        example="one_of: {labels: [billing, sales]}",
    ),
    Kind(
        "matches",
        "A regular expression is found in the answer.",
        _matches,
        {
            "pattern": Option(
                "", "A regular expression, as Python's `re` takes it; it must be given."
            )
        },
        revision=2,
        check=_pattern_problem,
        example="matches: {pattern: '^[A-Z]{2}-[0-9]+$'}",
    ),
    Kind(
        "max_chars",
        "The answer has at most this many characters.",
        _max_chars,
        {"limit": Option(1000, "The most characters that are right.", least=1)},
        example="max_chars: {limit: 280}",
    ),
)
