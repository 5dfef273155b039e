"""One suite's gate before its first call: its runs, their order, and the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.actions.comparing.gate_uses import earlier_attempts, questions_of
from workbench.actions.comparing.side_runs import PlannedSide, plan_side
from workbench.actions.refs import Source, source_of
from workbench.actions.running import run as running
from workbench.actions.running.costs import PlannedRun
from workbench.actions.running.judges import errors_of
from workbench.actions.running.of_versions import Labels, labels_for
from workbench.actions.session import Session
from workbench.datasets.distinct import check_consistent
from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.registry.deploy.status import PART_WORDS
from workbench.registry.models.records import EvaluationRecord
from workbench.runs.spec.suite import GATE_SPLIT, Suite
from workbench.runs.spec.values import RunSpec
from workbench.times import utc_now
from workbench.verdicts.multiple_comparisons import EarlierAttempts
from workbench.verdicts.recorded.extension import extend_plan
from workbench.verdicts.sequential_plan import Plan, make_plan
from workbench.verdicts.values import CasePair


def baseline_of(session: Session, source: Source, suite: Suite) -> Source | None:
    """What a candidate must not be worse than: the newest content other than its own that is, or
    was, live in the gate's baseline environment; None when there never was one.

    A candidate that is live there already, by an override, in an environment that asks for no
    evidence or under another number, is not its own baseline; nor does retiring what was live
    leave a candidate without one.
    """
    if suite.gate.baseline is None:
        return None
    prompt = source.prompt
    before = session.registry.newest_other(
        prompt.prompt_id, suite.gate.baseline, prompt.fingerprint
    )
    if before is None:
        return None
    return source_of(session, session.registry.get_version(prompt.prompt_id, before.version))


@dataclass(frozen=True)
class GateRun:
    """One suite's gate before its first call."""

    source: Source
    spec: RunSpec
    plan: Plan
    baseline: PlannedSide | None
    started_at: str
    attempt: int
    earlier: EarlierAttempts
    before: EvaluationRecord | None = None
    """The evaluation to extend: its scores come first, and only fresh cases are run."""
    labels: Mapping[str, Labels] = field(default_factory=dict)
    """People's labels, by the judge of the gate that they correct."""

    @property
    def judged(self) -> Mapping[str, tuple[CasePair, ...]]:
        """The pairs that were judged before, by scorer."""
        return self.before.evidence.pairs if self.before else {}

    @property
    def buys_baseline(self) -> bool:
        """Whether the baseline has to be run for this evaluation."""
        return self.baseline is not None and self.baseline.run_id is None

    @property
    def planned_runs(self) -> list[PlannedRun]:
        """The runs to make: the candidate's, and the baseline's if it has no stored one."""
        runs = [PlannedRun(self.spec)]
        if self.baseline and self.baseline.spec and not self.baseline.run_id:
            runs.append(PlannedRun(self.baseline.spec))
        return runs


def whole_gate(
    session: Session,
    source: Source,
    suite: Suite,
    full: bool,
    anytime: bool,
    fresh: bool,
    labels: Path | None = None,
) -> GateRun:
    """The gate of a new evaluation on all gate cases: `full` without looks, `anytime` by bets.

    Raises UsageError or DatasetError when no run can be made of it.
    """
    started_at = utc_now()
    baseline = baseline_of(session, source, suite)
    beside = [baseline.prompt] if baseline else []
    suite = suite.for_prompts((source.prompt, *beside))
    check_consistent(suite.gate_cases.cases, suite.dataset.place_of)
    seed = suite.gate_cases.seed
    spec = running.make_spec(source, suite, split=GATE_SPLIT, fresh=fresh, beside=beside)
    judges = errors_of(session, suite)
    plan = make_plan(
        len(spec.cases),
        suite.gate,
        seed,
        full=full or bool(judges),
        anytime=anytime,
        cases=spec.cases,
        baseline=baseline is not None,
        created_at=started_at,
    )
    plan = replace(plan, judges=judges)
    spec = replace(spec, cases=plan.order_cases(spec.cases), plan=plan.content())
    baseline_side = _baseline_side(session, baseline, suite, fresh, spec.cases)
    earlier = earlier_attempts(session, spec, with_baseline=baseline is not None)
    people = labels_for(session, suite, labels)
    attempt = earlier.attempts + 1
    return GateRun(source, spec, plan, baseline_side, started_at, attempt, earlier, labels=people)


def _baseline_side(
    session: Session,
    baseline: Source | None,
    suite: Suite,
    fresh: bool,
    cases: tuple[Case, ...] | None = None,
) -> PlannedSide | None:
    """The baseline's side; a stored run with altered results is not used."""
    if baseline is None:
        return None
    side = plan_side(session, baseline, suite, GATE_SPLIT, fresh, cases=cases)
    altered = len(session.store.altered(side.run_id)) if side.run_id else 0
    return replace(side, run_id=None, altered=altered) if altered else side


def extended_gate(session: Session, source: Source, suite: Suite, fresh: bool) -> GateRun:
    """The gate that extends the newest evaluation. Raises UsageError where that is not allowed."""
    started_at = utc_now()
    prompt_id, version = source.prompt.prompt_id, source.version
    records = session.registry.evaluations(prompt_id, version)
    before = next((record for record in records if record.suite == suite.name), None)
    if before is None:
        raise UsageError(
            f"{prompt_id}@{version} was not evaluated on {suite.name}: there is nothing to extend",
            hint=f"workbench evaluate {prompt_id}@{version}",
        )
    parts, judged = session.with_reading_changes(suite).parts, before.evidence.suite_parts
    names = {name for name, digest in parts.items() if judged.get(name) != digest}
    changed = ", ".join(PART_WORDS.get(n, n) for n in sorted(names - {"dataset", "policy"}))
    if changed:
        raise UsageError(
            f"{suite.name} has other {changed} since", hint="evaluate it without --extend"
        )
    baseline = baseline_of(session, source, suite)
    fingerprint = baseline.prompt.fingerprint if baseline else None
    if fingerprint != before.evidence.baseline_fingerprint:
        raise UsageError(
            f"another version than {before.evidence.baseline_version} is the baseline now",
            hint="evaluate it without --extend: that is a new attempt",
        )
    beside = [baseline.prompt] if baseline else []
    suite = suite.for_prompts((source.prompt, *beside))
    spec = running.make_spec(source, suite, split=GATE_SPLIT, fresh=fresh, beside=beside)
    questions = questions_of(source.prompt, spec.cases)
    plan, cases = extend_plan(
        before.evidence, before.id, suite.gate, spec.cases, started_at, questions=questions
    )
    spec = replace(spec, cases=cases, plan=plan.content())
    baseline_side = _baseline_side(session, baseline, suite, fresh, cases)
    attempt = before.evidence.attempt
    attempts = EarlierAttempts()
    return GateRun(source, spec, plan, baseline_side, started_at, attempt, attempts, before)
