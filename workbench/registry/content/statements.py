"""The signed statements: in-toto statements, with test results for evaluations and deployments.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
.../spec/predicates/test-result.md. The subjects are what was recorded, the record, and the first
record of the registry. A record's hash covers its row, actor and time, and all earlier records.
"""

from __future__ import annotations

from typing import Any

from workbench.registry.content.evidence import evaluation_at
from workbench.registry.storage.connection import Connection
from workbench.verdicts.values import CasePair, Gate

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
RECORD_TYPE = "urn:prompt-workbench:ledger-record:v1"
"""The predicate of the other kinds: kind, time, actor, and the digest of the row."""

_RESULTS = {Gate.PASS: "PASSED", Gate.FAIL: "FAILED", Gate.NO_DECISION: "WARNED"}


def statement_of(connection: Connection, seq: int) -> dict[str, Any] | None:
    """The statement of a record; None when there is no such record."""
    row = connection.execute(
        "SELECT kind, at, actor, digest, hash, (SELECT hash FROM ledger WHERE seq = 1)"
        " FROM ledger WHERE seq = ?",
        (seq,),
    ).fetchone()
    if row is None:
        return None
    kind, at, actor, digest, hashed, first = row
    subject = [_resource(f"ledger record {seq}", hashed), _resource("ledger record 1", first)]
    if kind == "evaluation":
        return _evaluation(connection, seq, subject)
    if kind == "deployment":
        return _deployment(connection, seq, subject)
    predicate = {"kind": kind, "at": at, "actor": actor, "digest": digest}
    return _statement(subject, RECORD_TYPE, predicate)


def first_form(statement: dict[str, Any]) -> dict[str, Any] | None:
    """The form that 0.1.0 signed, without the registry; None for kinds that it never signed."""
    if statement["predicateType"] != PREDICATE_TYPE:
        return None
    return {**statement, "subject": statement["subject"][:-1]}


def _evaluation(connection: Connection, seq: int, subject: list[dict[str, Any]]) -> dict[str, Any]:
    """This prompt, on this suite, with these results by case."""
    evidence = evaluation_at(connection, seq).evidence
    pairs = next(iter(evidence.pairs.values()), ())
    configuration = [_resource(evidence.suite, evidence.suite_fingerprint)]
    configuration += [_resource(name, value) for name, value in evidence.suite_parts.items()]
    if evidence.baseline_fingerprint:
        configuration.append(
            _resource(f"baseline {evidence.baseline_version}", evidence.baseline_fingerprint)
        )
    version = _resource(f"{evidence.prompt_id}@{evidence.version}", evidence.prompt_fingerprint)
    return _statement(
        [version, *subject],
        PREDICATE_TYPE,
        {
            "result": _RESULTS[evidence.gate],
            "configuration": configuration,
            "passedTests": [pair.case_id for pair in pairs if _full(pair)],
            "warnedTests": [pair.case_id for pair in pairs if None in pair.b],
            "failedTests": [p.case_id for p in pairs if None not in p.b and not _full(p)],
        },
    )


def _deployment(connection: Connection, seq: int, subject: list[dict[str, Any]]) -> dict[str, Any]:
    """This prompt went live in this environment, on this evidence or past the gate."""
    (
        prompt_id,
        version,
        fingerprint,
        environment,
        action,
        override,
        evaluation,
        loosened_by,
    ) = connection.execute(
        "SELECT prompt_id, version, fingerprint, environment, action, override, evaluation,"
        " loosened_by FROM deployments WHERE seq = ?",
        (seq,),
    ).fetchone()
    configuration: list[dict[str, Any]] = [{"name": environment}, {"name": action}]
    passed = []
    if evaluation is not None:
        suite, evidence_record = connection.execute(
            "SELECT e.suite, l.hash FROM evaluations e JOIN ledger l ON l.seq = e.seq"
            " WHERE e.seq = ?",
            (evaluation,),
        ).fetchone()
        configuration.append(_resource(f"evaluation {evaluation}", evidence_record))
        passed.append(suite)
    if loosened_by is not None:
        sql = "SELECT hash FROM ledger WHERE seq = ?"
        (loosening,) = connection.execute(sql, (loosened_by,)).fetchone()
        configuration.append(_resource(f"loosened rule {loosened_by}", loosening))
    return _statement(
        [_resource(f"{prompt_id}@{version}", fingerprint), *subject],
        PREDICATE_TYPE,
        {
            "result": "WARNED" if override or loosened_by or evaluation is None else "PASSED",
            "configuration": configuration,
            "passedTests": passed,
        },
    )


def _statement(
    subject: list[dict[str, Any]], predicate_type: str, predicate: dict[str, Any]
) -> dict[str, Any]:
    return {
        "_type": STATEMENT_TYPE,
        "subject": subject,
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def _resource(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest}}


def _full(pair: CasePair) -> bool:
    return bool(pair.b) and all(score is not None and score >= 1.0 for score in pair.b)
