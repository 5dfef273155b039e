"""What a second engine relies on: above `storage` there is no SQL of one database alone."""

from __future__ import annotations

import ast
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench.registry
from workbench.registry import PromptRegistry
from workbench.registry.storage.tables import KINDS, PROMPT_TABLES

PACKAGE = Path(workbench.registry.__file__).parent
NEUTRAL = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if path.relative_to(PACKAGE).parts[0] not in ("reader", "storage")
) + sorted((PACKAGE / "storage").glob("*.py"))
DIALECT = re.compile(
    r"\b(PRAGMA|json_(each|extract|array|array_length|group_array|object|tree|type|valid)|rowid"
    r"|GLOB|sqlite_\w+|julianday|strftime|typeof|instr|NOT INDEXED|INDEXED BY|WITHOUT ROWID"
    r"|AUTOINCREMENT|REPLACE INTO|INSERT OR|last_insert_rowid|RAISE|group_concat|total_changes"
    r"|randomblob)\b|\?\d|\bLIMIT -1|\bIS (NOT )?\?"
)


def literals(source: str) -> Iterator[str]:
    """The string literals of a module, f-strings in parts, docstrings left out."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT json_extract(plan, '$.a') FROM t",
        "SELECT 1 FROM json_each(x)",
        "PRAGMA user_version",
        "SELECT rowid FROM t",
        "WHERE a GLOB 'x*'",
        "WHERE a = ?1",
        "WHERE a IS NOT ?",
        "SELECT name FROM sqlite_master",
        "ORDER BY seq LIMIT -1",
    ],
)
def test_a_dialect_word_is_recognized(sql: str) -> None:
    assert DIALECT.search(sql)
    (literal,) = literals(f'"""PRAGMA in a docstring."""\nSQL = f"{{1}} {sql}"'.replace("{1}", "x"))
    assert DIALECT.search(literal)


@pytest.mark.parametrize("path", NEUTRAL, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_dialect_word_stands_above_an_engines_folder(path: Path) -> None:
    words = [text for text in literals(path.read_text("utf-8")) if DIALECT.search(text)]
    assert words == []


def test_the_named_tables_are_those_of_the_database(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    PromptRegistry(path, create=True).close()
    with sqlite3.connect(path) as connection:
        columns: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "SELECT m.name, i.name FROM sqlite_master m JOIN pragma_table_info(m.name) i"
            " WHERE m.type = 'table' AND m.name NOT GLOB '[_s]*sqlite*'"
        ):
            columns.setdefault(table, set()).add(column)
    connection.close()
    columns.pop("_sqlite_migrations", None)
    assert {*KINDS.values(), "ledger", "scores"} == columns.keys()
    assert set(PROMPT_TABLES) == {name for name, has in columns.items() if "prompt_id" in has}
