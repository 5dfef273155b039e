"""People's labels of the very answers that are compared: they correct the judge of a gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.actions.running.for_judges import labelled_by
from workbench.actions.running.judges import errors_of
from workbench.actions.running.labelled import Labelled, from_file
from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.providers.base import Outcome
from workbench.runs.labels.store import HumanLabels
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import Result
from workbench.scorers.judges.judge import Judge
from workbench.verdicts.judges.errors import JudgeErrors
from workbench.verdicts.pairing import by_case
from workbench.verdicts.raw_values import people_of
from workbench.verdicts.values import CasePair

Labels = Mapping[tuple[str, str], bool]
"""Whether people pass an answer, by the id of its case and its text."""
TIE = CasePair("", (1.0,), (1.0,))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the errors of a gate's judges."""

    errors: tuple[tuple[str, JudgeErrors], ...] = ()
    """By scorer: the calibration that it is corrected by."""
    labels: Mapping[str, Labels] = field(default_factory=dict)
    """By scorer."""


def known_errors(session: Session, suite: Suite, path: Path | None = None) -> Known:
    """See `labels_for`; calibrations are read from the registry. Raises DatasetError."""
    return Known(errors_of(session, suite), labels_for(session, suite, path))


def labels_for(session: Session, suite: Suite, path: Path | None) -> dict[str, Labels]:
    """By name of each judge of the gate: the labels in a file, else those of `workbench label`.
    Raises DatasetError.
    """
    labels: dict[str, Labels] = {}
    for scorer in suite.gate_judge_scorers:
        judge = scorer.kind.judge
        if not isinstance(judge, Judge) or judge.is_pairwise:
            continue
        if path:
            labelled = from_file(suite, path, scorer.name, judge)
        else:
            records = HumanLabels(session.store.database).records(suite.name)
            labelled = labelled_by(records, suite, scorer.name)
        labels[scorer.name] = _by_answer(labelled)
    return labels


def _by_answer(labelled: Iterable[Labelled]) -> Labels:
    return {(one.case.id, one.answer): one.passes for one in labelled if one.passes is not None}


def people_pairs(
    labels: Mapping[str, Labels],
    cases: Sequence[Case],
    results_a: Iterable[Result],
    results_b: Iterable[Result],
) -> dict[str, tuple[CasePair, ...]]:
    """The labels of both answers to each case, in the order of `cases`, under the names that a
    record gives them; empty where an answer has none. Equal answers are ties, whatever people say
    of them; an answer that is none fails without being asked about.
    """
    a, b = by_case(results_a), by_case(results_b)
    return {
        people_of(name): tuple(
            _pair(name, known, case, a.get(case.id, ()), b.get(case.id, ())) for case in cases
        )
        for name, known in labels.items()
        if a
    }


def _pair(
    name: str, labels: Labels, case: Case, a: Sequence[Result], b: Sequence[Result]
) -> CasePair:
    if a and b and [_text(one) for one in a] == [_text(one) for one in b] != [None] * len(a):
        return CasePair(case.id, TIE.a, TIE.b, case.group, "equal answers")
    sides = [[_label(name, labels, one) for one in side] for side in (a, b)]
    if not all(sides) or None in (*sides[0], *sides[1]):
        return CasePair(case.id, (), (), case.group)
    return CasePair(case.id, tuple(sides[0]), tuple(sides[1]), case.group)


def _text(result: Result) -> str | None:
    return None if result.answer.outcome.is_error else result.answer.text


def _label(name: str, labels: Labels, result: Result) -> float | None:
    if result.answer.outcome.is_error:
        return None
    score = result.scores.get(name)
    if result.answer.outcome is not Outcome.OK and score and score.value == 0.0:
        return 0.0
    passes = labels.get((result.case_id, result.answer.text))
    return None if passes is None else float(passes)
