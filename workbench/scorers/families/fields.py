"""A scorer that compares a JSON answer field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from workbench.datasets.cells import json_of
from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.combined import unused_name
from workbench.scorers.expected import OBJECT
from workbench.scorers.families.structure import parsed, same
from workbench.typed_options import Option

_NOTHING = object()
Path = tuple[str, ...]
"""The keys that lead to a value. Not joined: {"a.b": 1} is not {"a": {"b": 1}}."""


def _json_fields(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    expected = json_of(case.expected)
    wanted = list(_leaves(expected))
    paths = [_path(str(name), wanted) for name in options["fields"]] or wanted
    names: dict[str, Path] = {}
    for path in paths:
        names[unused_name(".".join(path), names)] = path
    try:
        value = parsed(answer.text)
    except (ValueError, RecursionError):
        return Score(0.0, "not JSON", dict.fromkeys(names, 0.0))
    if not isinstance(value, Mapping):
        return Score(0.0, "not an object", dict.fromkeys(names, 0.0))
    parts = {
        name: float(_matches(_at(value, path), _at(expected, path), options))
        for name, path in names.items()
    }
    others = [path for path in _leaves(value) if path not in wanted] if options["no_others"] else []
    for path in others:
        parts[unused_name(".".join(path), parts)] = 0.0
    wrong = [name for name, score in parts.items() if score < 1]
    reason = f"wrong: {', '.join(wrong)}"[:200] if wrong else ""
    return Score(sum(parts.values()) / len(parts), reason, parts)


def _leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of the values in an object. A list, or an empty object, is one value."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif path:
        yield path


def _path(name: str, wanted: Sequence[Path]) -> Path:
    """The path that a suite writes as customer.name; a key of the object may have a dot itself."""
    return next((path for path in wanted if ".".join(path) == name), tuple(name.split(".")))


def _at(value: Any, path: Path) -> Any:
    """The value at a path, which may be an object."""
    for key in path:
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
