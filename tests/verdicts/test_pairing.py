"""Pairing by case id, and the refusal to pair what is not comparable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.values import Result, RunStatus, RunSummary
from workbench.scorers.base import Score
from workbench.verdicts.pairing import NOT_ASKED, check_comparable, pair_results
from workbench.verdicts.values import CasePair

CASES = (Case("a", {}), Case("b", {}, group="doc"), Case("c", {}))


def result(case_id: str, value: float | None, repeat: int = 0, reason: str = "") -> Result:
    return Result(case_id, repeat, Answer(Outcome.OK, "x"), {"s": Score(value, reason)})


def summary(**changes: object) -> RunSummary:
    base = RunSummary(
        run_id="r1",
        status=RunStatus.COMPLETE,
        prompt_id="p",
        fingerprint="f",
        label="draft",
        suite="p",
        split="gate",
        suite_parts={"dataset": "d", "scorers": "s", "policy": "g", "repeats": "r", "cases": "c"},
        scorer="exact_match",
        cases=3,
        repeats=1,
        scored=3,
        errors=0,
        score=1.0,
        calls=3,
        cached=0,
        cost_usd=None,
        prompt_tokens=None,
        completion_tokens=None,
        seconds=1.0,
        model="m",
        created_at="2026-01-01T00:00:00Z",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_results_are_paired_by_case_id_in_the_order_of_the_cases() -> None:
    paired = pair_results(
        [result("c", 0.0), result("a", 1.0), result("b", 0.5)],
        [result("b", 1.0), result("c", 1.0), result("a", 0.0)],
        CASES,
        "s",
    )
    assert paired == (
        CasePair("a", (1.0,), (0.0,)),
        CasePair("b", (0.5,), (1.0,), "doc"),
        CasePair("c", (0.0,), (1.0,)),
    )


def test_a_case_without_a_score_is_missing_with_its_reason() -> None:
    paired = pair_results(
        [result("a", 1.0), result("b", 1.0)],
        [result("a", None, reason="judge unreadable"), result("b", 1.0), result("c", 1.0)],
        CASES,
        "s",
    )
    assert paired[0] == CasePair("a", (1.0,), (None,), None, "judge unreadable")
    assert paired[2] == CasePair("c", (None,), (1.0,), None, NOT_ASKED)


def test_an_answer_that_failed_is_missing_under_every_scorer() -> None:
    failed = Result("a", 0, Answer(Outcome.RATE_LIMITED, error="429 after 5 tries"), {})
    paired = pair_results([result("a", 1.0)], [failed], CASES[:1], "s")
    assert paired == (CasePair("a", (1.0,), (None,), None, "429 after 5 tries"),)


def test_repeats_stand_in_their_order_and_a_lost_one_is_missing() -> None:
    paired = pair_results(
        [result("a", 1.0, 2), result("a", 0.0, 0), result("b", 1.0, 1)],
        [result("a", 1.0), result("b", 1.0)],
        CASES[:2],
        "s",
    )
    assert paired[0].a == (0.0, None, 1.0)
    assert paired[1].a == (None, 1.0, None)
    assert paired[0].b == (1.0,)


def test_a_later_result_of_the_same_case_replaces_an_earlier_one() -> None:
    paired = pair_results([result("a", 1.0)], [result("a", None), result("a", 1.0)], CASES[:1], "s")
    assert paired[0].b == (1.0,)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1, 11.0])
def test_a_score_that_is_no_number_from_0_to_1_is_missing(value: float) -> None:
    paired = pair_results([result("a", 1.0)], [result("a", value)], CASES[:1], "s")
    assert paired[0].b == (None,)
    assert "not a number from 0 to 1" in paired[0].reason


def test_without_a_baseline_every_a_is_empty() -> None:
    paired = pair_results([], [result("a", 1.0)], CASES, "s")
    assert [pair.a for pair in paired] == [(), (), ()]
    assert [pair.b for pair in paired] == [(1.0,), (None,), (None,)]


def test_runs_on_the_same_cases_and_scorers_may_be_paired() -> None:
    check_comparable(summary(), summary(run_id="r2", fingerprint="other", model="n"))


@pytest.mark.parametrize(
    ("part", "message"), [("scorers", "the scorers differ"), ("judge", "the judge differs")]
)
def test_runs_that_were_judged_differently_are_refused_by_name(part: str, message: str) -> None:
    parts = {**summary().suite_parts, part: "other"}
    with pytest.raises(UsageError, match="r1 and r2 cannot be paired") as refusal:
        check_comparable(summary(), summary(run_id="r2", suite_parts=parts))
    assert f"{message} (" in str(refusal.value)


def test_another_dataset_is_refused_by_name_and_together_with_what_else_differs() -> None:
    parts = {**summary().suite_parts, "dataset": "x", "cases": "x"}
    with pytest.raises(UsageError, match="the dataset differs"):
        check_comparable(summary(), summary(suite_parts=parts))
    with pytest.raises(UsageError, match="the dataset and the scorers differ"):
        check_comparable(summary(), summary(suite_parts=parts, scorer="contains"))


def test_the_gate_set_in_another_order_is_still_the_gate_set() -> None:
    parts = {**summary().suite_parts, "cases": "the same in another order"}
    check_comparable(summary(), summary(suite_parts=parts))
    check_comparable(summary(), summary(suite_parts=parts), CASES, CASES[::-1])


def test_changed_dev_cases_are_refused_though_the_gate_set_is_the_same() -> None:
    parts = {**summary().suite_parts, "cases": "x"}
    with pytest.raises(UsageError, match="the dataset differs"):
        check_comparable(summary(split="dev"), summary(split="dev", suite_parts=parts))


def test_a_case_whose_content_changed_is_named() -> None:
    changed = (CASES[0], replace(CASES[1], expected="other"), CASES[2])
    with pytest.raises(UsageError, match=r"the dataset \(case b\) differs"):
        check_comparable(summary(), summary(), CASES, changed)
    new = tuple(replace(case, expected="other") for case in CASES)
    with pytest.raises(UsageError, match=r"the dataset \(case a and 2 more\) differs"):
        check_comparable(summary(), summary(), CASES, new)


def test_part_of_the_same_dataset_may_be_paired_but_not_part_of_another() -> None:
    parts = {**summary().suite_parts, "cases": "x"}
    check_comparable(summary(), summary(split="dev", suite_parts=parts), CASES, CASES[:2])
    grown = {**parts, "dataset": "grown"}
    with pytest.raises(UsageError, match="the dataset differs"):
        check_comparable(summary(), summary(suite_parts=grown), CASES, CASES[:2])
    with pytest.raises(UsageError, match="the dataset differs"):
        check_comparable(summary(), summary(), CASES[:1], CASES[1:])


def test_a_policy_or_repeats_may_differ() -> None:
    parts = {**summary().suite_parts, "policy": "x", "repeats": "y"}
    check_comparable(summary(), summary(suite_parts=parts))
