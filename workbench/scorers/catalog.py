"""The scorers that ship, and how a suite names one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.errors import SuiteError
from workbench.scorers import cost, similarity, structure, text
from workbench.scorers.base import Kind, Scorer
from workbench.suggestions import did_you_mean

KINDS: Mapping[str, Kind] = {
    kind.name: kind for family in (text, structure, similarity, cost) for kind in family.KINDS
}


def make_scorer(
    name: str, given: Mapping[str, Any], where: str, written: Mapping[str, Any] | None = None
) -> Scorer:
    """The scorer `name` with its options checked. Raises SuiteError naming what is wrong.

    `written` has the options with every scalar as the text that stands in the file.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise SuiteError(f"{where}: no scorer {name!r}", hint=did_you_mean(name, KINDS))
    options = dict(kind.options)
    required = True
    for key, value in given.items():
        if key == "required":
            required = _typed(value, True, f"{where}: {name}.required")
        elif key in options:
            found = _typed(value, kind.options[key], f"{where}: {name}.{key}")
            if isinstance(found, list):
                said = (written or {}).get(key) or [as_text(item) for item in found]
                pairs = zip(found, said, strict=True)
                found = [_label(*pair, f"{where}: {name}.{key}") for pair in pairs]
            options[key] = found
        else:
            hint = did_you_mean(key, [*options, "required"])
            raise SuiteError(f"{where}: {name} has no option {key!r}", hint=hint)
    problem = kind.check(options)
    if problem:
        raise SuiteError(f"{where}: {name}: {problem}")
    return Scorer(kind, options, required)


def _typed(value: Any, default: Any, where: str) -> Any:
    wanted = type(default)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise SuiteError(f"{where} must be a {wanted.__name__}, not {value!r}")
    if value == {}:
        raise SuiteError(f"{where} is empty", hint="leave it out where every JSON value is right")
    return value


def _label(value: Any, written: Any, where: str) -> Any:
    """A label that reads as it is written: `true` and 1.50 are no Python values here."""
    if isinstance(value, (dict, list)) or (value is None and not written):
        raise SuiteError(f"{where}: {value!r} is no label", hint="a text, quoted if it is empty")
    return value if str(value) == written else written
