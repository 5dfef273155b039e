"""Which loosened rules let nothing through yet, and a second person's word for them."""

from __future__ import annotations

import sqlite3

from workbench.errors import RegistryError
from workbench.registry.records import RuleChange, WaitingRule
from workbench.registry.rule_changes import recorded_change
from workbench.registry.writing import Transaction

_WAITING = """
SELECT x.seq, r.name, l.actor,
  (SELECT count(DISTINCT y.actor) FROM rule_approvals a JOIN ledger y ON y.seq = a.seq
    WHERE a.target = x.seq AND y.actor <> l.actor) AS given,
  max(r.approvals, coalesce((SELECT b.approvals FROM environments b
    WHERE b.name = r.name AND b.seq < x.seq ORDER BY b.seq DESC LIMIT 1), 0)) AS asked_for
FROM open_loosenings x JOIN environment_rules r JOIN ledger l ON l.seq = x.seq
WHERE (x.environment = r.name OR (x.prompt_id IS NOT NULL AND (json_array_length(r.requires) = 0
    OR x.suite IN (SELECT j.value FROM json_each(r.requires) j))))
  AND given < asked_for
ORDER BY x.seq, r.name
"""
"""The same that the trigger of deployments asks, with who and where."""


def waiting_rules(connection: sqlite3.Connection) -> list[WaitingRule]:
    """Loosened rules that lack approvals by other people, the oldest first."""
    found: dict[int, WaitingRule] = {}
    for seq, environment, actor, approvals, wanted in connection.execute(_WAITING).fetchall():
        before = found.get(seq)
        change, reason = recorded_change(connection, seq) or (RuleChange((), True), "")
        found[seq] = WaitingRule(
            seq=seq,
            change=change,
            by=actor,
            reason=reason,
            environments=(*(before.environments if before else ()), environment),
            approvals=approvals,
            wanted=max(wanted, before.wanted if before else 0),
        )
    return list(found.values())


def waiting_for(
    connection: sqlite3.Connection, prompt_id: str, environment: str
) -> list[WaitingRule]:
    """Those that stand in the way of a deployment there."""
    return [
        rule
        for rule in waiting_rules(connection)
        if environment in rule.environments and rule.change.prompt_id in ("", prompt_id)
    ]


def approve_rules(
    transaction: Transaction, actor: str, seq: int | None, reason: str
) -> list[WaitingRule]:
    """One's word for the loosened rules of others that wait for one, or for one of them."""
    waiting = waiting_rules(transaction.connection)
    chosen = [rule for rule in waiting if seq in (None, rule.seq)]
    mine = [rule for rule in chosen if rule.by != actor]
    if not chosen:
        raise RegistryError("no loosened rule waits for an approval", hint="see workbench rules")
    if not mine:
        raise RegistryError(
            f"{actor} loosened {chosen[0].change.where} and cannot approve it",
            hint="ask somebody else: workbench rules approve",
        )
    for rule in mine:
        transaction.append("rule_approval", actor, {"target": rule.seq, "reason": reason})
    return mine
