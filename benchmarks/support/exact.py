"""The false claims on passes and failures, looked at once: summed over all counts, not drawn."""

from __future__ import annotations

import numpy as np
from simulation import BETTER, PASSES, Ended, Judge
from trials import MARGIN, POLICY

from workbench.verdicts.sequential_plan import make_plan

SIZES = (30, 72, 100, 300, 1000)
RATES = tuple(np.arange(1, 61) / 100)
"""Shares of cases that change."""


def table() -> list[tuple[str, ...]]:
    """Rows: cases, and for each false claim how often it is made at most at any rate of flips."""
    rows = []
    for n in SIZES:
        judge = Judge(make_plan(n, POLICY, 1, full=True), POLICY)
        log_factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
        cells = []
        for claim, truth in ((BETTER, 0.0), (PASSES, -MARGIN)):
            least = _least_wins(judge, n, claim)
            rates = [rate for rate in RATES if rate > abs(truth)]
            chances = {rate: _chance(least, n, rate, truth, log_factorials) for rate in rates}
            worst = max(chances, key=lambda rate: chances[rate])
            cells.append(f"{100 * chances[worst]:.2f} % at {100 * worst:.0f} % flips")
        rows.append((f"{n:,}", *cells))
    return rows


def _least_wins(judge: Judge, n: int, claim: str) -> list[int]:
    """The fewest wins among 0, 1, 2, … changed cases with which the program makes the claim.

    One more loss never helps and one more win never hurts, so it grows by one or not at all.
    """

    def makes(changed: int, wins: int) -> bool:
        comparison, _ = judge.at(1, wins, changed - wins, 0)
        return Ended(comparison.verdict, comparison.gate, n).claims(claim)

    least, wins = [], 0
    for changed in range(n + 1):
        while wins <= changed and not makes(changed, wins):
            wins += 1
        least.append(wins)
    return least


def _chance(
    least: list[int], n: int, rate: float, truth: float, log_factorials: np.ndarray
) -> float:
    """How often the claim is made at this truth: a sum over trinomial probabilities."""
    up, down = np.log((rate + truth) / 2), np.log((rate - truth) / 2)
    total = 0.0
    for changed, fewest in enumerate(least):
        wins = np.arange(fewest, changed + 1)
        logs = (
            log_factorials[n]
            - log_factorials[wins]
            - log_factorials[changed - wins]
            - log_factorials[n - changed]
            + wins * up
            + (changed - wins) * down
            + (n - changed) * np.log1p(-rate)
        )
        total += float(np.exp(logs).sum())
    return total
