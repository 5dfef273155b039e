"""The score of a text by one scorer."""

from __future__ import annotations

from typing import Any

from workbench.datasets.values import Case
from workbench.providers.base import Answer, Outcome
from workbench.scorers.base import Score
from workbench.scorers.catalog import make_scorer


def judged(kind: str, answer: str, expected: Any = None, /, **options: Any) -> Score:
    case = Case("1", {"t": "x"}, expected)
    scorer = make_scorer(kind, options, "suite.yaml")
    assert not scorer.reads or not scorer.reads.misfit(case)
    return scorer.score(Answer(Outcome.OK, answer), case)


def value(kind: str, answer: str, expected: Any = None, /, **options: Any) -> float | None:
    return judged(kind, answer, expected, **options).value
