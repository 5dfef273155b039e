"""What `verify` asks of the engine in use, which is SQLite; a second one is chosen here."""

from __future__ import annotations

from workbench.registry.storage.sqlite.checks import (
    DatabaseError,
    check_file,
    check_schema,
    missing_part,
    with_undecodable_text,
)

__all__ = [
    "DatabaseError",
    "check_file",
    "check_schema",
    "missing_part",
    "with_undecodable_text",
]
