"""The critical values of planned looks."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.verdicts.statistics.boundaries import boundaries, spent

PUBLISHED = [
    (0.95, (4.8769, 3.3570, 2.6803, 2.2898, 2.0310)),
    (0.90, (4.2292, 2.8881, 2.2981, 1.9618, 1.7397)),
    (0.95, (4.3326, 2.9631, 2.3590, 2.0141)),
    (0.95, (3.7103, 2.5114, 1.9930)),
    (0.95, (2.9626, 1.9686)),
]


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(("confidence", "expected"), PUBLISHED)
def test_the_integration_gives_the_published_boundaries(
    confidence: float, expected: tuple[float, ...]
) -> None:
    looks = len(expected)
    fractions = tuple((k + 1) / looks for k in range(looks))
    assert spent(fractions, confidence) == pytest.approx(expected, abs=6e-5)
    assert boundaries(fractions, confidence) == pytest.approx(expected, abs=6e-5)


def test_a_single_look_has_the_usual_critical_value() -> None:
    assert boundaries([1.0], 0.95) == pytest.approx([1.959964], abs=1e-6)


@pytest.mark.parametrize("fractions", [(0.3, 0.35, 0.9, 1.0), (0.05, 0.5, 1.0)])
def test_uneven_looks_spend_exactly_alpha(fractions: tuple[float, ...]) -> None:
    z = boundaries(fractions, 0.95)
    rng = np.random.default_rng(5)
    steps = np.sqrt(np.diff((0.0, *fractions)))
    paths = np.cumsum(rng.standard_normal((400_000, len(fractions))) * steps, axis=1)
    crossed = (paths / np.sqrt(fractions) >= z).any(axis=1).mean()
    assert crossed == pytest.approx(0.025, abs=4 * 0.00025)


def test_very_high_confidence_and_very_early_looks_stay_finite() -> None:
    z = boundaries((0.001, 0.01, 1.0), 0.9999)
    assert all(np.isfinite(z))
    assert min(z[0], z[1]) > 10.0 > z[2] > 3.8
