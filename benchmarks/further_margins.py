"""How often a cost or a latency at the margin passes: heavy tails, rare runaways, unlike shapes.

    python benchmarks/further_margins.py [RUNS]

Prints Markdown tables of false passes in percent, for `docs/statistics.md`. The promise is 2.5.
RUNS evaluations for each cost, five times as many for each latency and for t alone.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from workbench.verdicts.statistics.quantiles import quantile_shift
from workbench.verdicts.statistics.ratios import mean_ratio

MARGIN = math.log(1.1)
SIZES = (100, 300, 1000)
SHARE = 0.95
Draw = Callable[[random.Random], float]
Numbers = NDArray[np.float64]


def centred(draw: Draw, mean: float) -> Draw:
    """The same distribution with the mean at the margin."""
    return lambda rng: draw(rng) - mean + MARGIN


def student(df: int) -> Draw:
    """Student's t with few degrees of freedom."""
    return lambda rng: rng.gauss(0, 1) / math.sqrt(rng.gammavariate(df / 2, 2) / df)


def runaway(share: float, factor: float) -> Draw:
    """A rare answer that costs `factor` times as much, the others alike."""
    return lambda rng: math.log(factor) if rng.random() < share else rng.gauss(0, 0.05)


LOG_RATIOS: Mapping[str, Draw] = {
    "normal, sd .1": centred(lambda rng: rng.gauss(0, 0.1), 0),
    "normal, sd .5": centred(lambda rng: rng.gauss(0, 0.5), 0),
    "t with 3 degrees, scale .2": centred(lambda rng: 0.2 * student(3)(rng), 0),
    "t with 2 degrees, scale .2": centred(lambda rng: 0.2 * student(2)(rng), 0),
    "skewed (exponential), scale .3": centred(lambda rng: 0.3 * rng.expovariate(1), 0.3),
    "2 % cost four times as much": centred(runaway(0.02, 4), 0.02 * math.log(4)),
    "5 % cost four times as much": centred(runaway(0.05, 4), 0.05 * math.log(4)),
    "5 % cost a quarter": centred(runaway(0.05, 0.25), -0.05 * math.log(4)),
}

LATENCIES: Mapping[str, Callable[[Numbers], Numbers]] = {
    "log-normal .5": lambda u: np.exp(0.5 * ndtri(u)),
    "exponential": lambda u: -np.log1p(-u),
    "Pareto 2": lambda u: (1.0 - u) ** -0.5,
    "Pareto 1": lambda u: 1.0 / (1.0 - u),
    "uniform": lambda u: u,
}
"""The inverse of each distribution."""


def cost_row(draw: Draw, runs: int, rng: random.Random, *, bets: bool) -> list[float]:
    """False passes in percent, by number of cases."""
    row = []
    for n in SIZES:
        passed = 0
        for _ in range(runs):
            logs = [draw(rng) for _ in range(n)]
            if bets:
                ratio = mean_ratio(logs, None, confidence=0.95)
                passed += ratio is not None and math.log(ratio.high) < MARGIN
            else:
                mean = math.fsum(logs) / n
                error = math.sqrt(math.fsum((x - mean) ** 2 for x in logs) / (n - 1) / n)
                passed += mean + 1.984 * error < MARGIN
        row.append(100 * passed / runs)
    return row


def latency_row(
    a: str, b: str, together: float, runs: int, rng: np.random.Generator
) -> list[float]:
    """False passes in percent where B's 95th percentile lies at the margin. In the share `together`
    of the cases both sides stand at the same place of their distributions.
    """
    at = np.array(SHARE)
    row = []
    for n in SIZES:
        passed = 0
        for _ in range(runs):
            u, other = rng.random(n), rng.random(n)
            v = np.where(rng.random(n) < together, u, other)
            left = LATENCIES[a](u) - LATENCIES[a](at)
            right = LATENCIES[b](v) - LATENCIES[b](at)
            shift = quantile_shift(left.tolist(), right.tolist(), SHARE, 0.025)
            passed += shift is not None and shift.high < 0.0
        row.append(100 * passed / runs)
    return row


def main(runs: int) -> None:
    rng, numbers = random.Random(20261127), np.random.default_rng(20261127)
    print(
        "| cost at a margin of 10 % | " + " | ".join(f"{n} cases (t alone)" for n in SIZES) + " |"
    )
    print("|---|" + "---:|" * len(SIZES))
    for name, draw in LOG_RATIOS.items():
        both = zip(
            cost_row(draw, runs, rng, bets=True),
            cost_row(draw, 5 * runs, rng, bets=False),
            strict=True,
        )
        print(f"| {name} | " + " | ".join(f"{x:.1f} ({t:.1f})" for x, t in both) + " |", flush=True)
    print()
    print("| p95 at the margin: A, B | " + " | ".join(f"{n} cases" for n in SIZES) + " |")
    print("|---|" + "---:|" * len(SIZES))
    for a, b in (
        ("log-normal .5", "log-normal .5"), ("Pareto 1", "Pareto 1"), ("Pareto 2", "uniform"),
        ("uniform", "Pareto 2"), ("uniform", "Pareto 1"), ("exponential", "Pareto 2"),
    ):  # fmt: skip
        for together in (0.0, 0.8):
            row = latency_row(a, b, together, 5 * runs, numbers)
            what = f"{a}, {b}" + (", moving together" if together else "")
            print(f"| {what} | " + " | ".join(f"{x:.1f}" for x in row) + " |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
