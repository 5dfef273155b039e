"""Scorers that say how near two texts are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.datasets.delimited import folded
from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.expected import NEAR, texts, wants_blank


def _similarity(answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    from rapidfuzz.distance import Indel

    text = folded(answer.text).strip()
    near = max(Indel.normalized_similarity(text, want.strip()) for want in texts(case))
    if options["at_least"] > 0:
        return Score(float(near >= options["at_least"]), f"similarity {near:.2f}")
    return Score(near, f"similarity {near:.2f}")


def _share_problem(options: Mapping[str, Any]) -> str:
    share = options["at_least"]
    if 0 <= share <= 1:
        return ""
    return f"at_least: {share:g} does not lie between 0 and 1" + (
        f"; write {share / 100:g}" if 1 < share <= 100 else ""
    )


KINDS = (
    Kind(
        "similarity",
        "How near the answer is to the expected text; with at_least: near enough or not.",
        _similarity,
        {"at_least": 0.0},
        reads=NEAR,
        check=_share_problem,
        takes_empty=wants_blank,
    ),
)
