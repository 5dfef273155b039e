"""A run's measures for `run`, `runs` and `--json`: each scorer's mean, and the labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.present import numbers
from workbench.present.safe_text import safe_line

if TYPE_CHECKING:
    from workbench.actions.running.run_measures import RunMeasures
    from workbench.present.charts import Confusion
    from workbench.verdicts.statistics.classification import Classification, Measures

_WIDTH = 78
_MOST_PARTS = 12


def measure_lines(measures: RunMeasures | None, headline: str) -> Iterator[str]:
    """A line for each further scorer, the scores behind one, and the labels."""
    if measures is None:
        return
    for one in measures.scorers:
        spared = f", {numbers.count(one.skipped)} not asked" if one.skipped else ""
        if one.scorer != headline or spared:
            score = numbers.score(one.score)
            yield f"{safe_line(one.scorer)} {score}  {numbers.count(one.scored)} scored{spared}"
        if one.parts:
            yield f"  {safe_line(one.scorer)}: {_parts(one.parts)}"
    if measures.labels and measures.confusion:
        yield ""
        yield from _label_lines(measures.labels, measures.confusion)


def _parts(parts: Mapping[str, float | None]) -> str:
    """`queue 0.95, total 0.80`; what does not fit is counted."""
    shown = [f"{safe_line(name)} {numbers.score(v, 2)}" for name, v in parts.items()]
    more = len(shown) - _MOST_PARTS
    return ", ".join(shown[:_MOST_PARTS]) + (f" and {more} more" if more > 0 else "")


def _label_lines(labels: Classification, matrix: Confusion) -> Iterator[str]:
    """Accuracy, averages, a line per label, and the confusion matrix."""
    from workbench.present.charts import confusion_lines
    from workbench.present.tables import lay_out

    yield f"labels: accuracy {numbers.score(labels.accuracy)}"
    yield ""
    rows = [(safe_line(one.label), *_cells(one.measures), str(one.cases)) for one in labels.labels]
    total = str(sum(one.cases for one in labels.labels))
    rows += [("macro", *_cells(labels.macro), total), ("micro", *_cells(labels.micro), total)]
    yield from lay_out(("label", "precision", "recall", "F1", "cases"), rows)
    yield ""
    yield from confusion_lines(matrix, _WIDTH)


def _cells(measures: Measures) -> tuple[str, str, str]:
    precision, recall = numbers.score(measures.precision), numbers.score(measures.recall)
    return precision, recall, numbers.score(measures.f1)


def measure_values(measures: RunMeasures | None) -> dict[str, Any]:
    """The JSON keys `scorers` and `classification`."""
    if measures is None:
        return {"scorers": None, "classification": None}
    scorers = {
        one.scorer: {
            "score": one.score,
            "scored": one.scored,
            "skipped": one.skipped,
            "parts": dict(one.parts),
        }
        for one in measures.scorers
    }
    return {"scorers": scorers, "classification": _labels(measures.labels, measures.confusion)}


def _labels(labels: Classification | None, matrix: Confusion | None) -> dict[str, Any] | None:
    if labels is None or matrix is None:
        return None
    return {
        "accuracy": labels.accuracy,
        "macro": _values(labels.macro),
        "micro": _values(labels.micro),
        "labels": [
            {"label": one.label, **_values(one.measures), "cases": one.cases}
            for one in labels.labels
        ],
        "confusion": {
            "labels": list(matrix.labels),
            "counts": [list(row) for row in matrix.counts],
        },
    }


def _values(measures: Measures) -> dict[str, float]:
    return {"precision": measures.precision, "recall": measures.recall, "f1": measures.f1}
