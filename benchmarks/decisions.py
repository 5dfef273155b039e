"""What stopping early costs and saves, on simulated evaluations with a known truth.

For each flip rate and true difference: how often the gate passes and fails with all cases (fixed)
and with the planned looks; how many cases that took; and the Monte-Carlo error of each figure.
`benchmarks/error_rates.py` has all other rules. Run `python benchmarks/decisions.py`, or with
`--json`, `--runs N`, `--cases N`, `--margin POINTS`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np

from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.gate import STOPPED_FAIL, STOPPED_FUTILITY
from workbench.verdicts.sequential import compare_at
from workbench.verdicts.sequential_plan import Plan, make_plan
from workbench.verdicts.values import CasePair, Gate, Verdict

SCORER = "s"


@dataclass(frozen=True)
class Figures:
    """One design under one truth; rates in [0, 1], each with its Monte-Carlo error."""

    design: str
    flip_rate: float
    truth_points: float
    passes: float
    fails: float
    better: float
    worse: float
    error: float
    """Standard error of the rate of passes."""
    cases: float
    """Mean share of the planned cases that were run."""
    calls: float
    """Mean calls as a share of the naive 2 N, the baseline's answers reused."""


class Design:
    """Decides simulated evaluations with the program's own rules, remembered by counts."""

    def __init__(self, name: str, plan: Plan, policy: GatePolicy) -> None:
        self.name, self.plan, self.policy = name, plan, policy
        self._outcome = lru_cache(maxsize=None)(self._decide)

    def _decide(self, look: int, wins: int, losses: int) -> tuple[bool, Gate, Verdict]:
        pairs = _pairs(wins, losses, self.plan.block_ends[look - 1])
        comparison = compare_at(pairs, self.plan, self.policy, SCORER, look)
        hopeless = comparison.stopped in (STOPPED_FAIL, STOPPED_FUTILITY)
        return comparison.gate is Gate.PASS or hopeless, comparison.gate, comparison.verdict

    def run(self, diffs: np.ndarray, flip_rate: float, truth: float) -> Figures:
        """The figures of these evaluations: a row each, differences in the order of the cases."""
        ends = [end - 1 for end in self.plan.block_ends]
        wins = np.cumsum(diffs == 1, axis=1)[:, ends].tolist()
        losses = np.cumsum(diffs == -1, axis=1)[:, ends].tolist()
        outcomes = [self._follow(w, ls) for w, ls in zip(wins, losses, strict=True)]
        runs = len(outcomes)
        passes = sum(gate is Gate.PASS for gate, _, _ in outcomes) / runs
        seen = sum(cases for _, _, cases in outcomes) / runs / self.plan.planned
        return Figures(
            design=self.name,
            flip_rate=flip_rate,
            truth_points=100 * truth,
            passes=passes,
            fails=sum(gate is Gate.FAIL for gate, _, _ in outcomes) / runs,
            better=sum(verdict is Verdict.BETTER for _, verdict, _ in outcomes) / runs,
            worse=sum(verdict is Verdict.WORSE for _, verdict, _ in outcomes) / runs,
            error=math.sqrt(passes * (1 - passes) / runs),
            cases=seen,
            calls=seen / 2,
        )

    def _follow(self, wins: list[int], losses: list[int]) -> tuple[Gate, Verdict, int]:
        look, stop = 0, False
        gate, verdict = Gate.NO_DECISION, Verdict.UNDECIDED
        while not stop and look < self.plan.looks:
            stop, gate, verdict = self._outcome(look + 1, wins[look], losses[look])
            look += 1
        return gate, verdict, self.plan.block_ends[look - 1]


@lru_cache(maxsize=4096)
def _pairs(wins: int, losses: int, n: int) -> tuple[CasePair, ...]:
    def several(name: str, count: int, a: float, b: float) -> Iterator[CasePair]:
        return (CasePair(f"{name}{i}", (a,), (b,)) for i in range(count))

    return (
        *several("fixed", wins, 0.0, 1.0),
        *several("broke", losses, 1.0, 0.0),
        *several("same", n - wins - losses, 1.0, 1.0),
    )


def simulate(runs: int, cases: int, margin: float) -> list[Figures]:
    """All designs under all truths, on the same simulated evaluations."""
    policy = GatePolicy(scorers=(SCORER,), margin=margin)
    designs = [
        Design("fixed", make_plan(cases, policy, 1, full=True), policy),
        Design("looks", make_plan(cases, policy, 1), policy),
    ]
    rng = np.random.default_rng(20)
    values = np.array([1, 0, -1], dtype=np.int8)
    figures = []
    for flip_rate in (0.06, 0.10, 0.16):
        for truth in (-2 * margin, -margin, -margin / 2, 0.0, margin):
            up, down = (flip_rate + truth) / 2, (flip_rate - truth) / 2
            if up < 0.0 or down < 0.0:
                continue
            diffs = rng.choice(values, p=[up, 1 - up - down, down], size=(runs, cases))
            figures += [design.run(diffs, flip_rate, truth) for design in designs]
    return figures


def table(figures: list[Figures], margin: float) -> str:
    """The figures as aligned text, and what they amount to."""
    head = "flips  truth  design    pass          fail   better  worse   cases  calls of 2N"
    lines = [head]
    for item in figures:
        lines.append(
            f"{100 * item.flip_rate:4.0f} %  {item.truth_points:+5.1f}  {item.design:8}"
            f"  {100 * item.passes:5.1f} ± {100 * item.error:.1f} %  {100 * item.fails:5.1f}"
            f"  {100 * item.better:6.1f}  {100 * item.worse:5.1f}  {100 * item.cases:5.0f} %"
            f"  {100 * item.calls:5.0f} %"
        )
    return "\n".join([*lines, "", *_summary(figures, margin)])


def _summary(figures: list[Figures], margin: float) -> list[str]:
    by_design = {
        name: [item for item in figures if item.design == name] for name in ("fixed", "looks")
    }
    lines = []
    for name, items in by_design.items():
        at_margin = max(
            (i for i in items if i.truth_points == -100 * margin), key=lambda i: i.passes
        )
        lines.append(
            f"{name}: passes a true loss of the margin at most {100 * at_margin.passes:.2f} %"
            f" ± {100 * at_margin.error:.2f} (promised 2.5 %)"
        )
    pairs = list(zip(by_design["fixed"], by_design["looks"], strict=True))
    lost = [fixed.passes - other.passes for fixed, other in pairs if fixed.truth_points >= 0]
    cases = [other.cases for _, other in pairs]
    lines.append(
        f"looks: {100 * sum(cases) / len(cases):.0f} % of the cases on average; power lost"
        f" where B is as good or better: {100 * sum(lost) / len(lost):.1f} points on average,"
        f" {100 * max(lost):.1f} at most"
    )
    return lines


def main(argv: list[str]) -> int:
    """Prints the table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=4_000)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--margin", type=float, default=5.0, help="points")
    parser.add_argument("--quick", action="store_true", help="400 evaluations")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    runs = 400 if options.quick else options.runs
    start = time.perf_counter()
    figures = simulate(runs, options.cases, options.margin / 100)
    seconds = time.perf_counter() - start
    if options.json:
        text = json.dumps({"seconds": seconds, "figures": [asdict(item) for item in figures]})
    else:
        text = (
            f"{runs:,} evaluations of {options.cases} cases each, margin"
            f" {options.margin:g} points, {seconds:.0f} s\n\n"
            + table(figures, options.margin / 100)
        )
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
