"""Corrected rates and differences: against other formulas, and how often they hold the truth."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.runs.spec.suite import ALIKE, GatePolicy
from workbench.verdicts import measure as measuring
from workbench.verdicts.comparison import compare_pairs, compare_threshold
from workbench.verdicts.judges.deciding import CORRECTED, by_correction
from workbench.verdicts.judges.errors import JudgeErrors
from workbench.verdicts.judges.labelled_sample import label_order, random_sample
from workbench.verdicts.statistics.agreement import Interval, Matrix
from workbench.verdicts.statistics.corrected import (
    prediction_powered,
    rogan_gladen,
    unshrunk,
)
from workbench.verdicts.values import CasePair, Gate, Verdict

LEANING = ((0.90, 0.80), (0.97, 0.50))
"""Sensitivity and specificity on A, and on B: the means are 94 % and 65 %."""
POLICY = GatePolicy(("judge",))
ERROR = 0.025 + 2 * math.sqrt(0.025 * 0.975 / 1_000)
COVERED = 0.95 - 2 * math.sqrt(0.05 * 0.95 / 1_000)
"""Of 1,000 simulations, with the error of simulating."""
EVEN = ((0.95, 0.95), (0.95, 0.95))


def binomial_logliks(p: np.ndarray, hits: int, n: int) -> np.ndarray:
    return stats.binom.logpmf(hits, n, np.clip(p, 1e-12, 1 - 1e-12))


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("counts", [(45, 5, 5, 45), (90, 12, 10, 38), (200, 10, 20, 170)])
@pytest.mark.parametrize("passed", [30, 55, 80])
def test_the_rate_is_near_that_of_the_profile_likelihood(
    counts: tuple[int, ...], passed: int
) -> None:
    """Another way to it: the rates that the likelihood of all counts does not refute."""
    matrix = Matrix(*counts)
    mine = rogan_gladen(passed, 100, matrix, 0.95)
    assert mine
    grid = np.linspace(0.0, 1.0, 201)
    errors = np.linspace(0.01, 0.99, 99)
    se, sp = errors[:, None], errors[None, :]
    calibrated = binomial_logliks(se, matrix.passed_both, matrix.passed)
    calibrated = calibrated + binomial_logliks(sp, matrix.failed_both, matrix.failed)
    best = np.array(
        [
            np.max(calibrated + binomial_logliks(r * se + (1 - r) * (1 - sp), passed, 100))
            for r in grid
        ]
    )
    inside = grid[best > best.max() - stats.chi2.ppf(0.95, 1) / 2]
    assert mine.low == pytest.approx(inside[0], abs=0.035)
    assert mine.high == pytest.approx(inside[-1], abs=0.035)
    se_hat, sp_hat = counts[0] / (counts[0] + counts[2]), counts[3] / (counts[1] + counts[3])
    plain = (passed / 100 + sp_hat - 1) / (se_hat + sp_hat - 1)
    assert mine.value == pytest.approx(min(1.0, max(0.0, plain)))


def test_a_judge_that_never_errs_leaves_the_rate_as_it_is() -> None:
    mine = rogan_gladen(80, 100, Matrix(50_000, 0, 0, 50_000), 0.95)
    assert mine
    assert (mine.value, mine.low) == pytest.approx((0.8, 0.7112), abs=1e-3)


@pytest.mark.parametrize("counts", [(25, 25, 25, 25), (10, 30, 30, 10), (60, 0, 0, 0)])
def test_a_judge_without_skill_corrects_nothing(counts: tuple[int, ...]) -> None:
    assert rogan_gladen(50, 100, Matrix(*counts), 0.95) is None
    assert unshrunk(Interval(0.0, -0.1, 0.1), Matrix(*counts), 0.95) is None


@settings(max_examples=60)
@given(*[st.integers(1, 60)] * 4, st.integers(0, 50))
def test_a_corrected_rate_lies_inside_its_interval(
    a: int, b: int, c: int, d: int, passed: int
) -> None:
    mine = rogan_gladen(passed, 50, Matrix(a, b, c, d), 0.95)
    if mine is not None:
        assert 0.0 <= mine.low <= mine.value + 1e-9
        assert mine.value - 1e-9 <= mine.high <= 1.0


def test_a_shrunk_difference_is_widened_by_the_skill() -> None:
    mine = unshrunk(Interval(-0.035, -0.06, -0.01), Matrix(42_500, 7_500, 7_500, 42_500), 0.95)
    assert mine
    assert mine.value == pytest.approx(-0.05)
    assert mine.low == pytest.approx(-0.06 / 0.7, abs=1e-3)
    few = unshrunk(Interval(-0.035, -0.06, -0.01), Matrix(34, 6, 6, 34), 0.95)
    assert few and few.low < mine.low


def test_the_prediction_powered_mean_is_that_of_its_paper() -> None:
    rng = np.random.default_rng(3)
    people = rng.normal(0.3, 0.2, 200)
    judge = people + rng.normal(0.2, 0.1, 200)
    alone = rng.normal(0.5, 0.25, 2_000)
    rectifier = people - judge
    parts = (
        Interval(values.mean(), *stats.norm.interval(0.95, values.mean(), stats.sem(values)))
        for values in (alone, rectifier)
    )
    mine = prediction_powered(*parts)
    value = alone.mean() + rectifier.mean()
    error = math.sqrt(alone.var(ddof=1) / 2_000 + rectifier.var(ddof=1) / 200)
    assert mine.value == pytest.approx(value)
    low, high = stats.norm.interval(0.95, value, error)
    assert (mine.low, mine.high) == pytest.approx((low, high), abs=1e-6)


def drawn(
    rng: np.random.Generator,
    n: int,
    gap: float,
    errors: tuple[tuple[float, float], tuple[float, float]],
) -> tuple[list[CasePair], list[CasePair]]:
    """The judge's scores of both versions, and what people say of them; A passes 80 %."""
    a = rng.random(n) < 0.8
    gained = 0.05 + max(0.0, gap / 0.2)
    lost = 1 - (0.8 + gap - 0.2 * gained) / 0.8
    b = np.where(a, rng.random(n) >= lost, rng.random(n) < gained)
    judged = [
        np.where(side, rng.random(n) < se, rng.random(n) >= sp)
        for side, (se, sp) in zip((a, b), errors, strict=True)
    ]
    ids = [f"c{number}" for number in range(n)]
    return (
        [CasePair(i, (float(x),), (float(y),)) for i, x, y in zip(ids, *judged, strict=True)],
        [CasePair(i, (float(x),), (float(y),)) for i, x, y in zip(ids, a, b, strict=True)],
    )


def matrix_of(
    rng: np.random.Generator, errors: tuple[tuple[float, float], tuple[float, float]], n: int
) -> Matrix:
    """A calibration on n answers of each version, half of them good."""
    counts = np.zeros(4, dtype=int)
    for se, sp in errors:
        good = rng.binomial(n // 2, se)
        bad = rng.binomial(n // 2, sp)
        counts += np.array([good, n // 2 - bad, n // 2 - good, bad])
    return Matrix(*map(int, counts))


def labelled(people: list[CasePair], share: float) -> list[CasePair]:
    """The first in the order of labels."""
    order = label_order(pair.case_id for pair in people)
    known = set(order[: round(share * len(order))])
    return [p if p.case_id in known else CasePair(p.case_id, (), ()) for p in people]


def simulated(
    repetitions: int,
    gap: float,
    errors: tuple[tuple[float, float], tuple[float, float]],
    *,
    share: float,
    n: int = 300,
    policy: GatePolicy = POLICY,
) -> tuple[float, float, float]:
    """How often the raw scores pass, the corrected ones pass, and their interval holds the gap."""
    rng = np.random.default_rng(11)
    passed = raw = held = known = 0
    with patch.object(measuring, "tango", lru_cache(None)(measuring.tango)):
        for _ in range(repetitions):
            pairs, people = drawn(rng, n, gap, errors)
            matrix = matrix_of(rng, errors, 100)
            alone = compare_pairs(pairs, policy, "judge")
            both = by_correction(
                alone, pairs, labelled(people, share), JudgeErrors(1, matrix), policy
            )
            raw += alone.gate is Gate.PASS
            passed += both.gate is Gate.PASS
            true = both.details[CORRECTED]["difference"]
            if true is not None:
                known += 1
                held += true["low"] - 1e-9 <= gap <= true["high"] + 1e-9
    return raw / repetitions, passed / repetitions, held / known if known else math.nan


def test_without_labels_on_both_versions_a_judge_lets_nothing_through() -> None:
    raw, passed, _ = simulated(15, -0.05, LEANING, share=0.0)
    assert raw > 0.2
    assert passed == 0.0


SIMULATED = [
    (LEANING, -0.05, 0.4, POLICY),
    (LEANING, -0.05, 0.8, POLICY),
    (EVEN, -0.05, 0.5, POLICY),
    (EVEN, 0.0, 0.5, POLICY),
    (EVEN, -0.05, 0.0, replace(POLICY, judge_errors=ALIKE)),
    (((1.0, 1.0), (1.0, 1.0)), -0.05, 0.5, POLICY),
]


@pytest.mark.exhaustive
@pytest.mark.timeout(1_800)
def test_corrected_intervals_hold_the_truth_and_what_is_worse_passes_as_rarely_as_promised() -> (
    None
):
    for errors, gap, share, policy in SIMULATED:
        raw, passed, held = simulated(1_000, gap, errors, share=share, policy=policy)
        assert held >= COVERED
        if gap < 0.0:
            assert passed <= ERROR
        if errors is LEANING:
            assert raw > 0.4  # alone it lets a version through that is worse by the margin


@pytest.mark.exhaustive(keep=1)
@pytest.mark.parametrize("true", [0.97, 0.5, 0.8])
def test_corrected_rates_hold_the_truth_as_often_as_they_say(true: float) -> None:
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(1_000):
        passes = rng.binomial(200, true * 0.9 + (1 - true) * 0.15)
        good, bad = rng.binomial(60, 0.9), rng.binomial(60, 0.85)
        mine = rogan_gladen(int(passes), 200, Matrix(good, 60 - bad, 60 - good, bad), 0.95)
        assert mine
        held += mine.low <= true <= mine.high
    assert held / 1_000 >= COVERED


def test_labels_of_cases_that_somebody_picked_do_not_count() -> None:
    ids = [f"c{number}" for number in range(200)]
    order = label_order(ids)
    assert len(order) < 200  # the others tune the judge
    assert random_sample(ids, set(order[50:]).__contains__, 0.05) == ()
    assert random_sample(ids, set(order[:60]).__contains__, 0.0) == tuple(order[:60])
    some = set(order[:60]) - {order[30], order[40]}
    assert len(random_sample(ids, some.__contains__, 0.05)) >= 60


def pair_rows(fixed: int, broke: int, same: int) -> list[CasePair]:
    rows = [(0.0, 1.0)] * fixed + [(1.0, 0.0)] * broke + [(1.0, 1.0)] * same
    return [CasePair(f"c{n}", (a,), (b,)) for n, (a, b) in enumerate(rows)]


PERFECT = JudgeErrors(1, Matrix(60, 0, 0, 40))


def test_raw_and_corrected_stand_side_by_side_and_both_must_pass() -> None:
    policy = GatePolicy(("judge",))
    pairs = pair_rows(6, 6, 188)
    raw = compare_pairs(pairs, policy, "judge")
    assert raw.gate is Gate.PASS
    blind = by_correction(raw, pairs, [], PERFECT, policy)
    assert (blind.gate, blind.verdict) == (Gate.NO_DECISION, Verdict.UNDECIDED)
    assert "label both answers of 72 cases" in blind.reason
    assert (blind.difference, blind.low) == (raw.difference, raw.low)
    agreed = by_correction(raw, pairs, pairs, PERFECT, policy)
    assert agreed.gate is Gate.PASS
    assert agreed.details[CORRECTED]["labelled"] > 100
    against = [CasePair(p.case_id, p.b, p.b if n % 4 else (0.0,)) for n, p in enumerate(pairs)]
    refuted = by_correction(raw, pairs, against, PERFECT, policy)
    assert refuted.gate is Gate.NO_DECISION
    alike = by_correction(raw, pairs, [], PERFECT, GatePolicy(("judge",), judge_errors=ALIKE))
    assert alike.gate is Gate.PASS


def test_a_raw_pass_that_the_threshold_of_the_corrected_score_refuses() -> None:
    policy = GatePolicy(("judge",), threshold=0.8, baseline=None)
    pairs = [CasePair(f"c{n}", (), (float(n >= 20),)) for n in range(100)]
    raw = compare_threshold(pairs, policy, "judge")
    assert raw.gate is Gate.PASS
    lenient = JudgeErrors(1, Matrix(58, 14, 2, 30))
    mine = by_correction(raw, pairs, [], lenient, policy)
    assert mine.gate is Gate.NO_DECISION
    assert "below the threshold of 80 %" in mine.reason
    assert by_correction(raw, pairs, [], PERFECT, policy).gate is Gate.PASS


def test_no_regressions_cannot_rest_on_a_judge() -> None:
    policy = GatePolicy(("judge",), rule="no_regressions", threshold=0.5)
    pairs = pair_rows(3, 0, 97)
    raw = compare_pairs(pairs, policy, "judge")
    assert raw.gate is Gate.PASS
    mine = by_correction(raw, pairs, pairs, PERFECT, policy)
    assert mine.gate is Gate.NO_DECISION and "no_regressions" in mine.reason
