"""Observations: which model answers today under the name that a version asks for.

One is recorded where it is another than was known: by an evaluation whose answers are fresh, or by
a canary, which also records that scores changed under the same name, and that they are as before
again.
"""

# The SQL is put together from constants of this package.
# ruff: noqa: S608
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from workbench.fingerprints import canonical_json
from workbench.registry.models.actors import actor_named
from workbench.registry.models.answering import Observation, Observed, answered_by, with_asked
from workbench.registry.models.digest import Column
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.queries import json_field
from workbench.registry.storage.tables import iterate_rows
from workbench.verdicts.values import Evidence

_NEWEST = """
SELECT o.*, l.at FROM observations o JOIN ledger l ON l.seq = o.seq
WHERE o.seq = (SELECT max(x.seq) FROM observations x WHERE x.asked = o.asked)
"""
_RECENT = 200
"""Evaluations of other prompts that are searched for the same model: each has a large record."""
_SIDE = json_field("e.record", "answers", "b")
_BEFORE = f"""
SELECT {_SIDE}, {json_field("e.record", "environment")} FROM evaluations e
WHERE e.seq < :seq AND (e.prompt_id = :prompt OR e.seq IN (
  SELECT x.seq FROM evaluations x WHERE x.seq < :seq ORDER BY x.seq DESC LIMIT {_RECENT}))
ORDER BY e.seq DESC
"""


def newest_observations(connection: Connection) -> Observed:
    """The newest observation by what was asked for."""
    rows = iterate_rows(connection, _NEWEST)
    return {row["asked"]: Observation.of_row(row) for row in rows}


def observe_evaluation(transaction: Transaction, seq: int, evidence: Evidence, by: str) -> None:
    """Record who gave the answers of an evaluation that was made now, if that is news."""
    side = evidence.answers.get("b") or {}
    if evidence.plan.get("extends"):
        return  # its models are also those that answered before

    def before() -> Mapping[str, Any]:
        return _before(transaction.connection, evidence.prompt_id, seq, side["asked"])

    observe(transaction, seq, evidence, side, before, f"evaluation on {evidence.suite}", by)


def observe(
    transaction: Transaction,
    seq: int,
    evidence: Evidence,
    side: Mapping[str, Any],
    before: Callable[[], Mapping[str, Any]],
    reason: str,
    by: str,
    *,
    changed: bool | None = None,
) -> bool:
    """Record who gave the answers of `side`, of now, if it is news, and say whether it was.

    `seq` is the evaluation that was made, or asked again. `before` gives what is known of earlier
    answers, and is called only where nothing was observed yet. `changed` says whether the scores
    are other ones than in that evaluation, None that they were not compared.
    """
    asked, answered = side.get("asked", ""), answered_by(side)
    if not asked or not answered or side.get("cached") != 0 or side.get("unknown"):
        return False
    newest = newest_observations(transaction.connection).get(asked)
    if newest:
        about = newest.prompt_id == evidence.prompt_id and changed is not None
        if newest.answered == answered and not (about and newest.changed != changed):
            return False
    elif not changed:
        earlier = before()
        if not earlier or set(answered) <= set(answered_by(earlier)):
            return False
    row: dict[str, Column] = {
        "prompt_id": evidence.prompt_id,
        "version": evidence.version,
        "fingerprint": evidence.prompt_fingerprint,
        "evaluation": seq,
        "asked": asked,
        "answered": canonical_json(list(answered)),
        "changed": int(changed or False),
        "reason": reason,
    }
    transaction.append("observation", actor_named(by), row)
    return True


def _before(connection: Connection, prompt_id: str, seq: int, asked: str) -> Mapping[str, Any]:
    """The newest fresh answers before that record to what was asked for; empty for none."""
    for answers, environment in connection.execute(_BEFORE, {"seq": seq, "prompt": prompt_id}):
        side = with_asked({"b": json.loads(answers or "{}")}, json.loads(environment or "{}"))["b"]
        if side.get("asked") == asked and side.get("cached") == 0:
            return side
    return {}
