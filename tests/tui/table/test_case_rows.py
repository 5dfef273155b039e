"""The rows of a run's cases."""

from __future__ import annotations

import pytest

from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.values import Result
from workbench.scorers.base import Score
from workbench.tui.table.case_rows import FAULT_WORDS, ResultRow


@pytest.mark.parametrize("value", [0.0, None])
@pytest.mark.parametrize("outcome", [one for one in Outcome if one.is_models_fault])
def test_each_faulty_answer_has_a_word_of_its_own(outcome: Outcome, value: float | None) -> None:
    result = Result("c1", 0, Answer(outcome), {"exact_match": Score(value, "why")})
    row = ResultRow("c1", 0, 0, "exact_match", result=result)
    assert row.status == FAULT_WORDS[outcome] and row.status.isupper()
    assert row.output == f"({outcome.value})"
