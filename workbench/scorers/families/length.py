"""Scorers that measure the answer's length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.typed_options import Option

_UNITS = ("words", "characters", "tokens")
_NO_LIMIT = 0


def _length(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    unit = options["unit"]
    if unit == "tokens":
        length = answer.completion_tokens
        if length is None:
            return Score(None, "the number of tokens is unknown")
    else:
        length = len(answer.text.split() if unit == "words" else answer.text)
    most = options["at_most"]
    is_right = options["at_least"] <= length and (most == _NO_LIMIT or length <= most)
    return Score(float(is_right), f"{length} {unit}")


def _problem(options: Mapping[str, Any]) -> str:
    if options["unit"] not in _UNITS:
        return f"unit: one of {', '.join(_UNITS)}"
    least, most = options["at_least"], options["at_most"]
    if not least and most == _NO_LIMIT:
        return "at_most or at_least: name one"
    return f"at_least {least} is more than at_most {most}" if _NO_LIMIT < most < least else ""


KINDS = (
    Kind(
        "length",
        "The answer has a number of words, characters or tokens within these limits.",
        _length,
        {
            "unit": Option("words", "words (between white space), characters or tokens."),
            "at_least": Option(0, "The fewest that are right.", least=0),
            "at_most": Option(_NO_LIMIT, "The most that are right; 0: no limit.", least=0),
        },
        check=_problem,
        example="length: {unit: words, at_least: 20, at_most: 80}",
    ),
)
