"""Repeated answers to one case: flaky cases, and whether more repeats are worth their cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.verdicts.sample import mean
from workbench.verdicts.values import CasePair

NOISY = 0.5
SUGGESTED_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Spread:
    """Variance components of a case's difference: between cases, and within a case over repeats."""

    between: float
    within: float

    @property
    def within_share(self) -> float:
        """The share of the variance that comes from repeating a case."""
        total = self.between + self.within
        return self.within / total if total else 0.0

    def error(self, cases: int, repeats: int) -> float:
        """The standard error of the mean difference with this many cases and repeats."""
        return math.sqrt((self.between + self.within / repeats) / cases)


def flaky_cases(pairs: Sequence[CasePair], side: str = "b") -> tuple[str, ...]:
    """Ids of cases that neither always pass (score 1) nor always fail; `side` is "a" or "b"."""
    flaky = []
    for pair in pairs:
        known = _known(pair.a if side == "a" else pair.b)
        passed = sum(score >= 1.0 for score in known)
        if 0 < passed < len(known):
            flaky.append(pair.case_id)
    return tuple(flaky)


def pass_power_k(pairs: Sequence[CasePair], k: int, side: str = "b") -> float | None:
    """pass^k: the chance that k answers to the same case all pass, averaged over cases.

    The unbiased C(passes, k) / C(repeats, k) by case (Yao et al., tau-bench, 2024); cases with
    fewer than k answers are left out, None where none remains.
    """
    shares = []
    for pair in pairs:
        known = _known(pair.a if side == "a" else pair.b)
        if len(known) >= k:
            passed = sum(score >= 1.0 for score in known)
            shares.append(math.comb(passed, k) / math.comb(len(known), k))
    return math.fsum(shares) / len(shares) if shares else None


def variances(pairs: Sequence[CasePair]) -> Spread | None:
    """V_within = mean(s2_A + s2_B) over cases with repeats on both sides, V_between =
    max(0, var(d) - V_within / K); None without such cases.
    """
    within, diffs, repeats = [], [], []
    for pair in pairs:
        a, b = _known(pair.a), _known(pair.b)
        mean_a, mean_b = mean(a), mean(b)
        if mean_a is not None and mean_b is not None:
            diffs.append(mean_b - mean_a)
            if len(a) > 1 and len(b) > 1:
                within.append(_variance(a) + _variance(b))
                repeats.append(min(len(a), len(b)))
    if not within or len(diffs) < 2:
        return None
    inside = math.fsum(within) / len(within)
    each = math.fsum(repeats) / len(repeats)
    return Spread(max(0.0, _variance(diffs) - inside / each), inside)


def suggest_repeats(spread: Spread | None) -> int | None:
    """Three repeats where repeating a case adds more variance than another case does."""
    return SUGGESTED_REPEATS if spread is not None and spread.within_share > NOISY else None


def _known(scores: Sequence[float | None]) -> list[float]:
    return [score for score in scores if score is not None]


def _variance(values: Sequence[float]) -> float:
    """The sample variance of two or more values."""
    middle = math.fsum(values) / len(values)
    return math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1)
