"""The labels of `workbench label` as a judge is calibrated with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.actions.running.calibrating import judge_named
from workbench.actions.running.labelled import Labelled, passes
from workbench.actions.session import Session
from workbench.errors import UsageError
from workbench.runs.labels.store import HumanLabels, LabelRecord, current
from workbench.runs.spec.suite import Suite
from workbench.runs.store.forgetting import FORGOTTEN


def from_people(session: Session, suite: Suite, name: str) -> list[Labelled]:
    """The labels about the judge `name` where there are any, else those of answers as a whole.
    Raises UsageError where no case that was labelled is in the suite as it is now.
    """
    labelled = labelled_by(HumanLabels(session.store.database).records(suite.name), suite, name)
    if not labelled:
        raise UsageError(
            f"nobody labelled answers of {suite.name} as it is now",
            hint=f"workbench label {suite.name}, or --labels FILE",
        )
    return labelled


def labelled_by(records: Sequence[LabelRecord], suite: Suite, name: str) -> list[Labelled]:
    """What these records say of the suite's present cases, as the judge `name` is calibrated."""
    standing = current(records)
    about = name if any(one.about == name for one in standing) else ""
    cases = {case.digest: case for case in suite.dataset.cases}
    _, judge = judge_named(suite, name)
    labelled: dict[tuple[str, str], Labelled] = {}
    for one in standing:
        case = cases.get(one.case_digest)
        if one.about != about or case is None or one.answer == FORGOTTEN:
            continue
        known = labelled.get(one.key, Labelled(case, one.answer, {}))
        labels = {**known.labels, one.rater: passes(one.label, judge, "its labels")}
        labelled[one.key] = replace(known, labels=labels)
    return list(labelled.values())
