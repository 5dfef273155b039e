"""Added cases that a version depends on to pass: finding them, and accepting them."""

from __future__ import annotations

from workbench.errors import NotInRegistry
from workbench.registry.content.evidence import evaluation_at
from workbench.registry.content.rule_changes import append_rule, current_suite, unrecorded
from workbench.registry.deploy.added_cases import forms_with_fewer_cases, only_by_added
from workbench.registry.deploy.recorded_changes import accepted_cases
from workbench.registry.models.records import RuleChange
from workbench.registry.models.strictness import REVISION
from workbench.registry.models.values import PromptVersion
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Transaction


def suites_let_through(connection: Connection) -> list[RuleChange]:
    """The changes that would accept added cases, where a version passes only with them."""
    grown = connection.execute(
        "SELECT prompt_id, suite FROM suites WHERE revision > 0 GROUP BY prompt_id, suite"
        " HAVING min(parts) <> max(parts) ORDER BY prompt_id, suite"
    ).fetchall()
    accepted = []
    for name in grown:
        current = current_suite(connection, *name)
        if current is None or not forms_with_fewer_cases(connection, *name):
            continue
        passed: dict[str, list[int]] = {}
        for seq, content in connection.execute(
            "SELECT seq, fingerprint FROM passing_evaluations WHERE prompt_id = ? AND suite = ?"
            " ORDER BY seq DESC",
            name,
        ).fetchall():
            passed.setdefault(content, []).append(seq)
        if any(
            only_by_added(connection, name, (evaluation_at(connection, seq) for seq in seqs))
            for seqs in passed.values()
        ):
            change = accepted_cases(connection, unrecorded(current))
            accepted += [change] if change else []
    return accepted


def version_let_through(connection: Connection, version: PromptVersion, suite: str) -> str:
    """Why a version passes a suite only with added cases, as a sentence; "" when it does not depend
    on them.
    """
    rows = connection.execute(
        "SELECT seq FROM passing_evaluations WHERE prompt_id = ? AND fingerprint = ? AND suite = ?"
        " ORDER BY seq DESC",
        (version.prompt_id, version.fingerprint, suite),
    ).fetchall()
    passed = (evaluation_at(connection, seq) for (seq,) in rows)
    return str(only_by_added(connection, (version.prompt_id, suite), passed) or "")


def accept_cases(
    transaction: Transaction, prompt_id: str, suite: str, by: str, reason: str
) -> None:
    """Accept the cases of a suite as they are now. Raises NotInRegistry, and RulesLoosened without
    a reason.
    """
    current = current_suite(transaction.connection, prompt_id, suite)
    if current is None:
        raise NotInRegistry(f"{prompt_id} has no suite {suite!r}", hint="see workbench log")
    row = unrecorded(current) | {"revision": REVISION}
    change = accepted_cases(transaction.connection, row)
    if change:
        append_rule(transaction, "suite", row, by, change, reason)
