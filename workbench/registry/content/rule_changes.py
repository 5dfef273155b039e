"""Publishing the rules that evidence and deployments must satisfy; a looser rule needs a reason."""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.errors import NotInRegistry, RegistryError, RulesLoosened
from workbench.fingerprints import canonical_json, fingerprint, short
from workbench.registry.content.rule_words import rule_words
from workbench.registry.models.actors import actor_named, can_be_seen
from workbench.registry.models.digest import Column
from workbench.registry.models.records import FactChange, RuleChange
from workbench.registry.models.strictness import REVISION, environment_changes, suite_changes
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.queries import json_is_empty
from workbench.registry.storage.tables import AFTER_ALL, first_row
from workbench.verdicts.values import Evidence

Row = dict[str, Column]

_NEW = (FactChange("rules", "none", "new", False),)
_SAME_SUITE = ("fingerprint", "parts", "policy", "external")


def suite_row(
    prompt_id: str,
    suite: str,
    parts: Mapping[str, str],
    policy: Mapping[str, Any],
    *,
    contents: Mapping[str, Any] | None = None,
    external: bool = False,
    suite_fingerprint: str = "",
) -> Row:
    """The row of a suite. `contents` lists what the fingerprints in `parts` are made of."""
    return {
        "prompt_id": prompt_id,
        "suite": suite,
        "fingerprint": suite_fingerprint or fingerprint(parts),
        "parts": canonical_json(parts),
        "policy": canonical_json(policy),
        "external": int(external),
        "contents": canonical_json(contents) if contents else "",
        "removed": 0,
        "reason": "",
        "revision": REVISION,
    }


def current_suite(connection: Connection, prompt_id: str, suite: str) -> Row | None:
    """The row that is in force, or None."""
    where = "prompt_id = ? AND suite = ?"
    return first_row(connection, f"SELECT * FROM current_suites WHERE {where}", (prompt_id, suite))


def suite_change(connection: Connection, row: Row) -> RuleChange | None:
    """What publishing this row would change; None: nothing."""
    current = current_suite(connection, str(row["prompt_id"]), str(row["suite"]))
    if current is None:
        names = {"prompt_id": str(row["prompt_id"]), "suite": str(row["suite"])}
        theirs = _judged_by_theirs_alone(connection, names["prompt_id"])
        if not theirs:
            return RuleChange(_NEW, False, **names)
        return further_suite(theirs, **names)
    change = change_of_suite(current, row)
    if change and change.looser and asks_nothing(connection, current, row):
        facts = tuple(replace(fact, looser=False) for fact in change.facts)
        return replace(change, facts=facts, looser=False)
    return change


def asks_nothing(connection: Connection, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether nothing relied on a suite that 0.1.0 published: nothing was judged by it yet, and it
    is changed, not removed.
    """
    if old["revision"] or new["removed"]:
        return False
    judged = connection.execute(
        "SELECT 1 FROM evaluations WHERE prompt_id = ? AND suite = ? AND seq < ?",
        (old["prompt_id"], old["suite"], new.get("seq", AFTER_ALL)),
    ).fetchone()
    return judged is None


def _judged_by_theirs_alone(connection: Connection, prompt_id: str) -> str:
    """The names of a prompt's external suites, where the workspace has none for it and an
    environment accepts external evidence; else "".

    One passing suite is enough there, so a further suite could accept what these refuse. A further
    suite beside one of the workspace, which is required, cannot.
    """
    asked = connection.execute(
        f"SELECT 1 FROM environment_rules WHERE external = 1 AND {json_is_empty('requires')}"
    ).fetchone()
    if asked is None:
        return ""
    rows = connection.execute(
        "SELECT suite, external FROM current_suites WHERE prompt_id = ? AND removed = 0"
        " ORDER BY suite",
        (prompt_id,),
    ).fetchall()
    return ", ".join(name for name, _ in rows) if all(external for _, external in rows) else ""


def change_of_suite(before: Row, after: Row) -> RuleChange | None:
    """What differs between two rows of a suite; None: nothing."""
    changes = suite_changes(before, after)
    if not changes:
        return None
    return RuleChange(
        rule_words(changes, before, after),
        any(change.looser for change in changes),
        prompt_id=str(after["prompt_id"]),
        suite=str(after["suite"]),
    )


def looser_since(connection: Connection, evaluations: Sequence[int]) -> tuple[FactChange, ...]:
    """Facts in which the suites in force are looser than those of the evaluations, each once."""
    looser: dict[str, FactChange] = {}
    sql = "SELECT * FROM suites WHERE seq = (SELECT suite_seq FROM evaluations WHERE seq = ?)"
    for seq in evaluations:
        before = first_row(connection, sql, (seq,))
        if before is None:
            continue
        now = current_suite(connection, str(before["prompt_id"]), str(before["suite"]))
        change = change_of_suite(before, now) if now else None
        for fact in change.facts if change else ():
            if fact.looser and fact.fact != "cases":
                looser.setdefault(fact.fact, fact)
    return tuple(looser.values())


def publish_suite(transaction: Transaction, row: Row, by: str, reason: str = "") -> int:
    """Publish a suite: the seq of its row. An unchanged suite adds no row.

    Raises RulesLoosened for a looser or incomparable suite without a reason, RegistryError for an
    external suite under the name of one of the workspace.
    """
    current = current_suite(transaction.connection, str(row["prompt_id"]), str(row["suite"]))
    if current is not None:
        if row["external"] and not current["external"]:
            raise RegistryError(
                f"{row['suite']!r} is a suite of the workspace; a team's own suite cannot replace"
                " it",
                hint="give the suite object another name",
            )
        if is_published(current, row):
            return int(str(current["seq"]))
    change = suite_change(transaction.connection, row)
    return append_rule(transaction, "suite", row, by, change, reason)


def is_published(current: Mapping[str, Column], row: Row) -> bool:
    """Whether the row in force is equal and has at least as much content."""
    same = all(current[name] == row[name] for name in (*_SAME_SUITE, "removed"))
    return same and row["contents"] in ("", current["contents"])


def remove_suite(
    transaction: Transaction, prompt_id: str, suite: str, by: str, reason: str
) -> None:
    """Take a suite out of force. Raises NotInRegistry, and RulesLoosened without a reason."""
    current = current_suite(transaction.connection, prompt_id, suite)
    if current is None or current["removed"]:
        raise NotInRegistry(f"{prompt_id} has no suite {suite!r}", hint="see workbench log")
    row = removal(current)
    change = suite_change(transaction.connection, row)
    append_rule(transaction, "suite", row, by, change, reason)


def removal(current: Row) -> Row:
    """The row that takes a suite out of force."""
    return unrecorded(current) | {"removed": 1, "reason": "", "revision": REVISION}


def suite_of_evidence(transaction: Transaction, evidence: Evidence, by: str, reason: str) -> int:
    """seq of the newest row of the suite that judged it; an unknown suite is published."""
    row = suite_row(
        evidence.prompt_id,
        evidence.suite,
        evidence.suite_parts,
        evidence.policy,
        external=evidence.external,
        suite_fingerprint=evidence.suite_fingerprint,
        contents=_external_contents(evidence) if evidence.external else None,
    )
    known = transaction.connection.execute(
        "SELECT max(seq) FROM suites WHERE prompt_id = ? AND suite = ? AND removed = 0 AND "
        + " AND ".join(f"{name} = ?" for name in _SAME_SUITE),
        (evidence.prompt_id, evidence.suite, *(row[name] for name in _SAME_SUITE)),
    ).fetchone()[0]
    if known is not None and not evidence.external:
        return int(known)
    return publish_suite(transaction, row, by, reason)


def _external_contents(evidence: Evidence) -> dict[str, Any]:
    """The cases of an external suite: identified by their ids, and by its fingerprint if it has
    one.
    """
    dataset = evidence.suite_parts.get("dataset", "")
    ids = [pair.case_id for pairs in evidence.pairs.values() for pair in pairs]
    return {"cases": {f"{i}@{short(dataset)}" if dataset else i: i for i in ids}}


def environment_change(connection: Connection, row: Row) -> RuleChange | None:
    """What publishing this row would change; None: nothing."""
    sql = "SELECT * FROM environment_rules WHERE name = ?"
    current = first_row(connection, sql, (str(row["name"]),))
    if current is None:
        return RuleChange(_NEW, False, environment=str(row["name"]))
    return change_of_environment(current, row)


def change_of_environment(before: Row, after: Row) -> RuleChange | None:
    """What differs between two rows of an environment; None: nothing."""
    changes = environment_changes(before, after)
    if not changes:
        return None
    return RuleChange(
        rule_words(changes, before, after),
        any(change.looser for change in changes),
        environment=str(after["name"]),
    )


def publish_environment(transaction: Transaction, row: Row, by: str, reason: str = "") -> None:
    """Publish the rules of an environment. Unchanged rules add no row.

    Raises RulesLoosened as for a suite, once the registry holds a version.
    """
    change = environment_change(transaction.connection, row)
    if change:
        append_rule(transaction, "environment", row, by, change, reason)


def further_suite(theirs: str, prompt_id: str, suite: str) -> RuleChange:
    """The change by a first form of a suite beside external suites."""
    fact = FactChange("suites", theirs, f"{suite} too", True)
    return RuleChange((fact,), True, prompt_id=prompt_id, suite=suite)


def adds_cases(change: RuleChange | None) -> bool:
    """Whether the change adds, removes or edits cases."""
    return change is not None and any(fact.fact == "cases" for fact in change.facts)


def unrecorded(row: Row) -> Row:
    """A row without its seq, to be appended again."""
    return {name: value for name, value in row.items() if name != "seq"}


def append_rule(
    transaction: Transaction,
    kind: str,
    row: Row,
    by: str,
    change: RuleChange | None,
    reason: str,
) -> int:
    """Record a rule, with its reason where one is needed: the seq. Raises RulesLoosened."""
    looser = change is not None and change.looser
    if looser and not can_be_seen(reason) and not _may_still_be_set(transaction.connection, kind):
        raise RulesLoosened((change,))
    # Adding cases with a reason accepts them: evidence need not pass on the earlier ones alone.
    kept_reason = reason.strip() if (looser or adds_cases(change)) and can_be_seen(reason) else ""
    seq, _ = transaction.append(kind, actor_named(by), row | {"reason": kept_reason})
    return seq


def _may_still_be_set(connection: Connection, kind: str) -> bool:
    """Environments may be set up freely until the first version is registered."""
    return kind == "environment" and not connection.execute("SELECT 1 FROM versions").fetchone()
