"""Scorers beside the assertions of promptfoo that need no model: twenty answers each."""

from __future__ import annotations

import pytest

from tests.scorers.promptfoo_table import ANSWERS, ROWS, Row
from workbench.datasets.values import Case
from workbench.providers.base import Answer, Outcome
from workbench.scorers.catalog import scorers_of


def answer_of(text: str) -> Answer:
    return Answer(Outcome.OK if text.strip() else Outcome.EMPTY, text)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.assertion['type']} {row.promptfoo}")
def test_a_counterpart_judges_as_promptfoo_does_but_where_the_table_says_why(row: Row) -> None:
    assert len(row.promptfoo) == len(ANSWERS)
    (scorer,) = scorers_of(dict(row.scorer), None, "suite.yaml", None)
    for at, text in enumerate(ANSWERS):
        recorded = float(row.promptfoo[at])
        score = scorer.score(answer_of(text), Case("1", {"t": "x"}))
        wanted = 1 - recorded if at in row.differs else recorded
        assert score.value == wanted, (text, score.reason, row.differs.get(at, "as promptfoo"))
