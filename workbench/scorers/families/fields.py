"""A scorer that compares a JSON answer field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from workbench.datasets.cells import json_of
from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.expected import OBJECT
from workbench.scorers.families.structure import parsed, same
from workbench.typed_options import Option

_NOTHING = object()


def _json_fields(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    wanted = dict(_leaves(json_of(case.expected)))
    names = [str(name) for name in options["fields"]] or list(wanted)
    try:
        value = parsed(answer.text)
    except (ValueError, RecursionError):
        return Score(0.0, "not JSON", dict.fromkeys(names, 0.0))
    if not isinstance(value, Mapping):
        return Score(0.0, "not an object", dict.fromkeys(names, 0.0))
    given = dict(_leaves(value))
    parts = {
        name: float(_matches(_at(given, value, name), _at(wanted, case.expected, name), options))
        for name in names
    }
    others = [name for name in given if name not in wanted] if options["no_others"] else []
    parts |= dict.fromkeys(others, 0.0)
    wrong = [name for name, score in parts.items() if score < 1]
    reason = f"wrong: {', '.join(wrong)}"[:200] if wrong else ""
    return Score(sum(parts.values()) / len(parts), reason, parts)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values in an object by path: `customer.name`. A list, or an empty object, is one."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif path:
        yield path, value


def _at(leaves: Mapping[str, Any], whole: Any, path: str) -> Any:
    """The value at a path, which may be an object."""
    if path in leaves:
        return leaves[path]
    value = json_of(whole)
    for key in path.split("."):
        value = value.get(key, _NOTHING) if isinstance(value, Mapping) else _NOTHING
    return value


def _matches(value: Any, wanted: Any, options: Mapping[str, Any]) -> bool:
    if value is _NOTHING or wanted is _NOTHING:
        return value is wanted
    if isinstance(value, str) and isinstance(wanted, str):
        return _folded(value, options) == _folded(wanted, options)
    if _is_number(value) and _is_number(wanted):
        # As written: in binary, 1.01 - 1 is more than 0.01.
        difference = abs(Decimal(str(value)) - Decimal(str(wanted)))
        return difference <= Decimal(str(options["tolerance"]))
    return same(value, wanted)


def _folded(text: str, options: Mapping[str, Any]) -> str:
    text = text.strip() if options["strip"] else text
    return text.casefold() if options["ignore_case"] else text


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


KINDS = (
    Kind(
        "json_fields",
        "The share of the expected object's fields that are right in the answer, each scored.",
        _json_fields,
        {
            "fields": Option([], "The fields that count, as paths: customer.name; else all."),
            "no_others": Option(False, "A field that is not expected is wrong, too."),
            "tolerance": Option(0.0, "The largest difference of two numbers.", least=0),
            "ignore_case": Option(False, "Take upper and lower case letters for the same."),
            "strip": Option(True, "Leave out white space at both ends of texts."),
        },
        reads=OBJECT,
        example="json_fields: {fields: [queue, total], tolerance: 0.01}",
    ),
)
