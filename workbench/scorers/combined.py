"""Scorers that are made of others: none of it, any, all, their mean, the checks of a case."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence

from workbench.scorers.base import Kind, Score, Scorer

CHECKS = "checks"
_REASON_CHARS = 200
_BELOW_ONE = math.nextafter(1.0, 0.0)
Scored = Sequence[tuple[Scorer, Score]]


def unused_name(name: str, taken: Container[str]) -> str:
    """The name, or the name with the first number that is not taken: contains_2."""
    shown, number = name, 2
    while shown in taken:
        shown, number = f"{name}_{number}", number + 1
    return shown


def _reason(scores: Scored) -> str:
    """Why the parts that are below 1 are so, each by name."""
    below = [
        f"{part.name}: {score.reason or 'no score' if score.value is None else score.reason}"
        for part, score in scores
        if score.value is None or score.value < 1
    ]
    return "; ".join(below)[:_REASON_CHARS]


def _least(scores: Scored) -> Score:
    """The lowest score. One of 0 decides even where others are missing."""
    known = [score.value for _, score in scores if score.value is not None]
    if len(known) < len(scores) and 0.0 not in known:
        return Score(None, _reason([one for one in scores if one[1].value is None]))
    return Score(min(known), _reason(scores))


def _most(scores: Scored) -> Score:
    """The highest score. One of 1 decides even where others are missing."""
    known = [score.value for _, score in scores if score.value is not None]
    if 1.0 in known:
        return Score(1.0)
    if len(known) < len(scores):
        return Score(None, _reason([one for one in scores if one[1].value is None]))
    return Score(max(known), _reason(scores))


def _any_of(scores: Scored, negated: bool) -> Score:
    return _least(scores) if negated else _most(scores)


def _all_of(scores: Scored, negated: bool) -> Score:
    return _most(scores) if negated else _least(scores)


def _only(scores: Scored, _negated: bool) -> Score:
    return scores[0][1]


def weighted_mean(scores: Scored, _negated: bool) -> Score:
    """The mean by weight, with the score of each part; missing where a part that counts is.

    A part of weight 0 is shown and does not count.
    """
    parts: dict[str, float | None] = {}
    for part, score in scores:
        parts[unused_name(part.name, parts)] = score.value
    counted = [(part, score) for part, score in scores if part.weight > 0]
    missing = [one for one in counted if one[1].value is None]
    if missing:
        return Score(None, _reason(missing), parts)
    total = sum(part.weight for part, _ in counted)
    reached = sum(part.weight * (score.value or 0.0) for part, score in counted)
    # All of them at 1 is exactly 1, and one that fails is not, however small its weight.
    whole = all(score.value == 1 for _, score in counted)
    mean = 1.0 if whole else min(reached / total, _BELOW_ONE)
    return Score(mean, _reason(scores), parts)


def _checks(scores: Scored, negated: bool) -> Score:
    if scores:
        return weighted_mean(scores, negated)
    return Score(0.0 if negated else 1.0, "the case has no checks")


KINDS = (
    Kind(
        "not",
        "Another scorer does not hold: 1 minus its score. What is no answer stays wrong.",
        lambda *_: Score(None),
        combine=_only,
        flips=True,
        example='not: {contains: {expected: "as an AI"}}',
    ),
    Kind(
        "any_of",
        "The highest score of several scorers.",
        lambda *_: Score(None),
        combine=_any_of,
        example="any_of: [exact_match, {similarity: {cut: 0.9}}]",
    ),
    Kind(
        "all_of",
        "The lowest score of several scorers.",
        lambda *_: Score(None),
        combine=_all_of,
        example="all_of: [json_equals, {max_chars: {limit: 200}}]",
    ),
    Kind(
        "mean_of",
        "The mean of several scorers by their weights.",
        lambda *_: Score(None),
        combine=weighted_mean,
        example="mean_of: [{exact_match: {weight: 3}}, {max_chars: {limit: 200}}]",
    ),
    Kind(
        CHECKS,
        "The share of the case's own checks that hold, by weight; a row has them as checks.",
        lambda *_: Score(None),
        combine=_checks,
        of_case=True,
        example="checks",
    ),
)
