"""Calls and cost of runs, an evaluation or a comparison, before their first call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.actions.comparing.gate_uses import earlier_attempts
from workbench.actions.comparing.imports import imported_answers
from workbench.actions.comparing.sides import covering_run, suite_of
from workbench.actions.refs import Source, resolve, with_distinct_names
from workbench.actions.releasing.answer_origins import needs_fresh_answers, notes_before
from workbench.actions.releasing.gate_run import baseline_of
from workbench.actions.releasing.rules import sync
from workbench.actions.running import run as running
from workbench.actions.running.costs import Cost, PlannedRun, cost_to_confirm
from workbench.actions.session import Session
from workbench.runs.engine.estimate import Estimate, total
from workbench.runs.spec.suite import GATE_SPLIT
from workbench.runs.spec.values import RunSpec
from workbench.units import plural

HUGE = 5_000
"""Number of calls from which confirmation is asked for, whatever they cost."""


@dataclass(frozen=True)
class Preflight:
    """An upper estimate of what an action will do."""

    estimate: Estimate
    cost: Cost | None
    """None: not more than the settings' `confirm_above`."""
    lines: tuple[str, ...] = ()
    """Descriptions of the runs, for display."""

    @property
    def needs_confirmation(self) -> bool:
        """Whether the cost, or the number of calls alone, should be confirmed."""
        return self.cost is not None or self.estimate.calls >= HUGE


def preflight_runs(
    session: Session, specs: Sequence[RunSpec], lines: Sequence[str] = ()
) -> Preflight:
    """Calls, US dollars and seconds of these runs."""
    return Preflight(
        total(running.estimate(session, spec) for spec in specs),
        cost_to_confirm(session, map(PlannedRun, specs)),
        tuple(lines),
    )


def preflight_evaluation(session: Session, prompt_id: str, version: str) -> Preflight:
    """An upper estimate for the gates of all suites of the prompt, and the number of the attempt.

    Cached answers are ignored where an environment counts fresh answers only.
    """
    sync(session, prompt_id)
    registered = session.registry.get_version(prompt_id, version)
    source = Source(registered.prompt, registered.version, version=registered.version)
    lines, specs = [], []
    fresh = needs_fresh_answers(session)
    for suite in session.workspace.suites_of(prompt_id):
        baseline = baseline_of(session, source, suite)
        beside = [baseline.prompt] if baseline else []
        suite = suite.for_prompts((source.prompt, *beside))
        spec = running.make_spec(source, suite, split=GATE_SPLIT, fresh=fresh, beside=beside)
        specs.append(spec)
        earlier = earlier_attempts(session, spec, with_baseline=baseline is not None)
        if baseline:
            of_baseline = replace(
                running.make_spec(baseline, suite, split=GATE_SPLIT, fresh=fresh, settled=True),
                cases=spec.cases,
            )
            specs += [] if not fresh and _is_stored(session, of_baseline) else [of_baseline]
        against = baseline.version if baseline else "no baseline"
        lines.append(
            f"attempt {earlier.attempts + 1} of the gate of {suite.name}:"
            f" {plural(len(spec.cases), 'case')}, against {against}"
        )
    if fresh:
        lines.append("no cached answers: an environment counts fresh answers only")
    lines += notes_before(session, source.prompt, fresh=fresh)
    return preflight_runs(session, specs, lines)


def preflight_comparison(
    session: Session, refs: Sequence[str], suite_name: str | None
) -> Preflight:
    """The estimate for a comparison; stored runs need no calls.

    Raises NotFound and UsageError like `compare`, before its first call.
    """
    sources = with_distinct_names([resolve(session, ref) for ref in refs])
    stored = next((source.run_id for source in sources if source.run_id), None)
    split = None
    if stored:
        summary = session.store.summary(stored)
        split, suite_name = summary.split, summary.suite
    lines, specs = [], []
    suite = suite_of(session, sources, suite_name)
    for source in sources:
        if source.run_id:
            continue
        spec = running.make_spec(source, suite, split=split, settled=source.is_settled)
        if not (_is_stored(session, spec) or imported_answers(session, spec)):
            lines.append(f"{source.name} on {suite.name}: {plural(len(spec.cases), 'case')}")
            specs.append(spec)
    return preflight_runs(session, specs, lines)


def _is_stored(session: Session, spec: RunSpec) -> bool:
    if not session.workspace.runs_path.exists():
        return False
    case_ids = [case.id for case in spec.cases]
    parts = spec.suite.parts
    complete_run = session.store.find(spec.prompt.fingerprint, parts, case_ids, cases=spec.cases)
    return bool(complete_run or covering_run(session, spec))
