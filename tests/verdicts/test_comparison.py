"""Verdict and gate, as the rules say them."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.comparison import combine, compare_pairs, compare_threshold
from workbench.verdicts.gate import Standing, rule
from workbench.verdicts.values import CasePair, Comparison, Gate, Verdict

Counted = Callable[..., tuple[CasePair, ...]]
POLICY = GatePolicy(scorers=("s",), margin=0.05)


def judged(pairs: tuple[CasePair, ...], policy: GatePolicy = POLICY, **more: object) -> Comparison:
    return compare_pairs(pairs, policy, "s", **more)  # type: ignore[arg-type]


SCORES = st.sampled_from([0.0, 0.0, 1.0, 1.0, 0.25, 0.5])
SIDE = st.lists(st.one_of(st.none(), SCORES), min_size=1, max_size=3).map(tuple)


@st.composite
def any_pairs(draw: st.DrawFn) -> tuple[CasePair, ...]:
    """Pairs of every kind: binary or graded, repeated, grouped, with missing scores."""
    binary = draw(st.booleans())
    grouped = draw(st.booleans())
    score = st.sampled_from([0.0, 1.0]) if binary else SCORES
    side = st.lists(st.one_of(score, score, score, st.none()), min_size=1, max_size=2)
    rows = draw(
        st.lists(st.tuples(side, side, st.sampled_from(["g", "h", None])), min_size=0, max_size=40)
    )
    return tuple(
        CasePair(f"c{i}", tuple(a), tuple(b), group if grouped else None)
        for i, (a, b, group) in enumerate(rows)
    )


def mirrored(pairs: tuple[CasePair, ...]) -> tuple[CasePair, ...]:
    return tuple(replace(pair, a=pair.b, b=pair.a) for pair in pairs)


def numbers(value: object) -> list[float]:
    if isinstance(value, float):
        return [value]
    if isinstance(value, dict):
        return [x for item in value.values() for x in numbers(item)]
    if isinstance(value, (list, tuple)):
        return [x for item in value for x in numbers(item)]
    return []


@given(any_pairs(), st.sampled_from([0.01, 0.05, 0.2]))
@settings(max_examples=examples(150), deadline=None)
def test_swapping_a_and_b_mirrors_everything(pairs: tuple[CasePair, ...], margin: float) -> None:
    policy = replace(POLICY, margin=margin, max_missing=1.0)
    ab, ba = judged(pairs, policy), judged(mirrored(pairs), policy)
    assert (ab.fixed, ab.broke, ab.same) == (ba.broke, ba.fixed, ba.same)
    assert ab.missing == ba.missing
    assert (ab.score_a, ab.score_b) == (ba.score_b, ba.score_a)
    assert ab.p_value == ba.p_value
    if ab.difference is not None and ba.difference is not None:
        assert ab.difference == pytest.approx(-ba.difference, abs=1e-15)
        assert (ab.low, ab.high) == pytest.approx((-ba.high, -ba.low), abs=1e-12)
    assert (ab.verdict is Verdict.BETTER) == (ba.verdict is Verdict.WORSE)
    assert (ab.verdict is Verdict.WORSE) == (ba.verdict is Verdict.BETTER)


@given(any_pairs(), st.randoms(use_true_random=False))
@settings(max_examples=examples(100), deadline=None)
def test_the_order_of_passes_and_failures_is_irrelevant(
    pairs: tuple[CasePair, ...], rng: random.Random
) -> None:
    assume(judged(pairs).method in ("tango", "none"))
    shuffled = list(pairs)
    rng.shuffle(shuffled)
    one, other = judged(pairs), judged(tuple(shuffled))
    assert (one.verdict, one.gate, one.reason) == (other.verdict, other.gate, other.reason)
    for name in ("difference", "low", "high", "p_value", "more_cases"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-12)
    assert set(one.fixed) == set(other.fixed)


@given(any_pairs(), st.sampled_from([0.9, 0.95]))
@settings(max_examples=examples(150), deadline=None)
def test_the_interval_excludes_zero_exactly_when_p_is_below_alpha(
    pairs: tuple[CasePair, ...], confidence: float
) -> None:
    comparison = judged(pairs, replace(POLICY, confidence=confidence))
    if comparison.low is None or comparison.high is None or comparison.p_value is None:
        assert comparison.cases == 0
        return
    assert (comparison.low > 0.0 or comparison.high < 0.0) == (
        comparison.p_value < comparison.details["alpha"]
    )


@given(any_pairs(), st.sampled_from([None, 0.5]))
@settings(max_examples=examples(100), deadline=None)
def test_no_number_is_ever_nan_or_infinite(
    pairs: tuple[CasePair, ...], threshold: float | None
) -> None:
    policy = replace(POLICY, threshold=threshold)
    alone = tuple(replace(pair, a=()) for pair in pairs)
    for comparison in (
        judged(pairs, policy),
        judged(pairs, policy, look=2, looks=5, planned=100, futility=0.05),
        judged(pairs, policy, anytime=True),
        compare_threshold(alone, policy, "s"),
    ):
        content = [getattr(comparison, name) for name in Comparison.__dataclass_fields__]
        assert all(math.isfinite(number) for number in numbers(content))


@given(any_pairs())
@settings(max_examples=examples(100), deadline=None)
def test_a_missing_score_never_helps(pairs: tuple[CasePair, ...]) -> None:
    if judged(pairs).gate is Gate.PASS:
        assert judged(tuple(replace(p, b=tuple(x or 0.0 for x in p.b)) for p in pairs)).gate in (
            Gate.PASS,
            Gate.NO_DECISION,
        )
    for index, pair in enumerate(pairs):
        worse = (*pairs[:index], replace(pair, b=(None,) * len(pair.b)), *pairs[index + 1 :])
        if pair.b == (0.0,) and judged(worse).gate is Gate.PASS:
            assert judged(pairs).gate is Gate.PASS


@pytest.mark.parametrize(
    ("wins", "losses", "n", "margin", "verdict", "gate"),
    [
        (25, 10, 300, 0.05, Verdict.BETTER, Gate.PASS),
        (15, 18, 300, 0.05, Verdict.NOT_WORSE, Gate.PASS),
        (15, 18, 300, 0.02, Verdict.UNDECIDED, Gate.NO_DECISION),
        (8, 38, 300, 0.05, Verdict.WORSE, Gate.FAIL),
        (0, 0, 72, 0.05, Verdict.UNDECIDED, Gate.NO_DECISION),
        (0, 0, 73, 0.05, Verdict.NOT_WORSE, Gate.PASS),
        (5, 0, 20, 0.05, Verdict.UNDECIDED, Gate.NO_DECISION),
        (6, 0, 20, 0.05, Verdict.BETTER, Gate.PASS),
        (0, 6, 20, 0.05, Verdict.WORSE, Gate.FAIL),
        (0, 8, 1000, 0.05, Verdict.WORSE, Gate.PASS),
        (1, 0, 1, 0.05, Verdict.UNDECIDED, Gate.NO_DECISION),
    ],
)
def test_the_rules_give_these_verdicts(
    counted: Counted,
    wins: int,
    losses: int,
    n: int,
    margin: float,
    verdict: Verdict,
    gate: Gate,
) -> None:
    comparison = judged(counted(wins, losses, n), replace(POLICY, margin=margin))
    assert (comparison.verdict, comparison.gate) == (verdict, gate)
    assert len(comparison.fixed) == wins
    assert len(comparison.broke) == losses
    assert comparison.same == n - wins - losses
    assert comparison.method == "tango"


def test_six_missing_of_three_hundred_can_undo_a_pass(counted: Counted) -> None:
    assert judged(counted(15, 17, 294)).gate is Gate.PASS
    comparison = judged(counted(15, 17, 294, missing=6))
    assert (comparison.verdict, comparison.gate) == (Verdict.UNDECIDED, Gate.NO_DECISION)
    assert comparison.missing == tuple(f"gone-{i}" for i in range(6))
    assert "6 missing" in comparison.reason
    assert judged(counted(40, 5, 294, missing=6)).gate is Gate.PASS


def test_a_loss_that_missing_wins_could_undo_is_not_called_worse(counted: Counted) -> None:
    assert judged(counted(0, 6, 200)).verdict is Verdict.WORSE
    assert judged(counted(0, 6, 200, missing=4)).verdict is not Verdict.WORSE
    assert judged(counted(0, 40, 200, missing=4)).gate is Gate.FAIL


def test_more_than_the_allowed_share_missing_can_never_pass(counted: Counted) -> None:
    comparison = judged(counted(100, 0, 300, missing=16))
    assert comparison.gate is Gate.NO_DECISION
    assert "5.1 % of the scores are missing" in comparison.reason
    allowed = judged(counted(100, 0, 300, missing=16), replace(POLICY, max_missing=0.1))
    assert allowed.gate is Gate.PASS


def test_a_truncated_run_never_passes(counted: Counted) -> None:
    comparison = judged(counted(100, 0, 299), planned=300)
    assert comparison.gate is Gate.NO_DECISION
    assert "299 of 300" in comparison.reason


def test_an_error_is_never_a_score_of_zero(counted: Counted) -> None:
    comparison = judged(counted(0, 0, 100, missing=3))
    assert comparison.score_b == 1.0
    assert comparison.broke == ()


def test_the_candidate_may_not_fall_below_the_threshold_even_if_not_worse() -> None:
    pairs = tuple(CasePair(str(i), (float(i % 2),), (float(i % 2),)) for i in range(300))
    assert judged(pairs, replace(POLICY, threshold=0.5)).gate is Gate.PASS
    comparison = judged(pairs, replace(POLICY, threshold=0.51))
    assert (comparison.verdict, comparison.gate) == (Verdict.NOT_WORSE, Gate.FAIL)
    assert comparison.reason == "B scores 50.0 %, below the threshold of 51 %"


def test_a_threshold_that_holds_only_without_the_missing_cases_does_not_pass() -> None:
    pairs = tuple(CasePair(str(i), (1.0,), (1.0,)) for i in range(298))
    gone = tuple(CasePair(f"gone{i}", (1.0,), (None,)) for i in range(2))
    comparison = judged((*pairs, *gone), replace(POLICY, threshold=0.995))
    assert comparison.gate is Gate.NO_DECISION
    assert "missing" in comparison.reason


def test_graded_scores_have_one_interval_that_is_shown_and_decides() -> None:
    rng = random.Random(3)
    pairs = tuple(
        CasePair(str(i), (0.5,), (round(0.5 + rng.uniform(-0.02, 0.02), 3),)) for i in range(150)
    )
    comparison = judged(pairs)
    assert comparison.method == "betting"
    assert comparison.details["gate_low"] == comparison.low
    assert comparison.gate is Gate.PASS
    few = judged(pairs[:60])
    assert few.gate is Gate.NO_DECISION, "60 cases cannot exclude a rare collapse of 5 %"


def test_a_hundred_equal_gains_leave_room_for_a_collapse_that_was_not_seen() -> None:
    comparison = judged(tuple(CasePair(str(i), (0.1,), (1.0,)) for i in range(100)))
    assert comparison.low is not None and comparison.high is not None
    assert comparison.difference == pytest.approx(0.9)
    assert 0.8 < comparison.low < 0.9 < comparison.high < 0.95
    assert (comparison.verdict, comparison.gate) == (Verdict.BETTER, Gate.PASS)


def test_a_graded_gain_on_few_cases_decides_nothing() -> None:
    pairs = tuple(CasePair(str(i), (0.5,), (0.6 + i / 100,)) for i in range(8))
    comparison = judged(pairs)
    assert (comparison.verdict, comparison.gate) == (Verdict.UNDECIDED, Gate.NO_DECISION)


def test_collapsed_and_much_better_cases_are_named() -> None:
    pairs = (
        CasePair("rose", (0.2,), (0.9,)),
        CasePair("fell", (0.9,), (0.3,)),
        *(CasePair(str(i), (0.5,), (0.5,)) for i in range(10)),
    )
    comparison = judged(pairs)
    assert comparison.details["much_better"] == ["rose"]
    assert comparison.details["collapsed"] == ["fell"]


def test_unchanged_graded_scores_have_an_honest_interval() -> None:
    pairs = tuple(CasePair(str(i), (0.7,), (0.7,)) for i in range(20))
    comparison = judged(pairs)
    assert comparison.low is not None and comparison.high is not None
    assert comparison.low < -0.1 < 0.1 < comparison.high
    assert comparison.p_value == 1.0


def test_repeats_are_averaged_within_the_case() -> None:
    pairs = tuple(
        CasePair(str(i), (1.0, 0.0, 1.0), (1.0, 1.0, 1.0 if i % 2 else 0.0)) for i in range(40)
    )
    comparison = judged(pairs)
    assert comparison.cases == 40
    assert comparison.method == "betting"
    assert comparison.score_a == pytest.approx(2 / 3)
    assert comparison.details["within"] > 0.0


def test_a_missing_repeat_leaves_the_case_but_counts_against_it() -> None:
    pairs = tuple(CasePair(str(i), (1.0, 1.0), (1.0, 1.0)) for i in range(99))
    comparison = judged((*pairs, CasePair("half", (1.0, 1.0), (1.0, None))))
    assert comparison.missing == ()
    assert comparison.details["partial"] == ["half"]
    assert comparison.details["missing_share"] == pytest.approx(0.0025)
    assert comparison.details["worst_low"] <= comparison.low


def test_cases_of_one_group_are_not_independent(counted: Counted) -> None:
    pairs = counted(15, 18, 300)
    grouped = tuple(replace(pair, group=f"g{i // 15}") for i, pair in enumerate(pairs))
    comparison = judged(grouped)
    assert comparison.method == "betting"
    assert comparison.details["units"] == 20
    assert comparison.gate is Gate.NO_DECISION, "20 groups cannot exclude what 300 cases could"
    wide = comparison.high - comparison.low
    assert wide > judged(pairs).high - judged(pairs).low


def test_fewer_than_ten_groups_never_gate(counted: Counted) -> None:
    pairs = counted(300, 0, 300)
    grouped = tuple(replace(pair, group=f"g{i % 9}") for i, pair in enumerate(pairs))
    comparison = judged(grouped)
    assert comparison.gate is Gate.NO_DECISION
    assert "9 groups" in comparison.reason


def test_enough_independent_groups_pass() -> None:
    rng = random.Random(8)
    pairs = []
    for group in range(120):
        shift = rng.choice([0, 0, 0, 0, 1])
        for member in range(3):
            b = float((member + shift) % 2)
            pairs.append(CasePair(f"{group}-{member}", (float(member % 2),), (b,), f"g{group}"))
    comparison = judged(tuple(pairs), replace(POLICY, margin=0.15))
    assert comparison.method == "betting"
    assert comparison.gate is Gate.PASS


def test_an_undecided_gate_says_how_many_more_cases_it_needs(counted: Counted) -> None:
    comparison = judged(counted(15, 18, 300), replace(POLICY, margin=0.02))
    assert comparison.more_cases == 1859
    assert judged(counted(0, 0, 72)).more_cases == 1
    assert judged(counted(15, 18, 300)).more_cases is None


def test_without_a_baseline_the_threshold_decides_with_wilson_beside() -> None:
    pairs = tuple(CasePair(str(i), (), (float(i >= 40),)) for i in range(200))
    policy = replace(POLICY, threshold=0.8)
    comparison = compare_threshold(pairs, policy, "s")
    assert (comparison.gate, comparison.method, comparison.score_b) == (Gate.PASS, "wilson", 0.8)
    assert (comparison.low, comparison.high) == pytest.approx((0.7391, 0.8495), abs=1e-4)
    assert comparison.difference is None and comparison.score_a is None
    below = compare_threshold((*pairs, CasePair("x", (), (0.0,))), policy, "s")
    assert below.gate is Gate.FAIL


def test_without_a_baseline_and_a_threshold_nothing_is_decided() -> None:
    comparison = compare_threshold((CasePair("x", (), (1.0,)),), POLICY, "s")
    assert comparison.gate is Gate.NO_DECISION
    assert "neither a baseline nor a threshold" in comparison.reason


def test_missing_scores_count_against_a_threshold_too() -> None:
    policy = replace(POLICY, threshold=0.99)
    pairs = tuple(CasePair(str(i), (), (1.0,)) for i in range(98))
    gone = (CasePair("x", (), (None,)), CasePair("y", (), (None,)))
    assert compare_threshold(pairs, policy, "s").gate is Gate.PASS
    assert compare_threshold((*pairs, *gone), policy, "s").gate is Gate.NO_DECISION
    assert compare_threshold(pairs, policy, "s", planned=100).gate is Gate.NO_DECISION
    assert compare_threshold(gone, policy, "s").gate is Gate.NO_DECISION


def test_all_required_scorers_must_pass(counted: Counted) -> None:
    good, bad = judged(counted(25, 10, 300)), judged(counted(8, 38, 300))
    unsure = judged(counted(1, 1, 10))
    assert combine([good, good]) is Gate.PASS
    assert combine([good, unsure]) is Gate.NO_DECISION
    assert combine([good, unsure, bad]) is Gate.FAIL
    assert combine([]) is Gate.NO_DECISION


def test_nothing_measured_is_no_decision() -> None:
    nothing = Standing(None, None, None, None, None, 3, 1.0, 3, 3, True, 72, 6, None, False)
    assert rule(nothing, POLICY).gate is Gate.NO_DECISION
    assert judged(()).gate is Gate.NO_DECISION


def test_comparing_takes_time_in_proportion_to_the_pairs() -> None:
    rng = random.Random(1)
    pairs = tuple(
        CasePair(f"case-{i}", (float(rng.random() < 0.8),), (float(rng.random() < 0.8),))
        for i in range(20_000)
    )

    def took(number: int) -> float:
        """Processor time, so that other programs do not count."""
        start = time.process_time()
        judged(pairs[:number])
        return time.process_time() - start

    assert min(took(20_000) for _ in range(2)) < 60 * min(took(1000) for _ in range(5))
