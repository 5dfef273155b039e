"""Which loosened rule allowed a deployment? Derived from the records before it.

A deployment is marked with the newest loosening before which the rules would have refused it.
Nothing here queries the triggers or the views, so `verify` derives the mark in the same way.
"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.registry.content.evidence import evaluation_at
from workbench.registry.deploy.added_cases import held_to, judged_row, passes_by
from workbench.registry.deploy.approvals import approvals_given
from workbench.registry.deploy.approvers import Involved, approvers, approvers_by_name
from workbench.registry.deploy.open_loosenings import Loosening, open_loosenings
from workbench.registry.models.records import EvaluationRecord
from workbench.registry.models.strictness import MARKS_REVISION, environment_changes, suite_changes
from workbench.registry.storage import clock
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.tables import table_rows

Row = Mapping[str, Any]

_ASKED_AGAIN = frozenset(
    ("requires", "approvals", "from", "external", "untested", "frozen", "max_age_days")
)
"""Facts of an environment that are checked below; any other counts against the deployment."""


@dataclass(frozen=True, slots=True)
class ProposedDeployment:
    """A deployment as the rules see it, with the seq of its record, made or next."""

    prompt_id: str
    version: str
    fingerprint: str
    author: str
    environment: str
    actor: str
    seq: int
    at: str
    revision: int = MARKS_REVISION
    """The revision of the rules for marks."""


def loosened_by(connection: Connection, proposed: ProposedDeployment) -> int | None:
    """seq of the loosening that allowed a deployment; None: it needed none."""
    for loosening in reversed(loosenings_for(connection, proposed)):
        if _refused_before(connection, proposed, loosening.seq):
            return loosening.seq
    return None


def loosenings_for(connection: Connection, proposed: ProposedDeployment) -> list[Loosening]:
    """Open loosenings that apply to the deployment, oldest first."""
    loosenings: list[Loosening] = []
    for table, same, changes_of in (
        ("environments", ("name",), environment_changes),
        ("suites", ("prompt_id", "suite"), suite_changes),
    ):
        place = ("environment", proposed.environment) if table == "environments" else (
            "prompt_id", proposed.prompt_id)  # fmt: skip
        any_of = f"SELECT 1 FROM {table} WHERE {same[0]} = ? AND reason <> '' AND seq < ?"
        if not connection.execute(any_of, (place[1], proposed.seq)).fetchone():
            continue
        rows = table_rows(
            connection,
            f"SELECT t.*, l.actor FROM {table} t JOIN ledger l ON l.seq = t.seq"
            f" WHERE t.{same[0]} = ? AND t.seq < ? ORDER BY t.seq",
            (place[1], proposed.seq),
        )
        deployed = [
            seq
            for (seq,) in connection.execute(
                f"SELECT seq FROM deployments WHERE {place[0]} = ? AND action = 'deploy'"
                " AND seq < ?",
                (place[1], proposed.seq),
            )
        ]
        for name in dict.fromkeys(row[same[-1]] for row in rows):
            if table == "suites" and not _is_asked_for(connection, proposed, name):
                continue
            forms = [row for row in rows if row[same[-1]] == name]
            loosenings += open_loosenings(forms, changes_of, deployed, proposed.revision)
    return sorted(loosenings, key=lambda loosening: loosening.seq)


def _is_asked_for(connection: Connection, proposed: ProposedDeployment, suite: str) -> bool:
    rules = rules_at(connection, proposed.environment, proposed.seq)
    requires = json.loads(rules["requires"]) if rules else []
    return not requires or suite in requires


def rules_at(connection: Connection, environment: str, seq: int) -> Row | None:
    """The rules of an environment before a record; None: there were none yet."""
    sql = "SELECT * FROM environments WHERE name = ? AND seq < ? ORDER BY seq DESC LIMIT 1"
    return next(iter(table_rows(connection, sql, (environment, seq))), None)


def _refused_before(connection: Connection, proposed: ProposedDeployment, seq: int) -> bool:
    now = rules_at(connection, proposed.environment, proposed.seq)
    rules = rules_at(connection, proposed.environment, seq) or now
    if rules is None or now is None:
        return True
    others = (c for c in environment_changes(rules, now) if c.fact not in _ASKED_AGAIN)
    if rules["frozen"] or any(change.looser for change in others):
        return True
    if rules["promote_from"] and not _is_live_in(connection, proposed, rules["promote_from"]):
        return True
    passed = evidence_before(connection, proposed, rules, seq)
    if rules["approvals"] > _approvals(connection, proposed, passed):
        return True
    return not rules["untested"] and not has_evidence(connection, proposed, rules, seq, passed)


def _is_live_in(connection: Connection, proposed: ProposedDeployment, environment: str) -> bool:
    row = connection.execute(
        "SELECT version, action FROM deployments WHERE prompt_id = ? AND environment = ?"
        " AND seq < ? ORDER BY seq DESC LIMIT 1",
        (proposed.prompt_id, environment, proposed.seq),
    ).fetchone()
    return row is not None and row[0] == proposed.version and row[1] != "retire"


Passed = Mapping[str, Sequence[EvaluationRecord]]
"""Evaluations that pass the rules of one time, by suite."""


def _approvals(connection: Connection, proposed: ProposedDeployment, passed: Passed) -> int:
    given = approvals_given(
        connection, proposed.prompt_id, proposed.version, proposed.environment, proposed.seq
    )
    evaluators = [record.recorded_by for records in passed.values() for record in records]
    if proposed.revision:
        return len(approvers(given, Involved(proposed.author, proposed.actor, evaluators)))
    every = connection.execute(
        "SELECT l.actor FROM evaluations e JOIN ledger l ON l.seq = e.seq"
        " WHERE e.prompt_id = ? AND e.version = ? AND e.gate = 'pass' AND e.seq < ?",
        (proposed.prompt_id, proposed.version, proposed.seq),
    ).fetchall()
    involved = Involved(proposed.author, proposed.actor, [name for (name,) in every])
    return len(approvers_by_name(given, involved, people=any(rules for _, rules in given)))


def has_evidence(
    connection: Connection,
    proposed: ProposedDeployment,
    rules: Row,
    seq: int,
    passed: Passed | None = None,
) -> bool:
    """Whether the evaluations so far satisfy the rules before the record `seq`."""
    passed = evidence_before(connection, proposed, rules, seq) if passed is None else passed
    suites = {name: forms[-1] for name, forms in _suites_before(connection, proposed, seq).items()}
    ours = [s for s, row in suites.items() if not row["external"] and not row["removed"]]
    return bool(passed) and all(name in passed for name in json.loads(rules["requires"]) or ours)


def evidence_before(
    connection: Connection, proposed: ProposedDeployment, rules: Row, seq: int
) -> Passed:
    """The evaluations so far that pass each suite in its form before the record `seq`."""
    passed_by_suite = {}
    for name, forms in _suites_before(connection, proposed, seq).items():
        held = held_to(forms) if proposed.revision else forms[-1:]
        if forms[-1]["removed"]:
            continue
        if passed := _passing(connection, proposed, rules, held):
            passed_by_suite[name] = passed
    return passed_by_suite


def _suites_before(
    connection: Connection, proposed: ProposedDeployment, seq: int
) -> Mapping[str, Sequence[Row]]:
    """All forms of each suite of the prompt, oldest first."""
    sql = "SELECT * FROM suites WHERE prompt_id = ? AND seq < ? ORDER BY seq"
    forms: dict[str, list[Row]] = {}
    for row in table_rows(connection, sql, (proposed.prompt_id, seq)):
        forms.setdefault(row["suite"], []).append(row)
    return forms


def _passing(
    connection: Connection, proposed: ProposedDeployment, rules: Row, held: Sequence[Row]
) -> list[EvaluationRecord]:
    rows = connection.execute(
        "SELECT e.seq FROM evaluations e JOIN suites s ON s.seq = e.suite_seq"
        " WHERE e.prompt_id = ? AND e.fingerprint = ? AND e.suite = ?"
        " AND e.gate = 'pass' AND e.external <= ? AND e.seq < ? AND NOT EXISTS (SELECT 1"
        " FROM evaluations f JOIN suites fs ON fs.seq = f.suite_seq WHERE f.seq > e.seq"
        " AND f.seq < ? AND f.prompt_id = e.prompt_id AND f.fingerprint = e.fingerprint"
        " AND f.suite = e.suite AND f.gate = 'fail' AND fs.fingerprint = s.fingerprint)"
        " ORDER BY e.seq DESC",
        (
            proposed.prompt_id,
            proposed.fingerprint,
            held[-1]["suite"],
            rules["external"],
            proposed.seq,
            proposed.seq,
        ),
    ).fetchall()
    records = (evaluation_at(connection, seq) for (seq,) in rows)
    return [record for record in records if _passes(connection, record, proposed, rules, held)]


def _passes(
    connection: Connection,
    record: EvaluationRecord,
    proposed: ProposedDeployment,
    rules: Row,
    held: Sequence[Row],
) -> bool:
    """Whether an evaluation that passed also passes every earlier form that it must."""
    age = clock.days_between(record.evidence.finished_at, proposed.at)
    limits = (rules["max_age_days"] or None, json.loads(held[-1]["policy"]).get("max_age_days"))
    if any(limit is not None and age > limit + 0.01 for limit in limits):
        return False
    judged = judged_row(connection, record.seq)
    return all(passes_by(record.evidence, judged, row) for row in held)
