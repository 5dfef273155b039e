"""What a run's results say besides the headline score: each scorer's mean, and the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.actions.session import Session
from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.errors import WorkbenchError
from workbench.present.charts import Confusion, confusion
from workbench.runs.spec.values import Result, RunSummary
from workbench.scorers.base import Scorer
from workbench.scorers.transforms import NotApplicable, seen_through
from workbench.verdicts.statistics.classification import Classification, classification

MOST_RESULTS = 100_000
"""Runs with more answers are not measured again whenever they are shown."""


@dataclass(frozen=True, slots=True)
class ScorerMeans:
    """The scores of one scorer."""

    scorer: str
    score: float | None
    """The mean over the answers with a score."""
    scored: int
    skipped: int
    """Answers that it was not asked about, since the scorer named in `after` did not give 1."""
    parts: Mapping[str, float | None]
    """The means of the scores behind it, such as one per field."""


@dataclass(frozen=True, slots=True)
class RunMeasures:
    """Measures of a run's results."""

    scorers: tuple[ScorerMeans, ...]
    confusion: Confusion | None
    labels: Classification | None
    """None where the cases expect no labels."""


def measures_of(session: Session, summary: RunSummary) -> RunMeasures | None:
    """The measures of a stored run; None for a very large one."""
    if summary.cases * summary.repeats > MOST_RESULTS:
        return None
    results = session.store.results(summary.run_id)
    cases = {case.id: case for case in session.store.cases(summary.run_id)}
    matrix = None
    if any(map(_names_labels, cases.values())):
        matrix = label_confusion(results, cases, summary.scorer, _headline(session, summary))
    labels = classification(matrix.labels, matrix.counts) if matrix else None
    return RunMeasures(scorer_means(results), matrix, labels)


def _names_labels(case: Case) -> bool:
    return isinstance(case.expected, (str, bool, int))


def _headline(session: Session, summary: RunSummary) -> Scorer | None:
    """The headline scorer, where the suite still has it as it was."""
    try:
        # The scorers alone are needed: of a large dataset the first case is read.
        suite = session.workspace.suite(summary.suite, limit=1)
    except WorkbenchError:
        return None
    same = suite.parts["scorers"] == summary.suite_parts.get("scorers")
    named = [scorer for scorer in suite.scorers if scorer.name == summary.scorer]
    return named[0] if same and named else None


def label_confusion(
    results: Sequence[Result],
    cases: Mapping[str, Case],
    scorer: str,
    headline: Scorer | None = None,
) -> Confusion | None:
    """Expected against answered labels of the answers that `scorer` scored, seen through the
    transforms of `headline`; None if it is not a label task.
    """
    pairs = []
    for result in results:
        case, score = cases.get(result.case_id), result.scores.get(scorer)
        if case and case.expected is not None and score and score.value is not None:
            pairs.append((as_text(case.expected), _seen(result.answer.text, headline)))
    return confusion(pairs)


def _seen(text: str, headline: Scorer | None) -> str:
    try:
        return seen_through(headline.transforms, text) if headline else text
    except (NotApplicable, TimeoutError):
        return ""


def scorer_means(results: Sequence[Result]) -> tuple[ScorerMeans, ...]:
    """The mean of each scorer, in the order in which they scored."""
    names = dict.fromkeys(name for result in results for name in result.scores)
    return tuple(_means(name, results) for name in names)


def _means(name: str, results: Sequence[Result]) -> ScorerMeans:
    scores = [result.scores[name] for result in results if name in result.scores]
    parts: dict[str, list[float | None]] = {}
    for score in scores:
        for part, value in score.parts.items():
            parts.setdefault(part, []).append(value)
    values = [score.value for score in scores]
    return ScorerMeans(
        name,
        _mean(values),
        sum(value is not None for value in values),
        sum(score.skipped for score in scores),
        {part: _mean(of_part) for part, of_part in parts.items()},
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
