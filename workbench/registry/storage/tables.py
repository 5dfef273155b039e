"""The tables that every engine has, and rows by the names of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.registry.storage.connection import Connection, Parameters

Row = Mapping[str, Any]

KINDS: dict[str, str] = {
    "registry": "registry",
    "version": "versions",
    "suite": "suites",
    "evaluation": "evaluations",
    "environment": "environments",
    "deployment": "deployments",
    "observation": "observations",
    "approval": "approvals",
    "rule_approval": "rule_approvals",
    "revocation": "revocations",
    "consumer": "consumers",
    "signature": "signatures",
    "calibration": "calibrations",
}
"""What a ledger record is about, and the table that holds the row."""

PROMPT_TABLES = (
    "versions",
    "suites",
    "evaluations",
    "deployments",
    "observations",
    "approvals",
    "revocations",
    "consumers",
)
"""Those with a column prompt_id."""

AFTER_ALL = 2**63 - 1
"""A seq after all others."""


def iterate_rows(
    connection: Connection, sql: str, parameters: Parameters = ()
) -> Iterator[dict[str, Any]]:
    """The rows of a query, one at a time: the texts of all versions may be gigabytes."""
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def table_rows(
    connection: Connection, sql: str, parameters: Parameters = ()
) -> list[dict[str, Any]]:
    """The rows of a query."""
    return list(iterate_rows(connection, sql, parameters))


def first_row(
    connection: Connection, sql: str, parameters: Parameters = ()
) -> dict[str, Any] | None:
    """The first row of a query, or None."""
    return next(iterate_rows(connection, sql, parameters), None)
