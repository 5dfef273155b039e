"""The labels behind the calibrations of judges, as the workspace knows them."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.actions.running.for_judges import labelled_by
from workbench.actions.running.labelled import labels_digest
from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.lineage.calibrations import calibration_node
from workbench.lineage.values import Lineage, Node
from workbench.registry.models.records import CalibrationRecord
from workbench.runs.labels.store import HumanLabels, LabelRecord, current
from workbench.runs.spec.suite import Suite
from workbench.scorers.judges.judge import Judge
from workbench.units import plural


def calibration_nodes(session: Session, lineage: Lineage) -> dict[str, Node]:
    """The newest calibration of each judge in the lineage, by the judge's fingerprint."""
    judges = {node.digest for node in lineage.walk() if node.kind == "judge"}
    nodes = {}
    for digest in sorted(judges):
        for record in session.registry.calibrations(digest)[:1]:
            nodes[digest] = calibration_node(record, _labels(session, record))
    return nodes


def _labels(session: Session, record: CalibrationRecord) -> Node:
    """Who gave the labels, where they are those of `workbench label`."""
    calibration = record.calibration
    given = list(_given(session, record))
    raters = sorted({one.rater for one in given})
    told = f"{plural(len(given), 'label')} by {', '.join(raters)}" if given else "of a file"
    newest = max((one.labelled_at for one in given), default="")
    return Node("labels", calibration.suite, calibration.labels, told, newest, ", ".join(raters))


def _given(session: Session, record: CalibrationRecord) -> Iterator[LabelRecord]:
    """The labels of the time of the calibration, if they are the ones that it names; none where
    they came from elsewhere, or the suite's cases have changed since.
    """
    calibration = record.calibration
    if not session.workspace.runs_path.exists():
        return
    try:
        suite = session.workspace.suite(calibration.suite)
    except WorkbenchError:  # it is renamed or gone: the digest stands all the same
        return
    records = HumanLabels(session.store.database).records(suite.name)
    then = [one for one in records if one.labelled_at.rstrip("Z") <= record.recorded_at]
    for name in _names(suite, calibration.fingerprint):
        if labels_digest(labelled_by(then, suite, name)) == calibration.labels:
            about = {one.about for one in current(then)}
            wanted = name if name in about else ""
            yield from (one for one in current(then) if one.about == wanted)
            return


def _names(suite: Suite, fingerprint: str) -> Iterator[str]:
    for scorer in suite.scorers:
        judge = scorer.kind.judge
        if isinstance(judge, Judge) and judge.fingerprint == fingerprint:
            yield scorer.name
