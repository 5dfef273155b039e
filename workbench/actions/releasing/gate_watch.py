"""The planned looks at an evaluation: both sides run block by block and stop together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.actions.releasing.gate_run import GateRun
from workbench.actions.running.of_versions import people_pairs
from workbench.datasets.values import Case
from workbench.runs.engine.live import LiveRun
from workbench.runs.spec.values import Result
from workbench.verdicts.pairing import pair_results
from workbench.verdicts.raw_values import RAW, raw_pairs
from workbench.verdicts.sequential import LookDecision, decide_prefix
from workbench.verdicts.values import CasePair

LOOK_INTERVAL_S = 0.1


@dataclass
class LiveSide:
    """One side that is running."""

    live: LiveRun
    cases: tuple[Case, ...]
    """In the order in which they are run."""
    repeats: int
    results: dict[tuple[str, int], Result] = field(default_factory=dict)
    prefix: int = 0
    """Length of the prefix of cases that have all their results."""

    @property
    def unasked(self) -> int:
        """Number of requests without a result."""
        return len(self.cases) * self.repeats - len(self.results)

    def take(self) -> None:
        """Drain new results."""
        for result in self.live.drain():
            self.results[(result.case_id, result.repeat)] = result
        while self.prefix < len(self.cases) and self._is_answered(self.cases[self.prefix]):
            self.prefix += 1

    def _is_answered(self, case: Case) -> bool:
        return all((case.id, repeat) in self.results for repeat in range(self.repeats))


@dataclass(frozen=True)
class WatchResult:
    """The decision of the looks, and the pairs that it rests on."""

    decision: LookDecision
    pairs: Mapping[str, tuple[CasePair, ...]]
    cut_short: LiveSide | None = None
    """The side that ended before the plan was done."""


class Looks:
    """The planned looks at one evaluation."""

    def __init__(
        self, gate: GateRun, b: LiveSide, a: LiveSide | Mapping[str, tuple[Result, ...]] | None
    ) -> None:
        """`a` is the baseline: running, its stored results, or None."""
        self._gate, self._b = gate, b
        self._a = a if isinstance(a, LiveSide) else None
        self._stored = a if a is not None and not isinstance(a, LiveSide) else {}
        self._judged = len(next(iter(gate.judged.values()), ()))
        self._ends = [end - self._judged for end in gate.plan.block_ends]
        self._look = sum(end <= 0 for end in self._ends)

    @property
    def _sides(self) -> list[LiveSide]:
        return [side for side in (self._a, self._b) if side is not None]

    def watch(self) -> WatchResult:
        """Follow the runs, decide on the contiguous prefix at each planned look, and stop when
        decided.

        A running baseline runs up to the next look first, then the candidate.
        """
        gate, policy = self._gate, self._gate.spec.suite.gate
        decision: LookDecision | None = None
        while True:
            ended = [side for side in self._sides if side.live.done]
            for side in self._sides:
                side.take()
            while self._look < len(self._ends) and self._prefix >= self._ends[self._look]:
                self._look += 1
                pairs = self._pairs(self._ends[self._look - 1])
                decision = decide_prefix(pairs, gate.plan, policy, self._look, decision)
                if decision.stop:
                    self.stop()
                    return WatchResult(decision, pairs)
            if len(ended) == len(self._sides):
                pairs = self._pairs(len(gate.spec.cases))
                decision = decide_prefix(pairs, gate.plan, policy, len(self._ends))
                cut = next((side for side in self._sides if side.unasked), None)
                return WatchResult(decision, pairs, cut)
            if any(side.unasked for side in ended):
                self.stop()
            self._allow()
            self._next_to_wait_for().live.wait_for_results(LOOK_INTERVAL_S)

    def stop(self) -> None:
        """Start no more calls on either side."""
        for side in self._sides:
            side.live.stop()

    @property
    def _prefix(self) -> int:
        return min(side.prefix for side in self._sides)

    def _allow(self) -> None:
        """Let the baseline run up to the next look, and after it the candidate."""
        if self._a is None or self._look == len(self._ends):
            return
        end = self._ends[self._look]
        turn = self._a if self._a.prefix < end else self._b
        turn.live.ask_up_to(end)

    def _next_to_wait_for(self) -> LiveSide:
        a = self._a
        return a if a is not None and not a.live.done and a.prefix <= self._b.prefix else self._b

    def _pairs(self, end: int) -> Mapping[str, tuple[CasePair, ...]]:
        cases = self._gate.spec.cases[:end]
        case_ids = {case.id for case in cases}
        results_b = [r for (case_id, _), r in self._b.results.items() if case_id in case_ids]
        if self._a is not None:
            results_a = [r for (case_id, _), r in self._a.results.items() if case_id in case_ids]
        else:
            results_a = [r for case_id in case_ids for r in self._stored.get(case_id, ())]
        pairs = {
            name: self._gate.judged.get(name, ()) + pair_results(results_a, results_b, cases, name)
            for name in self._gate.spec.suite.gate.scorers
        }
        pairs |= people_pairs(self._gate.labels, cases, results_a, results_b)
        raw = raw_pairs(results_a, results_b, cases)
        for name in RAW:
            judged = self._gate.judged.get(name, ())
            known = {pair.case_id: pair for pair in (*judged, *raw.get(name, ()))}
            if known:  # before or now: what the other cases lack is missing
                pairs[name] = tuple(
                    known.get(pair.case_id) or CasePair(pair.case_id, (), (), pair.group)
                    for pair in next(iter(pairs.values()))
                )
        return pairs
