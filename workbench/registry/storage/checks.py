"""The checks of the engine in use for `verify`: SQLite. A second engine is selected here."""

from __future__ import annotations

from workbench.registry.storage.sqlite.checks import (
    DatabaseError,
    check_file,
    check_schema,
    file_of,
    missing_part,
    opened_again,
    with_undecodable_text,
)

__all__ = [
    "DatabaseError",
    "check_file",
    "check_schema",
    "file_of",
    "missing_part",
    "opened_again",
    "with_undecodable_text",
]
