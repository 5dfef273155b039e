"""Scores that another tool gave to answers that were imported from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.typed_options import Option

EXTERNAL = "external"


def _unknown(_answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    by = options["by"] or "another tool"
    return Score(None, f"only {by} scores this: imported answers have its scores, these none")


KINDS = (
    Kind(
        EXTERNAL,
        "What another tool scored: stored with imported answers, missing for all others.",
        _unknown,
        {"by": Option("", "Which tool gave the scores: inspect.")},
        example="external: {name: model_graded_qa, by: inspect}",
    ),
)
