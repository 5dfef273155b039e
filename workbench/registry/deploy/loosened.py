"""Which loosened rule let a deployment through? Derived from the records before it.

A deployment is marked with the newest loosening before which the rules would have refused it.
Nothing here asks the triggers or the views, so `verify` derives the mark the same way.
"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.registry.content.evidence import evaluation_at
from workbench.registry.models.actors import distinct, same_person
from workbench.registry.models.records import EvaluationRecord
from workbench.registry.models.strictness import (
    POLICY_FACTS,
    Change,
    environment_changes,
    suite_changes,
)
from workbench.verdicts import recompute
from workbench.verdicts.values import Gate

Row = Mapping[str, Any]

_JUDGED_AGAIN = frozenset(fact.name for fact in POLICY_FACTS) - {"scorers", "baseline", "extend"}
"""Facts of a policy that recorded scores can be judged by again."""
_ASKED_AGAIN = frozenset(
    ("requires", "approvals", "from", "external", "untested", "frozen", "max_age_days")
)
"""Facts of an environment that are asked below; one that is not counts against the deployment."""
_SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Wish:
    """A deployment as the rules see it, with the record that it is, or would be."""

    prompt_id: str
    version: str
    fingerprint: str
    author: str
    environment: str
    actor: str
    seq: int
    at: str


@dataclass(frozen=True, slots=True)
class Loosening:
    """A record that loosened a rule, and what it loosened, while that is not undone."""

    seq: int
    actor: str
    before: Row
    changes: tuple[Change, ...]
    """From before it until now."""


def loosened_by(connection: sqlite3.Connection, wish: Wish) -> int | None:
    """seq of the loosening that a deployment was allowed by; None: it needed none."""
    for loosening in reversed(open_loosenings(connection, wish)):
        if _refused_before(connection, wish, loosening):
            return loosening.seq
    return None


def open_loosenings(connection: sqlite3.Connection, wish: Wish) -> list[Loosening]:
    """Loosenings that count for the deployment, the oldest first. One is undone when the rule is
    at least as strict again as it was before.
    """
    found = []
    for table, same, changes_of in (
        ("environments", ("name",), environment_changes),
        ("suites", ("prompt_id", "suite"), suite_changes),
    ):
        key = wish.environment if table == "environments" else wish.prompt_id
        any_of = f"SELECT 1 FROM {table} WHERE {same[0]} = ? AND reason <> '' AND seq < ?"
        if not connection.execute(any_of, (key, wish.seq)).fetchone():
            continue
        rows = table_rows(
            connection,
            f"SELECT t.*, l.actor FROM {table} t JOIN ledger l ON l.seq = t.seq"
            f" WHERE t.{same[0]} = ? AND t.seq < ? ORDER BY t.seq",
            (key, wish.seq),
        )
        newest = {tuple(row[name] for name in same): row for row in rows}
        before: dict[tuple[Any, ...], Row] = {}
        for row in rows:
            name = tuple(row[column] for column in same)
            old = before.get(name)
            before[name] = row
            if old is None or not str(row["reason"]).strip():
                continue
            changes = changes_of(old, newest[name])
            if any(change.looser for change in changes) and _counts(connection, wish, row):
                found.append(Loosening(int(row["seq"]), row["actor"], old, changes))
    return sorted(found, key=lambda loosening: loosening.seq)


def _counts(connection: sqlite3.Connection, wish: Wish, row: Row) -> bool:
    """Whether a suite's rule is one that the environment asks for."""
    if "suite" not in row:
        return True
    rules = rules_at(connection, wish.environment, wish.seq)
    requires = json.loads(rules["requires"]) if rules else []
    return not requires or row["suite"] in requires


def rules_at(connection: sqlite3.Connection, environment: str, seq: int) -> Row | None:
    """The rules of an environment before a record; None: there were none yet."""
    sql = "SELECT * FROM environments WHERE name = ? AND seq < ? ORDER BY seq DESC LIMIT 1"
    return next(iter(table_rows(connection, sql, (environment, seq))), None)


def _refused_before(connection: sqlite3.Connection, wish: Wish, loosening: Loosening) -> bool:
    now = rules_at(connection, wish.environment, wish.seq)
    rules = rules_at(connection, wish.environment, loosening.seq) or now
    if rules is None or now is None:
        return True
    others = (c for c in environment_changes(rules, now) if c.fact not in _ASKED_AGAIN)
    if rules["frozen"] or any(change.looser for change in others):
        return True
    if rules["promote_from"] and not _is_live_in(connection, wish, rules["promote_from"]):
        return True
    if rules["approvals"] > _approvals(connection, wish):
        return True
    return not rules["untested"] and not _has_evidence(connection, wish, rules, loosening.seq)


def _is_live_in(connection: sqlite3.Connection, wish: Wish, environment: str) -> bool:
    row = connection.execute(
        "SELECT version, action FROM deployments WHERE prompt_id = ? AND environment = ?"
        " AND seq < ? ORDER BY seq DESC LIMIT 1",
        (wish.prompt_id, environment, wish.seq),
    ).fetchone()
    return row is not None and row[0] == wish.version and row[1] != "retire"


def _approvals(connection: sqlite3.Connection, wish: Wish) -> int:
    rolled_back = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM deployments WHERE prompt_id = ? AND environment = ?"
        " AND previous_version = ? AND action = 'rollback' AND seq < ?",
        (wish.prompt_id, wish.environment, wish.version, wish.seq),
    ).fetchone()[0]
    given = connection.execute(
        "SELECT l.actor, a.rules FROM approvals a JOIN ledger l ON l.seq = a.seq"
        " WHERE a.prompt_id = ? AND a.version = ? AND a.environment = ?"
        " AND a.seq > ? AND a.seq < ? ORDER BY a.seq",
        (wish.prompt_id, wish.version, wish.environment, rolled_back, wish.seq),
    ).fetchall()
    evaluators = connection.execute(
        "SELECT l.actor FROM evaluations e JOIN ledger l ON l.seq = e.seq"
        " WHERE e.prompt_id = ? AND e.version = ? AND e.gate = 'pass' AND e.seq < ?",
        (wish.prompt_id, wish.version, wish.seq),
    ).fetchall()
    involved = (wish.actor, wish.author)
    if not any(rules for _, rules in given):  # 0.1.0 compared the text of names
        return len({name for name, _ in given} - set(involved))
    return len(
        distinct(
            name
            for name, _ in given
            if not any(same_person(name, other) for other in involved)
            and not (evaluators and all(same_person(name, one) for (one,) in evaluators))
        )
    )


def _has_evidence(connection: sqlite3.Connection, wish: Wish, rules: Row, seq: int) -> bool:
    """Whether what was evaluated until now passes what was asked before the record `seq`."""
    rows = table_rows(
        connection,
        "SELECT * FROM suites WHERE prompt_id = ? AND seq < ? ORDER BY seq",
        (wish.prompt_id, seq),
    )
    suites = {row["suite"]: row for row in rows}
    ours = [s for s, row in suites.items() if not row["external"] and not row["removed"]]
    required = json.loads(rules["requires"]) or ours
    passed = [
        name
        for name, row in suites.items()
        if not row["removed"] and _passes(connection, wish, rules, row)
    ]
    return bool(passed) and all(name in passed for name in required)


def _passes(connection: sqlite3.Connection, wish: Wish, rules: Row, suite: Row) -> bool:
    found = connection.execute(
        "SELECT e.seq FROM evaluations e JOIN suites s ON s.seq = e.suite_seq"
        " WHERE e.prompt_id = ? AND e.version = ? AND e.fingerprint = ? AND e.suite = ?"
        " AND e.gate = 'pass' AND e.external <= ? AND e.seq < ? AND NOT EXISTS (SELECT 1"
        " FROM evaluations f JOIN suites fs ON fs.seq = f.suite_seq WHERE f.seq > e.seq"
        " AND f.seq < ? AND f.prompt_id = e.prompt_id AND f.fingerprint = e.fingerprint"
        " AND f.suite = e.suite AND f.gate = 'fail' AND fs.fingerprint = s.fingerprint)"
        " ORDER BY e.seq DESC",
        (
            wish.prompt_id,
            wish.version,
            wish.fingerprint,
            suite["suite"],
            rules["external"],
            wish.seq,
            wish.seq,
        ),
    ).fetchall()
    return any(
        _passes_by(connection, evaluation_at(connection, row[0]), wish, rules, suite)
        for row in found
    )


def _passes_by(
    connection: sqlite3.Connection, found: EvaluationRecord, wish: Wish, rules: Row, suite: Row
) -> bool:
    """Whether an evaluation that passed also passes what the suite asked before."""
    sql = "SELECT * FROM suites WHERE seq = (SELECT suite_seq FROM evaluations WHERE seq = ?)"
    (judged,) = table_rows(connection, sql, (found.seq,))
    policy = json.loads(suite["policy"])
    age = _days_between(found.evidence.finished_at, wish.at)
    limits = (rules["max_age_days"] or None, policy.get("max_age_days"))
    if any(limit is not None and age > limit + 0.01 for limit in limits):
        return False
    looser = {change.fact for change in suite_changes(suite, judged) if change.looser}
    if not looser <= _JUDGED_AGAIN:
        return False
    return not looser or recompute(replace(found.evidence, policy=policy)) is Gate.PASS


def _days_between(earlier: str, later: str) -> float:
    gap = datetime.datetime.fromisoformat(later) - datetime.datetime.fromisoformat(earlier)
    return gap.total_seconds() / _SECONDS_A_DAY


def table_rows(connection: sqlite3.Connection, sql: str, values: tuple[Any, ...] = ()) -> list[Row]:
    """Rows by the names of their columns."""
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
