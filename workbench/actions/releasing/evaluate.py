"""The gate: run a version on its suites' gate cases and record the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.actions.comparing.gate_uses import note_evaluation, questions_of
from workbench.actions.comparing.side_runs import OnRun, Side, side_of, stored_side
from workbench.actions.refs import source_of
from workbench.actions.releasing.gate_run import GateRun, extended_gate, whole_gate
from workbench.actions.releasing.gate_watch import LiveSide, Looks
from workbench.actions.releasing.rules import publish_suite, sync
from workbench.actions.running import run as running
from workbench.actions.running.costs import OnPlanned
from workbench.actions.running.judges import (
    JUDGES,
    answered_for,
    check_answered,
    check_judges,
)
from workbench.actions.session import Session
from workbench.errors import NotFound, RunCutShort, UsageError
from workbench.present.answer_origin import BASELINE_ALTERED
from workbench.present.verdict_details import BASELINE_CALLS, CASE_NOTES, UNASKED
from workbench.runs.spec.environment import PLAN
from workbench.runs.spec.evidence_size import check_size
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.suite_head import read_suite_head
from workbench.runs.spec.values import Result, RunSummary
from workbench.times import utc_now
from workbench.verdicts.evidence import make_evidence
from workbench.verdicts.pairing import by_case, check_comparable
from workbench.verdicts.recorded.origin import joined, side_origin
from workbench.verdicts.values import Evidence, Gate


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
    labels: Path | None = None,
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> tuple[Evidence, ...]:
    """Evaluate a version on the named suite, or on every suite of the prompt, and record the
    evidence, passing or not. Blocks. `on_planned` gets the runs that all suites may need.

    `labels` names a file of people's labels, which correct the judges of the gate.
    With `extend` the newest evaluation on each suite is continued with cases added since.

    Raises RunCutShort, without a record, when a run ended before its gate could decide; UsageError
    and NotFound for a suite that does not fit; the registry's errors.
    """
    _check_sizes(session, prompt_id, suite_name)
    named = session.workspace.suite(suite_name) if suite_name else None
    sync(session, prompt_id, suite=named.name if named else "")
    source = source_of(session, session.registry.get_version(prompt_id, version))
    if named and named.prompt_id != prompt_id:
        raise UsageError(
            f"the suite {named.name} tries {named.prompt_id}: it is no evidence of {prompt_id}",
            hint=f"run or compare {prompt_id} on it, or give it a suite of its own",
        )
    suites: tuple[Suite, ...] = (named,) if named else session.workspace.suites_of(prompt_id)
    if not suites:
        raise NotFound(
            f"no suite tries {prompt_id}",
            hint=f"F5 in the screens makes one, or: workbench new suite {prompt_id} --cases FILE",
        )
    for suite in suites:
        check_size(suite)
        check_judges(session, suite)
        publish_suite(session, suite)  # a named suite may lie elsewhere
    if extend:
        gates = [extended_gate(session, source, suite, fresh) for suite in suites]
    else:
        gates = [
            whole_gate(session, source, suite, full, anytime, fresh, labels) for suite in suites
        ]
    if on_planned:
        on_planned([ahead for gate in gates for ahead in gate.planned_runs])
    all_evidence = []
    for gate in gates:
        evidence, use = _evaluate_one(session, gate, on_run)
        recorded = session.registry.record_evaluation(evidence, by=session.author)
        session.store.gate_use_recorded(use, recorded)
        all_evidence.append(evidence)
    return tuple(all_evidence)


def _check_sizes(session: Session, prompt_id: str, suite_name: str | None) -> None:
    """Refuse suites of too many cases before these are read; the others are counted later."""
    workspace = session.workspace
    if suite_name:
        check_size(read_suite_head(workspace.suite_path(suite_name)))
        return
    for head in workspace.suite_heads():
        if head.prompt_id == prompt_id:
            check_size(head)


def _evaluate_one(session: Session, gate: GateRun, on_run: OnRun | None) -> tuple[Evidence, int]:
    """The evidence, and the id of the use that was recorded when its run started."""
    source, spec, suite = gate.source, gate.spec, gate.spec.suite
    side_a, live_a = _baseline(session, gate, on_run)
    live = running.start(session, spec, up_to=0 if live_a else None)
    use = note_evaluation(session, suite, source.prompt, spec.cases)
    if on_run:
        on_run(live, source.name)
    live_b = LiveSide(live, spec.cases, spec.run_options.repeats)
    looks = Looks(gate, live_b, live_a or (side_a.results if side_a else None))
    try:
        watched = looks.watch()
    finally:
        looks.stop()
    decision, pairs = watched.decision, watched.pairs
    if live_a and gate.baseline:
        live_a.live.wait()
        side_a = stored_side(session, gate.baseline.source, live_a.live.run_id)
    summary = live.wait()
    if watched.cut_short and decision.gate is not Gate.FAIL:
        cut = watched.cut_short
        raise RunCutShort(
            f"run {cut.live.run_id} ended with {cut.unasked} of"
            f" {len(cut.cases) * cut.repeats} questions not asked, so its gate"
            f" decides nothing: {cut.live.wait().reason}",
            hint="evaluate it again: what was answered is not asked twice",
        )
    if side_a:
        check_comparable(side_a.summary, summary, side_a.cases, spec.cases)
    results = session.store.results(summary.run_id)
    judged = answered_for(suite, [summary, *([side_a.summary] if side_a else [])], gate.before)
    check_answered(session, suite, judged)
    evidence = make_evidence(
        prompt_id=source.prompt.prompt_id,
        version=str(source.version),
        prompt_fingerprint=source.prompt.fingerprint,
        suite=session.with_reading_changes(suite),
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
        earlier_uses=(gate.before.evidence.earlier_uses if gate.before else gate.earlier.content()),
        answers=_answers(gate, decision.seen, results, summary, side_a),
        environment={
            **_environment(summary),
            **_calls(gate, results, side_a),
            **_notes(gate),
            **({JUDGES: judged} if judged else {}),
        },
    )
    return evidence, use


def _baseline(
    session: Session, gate: GateRun, on_run: OnRun | None
) -> tuple[Side | None, LiveSide | None]:
    """The baseline's stored side; or, if it must be run and looks are planned, its started run,
    which makes calls only as far as allowed.
    """
    if gate.baseline is None:
        return None, None
    spec = gate.baseline.spec
    if spec is None or not gate.buys_baseline or gate.plan.looks < 2:
        return side_of(session, gate.baseline, on_run), None
    live = running.start(session, replace(spec, plan=gate.plan.content()), up_to=0)
    if on_run:
        on_run(live, gate.baseline.source.name)
    return None, LiveSide(live, spec.cases, spec.run_options.repeats)


def _answers(
    gate: GateRun,
    seen: int,
    results: Sequence[Result],
    summary: RunSummary,
    side_a: Side | None,
) -> dict[str, Any]:
    """The origins of the answers to the plan's first `seen` cases, by side."""
    judged = len(next(iter(gate.judged.values()), ()))
    case_ids = [case.id for case in gate.spec.cases][: seen - judged]
    sides = {"b": side_origin(case_ids, by_case(results), summary, stored=False)}
    if side_a:
        sides["a"] = side_origin(
            case_ids, side_a.results, side_a.summary, stored=not gate.buys_baseline
        )
    if gate.before is None:
        return sides
    before = gate.before.evidence.answers
    return {name: joined(before.get(name, {}), side, judged) for name, side in sides.items()}


def _notes(gate: GateRun) -> dict[str, list[str]]:
    """Notes about the cases, to be recorded."""
    notes = [note for note in gate.spec.notes if note != gate.source.note]
    return {CASE_NOTES: notes} if notes else {}


def _questions_before(gate: GateRun) -> tuple[str, ...]:
    """Digests of the cases that an extended evaluation had judged."""
    if gate.before is None:
        return ()
    return gate.before.evidence.questions or gate.before.evidence.cases


def _environment(summary: RunSummary) -> dict[str, object]:
    known = {name: value for name, value in summary.environment.items() if name != PLAN}
    return {**known, "model": summary.model, "calls": summary.calls}


def _calls(gate: GateRun, results: Sequence[Result], side_a: Side | None) -> dict[str, int]:
    """Number of calls for the baseline, of requests that an early stop skipped on both sides, and
    of altered results in a stored run of the baseline.
    """
    planned = len(gate.spec.cases) * gate.spec.run_options.repeats
    unasked = planned - len(results)
    baseline_calls = 0
    if side_a and gate.buys_baseline:
        baseline_calls = side_a.summary.calls
        unasked += planned - sum(map(len, side_a.results.values()))
    altered = gate.baseline.altered if gate.baseline else 0
    counts = {BASELINE_CALLS: baseline_calls, UNASKED: unasked, BASELINE_ALTERED: altered}
    return {name: count for name, count in counts.items() if count > 0}
