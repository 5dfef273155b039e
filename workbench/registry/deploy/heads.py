"""The newest entry of an environment's history, and a request for another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.registry.models.values import PromptDeployment
from workbench.registry.storage.connection import Connection


class Unset:
    """The default of `expect`: whatever is live now."""


UNSET: Final = Unset()

Expected = str | int | None | Unset
"""What the deployer saw live: a version, a deployment's seq, None for nothing."""

SELECT = """
SELECT d.prompt_id, d.version, d.environment, l.at, l.actor, d.previous_version, d.seq, d.action,
  d.reason, d.override, d.stale,
  CASE d.action WHEN 'rollback' THEN (
    SELECT t.loosened_by FROM deployments t WHERE t.seq = d.stands_for) ELSE d.loosened_by END,
  d.stands_for, d.fingerprint, d.evaluation
FROM deployments d JOIN ledger l ON l.seq = d.seq
"""
_VALUE_COLUMNS = 12
_OVERRIDE, _STALE = 9, 10


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a prompt's history in an environment."""

    deployment: PromptDeployment
    stands_for: int
    """seq of the deploy that put this content there."""
    fingerprint: str
    evaluation: int | None

    @property
    def live(self) -> bool:
        return self.deployment.action != "retire"


@dataclass(frozen=True, slots=True)
class Request:
    """A deployment request."""

    prompt_id: str
    version: str
    environment: str
    actor: str
    reason: str = ""
    expect: Expected = UNSET
    request_id: str | None = None
    override: bool = False
    again: bool = False


def head_of(connection: Connection, prompt_id: str, environment: str) -> Head | None:
    """The newest entry, retired or live; None when there never was one."""
    row = connection.execute(
        SELECT + " WHERE d.prompt_id = ? AND d.environment = ? ORDER BY d.seq DESC LIMIT 1",
        (prompt_id, environment),
    ).fetchone()
    return None if row is None else head_from(row)


def newest_other(
    connection: Connection, prompt_id: str, environment: str, fingerprint: str
) -> PromptDeployment | None:
    """The newest deployment there of another content than `fingerprint`, live or not any more."""
    row = connection.execute(
        SELECT + " WHERE d.prompt_id = ? AND d.environment = ? AND d.fingerprint <> ?"
        " AND d.action <> 'retire' ORDER BY d.seq DESC LIMIT 1",
        (prompt_id, environment, fingerprint),
    ).fetchone()
    return None if row is None else deployment_from(row)


def head_from(row: Sequence[Any]) -> Head:
    """A Head from a row of SELECT."""
    return Head(deployment_from(row), *row[_VALUE_COLUMNS:])


def deployment_at(connection: Connection, seq: int) -> PromptDeployment:
    """The entry with that seq."""
    row = connection.execute(SELECT + " WHERE d.seq = ?", (seq,)).fetchone()
    return deployment_from(row)


def deployment_from(row: Sequence[Any]) -> PromptDeployment:
    """A deployment from a row of SELECT."""
    values = list(row[:_VALUE_COLUMNS])
    values[_OVERRIDE : _STALE + 1] = map(bool, values[_OVERRIDE : _STALE + 1])
    return PromptDeployment(*values)
