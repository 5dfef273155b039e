"""Whether the judges on which a gate rests may decide: each needs a calibration that fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from workbench.actions.session import Session
from workbench.errors import UsageError
from workbench.registry.models.records import CalibrationRecord, EvaluationRecord
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import RunSummary
from workbench.scorers.base import AsksModels
from workbench.verdicts.judges.errors import JudgeErrors

JUDGES = "judges"
"""Key of the models that answered for the judges of a gate, in the environment of evidence."""


def uncalibrated(session: Session, suite: Suite) -> Iterator[str]:
    """Why a judge of the gate may not decide, one line each."""
    for judge in suite.gate_judges:
        records = calibrations_of(session, judge)
        if any(record.calibration.admitted for record in records):
            continue
        name = judge.prompt.prompt_id
        if not records:
            yield f"the gate rests on the judge {name}, which is not calibrated"
        else:
            lacks = "; ".join(records[0].calibration.lacks())
            yield f"the gate rests on the judge {name}, which may not decide: {lacks}"


def calibrations_of(session: Session, judge: AsksModels) -> list[CalibrationRecord]:
    """The judge's calibrations, newest first."""
    if not session.workspace.registry_path.exists():
        return []
    return session.registry.calibrations(judge.fingerprint)


def errors_of(session: Session, suite: Suite) -> tuple[tuple[str, JudgeErrors], ...]:
    """By gating scorer: the newest calibration that lets its judge decide."""
    errors = []
    for scorer in suite.gate_judge_scorers:
        if scorer.kind.judge is None:
            continue
        records = calibrations_of(session, scorer.kind.judge)
        admitted = next((one for one in records if one.calibration.admitted), None)
        if admitted:
            errors.append((scorer.name, JudgeErrors(admitted.seq, admitted.calibration.matrix)))
    return tuple(errors)


def check_judges(session: Session, suite: Suite) -> None:
    """Raise UsageError where the gate rests on a judge that may not decide, or that stands among
    others in one score: what people say of an answer corrects no such score.
    """
    for scorer in suite.gate_judge_scorers:
        if scorer.kind.judge is None:
            raise UsageError(
                f"{suite.path or suite.name}: the gate rests on {scorer.name}, in which a judge is"
                " one of several scorers: its errors cannot be corrected",
                hint="name the judge itself: gate: {scorer: [JUDGE, OTHER]}",
            )
    if suite.gate.extend and suite.gate_judge_scorers:
        raise UsageError(
            f"{suite.path or suite.name}: gate.extend: a judge's scores are corrected at one look,"
            " so an evaluation by a judge cannot be extended",
            hint="extend: false",
        )
    why = next(uncalibrated(session, suite), "")
    if why:
        raise UsageError(
            f"{suite.path or suite.name}: {why}",
            hint=f"workbench judge calibrate NAME --suite {suite.name} --labels FILE;"
            " or required: false, and another scorer for the gate",
        )


def answered_for(
    suite: Suite, runs: Sequence[RunSummary], before: EvaluationRecord | None
) -> dict[str, list[str]]:
    """The models that answered for each judge of the gate in these runs, and in the evaluation that
    they extend, by its fingerprint.
    """
    earlier = before.evidence.environment.get(JUDGES, {}) if before else {}
    answered: dict[str, list[str]] = {}
    for judge in suite.gate_judges:
        name = judge.prompt.prompt_id
        models = {m for run in runs for m in _judged_by(run).get(name, ())}
        models |= set(earlier.get(judge.fingerprint, ()))
        answered[judge.fingerprint] = sorted(models)
    return answered


def _judged_by(run: RunSummary) -> Mapping[str, Sequence[str]]:
    listed: Mapping[str, Sequence[str]] = run.environment.get("judged_by") or {}
    return listed


def check_answered(session: Session, suite: Suite, answered: Mapping[str, Sequence[str]]) -> None:
    """Raise UsageError where another model answered for a judge than when it was calibrated."""
    for judge in suite.gate_judges:
        records = [r.calibration for r in calibrations_of(session, judge)]
        admitted = [one for one in records if one.admitted][:1]
        models = set(answered.get(judge.fingerprint, ()))
        if not any(models <= set(one.models) for one in admitted):
            before = ", ".join(admitted[0].models) if admitted else "no model"
            raise UsageError(
                f"the judge {judge.prompt.prompt_id} was answered by {', '.join(sorted(models))},"
                f" and calibrated with {before}: this decides nothing",
                hint=f"workbench judge calibrate NAME --suite {suite.name} --labels FILE",
            )
