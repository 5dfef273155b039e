"""Pair two runs by case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.runs.spec.suite import GATE_SPLIT
from workbench.runs.spec.values import Result, RunSummary
from workbench.scorers.base import Score
from workbench.verdicts.values import CasePair

NOT_ASKED = "no answer was recorded"


@dataclass(frozen=True, slots=True)
class CaseScores:
    """One side of a case: one score per repeat (None = missing), and why one is missing."""

    scores: tuple[float | None, ...]
    reason: str = ""


def pair_results(
    results_a: Iterable[Result],
    results_b: Iterable[Result],
    cases: Sequence[Case],
    scorer: str,
) -> tuple[CasePair, ...]:
    """One pair per case, in the order of `cases`; a case without an answer or score is missing.

    With several results of one case and repeat the last one counts. Without baseline results every
    `a` is empty, as `compare_threshold` expects.
    """
    side_a = case_scores(results_a, scorer)
    side_b = case_scores(results_b, scorer)
    width_a = max((len(side.scores) for side in side_a.values()), default=0)
    width_b = max((len(side.scores) for side in side_b.values()), default=1)
    pairs = []
    for case in cases:
        a = _filled(side_a.get(case.id), width_a)
        b = _filled(side_b.get(case.id), width_b)
        reason = b.reason or a.reason
        pairs.append(CasePair(case.id, a.scores, b.scores, case.group, reason, case.tags))
    return tuple(pairs)


def by_case(results: Iterable[Result]) -> dict[str, tuple[Result, ...]]:
    """Results by the id of their case, in their original order."""
    grouped: dict[str, list[Result]] = {}
    for result in results:
        grouped.setdefault(result.case_id, []).append(result)
    return {case_id: tuple(group) for case_id, group in grouped.items()}


def case_scores(results: Iterable[Result], scorer: str) -> dict[str, CaseScores]:
    """The scores of one scorer by case id, in the order of the repeats."""
    by_case: dict[str, dict[int, Score]] = {}
    for result in results:
        score = result.scores.get(scorer)
        if score is None:
            score = Score(None, result.answer.error or f"{scorer} gave no score")
        by_case.setdefault(result.case_id, {})[result.repeat] = _checked(score)
    scored = {}
    for case_id, by_repeat in by_case.items():
        if len(by_repeat) == 1 and 0 in by_repeat:
            score = by_repeat[0]
            reason = score.reason if score.value is None else ""
            scored[case_id] = CaseScores((score.value,), reason)
            continue
        width = max(by_repeat) + 1
        reasons = [by_repeat[i].reason for i in sorted(by_repeat) if by_repeat[i].value is None]
        scores = tuple(by_repeat[i].value if i in by_repeat else None for i in range(width))
        scored[case_id] = CaseScores(scores, reasons[0] if reasons else "")
    return scored


def check_comparable(
    summary_a: RunSummary,
    summary_b: RunSummary,
    cases_a: Sequence[Case] | None = None,
    cases_b: Sequence[Case] | None = None,
) -> None:
    """Raises UsageError that names what differs: the dataset, the scorers or the judge.

    With the cases that each run was asked, their contents are compared one by one; without, the
    digests in the summaries are.
    """
    differs = what_differs(summary_a, summary_b, cases_a, cases_b)
    if differs:
        plural = len(differs) > 1 or differs[0] == "the scorers"
        raise UsageError(
            f"runs {summary_a.run_id} and {summary_b.run_id} cannot be paired:"
            f" {' and '.join(differs)} {'differ' if plural else 'differs'}",
            hint="run both prompts on the suite as it is now",
        )


def what_differs(
    summary_a: RunSummary,
    summary_b: RunSummary,
    cases_a: Sequence[Case] | None = None,
    cases_b: Sequence[Case] | None = None,
) -> list[str]:
    """Why two runs cannot be paired, see `check_comparable`; "" when they can."""
    parts_a, parts_b = summary_a.suite_parts, summary_b.suite_parts
    differs: list[str] = []
    if cases_a is not None and cases_b is not None:
        differs += _different_cases(
            cases_a, cases_b, parts_a.get("dataset"), parts_b.get("dataset")
        )
    elif not _same_cases(summary_a, summary_b):
        differs.append("the dataset")
    if parts_a.get("scorers") != parts_b.get("scorers") or summary_a.scorer != summary_b.scorer:
        differs.append("the scorers")
    if parts_a.get("readings") != parts_b.get("readings"):
        differs.append("the reading of expected answers")
    if parts_a.get("empties") != parts_b.get("empties"):
        differs.append("the scoring of empty answers")
    if _judge(summary_a) != _judge(summary_b):
        differs.append("the judge")
    return differs


def _different_cases(
    cases_a: Sequence[Case], cases_b: Sequence[Case], dataset_a: str | None, dataset_b: str | None
) -> list[str]:
    """Says that the dataset differs, and by which case; a subset of the same dataset does not."""
    by_id = {case.id: case for case in cases_a}
    common = [case for case in cases_b if case.id in by_id]
    changed = [case.id for case in common if by_id[case.id] != case]
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        return [f"the dataset (case {_shown_id(changed[0])}{more})"]
    whole = len(common) == len(cases_a) == len(cases_b)
    if not common or not (whole or dataset_a == dataset_b):
        return ["the dataset"]
    return []


def _shown_id(case_id: str) -> str:
    """A case id inside a sentence; `present` makes the sentence safe for a terminal."""
    return case_id if len(case_id) <= 40 else case_id[:39] + "…"


def _same_cases(a: RunSummary, b: RunSummary) -> bool:
    """The digests allow no other dataset. That of a run's own cases depends on their order and
    on the split; that of the gate set does not.
    """
    cases_a, cases_b = a.suite_parts.get("cases"), b.suite_parts.get("cases")
    if cases_a is not None and cases_a == cases_b:
        return True
    if a.suite_parts.get("dataset") != b.suite_parts.get("dataset"):
        return False
    same_split = a.split == b.split and a.cases == b.cases and cases_a is not None
    return a.split == GATE_SPLIT or not same_split


def _judge(summary: RunSummary) -> object:
    return summary.suite_parts.get("judge", summary.environment.get("judge"))


def _filled(side: CaseScores | None, width: int) -> CaseScores:
    if side is None:
        return CaseScores((None,) * width, NOT_ASKED if width else "")
    lacking = width - len(side.scores)
    if not lacking:
        return side
    return CaseScores(side.scores + (None,) * lacking, side.reason or NOT_ASKED)


def _checked(score: Score) -> Score:
    """A score outside [0, 1] counts as missing: no verdict may rest on it."""
    value = score.value
    if value is None or (math.isfinite(value) and 0.0 <= value <= 1.0):
        return score
    return Score(None, f"the score {value} is not a number from 0 to 1")
