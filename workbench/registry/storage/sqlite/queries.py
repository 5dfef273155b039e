"""Queries and fragments of SQL that need SQLite's dialect, for the code above `storage`."""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.registry.storage.connection import Connection


def json_field(column: str, *path: str) -> str:
    """SQL for a value inside a column that holds JSON; NULL where it is absent."""
    return f"json_extract({column}, '$.{'.'.join(path)}')"


def json_is_empty(column: str) -> str:
    """SQL that holds where a column's JSON list has no items."""
    return f"json_array_length({column}) = 0"


_GATE_USES = f"""
SELECT e.seq, e.suite, e.fingerprint, e.baseline_fingerprint IS NOT NULL,
  EXISTS (SELECT 1 FROM evaluations x WHERE x.prompt_id = e.prompt_id
    AND {json_field("x.plan", "extends")} = e.evaluation_id),
  coalesce({json_field("e.record", "cases")}, '[]'),
  coalesce({json_field("e.record", "questions")}, '[]'),
  (SELECT json_group_array(DISTINCT c.case_id) FROM scores c WHERE c.evaluation = e.seq)
FROM evaluations e WHERE e.prompt_id = ? AND e.external = 0 ORDER BY e.seq
"""


def gate_use_rows(connection: Connection, prompt_id: str) -> Sequence[tuple[Any, ...]]:
    """The evaluations of a prompt, oldest first: seq, suite, prompt fingerprint, whether there is
    a baseline, whether another one extends it, and as JSON lists the digests of its cases, of its
    questions, and the ids of its cases.
    """
    return connection.execute(_GATE_USES, (prompt_id,)).fetchall()


_JUDGED_CASES = f"""
SELECT suite_seq, seq, CASE WHEN json_valid(record) AND json_valid(plan) THEN CASE
  WHEN {json_field("plan", "extends")} IS NULL THEN {json_field("record", "cases")} END END AS cases
FROM evaluations WHERE external = 0 AND cases IS NOT NULL ORDER BY seq
"""


def judged_cases(connection: Connection) -> Sequence[tuple[int, int, str]]:
    """seq of the suite, seq of the evaluation and the digests of its cases as JSON, for each
    evaluation of the workspace's own suites that extends no other.
    """
    return connection.execute(_JUDGED_CASES).fetchall()


_WAITING = """
SELECT x.seq, r.name, l.actor,
  max(r.approvals, coalesce((SELECT b.approvals FROM environments b
    WHERE b.name = r.name AND b.seq < x.seq ORDER BY b.seq DESC LIMIT 1), 0)) AS asked_for
FROM open_loosenings x JOIN environment_rules r JOIN ledger l ON l.seq = x.seq
WHERE (x.environment = r.name OR (x.prompt_id IS NOT NULL AND (json_array_length(r.requires) = 0
    OR x.suite IN (SELECT j.value FROM json_each(r.requires) j))))
ORDER BY x.seq, r.name
"""


def loosenings_to_approve(connection: Connection) -> Sequence[tuple[int, str, str, int]]:
    """seq, environment, actor and the number of approvals required, for each loosening that counts
    in an environment; `deployment_rules.UNAPPROVED` is the trigger's form of it.
    """
    return connection.execute(_WAITING).fetchall()
