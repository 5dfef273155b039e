"""How steady a prompt is."""

from __future__ import annotations

import pytest

from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.repeats import steadiness
from workbench.runs.spec.values import Result
from workbench.scorers.base import Score


def results(**scores: list[float | None]) -> list[Result]:
    return [
        Result(case, repeat, Answer(Outcome.OK), {"match": Score(value)})
        for case, values in scores.items()
        for repeat, value in enumerate(values)
    ]


def test_pass_all_counts_how_often_k_answers_are_all_right() -> None:
    steady = steadiness(results(a=[1, 1, 1, 1], b=[1, 1, 0, 0], c=[0, 0, 0, 0]), "match")
    assert steady.repeats == 4 and steady.cases == 3
    assert steady.pass_all[1] == pytest.approx(0.5)
    assert steady.pass_all[2] == pytest.approx((1 + 1 / 6 + 0) / 3)
    assert steady.pass_all[4] == pytest.approx(1 / 3)
    assert steady.flaky == ("b",)


def test_cases_that_lack_a_repeat_are_left_out() -> None:
    steady = steadiness(results(a=[1, 1], b=[1, None]), "match")
    assert (steady.cases, steady.mean, steady.flaky) == (1, 1.0, ())


def test_without_results_nothing_is_claimed() -> None:
    steady = steadiness([], "match")
    assert (steady.mean, steady.spread, steady.pass_all, steady.flaky) == (None, None, {}, ())
