"""The further margins of a gate: `slices`, one for a tag, and `also`, for cost and latency."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.suggestions import did_you_mean
from workbench.typed_tables import check_keys
from workbench.units import seconds

COST = "cost"
LATENCY = re.compile(r"latency_p([1-9][0-9]?)")
"""`latency_p95`: a percentile of the latency."""
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_MOST_DEARER = 10.0
_EXAMPLES = {COST: "cost: {margin: 10 %}", "latency": "latency_p95: {margin: 200ms}"}

Margins = tuple[tuple[str, float], ...]


def slices_of(data: Any, where: str, share: Callable[[Mapping[str, Any], str], float]) -> Margins:
    """`{vip: {margin: 0.02}}`, sorted by tag; `share` reads a margin. Raises SuiteError."""
    hint = "slices: {vip: {margin: 0.02}}"
    margins = []
    for tag, rule in _rules(data, where, hint):
        if tag is None or not str(tag):
            raise SuiteError(f"{where}: {tag!r} is no tag", hint=hint)
        margins.append((str(tag), share(rule, f"{where}.{tag}")))
    return tuple(sorted(margins))


def also_of(data: Any, where: str) -> Margins:
    """`{cost: {margin: 10 %}, latency_p95: {margin: 200ms}}`, sorted. Raises SuiteError."""
    margins = []
    for name, rule in _rules(data, where, _EXAMPLES[COST]):
        if name == COST:
            margin = _dearer(rule["margin"], f"{where}.{name}.margin")
        elif LATENCY.fullmatch(str(name)):
            margin = _slower(rule["margin"], f"{where}.{name}.margin")
        else:
            known = [COST, "latency_p50", "latency_p95", "latency_p99"]
            raise SuiteError(
                f"{where}: {name!r} cannot be gated", hint=did_you_mean(str(name), known)
            )
        margins.append((str(name), margin))
    return tuple(sorted(margins))


def check_tags(slices: Margins, cases: Sequence[Case], where: str) -> None:
    """Raise SuiteError for a slice whose tag no case has."""
    known = {tag for case in cases for tag in case.tags}
    for tag, _ in slices:
        if tag not in known:
            hint = did_you_mean(tag, known) if known else "give cases tags in the dataset"
            raise SuiteError(f"{where}.slices: no case that decides has the tag {tag!r}", hint=hint)


def _rules(data: Any, where: str, hint: str) -> list[tuple[Any, Mapping[str, Any]]]:
    if data is None:
        return []
    if not isinstance(data, Mapping):
        raise SuiteError(f"{where} must be a mapping", hint=hint)
    for name, rule in data.items():
        if not isinstance(rule, Mapping) or rule.get("margin") is None:
            raise SuiteError(f"{where}.{name}: a margin is needed", hint=hint)
        check_keys(rule, ("margin",), f"{where}.{name}", SuiteError)
    return list(data.items())


def _dearer(value: Any, where: str) -> float:
    """A share of the baseline's cost: `10 %`, or 0.1."""
    written = _SHARE.fullmatch(str(value).strip())
    if written:
        margin = float(written[1]) / 100.0
    elif isinstance(value, bool) or not isinstance(value, (int, float)) or value >= 1:
        raise SuiteError(f"{where} must be a share of A's cost, not {value!r}", hint="margin: 10 %")
    else:
        margin = float(value)
    if not 0.0 < margin <= _MOST_DEARER:
        raise SuiteError(
            f"{where} must lie above 0 and at most at {100 * _MOST_DEARER:g} %",
            hint="margin: 10 %",
        )
    return margin


def _slower(value: Any, where: str) -> float:
    """Seconds: `200ms`, `0.2s`. A bare number has no unit and is refused."""
    if not isinstance(value, str):
        raise SuiteError(f"{where} must be a duration, not {value!r}", hint="margin: 200ms")
    try:
        margin = seconds(value)
    except ValueError as error:
        raise SuiteError(f"{where}: {error}", hint="margin: 200ms") from error
    if margin <= 0.0:
        raise SuiteError(f"{where} must be more than 0", hint="margin: 200ms")
    return margin
