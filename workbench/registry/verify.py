"""The audit: nothing that is derived or stored is believed, everything is worked out again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from workbench.registry.anchors import check_anchors, read_anchors, registry_id_of
from workbench.registry.records import CheckedPart, Finding, VerifyReport
from workbench.registry.verify_chain import (
    Record,
    check_chain,
    check_file,
    check_head,
    check_schema,
)
from workbench.registry.verify_rows import check_rows
from workbench.registry.verify_rules import check_rules


def verify(
    connection: sqlite3.Connection,
    *,
    head: str | None = None,
    key: Any = None,
    anchors: str = "",
) -> VerifyReport:
    """Everything that does not hold, by record.

    `head` is a hash that was kept elsewhere, `anchors` the path of a file of them; `key` an
    Ed25519 public key for the signatures, or several.
    """
    try:
        return _verify(connection, head, key, anchors)
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    # A text that is no UTF-8: read it with the bytes escaped, and its record is named.
    connection.text_factory = _escaped
    try:
        return _verify(connection, head, key, anchors)
    finally:
        connection.text_factory = str


def _escaped(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _verify(
    connection: sqlite3.Connection, head: str | None, key: Any, anchors: str
) -> VerifyReport:
    records: list[Record] = connection.execute(
        "SELECT seq, kind, at, actor, digest, previous, hash FROM ledger ORDER BY seq"
    ).fetchall()
    schema, objects = check_schema(connection)
    parts = [
        _part("file", check_file(connection), 1),
        _part("triggers", schema, objects),
        _part("chain", [*check_chain(records), *check_head(records, head)], len(records)),
        _part("rows", check_rows(connection, records), len(records)),
        _part("rules", check_rules(connection), _count(connection, "deployments")),
    ]
    warnings = []
    kept = read_anchors(anchors) if anchors else None
    if kept is None or not kept.there or kept.unreadable:
        parts.append((CheckedPart("anchors", 0, None), ()))
        if kept and kept.unreadable:
            warnings.append(f"{kept.path} could not be read: {kept.unreadable}")
    else:
        registry_id = registry_id_of(connection)
        heads = [(seq, at, hashed) for seq, _, at, _, _, _, hashed in records]
        own = sum(anchor.registry_id == registry_id for anchor in kept.anchors)
        deployed = _count(connection, "deployments") > 0
        parts.append(_part("anchors", check_anchors(kept, registry_id, heads, deployed), own))
    signed, unsigned, signatures = _signatures(connection, records, key)
    parts.append(signatures)
    findings = {finding for _, found in parts for finding in found}
    return VerifyReport(
        ok=not findings,
        records=len(records),
        head=records[-1][6] if records else "",
        findings=tuple(sorted(findings, key=lambda f: (f.seq, f.where, f.problem))),
        signed=signed,
        warnings=tuple(warnings),
        unsigned=unsigned,
        checked=tuple(part for part, _ in parts),
    )


_Part = tuple[CheckedPart, tuple[Finding, ...]]


def _part(name: str, findings: Iterable[Finding], count: int) -> _Part:
    found = tuple(findings)
    return CheckedPart(name, count, not found), found


def _signatures(
    connection: sqlite3.Connection, records: list[Record], key: Any
) -> tuple[int, int, _Part]:
    """Signed and unsigned records: by the key when there is one, else by anybody."""
    targets = sum(kind != "signature" for _, kind, *_ in records)
    if key is None:
        signed = _count(connection, "(SELECT DISTINCT target FROM signatures)")
        return 0, targets - signed, (CheckedPart("signatures", signed, None), ())
    from workbench.registry.verify_signatures import check_signatures

    signed, problems = check_signatures(connection, records, key)
    return signed, targets - signed, _part("signatures", problems, signed)


def _count(connection: sqlite3.Connection, table: str) -> int:
    # Names of tables are this module's own constants.
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608
