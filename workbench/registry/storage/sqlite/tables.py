"""Rows of tables by the names of their columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]

AFTER_ALL = 2**63 - 1
"""A seq after all others."""


def table_rows(connection: sqlite3.Connection, sql: str, values: tuple[Any, ...] = ()) -> list[Row]:
    """What a query finds."""
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
