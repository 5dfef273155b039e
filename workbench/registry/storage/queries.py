"""The dialect of the engine in use: SQLite. A second engine is selected here."""

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
