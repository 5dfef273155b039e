"""What is said of graded scores and of groups against a threshold, and how often it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from simulation import SCORER

from workbench.runs.spec.suite import THRESHOLD, GatePolicy
from workbench.verdicts.comparison import compare_threshold
from workbench.verdicts.sequential_plan import shuffled
from workbench.verdicts.statistics.betting import Round, chance_at_most, rounds_of
from workbench.verdicts.values import CasePair, Verdict

WANTED, BELOW, SAID = 0.8, 0.05, 0.05
POLICY = GatePolicy(scorers=(SCORER,), rule=THRESHOLD, threshold=WANTED, baseline=None)
SIZES = (20, 50, 100, 300, 1000)
CHECKED = 3
"""Evaluations of each kind that the program itself decides as well."""
Draw = Callable[[np.random.Generator, int, float], np.ndarray]
"""Scores of so many cases with this true mean."""


def _beta(spread: float) -> Draw:
    """Scores that lie around their mean, more or less widely: the sum of both parameters."""
    return lambda rng, n, mean: rng.beta(spread * mean, spread * (1.0 - mean), n)


def _collapse(share: float) -> Draw:
    """So many cases score 0, the others alike."""
    return lambda rng, n, mean: np.where(rng.random(n) < share, 0.0, mean / (1.0 - share))


def _wins(share: float) -> Draw:
    """So many cases score 1, the others alike and a little below the mean."""
    return lambda rng, n, mean: np.where(rng.random(n) < share, 1.0, (mean - share) / (1.0 - share))


def _passes(rng: np.random.Generator, n: int, mean: float) -> np.ndarray:
    return (rng.random(n) < mean).astype(float)


@dataclass(frozen=True)
class World:
    """How scores come about; cases of a group score alike."""

    name: str
    draw: Draw
    groups: tuple[int, ...] = (1,)
    """Sizes of groups, in turn."""

    def pairs(self, rng: np.random.Generator, n: int, mean: float) -> list[CasePair]:
        """One evaluation's scores, in the order of a seeded shuffle."""
        if self.groups == (1,):
            scores = self.draw(rng, n, mean).tolist()
            return [CasePair(str(i), (), (score,)) for i, score in enumerate(scores)]
        sizes: list[int] = []
        while sum(sizes) < n:
            sizes.append(min(self.groups[len(sizes) % len(self.groups)], n - sum(sizes)))
        groups = [f"g{at}" for at, size in enumerate(sizes) for _ in range(size)]
        scores = np.repeat(self.draw(rng, len(sizes), mean), sizes).tolist()
        pairs = {
            str(i): CasePair(str(i), (), (score,), group)
            for i, (score, group) in enumerate(zip(scores, groups, strict=True))
        }
        ids = {case_id: pair.group for case_id, pair in pairs.items()}
        return [pairs[i] for i in shuffled(list(pairs), ids, int(rng.integers(1 << 31)))]


WORLDS = (
    World("graded, spread .2", _beta(3.0)),
    World("graded, spread .1", _beta(15.0)),
    World("graded, 1 % collapse", _collapse(0.01)),
    World("graded, 5 % collapse", _collapse(0.05)),
    World("graded, 5 % are won", _wins(0.05)),
    World("passes, groups of 5", _passes, (5,)),
    World("passes, groups of 1 to 9", _passes, (1, 9, 2, 5)),
    World("graded, groups of 5", _beta(3.0), (5,)),
)


@dataclass(frozen=True)
class Claims:
    """What is said of one evaluation."""

    better: bool
    worse: bool
    lucky: float


def table(rng: np.random.Generator, runs: int) -> list[tuple[str, ...]]:
    """Rows: world and cases; false claims at the threshold and 5 points below; what is found 5
    points above.
    """
    rows = []
    for world in WORLDS:
        for n in SIZES:
            at = _judged(world, rng, runs, n, WANTED)
            under = _judged(world, rng, runs, n, WANTED - BELOW)
            above = _judged(world, rng, runs // 4, n, WANTED + BELOW)
            promised = (
                [one.better for one in at],
                [one.worse for one in at],
                [one.lucky <= SAID for one in under],
            )
            power = [one.better for one in above], [one.lucky <= SAID for one in above]
            shares = [f"{100 * sum(claimed) / runs:.1f} %" for claimed in promised]
            shares += [f"{100 * sum(claimed) / len(claimed):.0f} %" for claimed in power]
            rows.append((world.name, f"{n:,}", *shares))
    return rows


def _judged(world: World, rng: np.random.Generator, runs: int, n: int, mean: float) -> list[Claims]:
    """The claims on `runs` evaluations. They come straight from the bets, which takes no search
    for an interval; of some it is checked that the program says the same.
    """
    judged = []
    for number in range(runs):
        pairs = world.pairs(rng, n, mean)
        claims = _claims(pairs)
        if number < CHECKED:
            compared = compare_threshold(pairs, POLICY, SCORER)
            verdicts = compared.verdict is Verdict.BETTER, compared.verdict is Verdict.WORSE
            if (*verdicts, compared.details["luck"]) != (claims.better, claims.worse, claims.lucky):
                raise AssertionError(f"the program says {compared} where the bets say {claims}")
        judged.append(claims)
    return judged


def _claims(pairs: list[CasePair]) -> Claims:
    """What `compare_threshold` claims of them."""
    groups = None if pairs[0].group is None else [pair.group for pair in pairs]
    scores = [pair.b[0] or 0.0 for pair in pairs]
    rounds = rounds_of([2.0 * score - 1.0 for score in scores], groups)
    mirrored = [Round(item.size - item.total, item.size) for item in rounds]
    promise, score = (1.0 - POLICY.confidence) / 2.0, sum(scores) / len(scores)

    def chance(side: list[Round], mean: float) -> float:
        return chance_at_most(side, len(rounds), POLICY.confidence, 2.0 * mean - 1.0)

    return Claims(
        score >= WANTED and chance(rounds, WANTED) <= promise,
        score < WANTED and chance(mirrored, 1.0 - WANTED) <= promise,
        chance(rounds, WANTED - BELOW),
    )
