"""Calibrations of judges: records that never change; the newest that fits lets a judge decide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.fingerprints import canonical_json
from workbench.registry.models.actors import actor_named
from workbench.registry.models.digest import Column
from workbench.registry.models.records import CalibrationRecord
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.tables import iterate_rows
from workbench.verdicts.judges.calibration import Calibration
from workbench.verdicts.statistics.agreement import Matrix

_MATRIX = ("passed_both", "passed_by_judge", "passed_by_people", "failed_both")


def record_calibration(transaction: Transaction, calibration: Calibration, by: str) -> int:
    """Record it: its seq in the ledger."""
    row: dict[str, Column] = {
        "judge": calibration.judge,
        "fingerprint": calibration.fingerprint,
        "models": canonical_json(list(calibration.models)),
        "suite": calibration.suite,
        "labels": calibration.labels,
        "labelled": calibration.labelled,
        "rarer": calibration.rarer,
        **{name: getattr(calibration.matrix, name) for name in _MATRIX},
        "missing": calibration.missing,
        "human_kappa": calibration.human_kappa,
    }
    seq, _ = transaction.append("calibration", actor_named(by), row)
    return seq


def calibrations(connection: Connection, fingerprint: str = "") -> list[CalibrationRecord]:
    """Those of a judge, or of all with an empty fingerprint; newest first."""
    rows = iterate_rows(
        connection,
        "SELECT c.*, l.at, l.actor FROM calibrations c JOIN ledger l ON l.seq = c.seq"
        " WHERE ? IN ('', c.fingerprint) ORDER BY c.seq DESC",
        (fingerprint,),
    )
    return [CalibrationRecord(row["seq"], row["at"], row["actor"], _of_row(row)) for row in rows]


def _of_row(row: Mapping[str, Any]) -> Calibration:
    return Calibration(
        judge=row["judge"],
        fingerprint=row["fingerprint"],
        models=tuple(map(str, json.loads(row["models"]))),
        suite=row["suite"],
        labels=row["labels"],
        labelled=row["labelled"],
        rarer=row["rarer"],
        matrix=Matrix(*(row[name] for name in _MATRIX)),
        missing=row["missing"],
        human_kappa=row["human_kappa"],
    )
