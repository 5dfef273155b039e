"""What a case expects, as a scorer reads it: a text, any of several texts, or a JSON value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.datasets.cells import json_of, text_of
from workbench.datasets.delimited import folded
from workbench.datasets.json_values import parse_json
from workbench.datasets.values import Case
from workbench.errors import DatasetError
from workbench.prompts.files.untyped import UntypedText

NOTHING = "the case has no expected answer"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a kind of scorer reads what a case expects."""

    lacks: Callable[[Case], str]
    """Why it cannot judge the case, or nothing."""
    is_new: Callable[[Case], bool]
    """Whether 0.1.0 read it otherwise: the evidence of that time does not count then."""
    misfit: Callable[[Case], str] = field(default=lambda _case: "")
    """Why the case is refused before the first call, or nothing."""
    form: str = "JSON: a text needs double quotes"
    """What it compares, for messages about a misfit."""


def texts(case: Case) -> list[str]:
    """The texts that are right: one, or any of a list. A blank alone is none."""
    items = _items(case.expected)
    if items is None:
        text = text_of(case.expected)
        return [folded(text)] if text.strip() else []
    return [folded(text_of(item)) for item in items]


def wants_blank(case: Case, _options: Mapping[str, Any]) -> bool:
    """Whether a case says that an empty answer is right, as `expected: [""]` does."""
    return any(not text.strip() for text in texts(case))


def parts(case: Case) -> list[str]:
    """The texts that may stand in an answer: a blank stands in all of them, and is none."""
    return [text for text in texts(case) if text.strip()]


def _items(expected: Any) -> list[Any] | None:
    """The items of a list, also of one in a cell: `["a", 1]` means either, in every format."""
    if isinstance(expected, (list, tuple)):
        return list(expected)
    if not isinstance(expected, UntypedText) or not expected.lstrip().startswith("["):
        return None
    try:
        items = parse_json(expected, "expected")
    except DatasetError:
        return None
    return items if isinstance(items, list) else None


def listed(case: Case) -> list[Any]:
    """What is right: the items of a list, or the one value; nothing where none is expected."""
    if case.expected is None:
        return []
    items = _items(case.expected)
    return [case.expected] if items is None else items


def _lacks(read: Callable[[Case], list[str]]) -> Callable[[Case], str]:
    def lacks(case: Case) -> str:
        if case.expected is None:
            return NOTHING
        if _items(case.expected) == []:
            return "the list of expected answers is empty"
        return "" if read(case) else "the expected answer is blank"

    return lacks


def _is_new(
    read: Callable[[Case], list[str]], before: Callable[[Any], list[str]]
) -> Callable[[Case], bool]:
    return lambda case: case.expected is not None and read(case) != before(case.expected)


def _before(expected: Any) -> list[str]:
    return [
        item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
        for item in (expected if isinstance(expected, list) else [expected])
    ]


def _no_json(case: Case) -> str:
    try:
        json_of(case.expected)
    except DatasetError as error:
        return f"{case.expected[:60]!r} is no JSON: {error.message}"
    return ""


def _lacks_json(case: Case) -> str:
    return _no_json(case) or (NOTHING if json_of(case.expected) is None else "")


def _is_new_json(case: Case) -> bool:
    return bool(_no_json(case)) or json_of(case.expected) != case.expected


def _no_object(case: Case) -> str:
    problem = _no_json(case)
    if problem or json_of(case.expected) is None:
        return problem
    is_object = isinstance(json_of(case.expected), Mapping)
    return "" if is_object else f"{text_of(case.expected)[:60]!r} is no object"


def _lacks_fields(case: Case) -> str:
    lacking = _no_object(case) or _lacks_json(case)
    return lacking or ("" if json_of(case.expected) else "the expected object has no fields")


WHOLE = Reading(_lacks(texts), _is_new(texts, _before))
"""A text that the answer is."""
PART = Reading(_lacks(parts), _is_new(parts, _before))
"""A text that the answer holds."""
NEAR = Reading(_lacks(texts), _is_new(texts, lambda expected: [str(expected)]))
"""A text that the answer is like."""
VALUE = Reading(_lacks_json, _is_new_json, _no_json)
"""A JSON value."""
OBJECT = Reading(_lacks_fields, lambda _case: False, _no_object, "a JSON object")
"""A JSON object with fields."""
