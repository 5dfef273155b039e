"""Was every loosened rule recorded with a reason, approved where required, and named by the
deployments that it allowed?
"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.errors import WorkbenchError
from workbench.fingerprints import fingerprint
from workbench.registry.content.rule_changes import asks_nothing
from workbench.registry.deploy.loosened import (
    ProposedDeployment,
    has_evidence,
    loosened_by,
    loosenings_for,
    rules_at,
)
from workbench.registry.deploy.open_loosenings import Loosening
from workbench.registry.deploy.rule_approvals import rule_approvers
from workbench.registry.models.actors import same_person
from workbench.registry.models.deployment_rules import LOOSENED_BY, RULES_APPROVED
from workbench.registry.models.records import Finding
from workbench.registry.models.strictness import Change, environment_changes, suite_changes
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.queries import judged_cases
from workbench.registry.storage.tables import table_rows

Row = Mapping[str, Any]

_RULES: tuple[tuple[str, tuple[str, ...], Callable[[Row, Row], tuple[Change, ...]]], ...] = (
    ("environments", ("name",), environment_changes),
    ("suites", ("prompt_id", "suite"), suite_changes),
)


def check_loosening(connection: Connection) -> Iterator[Finding]:
    """All findings, by record."""
    try:
        yield from _check_all(connection)
    except (ValueError, TypeError, LookupError, AttributeError, WorkbenchError) as error:
        # Rows that bypassed the triggers need not even be JSON.
        yield Finding(0, "rules", f"a rule or its evidence cannot be read: {error}")


def _check_all(connection: Connection) -> Iterator[Finding]:
    for table, same, changes_of in _RULES:
        yield from _check_reasons(connection, table, same, changes_of)
    yield from _check_contents(connection)
    yield from _check_approvals(connection)
    yield from _check_deployments(connection)


def _check_reasons(
    connection: Connection,
    table: str,
    same: tuple[str, ...],
    changes_of: Callable[[Row, Row], tuple[Change, ...]],
) -> Iterator[Finding]:
    """A row that is looser than the previous one has a reason.

    Releases that required none wrote no revision. They write none after a release that did.
    """
    held = _first(
        connection,
        "SELECT min(seq) FROM (SELECT seq FROM environments WHERE revision > 0"
        " UNION ALL SELECT seq FROM suites WHERE revision > 0)",
    )
    version = _first(connection, "SELECT min(seq) FROM versions")
    before: dict[tuple[Any, ...], Row] = {}
    for row in table_rows(connection, f"SELECT * FROM {table} ORDER BY seq"):
        name = tuple(row[column] for column in same)
        old, before[name] = before.get(name), row
        if old is None or row["reason"].strip() or held is None or row["seq"] < held:
            continue
        if table == "suites" and asks_nothing(connection, old, row):
            continue
        if table == "environments" and (version is None or row["seq"] < version):
            continue
        facts = ", ".join(change.fact for change in changes_of(old, row) if change.looser)
        if facts:
            problem = f"{'@'.join(name)} was loosened without a reason: {facts}"
            yield Finding(int(row["seq"]), table, problem)


def _check_contents(connection: Connection) -> Iterator[Finding]:
    """The contents of a suite match the fingerprints of its parts."""
    judged: dict[int, list[tuple[int, str]]] = {}
    # An extension started with the cases that the suite had at the time.
    for suite, seq, cases in judged_cases(connection):
        judged.setdefault(suite, []).append((seq, cases))
    sql = "SELECT * FROM suites WHERE contents <> '' AND external = 0 ORDER BY seq"
    for row in table_rows(connection, sql):
        where = f"suite {row['suite']}"
        contents, parts = json.loads(row["contents"]), json.loads(row["parts"])
        if "scorers" in contents:
            contents["scorers"] = [[item[2], item[1]] for item in contents["scorers"]]
        told = [name for name in ("scorers", "repeats") if name in contents]
        if any(fingerprint(contents[name]) != parts.get(name) for name in told):
            yield Finding(row["seq"], "suites", f"{where}: its contents are not those of its parts")
        held = {key.partition("#")[0].partition(".")[0] for key in contents.get("cases", ())}
        for seq, cases in judged.get(row["seq"], ()):
            if not held.issuperset(json.loads(cases)):
                problem = f"it judged cases that {where} does not hold"
                yield Finding(seq, "evaluations", problem)


def _check_approvals(connection: Connection) -> Iterator[Finding]:
    sql = (
        "SELECT a.seq, l.actor, t.actor AS by, coalesce(s.reason, n.reason, '') AS reason"
        " FROM rule_approvals a LEFT JOIN ledger l ON l.seq = a.seq"
        " LEFT JOIN ledger t ON t.seq = a.target LEFT JOIN suites s ON s.seq = a.target"
        " LEFT JOIN environments n ON n.seq = a.target ORDER BY a.seq"
    )
    for row in table_rows(connection, sql):
        if not row["reason"].strip():
            yield Finding(row["seq"], "rule_approvals", "it approves no loosened rule")
        elif same_person(row["actor"] or "", row["by"] or ""):
            yield Finding(row["seq"], "rule_approvals", "who loosened the rule approved it")


def _check_deployments(connection: Connection) -> Iterator[Finding]:
    """Derives marks only where a rule was ever loosened, or cases were added."""
    changed = {
        prompt_id
        for (prompt_id,) in connection.execute(
            "SELECT prompt_id FROM suites WHERE revision > 0 GROUP BY prompt_id, suite"
            " HAVING min(parts) <> max(parts)"
        )
    }
    if not changed and not _first(
        connection,
        "SELECT max(seq) FROM (SELECT seq FROM environments WHERE reason <> ''"
        " UNION ALL SELECT seq FROM suites WHERE reason <> ''"
        " UNION ALL SELECT seq FROM deployments WHERE loosened_by IS NOT NULL)",
    ):
        return
    sql = (
        "SELECT d.*, v.author, l.actor, l.at FROM deployments d JOIN ledger l ON l.seq = d.seq"
        " JOIN versions v ON v.prompt_id = d.prompt_id AND v.version = d.version ORDER BY d.seq"
    )
    names = ("prompt_id", "version", "fingerprint", "author", "environment", "actor", "seq", "at",
             "revision")  # fmt: skip
    for row in table_rows(connection, sql):
        if row["action"] != "deploy" or row["override"]:
            continue
        proposed = ProposedDeployment(**{name: row[name] for name in names})
        where = f"{row['prompt_id']}@{row['version']} in {row['environment']}"
        for loosening in loosenings_for(connection, proposed):
            if _lacks_approval(connection, proposed, loosening):
                problem = RULES_APPROVED.finding.format(record=loosening.seq)
                yield Finding(row["seq"], "deployments", f"{where}: {problem}")
        rules = rules_at(connection, proposed.environment, proposed.seq)
        asked = row["revision"] and row["prompt_id"] in changed
        ruled = rules if rules and asked and not rules["untested"] else None
        if ruled and not has_evidence(connection, proposed, ruled, proposed.seq):
            problem = "it had no evidence that passes without the cases that were added"
            yield Finding(row["seq"], "deployments", f"{where}: {problem}")
        if loosened_by(connection, proposed) != row["loosened_by"]:
            yield Finding(row["seq"], "deployments", f"{where}: {LOOSENED_BY.finding}")


def _lacks_approval(
    connection: Connection, proposed: ProposedDeployment, loosening: Loosening
) -> bool:
    rules = [
        rules_at(connection, proposed.environment, seq) for seq in (proposed.seq, loosening.seq)
    ]
    wanted = max(int(row["approvals"]) for row in rules if row)
    return rule_approvers(connection, loosening.seq, loosening.actor, proposed.seq) < wanted


def _first(connection: Connection, sql: str, values: tuple[Any, ...] = ()) -> int | None:
    seq: int | None = connection.execute(sql, values).fetchone()[0]
    return seq
