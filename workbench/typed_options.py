"""Options of a scorer, a target or a provider, and how a value of any table is checked.

A type says what a value is, and msgspec's `Meta` its range. Messages and schemas come from both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Meta, ValidationError, convert

from workbench.errors import UsageError
from workbench.fingerprints import canonical_json
from workbench.suggestions import did_you_mean

MOST = 10**15
"""The largest number that a key takes where nothing smaller is said; infinity is none."""
_WORDS: Mapping[type, tuple[str, str]] = {
    bool: ("boolean", "true or false"),
    int: ("integer", "a whole number"),
    float: ("number", "a number"),
    str: ("string", "a text"),
    list: ("array", "a list"),
    tuple: ("array", "a list"),
    dict: ("object", "a mapping"),
    Mapping: ("object", "a table"),
    NoneType: ("any", "any value"),
}
"""What JSON Schema calls each type, and what messages call it."""
_PER_CENT = re.compile(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*(%|per cent|percent|pts?|points?)?\s*")


@dataclass(frozen=True, slots=True)
class Option:
    """One option. Its type is that of its default: bool, int, float, str, list or dict; with None
    it takes any JSON value.
    """

    default: Any
    summary: str = ""
    least: float | None = None
    """Of a number, inclusive."""
    most: float | None = None
    later: bool = False
    """Added after the kind's first release: unset, it is absent from fingerprints."""

    @property
    def kind(self) -> Any:
        """Its type with its range."""
        kind = type(self.default)
        if kind is NoneType:
            return Any
        least, most = (None if one is None else kind(one) for one in (self.least, self.most))
        if kind is float:
            least, most = (-MOST if least is None else least), (MOST if most is None else most)
        return Annotated[kind, Meta(ge=least, le=most)]

    @property
    def json_type(self) -> str:
        """The type as JSON Schema names it."""
        return _WORDS[type(self.default)][0]

    @property
    def takes(self) -> str:
        """What may stand there, in words: `a number from 0 to 1`."""
        return takes(self.kind)


def checked(value: Any, kind: Any, where: str, error: type[UsageError]) -> Any:
    """The value as `kind`, a type with its range; an integer may stand for a float.

    Raises `error` for another type or out of range, with the item of a list or a table. What stands
    in an option that is a list or a mapping is kept as it was read.
    """
    if value is None and NoneType in get_args(kind):
        return None
    plain, _ = _parts(kind)
    base, arguments = get_origin(plain) or plain, get_args(plain)
    if base is Mapping and isinstance(value, Mapping):
        for name, one in value.items():
            checked(name, arguments[0], f"{where}: the key {name!r}", error)
            checked(one, arguments[1], f"{where}.{name}", error)
    if base is tuple and isinstance(value, list):
        for at, one in enumerate(value):
            checked(one, arguments[0], f"{where}[{at}]", error)
    try:
        converted = convert(value, kind)
    except ValidationError:
        if base is Literal:
            hint = did_you_mean(str(value), filter(None, arguments))
            raise error(f"{where} cannot be {value!r}", hint=hint) from None
        hint = _hint(value, kind)
        raise error(f"{where} must be {takes(kind)}, not {value!r}", hint=hint) from None
    return value if base in (list, dict, Any) else converted


def takes(kind: Any) -> str:
    """What a value of that kind is, in words: `a number from 0 to 1`."""
    plain, (least, most, is_set) = _parts(kind)
    words = _WORDS.get(get_origin(plain) or plain, _WORDS[NoneType])[1]
    if is_set:
        return f"{words} that is not empty"
    if least is not None and most is not None:
        return f"{words} from {least:,.10g} to {most:,.10g}"
    if least is not None:
        return f"{words}, {least:,.10g} or more"
    return words if most is None else f"{words}, {most:,.10g} or less"


def _parts(kind: Any) -> tuple[Any, tuple[float | None, float | None, bool]]:
    """The type without its range and without None; its limits that a message names, and whether it
    must not be empty.
    """
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is not Annotated:
        return kind, (None, None, False)
    kind, meta = get_args(kind)[:2]
    least, most = (None if abs(one or 0) >= MOST else one for one in (meta.ge, meta.le))
    return kind, (least, most, bool(meta.min_length))


def _hint(value: Any, kind: Any) -> str:
    """How a share that is written in per cent, or a text that reads as a number, is written."""
    plain, (least, most, _) = _parts(kind)
    if plain is str and isinstance(value, (int, float)):
        return "put it in quotes"
    match = _PER_CENT.fullmatch(str(value))
    if least is None or most is None or least < 0 or most > 1 or not match or value is True:
        return ""
    number = float(match[1].replace(",", "."))
    share = number / 100 if match[2] or number > 1 else number
    return f"write {share:g}" if least <= share <= most else ""


def options_problem(options: Any) -> str:
    """What is wrong with the options that a kind of a plug-in declares, or nothing."""
    if not isinstance(options, Mapping):
        return "its options are no mapping"
    for name, option in options.items():
        if not isinstance(option, Option) or type(option.default) not in _WORDS:
            return f"its option {name!r} is no Option with a default of a known type"
        try:
            canonical_json(option.default)
        except (TypeError, ValueError):
            return f"the default of its option {name!r} is no JSON value"
    return ""


def read_options(
    given: Mapping[str, Any],
    options: Mapping[str, Option],
    where: str,
    error: type[UsageError],
) -> dict[str, Any]:
    """The options that are given, checked, beside the defaults of the others.

    Raises `error` for one that is not known, of another type, or out of its range.
    """
    values = defaults(options)
    for name, value in given.items():
        if name not in options:
            hint = did_you_mean(name, options)
            raise error(f"{where} has no option {name!r}", hint=hint)
        values[name] = checked(value, options[name].kind, f"{where}.{name}", error)
    return values


def defaults(options: Mapping[str, Option]) -> dict[str, Any]:
    """The default of each option by name."""
    return {name: option.default for name, option in options.items()}
