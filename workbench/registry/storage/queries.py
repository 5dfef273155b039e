"""Queries in the dialect of the engine in use, which is SQLite; a second one is chosen here."""

from __future__ import annotations

from workbench.registry.storage.sqlite.queries import (
    gate_use_rows,
    json_field,
    json_is_empty,
    judged_cases,
    loosenings_to_approve,
)

__all__ = [
    "gate_use_rows",
    "json_field",
    "json_is_empty",
    "judged_cases",
    "loosenings_to_approve",
]
