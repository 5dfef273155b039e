"""What a signature says: in-toto statements with the test-result predicate.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
.../spec/predicates/test-result.md
"""

from __future__ import annotations

import sqlite3
from typing import Any

from workbench.registry.evidence import evaluation_at
from workbench.verdicts.values import CasePair, Gate

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"

_RESULTS = {Gate.PASS: "PASSED", Gate.FAIL: "FAILED", Gate.NO_DECISION: "WARNED"}


def evaluation_statement(connection: sqlite3.Connection, seq: int, record: str) -> dict[str, Any]:
    """This prompt, on this suite, with these results by case."""
    evidence = evaluation_at(connection, seq).evidence
    pairs = next(iter(evidence.pairs.values()), ())
    configuration = [_resource(evidence.suite, evidence.suite_fingerprint)]
    configuration += [_resource(name, value) for name, value in evidence.suite_parts.items()]
    if evidence.baseline_fingerprint:
        configuration.append(
            _resource(f"baseline {evidence.baseline_version}", evidence.baseline_fingerprint)
        )
    return _statement(
        f"{evidence.prompt_id}@{evidence.version}",
        evidence.prompt_fingerprint,
        seq,
        record,
        {
            "result": _RESULTS[evidence.gate],
            "configuration": configuration,
            "passedTests": [pair.case_id for pair in pairs if _full(pair)],
            "warnedTests": [pair.case_id for pair in pairs if None in pair.b],
            "failedTests": [p.case_id for p in pairs if None not in p.b and not _full(p)],
        },
    )


def deployment_statement(connection: sqlite3.Connection, seq: int, record: str) -> dict[str, Any]:
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
        f"{prompt_id}@{version}",
        fingerprint,
        seq,
        record,
        {
            "result": "WARNED" if override or loosened_by or evaluation is None else "PASSED",
            "configuration": configuration,
            "passedTests": passed,
        },
    )


def _statement(
    name: str, fingerprint: str, seq: int, record: str, predicate: dict[str, Any]
) -> dict[str, Any]:
    return {
        "_type": STATEMENT_TYPE,
        "subject": [_resource(name, fingerprint), _resource(f"ledger record {seq}", record)],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def _resource(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest}}


def _full(pair: CasePair) -> bool:
    return bool(pair.b) and all(score is not None and score >= 1.0 for score in pair.b)
