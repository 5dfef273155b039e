"""What the record of a rule changed, in words."""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workbench.registry.content.rule_changes import (
    Row,
    adds_cases,
    change_of_environment,
    change_of_suite,
    further_suite,
)
from workbench.registry.deploy.added_cases import held_to, suite_rows
from workbench.registry.models.records import RuleChange
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.tables import AFTER_ALL, first_row

_TABLES: tuple[tuple[str, tuple[str, ...], Callable[[Row, Row], RuleChange | None]], ...] = (
    ("suites", ("prompt_id", "suite"), change_of_suite),
    ("environments", ("name",), change_of_environment),
)


def recorded_change(connection: Connection, seq: int) -> tuple[RuleChange, str] | None:
    """The change and reason of a suite's or environment's record; None: it changed nothing."""
    for table, same, change_of in _TABLES:
        after = first_row(connection, f"SELECT * FROM {table} WHERE seq = ?", (seq,))
        if after is None:
            continue
        where = " AND ".join(f"{name} = ?" for name in same)
        before = first_row(
            connection,
            f"SELECT * FROM {table} WHERE {where} AND seq < ? ORDER BY seq DESC LIMIT 1",
            (*(after[name] for name in same), seq),
        )
        change = change_of(before, after) if before else None
        if table == "suites" and after["reason"] and not (change and change.looser):
            change = (
                _beside(connection, after) if before is None else accepted_cases(connection, after)
            )
        return (change, str(after["reason"])) if change else None
    return None


def _beside(connection: Connection, row: Row) -> RuleChange:
    """The change by a first form that needed a reason."""
    others = connection.execute(
        "SELECT DISTINCT suite FROM suites WHERE prompt_id = ? AND seq < ? ORDER BY suite",
        (row["prompt_id"], row["seq"]),
    ).fetchall()
    names = ", ".join(name for (name,) in others)
    return further_suite(names, str(row["prompt_id"]), str(row["suite"]))


def accepted_cases(connection: Connection, row: Row) -> RuleChange | None:
    """The added cases that a record with a reason and no other looser fact accepts."""
    names = str(row["prompt_id"]), str(row["suite"])
    rows = suite_rows(connection, *names, int(str(row.get("seq", AFTER_ALL))))
    change = change_of_suite(dict(held_to(rows)[0]), row)
    if change is None or not adds_cases(change):
        return None
    facts = tuple(replace(fact, looser=fact.fact == "cases") for fact in change.facts)
    return replace(change, facts=facts, looser=True)
