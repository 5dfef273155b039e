"""Loosened rules that still need approvals, and approving them."""

from __future__ import annotations

from workbench.errors import RegistryError
from workbench.registry.deploy.recorded_changes import recorded_change
from workbench.registry.models.actors import distinct, same_person
from workbench.registry.models.records import RuleChange, WaitingRule
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.queries import loosenings_to_approve
from workbench.registry.storage.tables import AFTER_ALL


def waiting_rules(connection: Connection) -> list[WaitingRule]:
    """Loosened rules that lack approvals by other people, the oldest first."""
    waiting: dict[int, WaitingRule] = {}
    for seq, environment, actor, wanted in loosenings_to_approve(connection):
        approvals = rule_approvers(connection, seq, actor)
        if approvals >= wanted:
            continue
        before = waiting.get(seq)
        change, reason = recorded_change(connection, seq) or (RuleChange((), True), "")
        waiting[seq] = WaitingRule(
            seq=seq,
            change=change,
            by=actor,
            reason=reason,
            environments=(*(before.environments if before else ()), environment),
            approvals=approvals,
            wanted=max(wanted, before.wanted if before else 0),
        )
    return list(waiting.values())


def rule_approvers(connection: Connection, seq: int, actor: str, before: int = AFTER_ALL) -> int:
    """How many people other than `actor` approved the loosened rule before that record."""
    names = connection.execute(
        "SELECT l.actor FROM rule_approvals a JOIN ledger l ON l.seq = a.seq"
        " WHERE a.target = ? AND a.seq < ? ORDER BY a.seq",
        (seq, before),
    ).fetchall()
    return len(distinct(name for (name,) in names if not same_person(name, actor)))


def waiting_for(connection: Connection, prompt_id: str, environment: str) -> list[WaitingRule]:
    """Those that block a deployment there."""
    return [
        rule
        for rule in waiting_rules(connection)
        if environment in rule.environments and rule.change.prompt_id in ("", prompt_id)
    ]


def approve_rules(
    transaction: Transaction, actor: str, seq: int | None, reason: str
) -> list[WaitingRule]:
    """Approve the loosened rules of others that wait, or one of them. Raises RegistryError when
    none waits, or it is one's own.
    """
    waiting = waiting_rules(transaction.connection)
    chosen = [rule for rule in waiting if seq in (None, rule.seq)]
    mine = [rule for rule in chosen if not same_person(rule.by, actor)]
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
