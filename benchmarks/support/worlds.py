"""Truths to draw evaluations from: what two versions would score on ever more cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from simulation import Scores

_BASE = 0.5
_WIDEST = 0.44
"""Noise stays within this, so that no score leaves [0, 1] and the mean is what it is said to be."""


@dataclass(frozen=True)
class Flips:
    """Passes and failures: `rate` of the cases change, B is `truth` better on average."""

    rate: float
    truth: float
    lost: float = 0.0
    """Share of B's failures that are missing instead."""

    def draw(self, rng: np.random.Generator, runs: int, n: int) -> Scores:
        up, down = (self.rate + self.truth) / 2, (self.rate - self.truth) / 2
        diff = rng.choice(np.array([1.0, -1.0, 0.0]), p=[up, down, 1 - up - down], size=(runs, n))
        failing = rng.random((runs, n)) < 0.2
        a = np.where(diff > 0, 0.0, np.where(diff < 0, 1.0, np.where(failing, 0.0, 1.0)))
        b = a + diff
        gone = (b == 0.0) & (rng.random((runs, n)) < self.lost)
        return Scores(a[:, :, None], np.where(gone, np.nan, b)[:, :, None])


@dataclass(frozen=True)
class Graded:
    """Scores between 0 and 1 with noise `sd`, and a share `rare` of cases that change by 1: they
    collapse, or if it is negative they are won. The others make up for it: `truth` on average.
    """

    sd: float
    truth: float
    rare: float = 0.0

    def draw(self, rng: np.random.Generator, runs: int, n: int) -> Scores:
        share = abs(self.rare)
        shift = (self.truth + self.rare) / (1 - share)
        noise = np.clip(rng.normal(0.0, self.sd, (runs, n)), -_WIDEST, _WIDEST)
        rare = rng.random((runs, n)) < share
        low, high = (0.0, 1.0) if self.rare < 0 else (1.0, 0.0)
        a = np.where(rare, low, _BASE)
        b = np.where(rare, high, _BASE + shift + noise)
        return Scores(a[:, :, None], b[:, :, None])


@dataclass(frozen=True)
class Groups:
    """Groups of `size` cases that all change alike, which is the worst that a group can do."""

    inner: Flips | Graded
    size: int

    @property
    def truth(self) -> float:
        return self.inner.truth

    def draw(self, rng: np.random.Generator, runs: int, n: int) -> Scores:
        one = self.inner.draw(rng, runs, n // self.size)
        a, b = (np.repeat(side, self.size, axis=1) for side in (one.a, one.b))
        numbers = np.repeat(np.arange(n // self.size), self.size)
        return Scores(a, b, np.broadcast_to(numbers, (runs, n)))


@dataclass(frozen=True)
class UnevenGroups:
    """Nine groups of ten are one case, which B wins with `won`; the tenth has `size` cases, which
    B loses together, as often as makes the truth.
    """

    size: int
    won: float
    truth: float

    def draw(self, rng: np.random.Generator, runs: int, n: int) -> Scores:
        many = round(n / (9 + self.size))
        groups = 10 * many
        sizes = rng.permuted(np.tile([self.size] + [1] * 9, (runs, many)), axis=1)
        large = self.size * many
        lost = (self.won * 9 * many - self.truth * (large + 9 * many)) / large
        chance = rng.random((runs, groups))
        diff = np.where(sizes > 1, np.where(chance < lost, -1.0, 0.0), chance < self.won)
        rows = [np.repeat(np.arange(groups), row) for row in sizes]
        numbers = np.stack(rows)
        by_case = np.take_along_axis(diff, numbers, axis=1)[:, :, None]
        a = np.where(by_case < 0, 1.0, np.where(by_case > 0, 0.0, 1.0))
        return Scores(a, a + by_case, numbers)


@dataclass(frozen=True)
class Repeats:
    """`count` answers a case that pass or fail: half of the cases always pass, the rest seven
    times in ten. B has lost what passes always in as many cases as make the truth.
    """

    count: int
    truth: float

    def draw(self, rng: np.random.Generator, runs: int, n: int) -> Scores:
        steady = rng.random((runs, n, 1)) < 0.5
        rate = np.where(steady, 1.0, 0.7)
        fallen = steady & (rng.random((runs, n, 1)) < -2 * self.truth)
        shape = (runs, n, self.count)
        a = rng.random(shape) < rate
        b = rng.random(shape) < np.where(fallen, 0.0, rate)
        return Scores(a.astype(float), b.astype(float))


World = Flips | Graded | Groups | UnevenGroups | Repeats
