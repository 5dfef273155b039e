"""Answers with people's labels, from a file or from columns of a suite's cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.datasets.cells import text_of
from workbench.datasets.readers import read_rows
from workbench.datasets.values import Case
from workbench.errors import DatasetError, UsageError
from workbench.fingerprints import fingerprint
from workbench.runs.spec.suite import Suite
from workbench.scorers.judges.judge import Judge
from workbench.scorers.judges.rubric import UNSURE
from workbench.suggestions import did_you_mean

_PASS = frozenset({"pass", "true", "1", "yes", "good"})
_FAIL = frozenset({"fail", "false", "0", "no", "bad"})
_FIELDS = ("case", "answer", "label", "rater")
_EXPORTED = ("about", "note", "labelled_at", "queue", "suite", "case_digest", "answer_digest")
"""What `workbench label --export` writes besides."""
_SOMEBODY = "people"
"""The rater of labels that name none."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One answer to a case, with what people say of it."""

    case: Case
    answer: str
    labels: Mapping[str, bool]
    """By rater: whether it passes."""

    @property
    def passes(self) -> bool | None:
        """What most raters say; None where they are even."""
        passed = sum(self.labels.values())
        return None if 2 * passed == len(self.labels) else 2 * passed > len(self.labels)


def labels_digest(labelled: Sequence[Labelled]) -> str:
    """sha256 of the labelled answers and their labels, in any order."""
    rows = [[one.case.digest, one.answer, sorted(one.labels.items())] for one in labelled]
    return fingerprint(sorted(rows, key=str))


def from_columns(suite: Suite, label: str, answer: str) -> list[Labelled]:
    """From two columns of the cases. Raises UsageError and DatasetError."""
    cases = suite.dataset.cases
    for column in (label, answer):
        if not any(column in case.inputs for case in cases):
            columns = sorted({name for case in cases for name in case.inputs})
            raise UsageError(
                f"{suite.dataset.source}: no case has {column!r}, and there is no such file",
                hint=did_you_mean(column, columns),
            )
    return [
        Labelled(
            case,
            text_of(case.inputs[answer]),
            {_SOMEBODY: passes(case.inputs[label], None, suite.dataset.place_of(case))},
        )
        for case in cases
        if case.inputs.get(label) not in (None, "") and answer in case.inputs
    ]


def from_file(
    suite: Suite, path: Path, name: str = "", judge: Judge | None = None
) -> list[Labelled]:
    """From rows of `case`, `answer`, `label` and perhaps `rater`, in any format of datasets;
    rows about the same answer are labels of several raters. Of a file that `workbench label` wrote,
    rows about another judge than `name` are left out. Raises DatasetError, which names file and
    line.
    """
    cases = {case.id: case for case in suite.dataset.cases}
    labelled: dict[tuple[str, str], Labelled] = {}
    for line, row in read_rows(path):
        place = f"{path}: {line}"
        if row.get("about") not in (None, "", name):
            continue
        unknown = sorted(row.keys() - {*_FIELDS, *_EXPORTED})
        lacking = [name for name in _FIELDS[:3] if row.get(name) in (None, "")]
        if unknown or lacking:
            what = f"no field {unknown[0]!r} is known" if unknown else f"{lacking[0]} is missing"
            hint = '{"case": "c1", "answer": "…", "label": "pass", "rater": "ana"}'
            raise DatasetError(f"{place}: {what}", hint=hint)
        case = cases.get(str(row["case"]))
        if case is None:
            hint = did_you_mean(str(row["case"]), cases)
            raise DatasetError(f"{place}: {suite.name} has no case {row['case']!r}", hint=hint)
        answer, rater = str(row["answer"]), str(row.get("rater") or _SOMEBODY)
        known = labelled.get((case.id, answer), Labelled(case, answer, {}))
        if rater in known.labels:
            raise DatasetError(f"{place}: {rater} labels this answer to {case.id!r} twice")
        labels = {**known.labels, rater: passes(row["label"], judge, place)}
        labelled[case.id, answer] = Labelled(case, answer, labels)
    return list(labelled.values())


def passes(value: Any, judge: Judge | None, place: str) -> bool:
    """Whether a label says that the answer passes: by its word, or as the judge's own verdict
    would. Raises DatasetError.
    """
    word = text_of(value).strip()
    if word.lower() in _PASS | _FAIL:
        return word.lower() in _PASS
    for level in judge.rubric.criteria[0].levels if judge else ():
        if str(level) == word and level != UNSURE and judge:
            return judge.rubric.criteria[0].score(level) == 1.0
    raise DatasetError(f"{place}: the label {word[:40]!r} is neither pass nor fail")
