"""The intervals against published values, independent oracles and their own symmetries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from tests.support.examples import examples
from workbench.verdicts.statistics.distributions import (
    critical_z,
    normal_cdf,
    t_quantile,
    t_tail,
    two_sided_p,
)
from workbench.verdicts.statistics.intervals import (
    cluster_mean,
    cluster_t,
    mcnemar_mid_p,
    mcnemar_p,
    paired_mean,
    paired_t,
    tango,
    tango_z,
    wilson,
)

Z = critical_z(0.95)


@st.composite
def tables(draw: st.DrawFn, most: int = 400) -> tuple[int, int, int]:
    n = draw(st.integers(1, most))
    wins = draw(st.integers(0, n))
    return wins, draw(st.integers(0, n - wins)), n


@pytest.mark.parametrize(
    ("wins", "losses", "n", "low", "high"),
    [
        (25, 10, 300, 0.011970, 0.091219),
        (15, 18, 300, -0.049462, 0.028797),
        (0, 0, 72, -0.050651, 0.050651),
        (0, 0, 73, -0.049992, 0.049992),
    ],
)
def test_tango_gives_the_published_values(
    wins: int, losses: int, n: int, low: float, high: float
) -> None:
    assert tango(wins, losses, n, Z) == pytest.approx((low, high), abs=1e-6)


@given(tables(60), st.floats(-0.95, 0.95))
@settings(max_examples=examples(60), deadline=None)
def test_tangos_statistic_is_the_score_test_of_a_numerically_constrained_multinomial(
    table: tuple[int, int, int], d0: float
) -> None:
    wins, losses, n = table

    def minus_log_likelihood(q: float) -> float:
        cells = ((wins, q + d0), (losses, q), (n - wins - losses, 1.0 - 2.0 * q - d0))
        return -sum(k * math.log(max(p, 1e-300)) for k, p in cells if k)

    bounds = (max(0.0, -d0), (1.0 - d0) / 2.0)
    optimum = optimize.minimize_scalar(
        minus_log_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-12}
    )
    variance = n * (2.0 * optimum.x + d0 * (1.0 - d0))
    expected = (wins - losses - n * d0) / math.sqrt(variance)
    assert tango_z(wins, losses, n, d0) == pytest.approx(expected, rel=1e-3, abs=1e-3)


@given(tables(), st.floats(0.5, 5.0))
def test_tango_mirrors_when_a_and_b_are_swapped(table: tuple[int, int, int], z: float) -> None:
    wins, losses, n = table
    low, high = tango(wins, losses, n, z)
    assert tango(losses, wins, n, z) == (-high, -low)
    assert -1.0 <= low <= (wins - losses) / n <= high <= 1.0


@given(tables(), st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.999]))
def test_tango_excludes_zero_exactly_when_mcnemars_p_is_below_alpha(
    table: tuple[int, int, int], confidence: float
) -> None:
    wins, losses, n = table
    z = critical_z(confidence)
    low, high = tango(wins, losses, n, z)
    assert (low > 0.0 or high < 0.0) == (mcnemar_p(wins, losses) < two_sided_p(z))


@given(tables(), st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_tangos_statistic_falls_as_the_difference_it_is_held_against_rises(
    table: tuple[int, int, int], d0: float, d1: float
) -> None:
    wins, losses, n = table
    low, high = sorted((d0, d1))
    assert tango_z(wins, losses, n, low) >= tango_z(wins, losses, n, high) - 1e-6


@pytest.mark.parametrize("n", [1, 2, 7, 300])
def test_tangos_edges_are_finite_and_known(n: int) -> None:
    edge = Z * Z / (n + Z * Z)
    assert tango(0, 0, n, Z) == pytest.approx((-edge, edge))
    assert tango(0, n, n, Z)[0] == -1.0
    assert tango(n, 0, n, Z)[1] == 1.0
    assert tango(0, 0, 0, Z) == (-1.0, 1.0)
    assert tango_z(0, 0, n, -1e-276) == 0.0


def test_mcnemar_agrees_with_statsmodels() -> None:
    for wins, losses in [(25, 10), (3, 3), (0, 6), (1, 0), (400, 350)]:
        table = [[5, wins], [losses, 5]]
        assert mcnemar_p(wins, losses) == pytest.approx(
            mcnemar(table, exact=False, correction=False).pvalue
        )


@given(st.integers(0, 3_000), st.integers(0, 3_000))
@settings(max_examples=examples(60), deadline=None)
def test_mid_p_is_the_exact_p_with_half_the_observed_probability(wins: int, losses: int) -> None:
    flips, fewer = wins + losses, min(wins, losses)
    if wins == losses:
        assert mcnemar_mid_p(wins, losses) == 1.0
        return
    # In whole numbers: far out in the tail, SciPy's distribution function is 0.
    below = sum(math.comb(flips, successes) for successes in range(fewer))
    expected = (2 * below + math.comb(flips, fewer)) / 2**flips
    assert mcnemar_mid_p(wins, losses) == pytest.approx(expected, rel=1e-8, abs=1e-300)


def test_mid_p_is_right_where_others_give_up() -> None:
    below = sum(math.comb(1075, successes) for successes in range(10))
    expected = (2 * below + math.comb(1075, 10)) / 2**1075
    assert 1.3708e-300 < expected < 1.3709e-300
    assert mcnemar_mid_p(10, 1065) / expected == pytest.approx(1, rel=1e-8)


@given(st.integers(1, 500), st.data())
def test_wilson_agrees_with_statsmodels(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    expected = proportion_confint(successes, n, alpha=0.05, method="wilson")
    assert wilson(successes, n, Z) == pytest.approx(expected, abs=1e-12)


@given(st.floats(1e-9, 1 - 1e-9), st.integers(1, 20_000))
def test_students_quantile_agrees_with_scipy(probability: float, df: int) -> None:
    expected = stats.t.ppf(probability, df)
    assert t_quantile(probability, df) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@given(st.floats(0, 200), st.integers(1, 20_000))
def test_students_tail_agrees_with_scipy(t: float, df: int) -> None:
    assert t_tail(t, df) == pytest.approx(stats.t.sf(t, df), rel=1e-9, abs=1e-300)


def test_the_normal_tail_keeps_its_digits_far_out() -> None:
    assert normal_cdf(-12.0) == pytest.approx(stats.norm.cdf(-12.0), rel=1e-12)


@given(st.lists(st.floats(-1, 1).map(lambda x: round(x, 3)), min_size=2, max_size=60))
def test_the_paired_t_interval_agrees_with_scipy(diffs: list[float]) -> None:
    low, high = paired_t(diffs, 0.95)
    if len(set(diffs)) == 1:
        assert low == high == diffs[0]
        return
    expected = stats.ttest_1samp(diffs, 0.0).confidence_interval(0.95)
    assert low == pytest.approx(max(-1.0, expected.low), abs=1e-9)
    assert high == pytest.approx(min(1.0, expected.high), abs=1e-9)
    assert paired_mean(diffs).p_value() == pytest.approx(
        stats.ttest_1samp(diffs, 0.0).pvalue, abs=1e-9
    )


def test_a_single_case_says_nothing() -> None:
    assert paired_t([0.4], 0.95) == (-1.0, 1.0)
    assert cluster_t([0.4, 0.2], ["g", "g"], 0.95) == (-1.0, 1.0)
    assert paired_mean([0.4]).p_value() == 1.0


@given(
    st.lists(
        st.tuples(st.floats(-1, 1).map(lambda x: round(x, 2)), st.integers(0, 6)),
        min_size=12,
        max_size=60,
    )
)
@settings(deadline=None)
def test_the_cluster_error_agrees_with_statsmodels(rows: list[tuple[float, int]]) -> None:
    diffs, groups = [d for d, _ in rows], [g for _, g in rows]
    if len(set(groups)) < 2:
        return
    fit = OLS(np.array(diffs), np.ones(len(diffs))).fit(
        cov_type="cluster", cov_kwds={"groups": np.array(groups)}
    )
    mean = cluster_mean(diffs, groups)
    assert mean.value == pytest.approx(float(fit.params[0]), abs=1e-12)
    assert mean.error == pytest.approx(float(fit.bse[0]), abs=1e-9)
    assert mean.df == len(set(groups)) - 1


def test_groups_of_one_give_the_paired_t_interval() -> None:
    diffs = [0.1, -0.3, 0.2, 0.0, 0.5, -0.1]
    assert cluster_t(diffs, range(6), 0.95) == pytest.approx(paired_t(diffs, 0.95))


def test_a_look_stretches_the_t_interval_in_proportion_to_its_boundary() -> None:
    diffs = [0.1, -0.3, 0.2, 0.0, 0.25, -0.1] * 5
    single, look = paired_t(diffs, 0.95), paired_t(diffs, 0.95, z=2 * Z)
    assert look[1] - look[0] == pytest.approx(2 * (single[1] - single[0]))
