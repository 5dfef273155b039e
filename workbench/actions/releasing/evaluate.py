"""The gate: run a version on its suites' gate cases and record the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.actions.comparing.compare import OnRun, Side, side_of
from workbench.actions.comparing.gate_uses import note_evaluation, questions_of
from workbench.actions.refs import source_of
from workbench.actions.releasing.gate_run import GateRun, extended_gate, whole_gate
from workbench.actions.releasing.rules import publish_suite, sync
from workbench.actions.running import run as running
from workbench.actions.running.costs import OnAhead
from workbench.actions.session import Session
from workbench.addresses import address_of
from workbench.errors import NotFound, RunCutShort, UsageError
from workbench.present.answer_origin import BASELINE_ALTERED
from workbench.present.verdict_details import BASELINE_CALLS, CASE_NOTES, UNASKED
from workbench.runs.engine.live import LiveRun
from workbench.runs.spec.environment import PLAN
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import Result, RunSpec, RunSummary
from workbench.times import utc_now
from workbench.verdicts.evidence import make_evidence
from workbench.verdicts.origin import joined, side_origin
from workbench.verdicts.pairing import by_case, check_comparable, pair_results
from workbench.verdicts.sequential import LookDecision, decide_prefix
from workbench.verdicts.values import CasePair, Evidence, Gate

LOOK_INTERVAL_S = 0.1


def evaluate(
    session: Session,
    prompt_id: str,
    version: str,
    *,
    suite_name: str | None = None,
    full: bool = False,
    anytime: bool = False,
    extend: bool = False,
    fresh: bool = False,
    on_ahead: OnAhead | None = None,
    on_run: OnRun | None = None,
) -> tuple[Evidence, ...]:
    """Evaluate a version on the named suite, or on every suite of the prompt, and record what
    was found, whatever it was. Blocks. `on_ahead` is told what all of these suites may ask.

    With `extend` the newest evaluation on each suite goes on with the cases that were added since.

    Raises RunCutShort when a run ended before its gate could decide: nothing is recorded then.
    """
    sync(session, prompt_id)
    source = source_of(session, session.registry.get_version(prompt_id, version))
    if suite_name:
        suite = session.workspace.suite(suite_name)
        if suite.prompt_id != prompt_id:
            raise UsageError(
                f"the suite {suite.name} tries {suite.prompt_id}: it is no evidence of {prompt_id}",
                hint=f"run or compare {prompt_id} on it, or give it a suite of its own",
            )
        suites: tuple[Suite, ...] = (suite,)
    else:
        suites = session.workspace.suites_of(prompt_id)
    if not suites:
        raise NotFound(f"no suite tries {prompt_id}", hint=f"write evals/{prompt_id}/suite.yaml")
    for suite in suites:
        publish_suite(session, suite)  # one that was named may lie elsewhere
    if extend:
        gates = [extended_gate(session, source, suite, fresh) for suite in suites]
    else:
        gates = [whole_gate(session, source, suite, full, anytime, fresh) for suite in suites]
    if on_ahead:
        on_ahead([ahead for gate in gates for ahead in gate.ahead])
    found = []
    for gate in gates:
        evidence, use = _evaluate_one(session, gate, on_run)
        recorded = session.registry.record_evaluation(evidence, by=session.author)
        session.store.gate_use_recorded(use, recorded)
        found.append(evidence)
    return tuple(found)


def _evaluate_one(session: Session, gate: GateRun, on_run: OnRun | None) -> tuple[Evidence, int]:
    """The evidence, and the id of the use that was noted when its run began."""
    source, spec, suite = gate.source, gate.spec, gate.spec.suite
    side_a = side_of(session, gate.baseline, on_run) if gate.baseline else None
    live = running.start(session, spec)
    use = note_evaluation(session, suite, source.prompt, spec.cases)
    if on_run:
        on_run(live, source.name)
    decision, pairs, unasked = _watch(live, spec, gate, side_a)
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
    results = session.store.results(summary.run_id)
    evidence = make_evidence(
        prompt_id=source.prompt.prompt_id,
        version=str(source.version),
        prompt_fingerprint=source.prompt.fingerprint,
        suite=session.as_read(suite),
        plan=gate.plan,
        pairs=pairs,
        decision=decision,
        baseline_version=side_a.source.version if side_a else None,
        baseline_fingerprint=side_a.source.prompt.fingerprint if side_a else None,
        run_a=side_a.summary.run_id if side_a else None,
        run_b=summary.run_id,
        started_at=gate.started_at,
        finished_at=utc_now(),
        attempt=gate.attempt,
        cases=spec.cases,
        judged_before=gate.before.evidence.cases if gate.before else (),
        questions=(*_questions_before(gate), *questions_of(source.prompt, spec.cases)),
        wear=gate.before.evidence.wear if gate.before else gate.wear.content(),
        answers=_answers(gate, decision.seen, results, summary, side_a),
        environment={
            **_environment(summary),
            **_calls(gate, results, side_a),
            **_notes(gate),
        },
    )
    return evidence, use


def _answers(
    gate: GateRun,
    seen: int,
    results: Sequence[Result],
    summary: RunSummary,
    side_a: Side | None,
) -> dict[str, Any]:
    """Where the answers to the first `seen` cases of the plan came from, by side."""
    judged = len(next(iter(gate.judged.values()), ()))
    case_ids = [case.id for case in gate.spec.cases][: seen - judged]
    sides = {"b": side_origin(case_ids, by_case(results), _address(summary), stored=False)}
    if side_a:
        address = _address(side_a.summary)
        sides["a"] = side_origin(case_ids, side_a.results, address, stored=not gate.buys_baseline)
    if gate.before is None:
        return sides
    before = gate.before.evidence.answers
    return {name: joined(before.get(name, {}), side, judged) for name, side in sides.items()}


def _address(summary: RunSummary) -> str:
    return address_of(summary.environment.get("identity") or {})


def _notes(gate: GateRun) -> dict[str, list[str]]:
    """What must be known of the cases beside the verdict."""
    notes = [note for note in gate.spec.notes if note != gate.source.note]
    return {CASE_NOTES: notes} if notes else {}


def _questions_before(gate: GateRun) -> tuple[str, ...]:
    """Of the cases that an extended evaluation had judged."""
    if gate.before is None:
        return ()
    return gate.before.evidence.questions or gate.before.evidence.cases


def _watch(
    live: LiveRun, spec: RunSpec, gate: GateRun, side_a: Side | None
) -> tuple[LookDecision, Mapping[str, tuple[CasePair, ...]], int]:
    """Follow the run; at each planned look decide on the contiguous prefix, and stop when told.

    The decision, the pairs that it rests on, and how many questions the plan still wanted asked.
    """
    results: dict[tuple[str, int], Result] = {}
    repeats = range(spec.run_options.repeats)
    plan, prefix = gate.plan, 0
    judged = len(next(iter(gate.judged.values()), ()))
    look = sum(end <= judged for end in plan.block_ends)
    decision: LookDecision | None = None
    while True:
        finished = live.done
        for result in live.drain():
            results[(result.case_id, result.repeat)] = result
        prefix = _prefix(spec, results, repeats, prefix)
        while look < len(plan.block_ends) and judged + prefix >= plan.block_ends[look]:
            look += 1
            pairs = _pairs(gate, results, side_a, plan.block_ends[look - 1] - judged)
            decision = decide_prefix(pairs, plan, spec.suite.gate, look, decision)
            if decision.stop:
                live.stop()
                return decision, pairs, 0
        if finished:
            pairs = _pairs(gate, results, side_a, len(spec.cases))
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
    gate: GateRun,
    results: Mapping[tuple[str, int], Result],
    side_a: Side | None,
    end: int,
) -> Mapping[str, tuple[CasePair, ...]]:
    cases = gate.spec.cases[:end]
    wanted = {case.id for case in cases}
    found_b = [result for (case_id, _), result in results.items() if case_id in wanted]
    found_a: Sequence[Result] = ()
    if side_a:
        found_a = [r for case_id in wanted for r in side_a.results.get(case_id, ())]
    return {
        name: gate.judged.get(name, ()) + pair_results(found_a, found_b, cases, name)
        for name in gate.spec.suite.gate.scorers
    }


def _environment(summary: RunSummary) -> dict[str, object]:
    known = {name: value for name, value in summary.environment.items() if name != PLAN}
    return {**known, "model": summary.model, "calls": summary.calls}


def _calls(gate: GateRun, results: Sequence[Result], side_a: Side | None) -> dict[str, int]:
    """Calls that were made for the baseline now, questions that an early stop left out, and what
    of a stored run of the baseline was altered.
    """
    unasked = len(gate.spec.cases) * gate.spec.run_options.repeats
    unasked -= len(results)
    bought = side_a.summary.calls if side_a and gate.buys_baseline else 0
    altered = gate.baseline.altered if gate.baseline else 0
    found = {BASELINE_CALLS: bought, UNASKED: unasked, BASELINE_ALTERED: altered}
    return {name: count for name, count in found.items() if count > 0}
