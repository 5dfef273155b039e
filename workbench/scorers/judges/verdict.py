"""Reads a judge's verdict: one JSON object that follows the rubric, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.datasets.json_values import parse_json
from workbench.errors import DatasetError
from workbench.providers.redact import one_line
from workbench.scorers.base import Score
from workbench.scorers.judges.rubric import REASON, Level, Rubric

MOST_CHARS = 20_000
"""A longer verdict is not read."""
_REASON_CHARS = 400
_FENCE = "```"
_THINKING, _THOUGHT = "<think>", "</think>"


class Unreadable(ValueError):
    """A judge's answer that is no verdict; says why in one line."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said of one answer."""

    reason: str
    """In one line."""
    levels: Mapping[str, Level]
    """By criterion."""

    def score(self, rubric: Rubric) -> Score:
        """1 where each criterion passes, 0 where one fails; missing where the judge cannot say."""
        each = {one.name: one.score(self.levels[one.name]) for one in rubric.criteria}
        value = 0.0 if 0.0 in each.values() else None if None in each.values() else 1.0
        alone = rubric.criteria[0]
        prefix = "" if alone.is_plain else f"{self.levels[alone.name]}: "
        reason = f"{prefix}{self.reason}"
        if value is None:
            reason = f"the judge cannot say: {reason}"
        return Score(value, reason, each if len(each) > 1 else {})


def read_verdict(text: str, rubric: Rubric) -> Verdict:
    """The verdict in a judge's answer. Raises Unreadable.

    The whole answer is one JSON object with exactly the rubric's properties, each once. Only what
    models put around such an object is taken off: one code fence, or one stretch of thinking
    before it. Text before or after, as when a judge repeats what it was shown, is no verdict.
    """
    if len(text) > MOST_CHARS:
        raise Unreadable(f"it is longer than {MOST_CHARS:,} characters")
    body = _without_fence(_without_thinking(text.strip()))
    try:
        value = parse_json(body, "verdict")
    except DatasetError as error:
        raise Unreadable(one_line(f"it is no JSON object alone ({error.message})")) from error
    if not isinstance(value, Mapping):
        raise Unreadable("it is no JSON object")
    names = {*rubric.texts, *(one.name for one in rubric.criteria)}
    if value.keys() != names:
        odd = sorted(value.keys() ^ names)[0]
        what = "has no" if odd in names else "has an unknown"
        raise Unreadable(one_line(f"it {what} {odd!r}"))
    for name in rubric.texts:
        if not isinstance(value[name], str):
            raise Unreadable(f"its {name} is no text")
    for one in rubric.criteria:
        if not one.admits(value[one.name]):
            raise Unreadable(one_line(f"its {one.name} cannot be {value[one.name]!r}"))
    levels = {one.name: _plain(value[one.name]) for one in rubric.criteria}
    return Verdict(one_line(value[REASON], limit=_REASON_CHARS), levels)


def _plain(value: Level) -> Level:
    """The value without the spelling that the reader keeps with numbers."""
    return (
        value if isinstance(value, bool) else str(value) if isinstance(value, str) else int(value)
    )


def _without_thinking(text: str) -> str:
    if not text.startswith(_THINKING) or text.count(_THOUGHT) != 1:
        return text
    return text.partition(_THOUGHT)[2].strip()


def _without_fence(text: str) -> str:
    lines = text.splitlines()
    fenced = len(lines) > 2 and lines[0] in (_FENCE, f"{_FENCE}json") and lines[-1] == _FENCE
    return "\n".join(lines[1:-1]) if fenced else text
