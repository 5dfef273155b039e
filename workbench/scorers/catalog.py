"""The scorers that ship, and how a suite names one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.errors import SuiteError
from workbench.scorers import cost, similarity, structure, text
from workbench.scorers.base import Kind, Scorer
from workbench.suggestions import did_you_mean

KINDS: Mapping[str, Kind] = {
    kind.name: kind for family in (text, structure, similarity, cost) for kind in family.KINDS
}


def make_scorer(name: str, given: Mapping[str, Any], where: str) -> Scorer:
    """The scorer `name` with its options checked. Raises SuiteError naming what is wrong."""
    kind = KINDS.get(name)
    if kind is None:
        raise SuiteError(f"{where}: no scorer {name!r}", hint=did_you_mean(name, KINDS))
    options = dict(kind.options)
    required = True
    for key, value in given.items():
        if key == "required":
            required = _typed(value, True, f"{where}: {name}.required")
        elif key in options:
            options[key] = _typed(value, kind.options[key], f"{where}: {name}.{key}")
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
    return value
