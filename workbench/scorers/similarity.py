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
)
