"""The gate: run a version on its suites' gate cases and record the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from workbench.actions import run as running
from workbench.actions.bench import Bench
from workbench.actions.compare import OnRun, Side, Wanted, look_up, side_of
from workbench.actions.costs import Ahead, OnAhead
from workbench.actions.refs import Source, source_of
from workbench.errors import NotFound, RunCutShort
from workbench.runs.environment import PLAN
from workbench.runs.live import LiveRun
from workbench.runs.suite import GATE_SPLIT, Suite
from workbench.runs.values import Result, RunSpec, RunSummary
from workbench.verdicts.evidence import make_evidence
from workbench.verdicts.looks import Plan, make_plan
from workbench.verdicts.pairing import check_comparable, pair_results
from workbench.verdicts.sequential import LookDecision, decide_prefix
from workbench.verdicts.values import CasePair, Evidence, Gate

LOOK_INTERVAL_S = 0.1


def evaluate(
    bench: Bench,
    prompt_id: str,
    version: str,
    *,
    suite_name: str | None = None,
    full: bool = False,
    anytime: bool = False,
    fresh: bool = False,
    on_ahead: OnAhead | None = None,
    on_run: OnRun | None = None,
) -> tuple[Evidence, ...]:
    """Evaluate a version on the named suite, or on every suite of the prompt, and record what
    was found, whatever it was. Blocks. `on_ahead` is told what all of these suites may ask.

    Raises RunCutShort when a run ended before its gate could decide: nothing is recorded then.
    """
    bench.sync()
    source = source_of(bench, bench.registry.get_version(prompt_id, version))
    if suite_name:
        suites: tuple[Suite, ...] = (bench.workspace.suite_for(prompt_id, suite_name),)
    else:
        suites = bench.workspace.suites_of(prompt_id)
    if not suites:
        raise NotFound(f"no suite tries {prompt_id}", hint=f"write evals/{prompt_id}/suite.yaml")
    gates = [_gate(bench, source, suite, full, anytime, fresh) for suite in suites]
    if on_ahead:
        on_ahead([ahead for gate in gates for ahead in gate.ahead])
    found = []
    for gate in gates:
        evidence = _evaluate_one(bench, gate, on_run)
        bench.registry.record_evaluation(evidence, by=bench.author)
        found.append(evidence)
    return tuple(found)


def baseline_of(bench: Bench, source: Source, suite: Suite) -> Source | None:
    """What is live where the suite's gate looks; None when nothing is, or it is this version."""
    if suite.gate.baseline is None:
        return None
    for deployment in bench.registry.live(source.prompt.prompt_id):
        if deployment.environment == suite.gate.baseline:
            if deployment.version == source.version:
                return None
            live = bench.registry.get_version(source.prompt.prompt_id, deployment.version)
            return source_of(bench, live)
    return None


@dataclass(frozen=True)
class _GateRun:
    """One suite's gate before its first call."""

    source: Source
    spec: RunSpec
    plan: Plan
    baseline: Wanted | None
    started_at: str

    @property
    def ahead(self) -> list[Ahead]:
        found = [Ahead(self.spec)]
        if self.baseline and self.baseline.spec and not self.baseline.run_id:
            found.append(Ahead(self.baseline.spec))
        return found


def _gate(
    bench: Bench, source: Source, suite: Suite, full: bool, anytime: bool, fresh: bool
) -> _GateRun:
    started_at = _now()
    seed = int(suite.gate_cases.fingerprint[:8], 16)
    spec = running.make_spec(source, suite, split=GATE_SPLIT, fresh=fresh)
    baseline = baseline_of(bench, source, suite)
    plan = make_plan(
        len(spec.cases),
        suite.gate,
        seed,
        full=full,
        anytime=anytime,
        cases=spec.cases,
        baseline=baseline is not None,
        created_at=started_at,
    )
    spec = replace(spec, cases=plan.order_cases(spec.cases), plan=plan.content())
    wanted = look_up(bench, baseline, suite, GATE_SPLIT) if baseline else None
    return _GateRun(source, spec, plan, wanted, started_at)


def _evaluate_one(bench: Bench, gate: _GateRun, on_run: OnRun | None) -> Evidence:
    source, spec, suite = gate.source, gate.spec, gate.spec.suite
    side_a = side_of(bench, gate.baseline, on_run) if gate.baseline else None
    live = running.start(bench, spec)
    if on_run:
        on_run(live, source.name)
    decision, pairs, unasked = _watch(live, spec, gate.plan, side_a)
    summary = live.wait()
    if unasked and decision.gate is not Gate.FAIL:
        raise RunCutShort(
            f"run {summary.run_id} ended with {unasked} of"
            f" {len(spec.cases) * spec.run_options.repeats} questions not asked, so its gate"
            f" decides nothing: {summary.reason}",
            hint="evaluate it again: what was answered is not asked twice",
        )
    if side_a:
        check_comparable(side_a.summary, summary, side_a.cases, spec.cases)
    return make_evidence(
        prompt_id=source.prompt.prompt_id,
        version=str(source.version),
        prompt_fingerprint=source.prompt.fingerprint,
        suite=bench.as_read(suite),
        plan=gate.plan,
        pairs=pairs,
        decision=decision,
        baseline_version=side_a.source.version if side_a else None,
        baseline_fingerprint=side_a.source.prompt.fingerprint if side_a else None,
        run_a=side_a.summary.run_id if side_a else None,
        run_b=summary.run_id,
        started_at=gate.started_at,
        finished_at=_now(),
        attempt=_attempt(bench, source, suite),
        environment=_environment(summary),
    )


def _watch(
    live: LiveRun, spec: RunSpec, plan: Plan, side_a: Side | None
) -> tuple[LookDecision, Mapping[str, tuple[CasePair, ...]], int]:
    """Follow the run; at each planned look decide on the contiguous prefix, and stop when told.

    The decision, the pairs that it rests on, and how many questions the plan still wanted asked.
    """
    results: dict[tuple[str, int], Result] = {}
    repeats = range(spec.run_options.repeats)
    look = prefix = 0
    while True:
        finished = live.done
        for result in live.drain():
            results[(result.case_id, result.repeat)] = result
        prefix = _prefix(spec, results, repeats, prefix)
        while look < len(plan.block_ends) and prefix >= plan.block_ends[look]:
            look += 1
            pairs = _pairs(spec, results, side_a, plan.block_ends[look - 1])
            decision = decide_prefix(pairs, plan, spec.suite.gate, look)
            if decision.stop:
                live.stop()
                return decision, pairs, 0
        if finished:
            pairs = _pairs(spec, results, side_a, len(spec.cases))
            decision = decide_prefix(pairs, plan, spec.suite.gate, len(plan.block_ends))
            return decision, pairs, len(spec.cases) * len(repeats) - len(results)
        live.wait_a_moment(LOOK_INTERVAL_S)


def _prefix(
    spec: RunSpec, results: Mapping[tuple[str, int], Result], repeats: range, known: int
) -> int:
    """How many of the first cases have all their results; of the first `known` it is known."""
    while known < len(spec.cases):
        case = spec.cases[known]
        if any((case.id, repeat) not in results for repeat in repeats):
            break
        known += 1
    return known


def _pairs(
    spec: RunSpec,
    results: Mapping[tuple[str, int], Result],
    side_a: Side | None,
    end: int,
) -> Mapping[str, tuple[CasePair, ...]]:
    cases = spec.cases[:end]
    wanted = {case.id for case in cases}
    found_b = [result for (case_id, _), result in results.items() if case_id in wanted]
    found_a: Sequence[Result] = ()
    if side_a:
        found_a = [r for case_id in wanted for r in side_a.results.get(case_id, ())]
    return {name: pair_results(found_a, found_b, cases, name) for name in spec.suite.gate.scorers}


def _attempt(bench: Bench, source: Source, suite: Suite) -> int:
    used = bench.registry.attempts(source.prompt.prompt_id, suite.name, suite.parts["dataset"])
    return used + 1


def _environment(summary: RunSummary) -> dict[str, object]:
    known = {name: value for name, value in summary.environment.items() if name != PLAN}
    return {**known, "model": summary.model, "calls": summary.calls}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
