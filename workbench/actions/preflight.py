"""What runs, an evaluation or a comparison would ask before they say anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from workbench.actions.comparing.gate_uses import wear_of
from workbench.actions.comparing.sides import asked_run, suite_of
from workbench.actions.refs import Source, resolve, told_apart
from workbench.actions.releasing.answer_origins import notes_before, wants_fresh
from workbench.actions.releasing.gate_run import baseline_of
from workbench.actions.releasing.rules import sync
from workbench.actions.running import run as running
from workbench.actions.running.costs import Ahead, Cost, worth_asking
from workbench.actions.session import Session
from workbench.runs.engine.estimate import Estimate
from workbench.runs.spec.suite import GATE_SPLIT
from workbench.runs.spec.values import RunSpec
from workbench.units import plural

HUGE = 5_000
"""So many calls are asked about whatever they cost."""


@dataclass(frozen=True)
class Preflight:
    """What is ahead, at most."""

    estimate: Estimate
    cost: Cost | None
    """None: no more than the settings let pass without a question."""
    lines: tuple[str, ...] = ()
    """What it is for, for people."""

    @property
    def needs_a_yes(self) -> bool:
        """Whether the money, or the number of calls alone, should be agreed to."""
        return self.cost is not None or self.estimate.calls >= HUGE


def preflight_runs(
    session: Session, specs: Sequence[RunSpec], lines: Sequence[str] = ()
) -> Preflight:
    """Calls, money and time of these runs."""
    return Preflight(
        total(running.estimate(session, spec) for spec in specs),
        worth_asking(session, map(Ahead, specs)),
        tuple(lines),
    )


def preflight_evaluation(session: Session, prompt_id: str, version: str) -> Preflight:
    """What the gate of every suite of the prompt would ask at most, and which attempt it is.

    All is asked anew where an environment counts fresh answers only.
    """
    sync(session, prompt_id)
    registered = session.registry.get_version(prompt_id, version)
    source = Source(registered.prompt, registered.version, version=registered.version)
    lines, specs = [], []
    fresh = wants_fresh(session)
    for suite in session.workspace.suites_of(prompt_id):
        baseline = baseline_of(session, source, suite)
        beside = [baseline.prompt] if baseline else []
        spec = running.make_spec(source, suite, split=GATE_SPLIT, fresh=fresh, beside=beside)
        specs.append(spec)
        worn = wear_of(session, spec, with_baseline=baseline is not None)
        if baseline:
            of_baseline = replace(
                running.make_spec(baseline, suite, split=GATE_SPLIT, fresh=fresh, settled=True),
                cases=spec.cases,
            )
            specs += [] if not fresh and _is_stored(session, of_baseline) else [of_baseline]
        against = baseline.version if baseline else "no baseline"
        lines.append(
            f"attempt {worn.attempts + 1} of the gate of {suite.name}:"
            f" {plural(len(spec.cases), 'case')}, against {against}"
        )
    if fresh:
        lines.append("all is asked anew: an environment counts fresh answers only")
    lines += notes_before(session, source.prompt, fresh=fresh)
    return preflight_runs(session, specs, lines)


def preflight_comparison(
    session: Session, refs: Sequence[str], suite_name: str | None
) -> Preflight:
    """What a comparison of these would ask: nothing of a run, or of what has a stored one.

    Raises what `compare` raises before its first call for REFs that name nothing.
    """
    sources = told_apart([resolve(session, ref) for ref in refs])
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
        if not _is_stored(session, spec):
            lines.append(f"{source.name} on {suite.name}: {plural(len(spec.cases), 'case')}")
            specs.append(spec)
    return preflight_runs(session, specs, lines)


def total(estimates: Iterable[Estimate]) -> Estimate:
    """All of them, one after the other; what is unknown of one is unknown of all."""
    each = list(estimates)
    return Estimate(
        sum(item.calls for item in each),
        sum(item.cached for item in each),
        _sum(item.usd for item in each),
        _sum(item.seconds for item in each),
        sum(item.unsent for item in each),
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def _is_stored(session: Session, spec: RunSpec) -> bool:
    if not session.workspace.runs_path.exists():
        return False
    case_ids = [case.id for case in spec.cases]
    parts = spec.suite.parts
    found = session.store.find(spec.prompt.fingerprint, parts, case_ids, cases=spec.cases)
    return bool(found or asked_run(session, spec))
