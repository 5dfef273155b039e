"""Scorers that say how near two texts are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.datasets.delimited import folded
from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.expected import NEAR, texts, wants_blank
from workbench.typed_options import Option


def _similarity(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    from rapidfuzz.distance import Indel

    text = folded(answer.text).strip()
    near = max(Indel.normalized_similarity(text, want.strip()) for want in texts(case))
    if options["at_least"] > 0:
        return Score(float(near >= options["at_least"]), f"similarity {near:.2f}")
    return Score(near, f"similarity {near:.2f}")


def _levenshtein(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    from rapidfuzz.distance import Levenshtein

    text = folded(answer.text).strip()
    wanted = [want.strip() for want in texts(case)]
    distance = min(Levenshtein.distance(text, want) for want in wanted)
    if options["at_most"]:
        return Score(float(distance <= options["at_most"]), f"distance {distance}")
    near = max(Levenshtein.normalized_similarity(text, want) for want in wanted)
    return Score(near, f"distance {distance}")


def _token_set(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    from rapidfuzz.fuzz import token_set_ratio

    text = _words(answer.text, options)
    near = max(token_set_ratio(text, _words(want, options)) for want in texts(case))
    return Score(near / 100, f"similarity {near / 100:.2f}")


def _words(text: str, options: Mapping[str, Any]) -> str:
    return folded(text).casefold() if options["ignore_case"] else folded(text)


KINDS = (
    Kind(
        "similarity",
        "How near the answer is to the expected text; with at_least: near enough or not.",
        _similarity,
        {
            "at_least": Option(
                0.0, "From this similarity on the score is 1, else 0; 0: it is the score.", 0, 1
            )
        },
        reads=NEAR,
        takes_empty=wants_blank,
        example="similarity: {at_least: 0.8}",
    ),
    Kind(
        "levenshtein",
        "How few edits lead from the answer to the expected text; with at_most: few enough or not.",
        _levenshtein,
        {
            "at_most": Option(
                0, "With at most as many edits the score is 1, else 0; 0: 1 - edits / length.", 0
            )
        },
        reads=NEAR,
        takes_empty=wants_blank,
        example="levenshtein: {at_most: 3}",
    ),
    Kind(
        "token_set",
        "How many words answer and expected text share, in any order (rapidfuzz token set ratio).",
        _token_set,
        {"ignore_case": Option(True, "Take upper and lower case letters for the same.")},
        reads=NEAR,
        example="token_set: {cut: 0.8}",
    ),
)
