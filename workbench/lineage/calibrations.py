"""What allows a judge to decide: its calibration, and below it the people's labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.lineage.values import Lineage, Node
from workbench.registry.models.records import CalibrationRecord
from workbench.units import plural


def calibration_node(record: CalibrationRecord, labels: Node) -> Node:
    """A calibration as it is recorded, with the labels behind it."""
    calibration = record.calibration
    lacks = "; ".join(calibration.lacks())
    models = ", ".join(calibration.models) or "a model that names no name"
    return Node(
        "calibration",
        f"record {record.seq}",
        detail=f"{plural(calibration.labelled, 'labelled answer')}, {calibration.rarer} of the"
        f" rarer label, answered by {models}: {lacks or 'it may decide'}",
        at=record.recorded_at,
        by=record.recorded_by,
        nodes=(labels,),
    )


def with_calibrations(lineage: Lineage, nodes: Mapping[str, Node]) -> Lineage:
    """The lineage with the calibrations below the judges, by the judge's fingerprint."""
    return replace(lineage, upstream=tuple(_below(node, nodes) for node in lineage.upstream))


def _below(node: Node, nodes: Mapping[str, Node]) -> Node:
    below = tuple(_below(each, nodes) for each in node.nodes)
    if node.kind == "judge" and node.digest in nodes:
        below = (*below, nodes[node.digest])
    return replace(node, nodes=below)
