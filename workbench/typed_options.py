"""Options of a scorer, a target or a provider: their types, defaults and ranges, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from workbench.errors import UsageError
from workbench.fingerprints import canonical_json
from workbench.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class Option:
    """One option. Its type is that of its default: bool, int, float, str, list or dict; with None
    it takes any JSON value.
    """

    TYPES: ClassVar[Mapping[type, tuple[str, str]]] = {
        bool: ("boolean", "true or false"),
        int: ("integer", "a whole number"),
        float: ("number", "a number"),
        str: ("string", "a text"),
        list: ("array", "a list"),
        dict: ("object", "a mapping"),
        type(None): ("any", "any value"),
    }
    """What JSON Schema calls each type, and what messages call it."""
    default: Any
    summary: str = ""
    least: float | None = None
    """Of a number, inclusive."""
    most: float | None = None
    later: bool = False
    """Added after the kind's first release: unset, it is absent from fingerprints."""

    @property
    def json_type(self) -> str:
        """The type as JSON Schema names it."""
        return self.TYPES[type(self.default)][0]

    @property
    def takes(self) -> str:
        """What may stand there, in words: `a number from 0 to 1`."""
        words = self.TYPES[type(self.default)][1]
        if self.least is not None and self.most is not None:
            return f"{words} from {self.least:g} to {self.most:g}"
        if self.least is not None:
            return f"{words}, {self.least:g} or more"
        return words if self.most is None else f"{words}, {self.most:g} or less"

    def checked(self, value: Any, where: str, error: type[UsageError]) -> Any:
        """The value in the option's type. Raises `error` for another type or out of range."""
        wanted = type(self.default)
        if wanted is type(None):
            return value
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise error(f"{where} must be {self.takes}, not {value!r}")
        problem = self._out_of_range(value) if wanted in (int, float) else ""
        if problem:
            shown = f"{value:g}" if isinstance(value, float) else value
            raise error(f"{where}: {shown} {problem}")
        return value

    def _out_of_range(self, value: float) -> str:
        least = -math.inf if self.least is None else self.least
        most = math.inf if self.most is None else self.most
        is_finite = isinstance(value, int) or math.isfinite(value)
        if least <= value <= most and is_finite:
            return ""
        if (least, most) == (0, 1) and 1 < value <= 100:
            return f"does not lie between 0 and 1; write {value / 100:g}"
        if math.isfinite(least) and math.isfinite(most):
            return f"does not lie between {least:g} and {most:g}"
        if not is_finite:
            return "is not a finite number"
        return f"is less than {least:g}" if value < least else f"is more than {most:g}"


def options_problem(options: Any) -> str:
    """What is wrong with the options that a kind of a plug-in declares, or nothing."""
    if not isinstance(options, Mapping):
        return "its options are no mapping"
    for name, option in options.items():
        if not isinstance(option, Option) or type(option.default) not in Option.TYPES:
            return f"its option {name!r} is no Option with a default of a known type"
        try:
            canonical_json(option.default)
        except (TypeError, ValueError):
            return f"the default of its option {name!r} is no JSON value"
    return ""


def defaults(options: Mapping[str, Option]) -> dict[str, Any]:
    """The default of each option by name."""
    return {name: option.default for name, option in options.items()}


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
        values[name] = options[name].checked(value, f"{where}.{name}", error)
    return values
