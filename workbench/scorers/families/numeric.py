"""Scorers that read a number in the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from workbench.datasets.cells import text_of
from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.expected import NOTHING, Reading, listed
from workbench.typed_options import Option

_MOST_CHARS = 60
"""A longer run of digits is no number that anybody compares."""
# Digits that go on as in 1.000,50 or 1.2.3 are no number: which one is anybody's guess.
_NUMBER = re.compile(
    r"(?<![\w.])(?<!\d[,'\u2019\u00a0\u202f])[-+\u2212]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,4})?"
    r"(?!\w|[.,'\u2019\u00a0\u202f]\d)"
)
_WHOLE, _FIRST, _LAST = "whole", "first", "last"
_PICKS = (_WHOLE, _FIRST, _LAST)


def number_of(text: str) -> Decimal | None:
    """The number that a text is: 42, -1.5, 1,234.50, 1e3; None if it is none."""
    plain = text.strip().replace("\u2212", "-")
    if len(plain) > _MOST_CHARS or not _NUMBER.fullmatch(plain):
        return None
    try:
        number = Decimal(plain.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def numbers_in(text: str) -> list[Decimal]:
    """The numbers in a text, in their order."""
    numbers = (number_of(match[0]) for match in _NUMBER.finditer(text))
    return [number for number in numbers if number is not None]


def _wanted(case: Case) -> list[Decimal]:
    numbers = (number_of(text_of(item)) for item in listed(case))
    return [number for number in numbers if number is not None]


def _lacks(case: Case) -> str:
    if case.expected is None:
        return NOTHING
    return "" if _wanted(case) else "the expected answer is no number"


def _misfit(case: Case) -> str:
    for item in listed(case):
        text = text_of(item)
        if text.strip() and number_of(text) is None:
            return f"{text[:60]!r} is no number"
    return ""


def _numeric(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    if options["pick"] == _WHOLE:
        number = number_of(answer.text)
    else:
        numbers = numbers_in(answer.text)
        number = numbers[-1 if options["pick"] == _LAST else 0] if numbers else None
    if number is None:
        return Score(0.0, "no number" if options["pick"] != _WHOLE else "not a number")
    wanted = _wanted(case)
    if any(_is_near(number, want, options) for want in wanted):
        return Score(1.0)
    return Score(0.0, f"{number}, want: {' or '.join(map(str, wanted))}"[:80])


def _is_near(number: Decimal, want: Decimal, options: Mapping[str, Any]) -> bool:
    relative = Decimal(str(options["relative"])) * abs(want)
    return abs(number - want) <= max(Decimal(str(options["absolute"])), relative)


def _pick_problem(options: Mapping[str, Any]) -> str:
    return "" if options["pick"] in _PICKS else f"pick: one of {', '.join(_PICKS)}"


NUMBER = Reading(_lacks, lambda _case: False, _misfit, "a number")

KINDS = (
    Kind(
        "numeric",
        "The answer is the expected number, within a tolerance.",
        _numeric,
        {
            "absolute": Option(0.0, "The largest difference that is right.", least=0),
            "relative": Option(0.0, "The same as a share of the expected number.", 0, 1),
            "pick": Option(_WHOLE, "whole: the answer is the number; first or last: one in it."),
        },
        reads=NUMBER,
        check=_pick_problem,
        example="numeric: {absolute: 0.01, pick: last}",
    ),
)
