"""Simulated evaluations, decided by the program's own rules at the looks of its own plans."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.gate import STOPPED_FAIL, STOPPED_FUTILITY
from workbench.verdicts.rules import FIRST_RULES
from workbench.verdicts.sequential import compare_at
from workbench.verdicts.sequential_plan import Plan
from workbench.verdicts.statistics.intervals import tango_z
from workbench.verdicts.values import CasePair, Comparison, Gate, Verdict

SCORER = "s"
BETTER, WORSE, PASSES = CLAIMS = ("better", "worse", "passes")
HOPELESS = (STOPPED_FAIL, STOPPED_FUTILITY)
_SLACK = 0.999
"""From this share of what a claim needs an evaluation is decided: the screen rounds otherwise."""
_CHECKED = 5
"""Evaluations of a batch that the screen leaves out and that are decided at the end anyway."""


@dataclass(frozen=True)
class Scores:
    """Scores of many evaluations in the order of the plan: (runs, cases, repeats); NaN: missing."""

    a: np.ndarray
    b: np.ndarray
    groups: np.ndarray | None = None
    """(runs, cases): the number of each case's group; cases of a group stand together."""

    @property
    def counted(self) -> bool:
        """Wins, losses and missing scores say all: independent cases that pass or fail once."""
        single = self.groups is None and self.a.shape[2] == 1 and not np.isnan(self.a).any()
        return single and bool((_zero_or_one(self.a) & _zero_or_one(self.b)).all())


def _zero_or_one(scores: np.ndarray) -> np.ndarray:
    return (scores == 0.0) | (scores == 1.0) | np.isnan(scores)


@dataclass(frozen=True)
class Ended:
    """What an evaluation ended with."""

    verdict: Verdict = Verdict.UNDECIDED
    gate: Gate = Gate.NO_DECISION
    cases: int = 0
    """Cases that were run; 0: the screen left the evaluation out."""

    def claims(self, claim: str) -> bool:
        """Whether it ended with this claim."""
        if claim == PASSES:
            return self.gate is Gate.PASS or self.verdict is Verdict.NOT_WORSE
        return self.verdict.value == claim


@dataclass
class Judge:
    """Decides evaluations under one plan."""

    plan: Plan
    policy: GatePolicy
    claims: tuple[str, ...] = CLAIMS
    """The claims that are counted."""
    screened: bool = False
    """Evaluations that come near to none of the claims at any look are left out."""
    _known: dict[tuple[int, int, int, int], tuple[Comparison, bool]] = field(default_factory=dict)

    def decide(self, scores: Scores) -> list[Ended]:
        """How each of the evaluations ends."""
        if scores.counted and not self.plan.anytime:
            return self._by_counts(scores)
        return self._by_pairs(scores)

    def _by_counts(self, scores: Scores) -> list[Ended]:
        ends = [end - 1 for end in self.plan.block_ends]
        diff = scores.b[:, :, 0] - scores.a[:, :, 0]
        counts = [
            np.cumsum(which, axis=1)[:, ends].tolist()
            for which in (diff > 0, diff < 0, np.isnan(diff))
        ]
        ends = []
        for row in range(len(diff)):
            seen = [tuple(count[row][at] for count in counts) for at in range(self.plan.looks)]
            near = not self.screened or any(self._near(at + 1, *c) for at, c in enumerate(seen))
            if near:
                ends.append(self._follow(lambda look, seen=seen: self.at(look, *seen[look - 1])))
            else:
                ends.append(Ended())
        return ends

    def _near(self, look: int, wins: int, losses: int, missing: int) -> bool:
        """Tango's statistic comes near to what one of the claims needs."""
        n, needed = self.plan.block_ends[look - 1] - missing, _SLACK * self.plan.z[look - 1]
        at = {
            BETTER: lambda: tango_z(wins, losses, n, 0.0),
            WORSE: lambda: tango_z(losses, wins, n, 0.0),
            PASSES: lambda: tango_z(wins, losses, n, -self.policy.margin),
        }
        return any(at[claim]() >= needed for claim in self.claims)

    def at(self, look: int, wins: int, losses: int, missing: int) -> tuple[Comparison, bool]:
        """The decision at a look that found these counts, and whether it ends the evaluation."""
        key = look, wins, losses, missing
        if key not in self._known:
            pairs = counted_pairs(wins, losses, self.plan.block_ends[look - 1], missing)
            self._known[key] = self._ask(pairs, look)
        return self._known[key]

    def _ask(self, pairs: Sequence[CasePair], look: int) -> tuple[Comparison, bool]:
        comparison = compare_at(pairs, self.plan, self.policy, SCORER, look)
        return comparison, comparison.gate is Gate.PASS or comparison.stopped in HOPELESS

    def _follow(self, ask, first: int = 1) -> Ended:  # type: ignore[no-untyped-def]
        for look in range(first, self.plan.looks + 1):
            comparison, stop = ask(look)
            if stop or look == self.plan.looks:
                return Ended(comparison.verdict, comparison.gate, self.plan.block_ends[look - 1])
        raise AssertionError("a plan has a last look")

    def _by_pairs(self, scores: Scores) -> list[Ended]:
        firsts = self._first_looks(scores)
        unclaimed = np.flatnonzero(firsts == 0)
        firsts[unclaimed[:_CHECKED]] = self.plan.looks
        checked = set(unclaimed[:_CHECKED].tolist())
        ends = []
        for row, first in enumerate(firsts.tolist()):
            if not first:
                ends.append(Ended())
                continue
            pairs = pairs_of(scores, row)
            ended = self._follow(
                lambda look, pairs=pairs: self._ask(pairs[: self.plan.block_ends[look - 1]], look),
                first,
            )
            if row in checked and any(map(ended.claims, self.claims)):
                raise AssertionError(f"the screen missed a claim: {ended}")
            ends.append(ended)
        return ends

    def _first_looks(self, scores: Scores) -> np.ndarray:
        """The first look at which each evaluation needs a decision; 0 where no claim is near.

        Capital that never came near to what a claim needs makes none at any look. Looks before
        that decide nothing either, unless they may stop a hopeless run.
        """
        runs = len(scores.a)
        if self.plan.rules == FIRST_RULES or np.isnan(scores.b).any():
            return np.ones(runs, dtype=int)
        alpha, planned = (1.0 - self.policy.confidence) / 2.0, self.plan.bets
        diffs = (scores.b.mean(axis=2) - scores.a.mean(axis=2) + 1.0) / 2.0
        totals, sizes, ends = _rounds(diffs, scores.groups)
        tests = {
            BETTER: (totals, 0.5),
            WORSE: (sizes - totals, 0.5),
            PASSES: (totals, (1.0 - self.policy.margin) / 2.0),
        }
        reached = np.minimum.reduce([
            first_refuted(bets, sizes, planned, alpha, mean)
            for bets, mean in (tests[claim] for claim in self.claims)
        ])  # fmt: skip
        at_case = np.take_along_axis(
            np.concatenate([ends, np.full((runs, 1), 2 * diffs.shape[1])], axis=1),
            reached[:, None],
            axis=1,
        )[:, 0]
        looks = np.searchsorted(self.plan.block_ends, at_case) + 1
        looks[looks > self.plan.looks] = 0
        if self.plan.futility is not None:
            looks[looks > 0] = 1
        if scores.groups is None and not self.plan.anytime:
            first = slice(0, self.plan.block_ends[0])
            means = scores.a[:, first].mean(axis=2), scores.b[:, first].mean(axis=2)
            plain = _zero_or_one(means[0]) & _zero_or_one(means[1])
            looks[plain.all(axis=1)] = 1
        return looks


def _rounds(
    diffs: np.ndarray, groups: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Totals, sizes and last case (from 1) of each round, by run."""
    runs, cases = diffs.shape
    if groups is None:
        ends = np.broadcast_to(np.arange(1, cases + 1), (runs, cases))
        return diffs, np.ones_like(diffs), ends
    last = np.concatenate([groups[:, 1:] != groups[:, :-1], np.ones((runs, 1), bool)], axis=1)
    ends = np.nonzero(last)[1].reshape(runs, -1) + 1
    before = np.concatenate([np.zeros((runs, 1), int), ends[:, :-1]], axis=1)
    sums = np.concatenate([np.zeros((runs, 1)), np.cumsum(diffs, axis=1)], axis=1)
    totals = np.take_along_axis(sums, ends, 1) - np.take_along_axis(sums, before, 1)
    return totals, (ends - before).astype(float), ends


def first_refuted(
    totals: np.ndarray, sizes: np.ndarray, planned: int, alpha: float, mean: float
) -> np.ndarray:
    """The round at which the capital against "the mean is at most `mean`" nearly suffices, for
    each run, or the number of rounds: the bets of `workbench.verdicts.betting`, all runs at once.
    """
    runs, rounds = totals.shape
    needed = math.log(_SLACK / alpha)
    scale = 2.0 * math.log(1.0 / alpha) / max(1, planned)
    unit = sizes.max()
    count, cases, total = 1, np.full(runs, unit), np.full(runs, unit / 2.0)
    squares, least = np.full(runs, unit * unit / 4.0), 1e-4 * unit * unit
    capital, reached = np.zeros(runs), np.full(runs, rounds)
    for number in range(rounds):
        value, size = totals[:, number], sizes[:, number]
        stake = np.minimum(np.sqrt(scale / np.maximum(squares / count, least)), 0.9 / mean / unit)
        capital += np.log1p(stake * (value - size * mean))
        hit = (capital >= needed) & (reached == rounds)
        reached[hit] = number
        count += 1
        cases += size
        total += value
        squares += (value - size * total / cases) ** 2
    return reached


def counted_pairs(wins: int, losses: int, n: int, missing: int = 0) -> tuple[CasePair, ...]:
    """`n` pairs that pass or fail, with these wins, losses and missing scores of B."""
    kinds = ((wins, 0.0, 1.0), (losses, 1.0, 0.0), (missing, 1.0, None))
    some = [CasePair("", (a,), (b,)) for count, a, b in kinds for _ in range(count)]
    same = [CasePair("", (1.0,), (1.0,)) for _ in range(n - len(some))]
    return tuple(CasePair(str(i), p.a, p.b) for i, p in enumerate(some + same))


def pairs_of(scores: Scores, row: int) -> tuple[CasePair, ...]:
    """The pairs of one simulated evaluation, in its order."""
    a, b = scores.a[row].tolist(), scores.b[row].tolist()
    groups = [None] * len(a) if scores.groups is None else scores.groups[row].tolist()
    return tuple(
        CasePair(str(i), _known(x), _known(y), None if group is None else f"g{group}")
        for i, (x, y, group) in enumerate(zip(a, b, groups, strict=True))
    )


def _known(scores: Sequence[float]) -> tuple[float | None, ...]:
    return tuple(None if math.isnan(score) else score for score in scores)
