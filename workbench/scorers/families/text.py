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
    text = _prepared(answer.text, options)
    every, none = _texts(options, "all"), _texts(options, "none")
    wanted = _named(options) or ([] if every or none else parts(case))
    if wanted and not any(_prepared(want, options) in text for want in wanted):
        return _verdict(False, wanted)
    for want in every:
        if _prepared(want, options) not in text:
            return Score(0.0, f"without: {want[:SHOWN_CHARS]}")
    for want in none:
        if _prepared(want, options) in text:
            return Score(0.0, f"with: {want[:SHOWN_CHARS]}")
    return Score(1.0)


def _starts_with(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    text, wanted = _prepared(answer.text, options), _named(options) or parts(case)
    return _verdict(any(text.startswith(_prepared(want, options)) for want in wanted), wanted)


def _ends_with(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    text, wanted = _prepared(answer.text, options), _named(options) or parts(case)
    return _verdict(any(text.endswith(_prepared(want, options)) for want in wanted), wanted)


def _named(options: Mapping[str, Any]) -> list[str]:
    """The texts of which one must be there, as the suite names them."""
    text = options.get("text", "")
    return [*([text] if text else []), *_texts(options, "any")]


def _texts(options: Mapping[str, Any], name: str) -> list[str]:
    return [str(text) for text in options.get(name, ())]


def _no_blank(options: Mapping[str, Any]) -> str:
    text = options.get("text", "")
    if text and not text.strip():
        return "text: a blank text is in every answer"
    for name in ("any", "all", "none"):
        if not all(text.strip() for text in _texts(options, name)):
            return f"{name}: a blank text is in every answer"
    return ""


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


_TEXT = Option("", "A text in place of the expected one.", later=True)
_ANY = Option([], "Texts in place of the expected one, of which one is enough.", later=True)
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
        {
            **_TEXT_OPTIONS,
            "text": _TEXT,
            "any": _ANY,
            "all": Option([], "Texts that must all be there.", later=True),
            "none": Option([], "Texts of which none may be there.", later=True),
        },
        reads=PART,
        check=_no_blank,
        compared=("text", "any", "all", "none"),
        instead=("text", "any", "all", "none"),
        example="contains: {ignore_case: true}",
    ),
    Kind(
        "starts_with",
        "The answer starts with the expected text.",
        _starts_with,
        {**_TEXT_OPTIONS, "text": _TEXT, "any": _ANY},
        reads=PART,
        check=_no_blank,
        compared=("text", "any"),
        instead=("text", "any"),
        example="starts_with: {ignore_case: true}",
    ),
    Kind(
        "ends_with",
        "The answer ends with the expected text.",
        _ends_with,
        {**_TEXT_OPTIONS, "text": _TEXT, "any": _ANY},
        reads=PART,
        check=_no_blank,
        compared=("text", "any"),
        instead=("text", "any"),
        example="ends_with: {any: ['.', '!']}",
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
