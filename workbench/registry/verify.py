"""The audit: nothing that is derived or stored is believed, everything is worked out again."""

from __future__ import annotations

import sqlite3
from typing import Any

from workbench.registry.records import Finding, VerifyReport
from workbench.registry.verify_chain import check_chain, check_file, check_head, check_schema
from workbench.registry.verify_loosening import check_loosening
from workbench.registry.verify_rows import check_rows
from workbench.registry.verify_rules import check_rules


def verify(
    connection: sqlite3.Connection, *, head: str | None = None, key: Any = None
) -> VerifyReport:
    """Everything that does not hold, by record.

    `head` is a hash that was kept elsewhere; `key` an Ed25519 public key for the signatures.
    """
    findings: list[Finding] = [*check_file(connection), *check_schema(connection)]
    records = connection.execute(
        "SELECT seq, kind, at, actor, digest, previous, hash FROM ledger ORDER BY seq"
    ).fetchall()
    findings += check_chain(records)
    findings += check_head(records, head)
    findings += check_rows(connection, records)
    findings += check_rules(connection)
    findings += check_loosening(connection)
    signed = 0
    if key is not None:
        from workbench.registry.signing import check_signatures

        signed, problems = check_signatures(connection, key)
        findings += problems
    return VerifyReport(
        ok=not findings,
        records=len(records),
        head=records[-1][6] if records else "",
        findings=tuple(sorted(set(findings), key=lambda f: (f.seq, f.where, f.problem))),
        signed=signed,
    )
