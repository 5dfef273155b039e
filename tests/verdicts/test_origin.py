"""Where answers came from, counted side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.verdicts.test_pairing import summary
from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.values import Result
from workbench.verdicts.recorded.origin import answer_digest, joined, side_origin

HERE = "http://127.0.0.1:1/v1"
SUMMARY = summary(environment={"identity": {"endpoint": HERE}, "provider": "openai"})


def answer(text: str, **more: Any) -> Answer:
    return Answer(Outcome.OK, text, **more)


def results(*answers: Answer, case_id: str = "c1") -> dict[str, tuple[Result, ...]]:
    return {case_id: tuple(Result(case_id, n, item, {}) for n, item in enumerate(answers))}


def test_a_digest_is_of_outcome_and_text_alone() -> None:
    one = answer("billing")
    assert answer_digest(one) == answer_digest(replace(one, latency_s=2.0, cached=True))
    others = {answer_digest(one), answer_digest(answer("Billing"))}
    others.add(answer_digest(replace(one, outcome=Outcome.TRUNCATED)))
    assert len(others) == 3
    assert {len(digest) for digest in others} == {16}


def test_repeats_stand_in_their_order_and_what_was_not_answered_is_empty() -> None:
    by_case = results(answer("a"), answer("b"))
    by_case["c2"] = (Result("c2", 1, answer("b"), {}),)
    side = side_origin(["c2", "c1", "c3"], by_case, SUMMARY, stored=False)
    a, b = answer_digest(answer("a")), answer_digest(answer("b"))
    assert side["digests"] == [f",{b}", f"{a},{b}", ""]
    assert (side["answers"], side["cached"], side["endpoints"]) == (3, 0, [HERE])
    assert side["asked"] == "openai/m"


def test_a_stored_run_is_cached_as_a_whole_and_its_age_is_that_of_its_answers() -> None:
    by_case = results(
        answer("a", answered_at="2026-01-02T00:00:00.000Z"),
        answer("b", answered_at="2026-01-01T00:00:00.000Z", model="m"),
        answer("c"),
    )
    side = side_origin(["c1"], by_case, SUMMARY, stored=True)
    assert (side["cached"], side["models"]) == (3, ["m"])
    assert (side["oldest"][:10], side["newest"][:10]) == ("2026-01-01", "2026-01-02")


def test_an_extension_adds_up_and_what_was_not_recorded_before_stays_unknown() -> None:
    now = side_origin(["c1"], results(answer("a")), SUMMARY, stored=False)
    old = {**now, "endpoints": ["http://old/v1"], "cached": 1, "oldest": "x", "newest": "y"}

    both = joined(old, now, 1)
    assert both["endpoints"] == [HERE, "http://old/v1"]
    assert (both["answers"], both["cached"], both["oldest"]) == (2, 1, "x")
    assert len(both["digests"]) == 2 and "unknown" not in both

    unknown = joined({}, now, 3)
    assert (unknown["unknown"], unknown["answers"], unknown["cached"]) == (3, 1, 0)
    assert unknown["digests"] == ["", "", "", *now["digests"]]
    assert joined(unknown, now, 4)["unknown"] == 3
