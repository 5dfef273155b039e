"""Compare a judge with people's labels, and record how far they agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from workbench.actions.running.labelled import Labelled, labels_digest
from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.providers.base import Answer
from workbench.runs.spec.suite import Suite
from workbench.scorers.base import Scorer
from workbench.scorers.judges.judge import Judge
from workbench.suggestions import did_you_mean
from workbench.verdicts.judges.calibration import Calibration, is_for_tuning
from workbench.verdicts.statistics.agreement import Matrix, kappa_of_raters, matrix_of

if TYPE_CHECKING:
    from workbench.runs.engine.direct_judging import Ahead, Judged, Task

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer of which judge and people say different things."""

    case_id: str
    passed_by_judge: bool | None
    reason: str
    for_tuning: bool


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration that was recorded, and what the judge may be improved by."""

    calibration: Calibration
    seq: int
    tuning: Matrix
    """Of the answers to tune with."""
    tied: int
    """Answers of which as many people say pass as fail; they are left out."""
    differences: tuple[Difference, ...]
    calls: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class JudgedLabel:
    """What a judge says of one labelled answer; None: it gave no verdict."""

    passes: bool | None
    reason: str
    replies: tuple[Answer, ...]


def judge_named(suite: Suite, name: str) -> tuple[Scorer, Judge]:
    """The judge of that name among the suite's scorers. Raises UsageError."""
    judges = {s.name: (s, s.kind.judge) for s in suite.scorers if isinstance(s.kind.judge, Judge)}
    if name not in judges:
        hint = did_you_mean(name, judges) if judges else "judge: {prompt: judges/NAME.prompty}"
        raise UsageError(f"{suite.name} has no judge {name!r}", hint=hint)
    return judges[name]


OnAhead = Callable[[Judge, "Ahead"], None]
"""Called with what a judge will be asked, before the first call; may raise to prevent it."""


def calibrate(
    session: Session,
    suite: Suite,
    name: str,
    labelled: Sequence[Labelled],
    *,
    budget_usd: float | None = None,
    on_ahead: OnAhead | None = None,
) -> Calibrated:
    """Ask the judge about every labelled answer and record how it agrees with people. Blocks.

    The matrix is of those answers that the judge was not tuned with. Raises UsageError and
    ProviderError.
    """
    scorer, judge = judge_named(suite, name)
    clear = [one for one in labelled if one.passes is not None]
    if not clear:
        raise UsageError("there are no labelled answers", hint="--labels FILE")
    for one in clear:
        lacking = scorer.lacks(one.case)
        if lacking:
            raise UsageError(f"case {one.case.id!r}: {lacking}")
    answers = [(one.answer, one.case) for one in clear]
    judged = [
        JudgedLabel(
            None if each.score.value is None else each.score.value == 1.0,
            each.score.reason,
            tuple(each.replies),
        )
        for each in _ask(session, suite, name, answers, budget_usd, on_ahead)
    ]
    return recorded(session, suite, judge, labelled, judged)


def ask_pairs(
    session: Session,
    suite: Suite,
    judge: Judge,
    tasks: Sequence[Task[T]],
    budget_usd: float | None = None,
    on_ahead: OnAhead | None = None,
) -> list[tuple[T, tuple[Answer, ...]]]:
    """What a pairwise judge says of each pair, and its replies. Blocks. Raises like `calibrate`."""
    from workbench.runs.engine.direct_judging import ahead_of, ask_models

    opener = session.judge_providers((judge,))[judge.prompt.fingerprint]
    if on_ahead:
        on_ahead(judge, ahead_of(tasks, opener, session.store))
    return ask_models(
        tasks,
        opener,
        session.store,
        at_once=suite.run.concurrency,
        timeout_s=suite.run.timeout_s,
        budget_usd=suite.run.budget_usd if budget_usd is None else budget_usd,
    )


def recorded(
    session: Session,
    suite: Suite,
    judge: Judge,
    labelled: Sequence[Labelled],
    judged: Sequence[JudgedLabel],
) -> Calibrated:
    """Record how a judge agrees with people; `judged` is what it says of those labels on which
    people are not even.
    """
    clear = [one for one in labelled if one.passes is not None]
    replies = [reply for each in judged for reply in each.replies]
    both = list(zip(clear, [each.passes for each in judged], strict=True))
    test = [(one, judged_pass) for one, judged_pass in both if not is_for_tuning(one.case.id)]
    passed = sum(bool(one.passes) for one in clear)
    calibration = Calibration(
        judge=judge.prompt.prompt_id,
        fingerprint=judge.fingerprint,
        models=tuple(sorted({reply.model for reply in replies if reply.model})),
        suite=suite.name,
        labels=labels_digest(labelled),
        labelled=len(clear),
        rarer=min(passed, len(clear) - passed),
        matrix=_matrix(test),
        missing=sum(judged_pass is None for _, judged_pass in test),
        human_kappa=kappa_of_raters([one.labels for one in labelled]),
    )
    seq = session.registry.record_calibration(calibration, session.author)
    differences = tuple(
        Difference(one.case.id, judged_pass, each.reason, is_for_tuning(one.case.id))
        for (one, judged_pass), each in zip(both, judged, strict=True)
        if judged_pass is not one.passes
    )
    tuning = _matrix(
        [(one, judged_pass) for one, judged_pass in both if is_for_tuning(one.case.id)]
    )
    calls, cost = spent_on(replies)
    return Calibrated(
        calibration, seq, tuning, len(labelled) - len(clear), differences, calls, cost
    )


def _matrix(pairs: Sequence[tuple[Labelled, bool | None]]) -> Matrix:
    return matrix_of(
        [(judged_pass, bool(one.passes)) for one, judged_pass in pairs if judged_pass is not None]
    )


def spent_on(replies: Sequence[Answer]) -> tuple[int, float | None]:
    """Calls and US dollars; None when a price is unknown."""
    new = [reply for reply in replies if not reply.cached]
    costs = [reply.cost_usd for reply in new]
    known = None if None in costs else sum(cost for cost in costs if cost is not None)
    return sum(reply.attempts for reply in new), known


def judge_one(session: Session, suite: Suite, name: str, case: Case, answer: str) -> Judged:
    """What a judge of the suite says about one answer. Blocks. Raises UsageError and
    ProviderError.
    """
    return _ask(session, suite, name, [(answer, case)])[0]


def _ask(
    session: Session,
    suite: Suite,
    name: str,
    answers: Sequence[tuple[str, Case]],
    budget_usd: float | None = None,
    on_ahead: OnAhead | None = None,
) -> list[Judged]:
    from workbench.runs.engine.direct_judging import ahead_of, judge_answers, judging_tasks

    scorer, judge = judge_named(suite, name)
    if judge.is_pairwise:
        raise UsageError(f"{name} compares two answers", hint="workbench compare A B --judge NAME")
    opener = session.judge_providers((judge,))[judge.prompt.fingerprint]
    if on_ahead:
        on_ahead(judge, ahead_of(judging_tasks(scorer, answers), opener, session.store))
    return judge_answers(
        scorer,
        answers,
        opener,
        session.store,
        at_once=suite.run.concurrency,
        timeout_s=suite.run.timeout_s,
        budget_usd=suite.run.budget_usd if budget_usd is None else budget_usd,
    )
