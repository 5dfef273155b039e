"""Evaluations and their suites, with one row of scores per case."""

# The SQL is put together from constants of this package.
# ruff: noqa: S608
from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from workbench.errors import NotInRegistry, RegistryError
from workbench.fingerprints import canonical_json, fingerprint, short
from workbench.registry.content.observations import observe_evaluation
from workbench.registry.content.rule_changes import suite_of_evidence
from workbench.registry.models.actors import actor_named
from workbench.registry.models.digest import Column
from workbench.registry.models.records import (
    DatasetUse,
    EvaluationRecord,
    GateUse,
    SuiteRecord,
)
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.queries import gate_use_rows, json_field
from workbench.verdicts import evidence_from_json, evidence_to_json
from workbench.verdicts.sample import mean
from workbench.verdicts.values import CasePair, Evidence, Gate

_SELECT = """
SELECT e.seq, e.evaluation_id, e.record, s.parts, s.policy, l.at, l.actor
FROM evaluations e JOIN suites s ON s.seq = e.suite_seq JOIN ledger l ON l.seq = e.seq
"""

_DATASET_USES = (
    "SELECT e.seq, e.evaluation_id, e.version, e.gate, e.score, s.parts, "
    + json_field("e.record", "environment", "snapshot")
    + ", l.at, l.actor FROM evaluations e JOIN suites s ON s.seq = e.suite_seq"
    " JOIN ledger l ON l.seq = e.seq WHERE e.prompt_id = ? AND e.suite = ? ORDER BY e.seq DESC"
)


def record_evaluation(
    transaction: Transaction, evidence: Evidence, by: str, reason: str = ""
) -> tuple[int, str]:
    """Record the evidence with every score, under the suite that judged it: seq and id of the
    evaluation.

    Equal evidence has the same id and is recorded once. An unknown suite is published; one that was
    published before is not published again, so an evaluation that ends after its suite was changed
    is stale from the start.

    Raises RegistryError when the evidence contradicts itself or the version, NotInRegistry for an
    unknown version, RulesLoosened when its suite asks for less than the one in force and there is
    no `reason`.
    """
    _check(transaction.connection, evidence)
    evaluation_id = short(fingerprint(evidence_to_json(evidence)))
    known = transaction.connection.execute(
        "SELECT seq FROM evaluations WHERE evaluation_id = ?", (evaluation_id,)
    ).fetchone()
    if known:
        return int(known[0]), evaluation_id
    suite_seq = suite_of_evidence(transaction, evidence, by, reason)
    seq, _ = transaction.append(
        "evaluation",
        actor_named(by),
        row_of(evidence, evaluation_id, suite_seq),
        scores=list(score_rows(evidence.pairs)),
    )
    observe_evaluation(transaction, seq, evidence, by)
    return seq, evaluation_id


def row_of(evidence: Evidence, evaluation_id: str, suite_seq: int) -> dict[str, Column]:
    """The row of an evaluation: the columns that SQL judges by, and the rest as one JSON record."""
    return {
        "evaluation_id": evaluation_id,
        "prompt_id": evidence.prompt_id,
        "version": evidence.version,
        "fingerprint": evidence.prompt_fingerprint,
        "suite": evidence.suite,
        "suite_seq": suite_seq,
        "gate": evidence.gate.value,
        "score": None if evidence.score is None else float(evidence.score),
        "planned": evidence.planned,
        "plan": canonical_json(evidence.plan),
        "baseline_version": evidence.baseline_version,
        "baseline_fingerprint": evidence.baseline_fingerprint,
        "external": int(evidence.external),
        "attempt": evidence.attempt,
        "started_at": evidence.started_at,
        "finished_at": evidence.finished_at,
        "record": evidence_to_json(replace(evidence, pairs={}, policy={}, suite_parts={})),
    }


def score_rows(pairs: Mapping[str, tuple[CasePair, ...]]) -> Iterable[dict[str, Column]]:
    """One row per gating scorer and case, in the order of the plan, and one of its raw values."""
    for scorer in sorted(pairs):
        for position, pair in enumerate(pairs[scorer]):
            yield {
                "scorer": scorer,
                "position": position,
                "case_id": pair.case_id,
                "a": mean(pair.a),
                "b": mean(pair.b),
                "a_repeats": _as_json(pair.a),
                "b_repeats": _as_json(pair.b),
                "case_group": pair.group,
                "reason": pair.reason,
                "tags": json.dumps(pair.tags) if pair.tags else "",
            }


def evaluations(
    connection: Connection, prompt_id: str, version: str | None = None, *, scores: bool = True
) -> list[EvaluationRecord]:
    """Evaluations of a prompt or of one version, newest first; without the `scores` of their cases
    `pairs` is empty.
    """
    rows = connection.execute(
        _SELECT + " WHERE e.prompt_id = ? AND (? IS NULL OR e.version = ?) ORDER BY e.seq DESC",
        (prompt_id, version, version),
    ).fetchall()
    return [_record(connection, row, scores=scores) for row in rows]


def evaluation_at(connection: Connection, seq: int) -> EvaluationRecord:
    """The evaluation with that seq. Raises NotInRegistry."""
    row = connection.execute(_SELECT + " WHERE e.seq = ?", (seq,)).fetchone()
    if row is None:
        raise NotInRegistry(f"there is no evaluation {seq}", hint="run workbench verify")
    return _record(connection, row)


def evaluation_named(connection: Connection, evaluation_id: str) -> EvaluationRecord:
    """The evaluation whose id is, or begins with, that text. Raises NotInRegistry for none, and for
    several.
    """
    rows = connection.execute(
        _SELECT + " WHERE substr(e.evaluation_id, 1, ?) = ? LIMIT 2",
        (len(evaluation_id), evaluation_id),
    ).fetchall()
    if len(rows) != 1 or not evaluation_id:
        problem = "several evaluations begin with" if rows else "no evaluation"
        hint = "workbench lineage PROMPT shows their ids"
        raise NotInRegistry(f"{problem} {evaluation_id!r}", hint=hint)
    return _record(connection, rows[0])


def judged_by(connection: Connection, seq: int) -> SuiteRecord:
    """The form of the suite behind the evaluation with that seq. Raises NotInRegistry."""
    row = connection.execute(
        "SELECT s.seq, s.suite, s.fingerprint, s.parts, s.policy, s.contents, l.at, l.actor"
        " FROM evaluations e JOIN suites s ON s.seq = e.suite_seq JOIN ledger l ON l.seq = s.seq"
        " WHERE e.seq = ?",
        (seq,),
    ).fetchone()
    if row is None:
        raise NotInRegistry(f"there is no evaluation {seq}", hint="run workbench verify")
    suite_seq, suite, fingerprint, parts, policy, contents, at, actor = row
    loaded = (json.loads(parts), json.loads(policy), json.loads(contents or "{}"))
    return SuiteRecord(suite_seq, suite, fingerprint, *loaded, at, actor)


def dataset_uses(connection: Connection, prompt_id: str, suite: str) -> list[DatasetUse]:
    """The evaluations of a prompt on a suite by their dataset, newest first."""
    rows = connection.execute(_DATASET_USES, (prompt_id, suite)).fetchall()
    return [
        DatasetUse(seq, at_id, version, Gate(gate), score, json.loads(parts).get("dataset", ""),
                   snapshot or "", at, actor)
        for seq, at_id, version, gate, score, parts, snapshot, at, actor in rows
    ]  # fmt: skip


def gate_uses(connection: Connection, prompt_id: str) -> list[GateUse]:
    """Which cases the evaluations of a prompt used, oldest first; without external suites."""
    uses = []
    for seq, suite, asked, baseline, extended, *lists in gate_use_rows(connection, prompt_id):
        cases, questions, ids = (tuple(json.loads(each)) for each in lists)
        flags = bool(baseline), bool(extended)
        uses.append(GateUse(seq, suite, asked, *flags, cases, questions, ids))
    return uses


def _record(
    connection: Connection, row: tuple[Any, ...], *, scores: bool = True
) -> EvaluationRecord:
    seq, evaluation_id, record, parts, policy, at, actor = row
    pairs = _pairs(connection, seq) if scores else {}
    policy = json.loads(policy)
    order = [*policy.get("scorers", ()), *pairs]
    evidence = replace(
        evidence_from_json(record),
        pairs={name: tuple(pairs[name]) for name in dict.fromkeys(order) if name in pairs},
        policy=policy,
        suite_parts=json.loads(parts),
    )
    return EvaluationRecord(evaluation_id, evidence, at, actor, seq)


def _pairs(connection: Connection, seq: int) -> dict[str, list[CasePair]]:
    """The scores of an evaluation's cases, by scorer, in the order of its plan."""
    # There are few different texts: each is parsed once.
    listed = functools.cache(lambda text: tuple(json.loads(text)) if text else ())
    pairs: dict[str, list[CasePair]] = {}
    for scorer, case_id, a, b, group, reason, tags in connection.execute(
        "SELECT scorer, case_id, a_repeats, b_repeats, case_group, reason, tags FROM scores"
        " WHERE evaluation = ? ORDER BY scorer, position",
        (seq,),
    ).fetchall():
        pair = CasePair(case_id, listed(a), listed(b), group, reason, listed(tags))
        pairs.setdefault(scorer, []).append(pair)
    return pairs


def _as_json(scores: Iterable[float | None]) -> str:
    """Canonical JSON of a list of numbers, without the general walk: there is one per case."""
    return json.dumps(list(scores), allow_nan=False, separators=(",", ":"))


def _check(connection: Connection, evidence: Evidence) -> None:
    ref = f"{evidence.prompt_id}@{evidence.version}"
    row = connection.execute(
        "SELECT fingerprint FROM versions WHERE prompt_id = ? AND version = ?",
        (evidence.prompt_id, evidence.version),
    ).fetchone()
    if row is None:
        raise NotInRegistry(f"{ref} is not registered", hint="register it first")
    if row[0] != evidence.prompt_fingerprint:
        raise RegistryError(
            f"this evidence is of prompt {short(evidence.prompt_fingerprint)}, but {ref} is"
            f" {short(row[0])}",
            hint="evaluate the registered version",
        )
    if evidence.external:
        return
    if fingerprint(evidence.suite_parts) != evidence.suite_fingerprint:
        raise RegistryError(
            f"the evidence of {ref} does not have the fingerprint of its suite's parts",
            hint="evaluate again",
        )
    policy = evidence.suite_parts.get("policy")
    if policy is not None and policy != fingerprint(evidence.policy):
        raise RegistryError(
            f"the evidence of {ref} was judged by another policy than its suite's",
            hint="evaluate again",
        )
