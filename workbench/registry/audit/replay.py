"""Replays the ledger: its records in order, and the state at each moment, for the audit of the
rules.
"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workbench.registry.models.answering import Observation
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.queries import json_field
from workbench.registry.storage.tables import KINDS, table_rows

Row = dict[str, Any]

_COLUMNS = {
    "version": ("t.seq", "t.prompt_id", "t.version", "t.fingerprint", "t.author"),
    "evaluation": ("t.seq", "t.prompt_id", "t.version", "t.fingerprint", "t.suite", "t.suite_seq",
                   "t.gate", "t.external", "t.finished_at", "t.baseline_fingerprint",
                   f"{json_field('t.record', 'answers')} AS answers"),
}  # fmt: skip
"""The columns that the rules need of kinds whose rows are large."""
_TABLES = {
    "version": "(SELECT prompt_id, version FROM deployments"
    " UNION SELECT prompt_id, version FROM approvals) n"
    " JOIN versions t ON t.prompt_id = n.prompt_id AND t.version = n.version"
}
"""Most versions are never deployed."""


@dataclass(slots=True)
class Entry:
    """The newest deployment of a prompt in an environment."""

    seq: int
    action: str
    version: str
    stands_for: int


@dataclass(slots=True)
class History:
    """The state at one moment."""

    rules: dict[str, Row] = field(default_factory=dict)
    versions: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """Fingerprint and author."""
    suites: dict[str, dict[str, Row]] = field(default_factory=dict)
    """By prompt and name, as they are published now."""
    suite_rows: dict[int, Row] = field(default_factory=dict)
    evaluations: dict[str, list[Row]] = field(default_factory=dict)
    """By prompt."""
    observed: dict[str, Observation] = field(default_factory=dict)
    """The newest by what was asked for."""
    revoked: set[tuple[str, str]] = field(default_factory=set)
    """Prompt and fingerprint."""
    approvals: dict[tuple[str, str, str], list[Row]] = field(default_factory=dict)
    """By prompt, version and environment."""
    revision: int = 0
    """The highest revision that a deployment named."""
    compares_people: bool = False
    """Whether an approval was recorded under the current rules; 0.1.0 compared the text of names.
    """
    consumers: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """By prompt and environment: name and range."""
    heads: dict[tuple[str, str], Entry] = field(default_factory=dict)
    deploys: dict[int, Row] = field(default_factory=dict)
    """By seq."""
    stacks: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """seqs of the deploys that a rollback can return to, by prompt and environment."""
    left: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """seq of the rollback from a version, until it is deployed again."""


def events(connection: Connection) -> list[tuple[str, Row]]:
    """Kind and row of every record that the rules ask about, in order."""
    rows: list[tuple[str, Row]] = []
    for kind in ("deployment", *APPLY):
        columns = ", ".join(_COLUMNS.get(kind, ("t.*",)))
        sql = (
            f"SELECT {columns}, l.at, l.actor FROM {_TABLES.get(kind, f'{KINDS[kind]} t')}"
            " LEFT JOIN ledger l ON l.seq = t.seq"
        )
        rows += [(kind, row) for row in table_rows(connection, sql)]
    return sorted(rows, key=lambda event: int(event[1]["seq"]))


def _environment(history: History, row: Row) -> None:
    history.rules[row["name"]] = row


def _version(history: History, row: Row) -> None:
    history.versions[row["prompt_id"], row["version"]] = (row["fingerprint"], row["author"])


def _suite(history: History, row: Row) -> None:
    history.suites.setdefault(row["prompt_id"], {})[row["suite"]] = row
    history.suite_rows[row["seq"]] = row


def _evaluation(history: History, row: Row) -> None:
    history.evaluations.setdefault(row["prompt_id"], []).append(row)


def _observation(history: History, row: Row) -> None:
    history.observed[row["asked"]] = Observation.of_row(row)


def _revocation(history: History, row: Row) -> None:
    history.revoked.add((row["prompt_id"], row["fingerprint"]))


def _approval(history: History, row: Row) -> None:
    place = (row["prompt_id"], row["version"], row["environment"])
    history.approvals.setdefault(place, []).append(row)
    history.compares_people |= bool(row["rules"])


def _consumer(history: History, row: Row) -> None:
    place = (row["prompt_id"], row["environment"])
    history.consumers.setdefault(place, {})[row["name"]] = row["requires"]


APPLY = {
    "environment": _environment,
    "version": _version,
    "suite": _suite,
    "evaluation": _evaluation,
    "observation": _observation,
    "revocation": _revocation,
    "approval": _approval,
    "consumer": _consumer,
}
"""How each kind of record but a deployment changes what holds."""
