"""Approvals of a version in an environment since its last rollback there."""

from __future__ import annotations

from workbench.registry.deploy.approvers import Approval
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.tables import AFTER_ALL


def rolled_back_at(
    connection: Connection, prompt_id: str, version: str, environment: str, before: int = AFTER_ALL
) -> int:
    """seq of the last rollback from the version, among records before that seq; 0 for none."""
    row = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM deployments WHERE prompt_id = ? AND environment = ?"
        " AND previous_version = ? AND action = 'rollback' AND seq < ?",
        (prompt_id, environment, version, before),
    ).fetchone()
    return int(row[0])


def approvals_given(
    connection: Connection, prompt_id: str, version: str, environment: str, before: int = AFTER_ALL
) -> list[Approval]:
    """Approvals after that rollback and before that seq, oldest first."""
    after = rolled_back_at(connection, prompt_id, version, environment, before)
    return connection.execute(
        "SELECT l.actor, a.rules FROM approvals a JOIN ledger l ON l.seq = a.seq"
        " WHERE a.prompt_id = ? AND a.version = ? AND a.environment = ?"
        " AND a.seq > ? AND a.seq < ? ORDER BY a.seq",
        (prompt_id, version, environment, after, before),
    ).fetchall()
