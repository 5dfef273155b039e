"""The audit: trusts nothing that is derived or stored, and computes everything again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from workbench.registry.audit.second_process import SecondProcess, second_process
from workbench.registry.audit.verify_chain import Record, check_chain, check_head
from workbench.registry.audit.verify_loosening import check_loosening
from workbench.registry.audit.verify_rows import check_rows
from workbench.registry.audit.verify_rules import check_rules
from workbench.registry.audit.verify_versions import UNREADABLE
from workbench.registry.models.records import CheckedPart, Finding, VerifyReport
from workbench.registry.storage.anchors import (
    AnchorFile,
    check_anchors,
    read_anchors,
    registry_id_of,
)
from workbench.registry.storage.checks import (
    DatabaseError,
    check_file,
    check_schema,
    missing_part,
    with_undecodable_text,
)
from workbench.registry.storage.connection import Connection


def verify(
    connection: Connection,
    *,
    head: str | None = None,
    key: Any = None,
    anchors: str = "",
) -> VerifyReport:
    """All findings, by record.

    `head` is a hash that was kept elsewhere, `anchors` the path of a file of them; `key` an Ed25519
    public key for the signatures, or several. Raises RegistryError for a key that cannot be read.
    """
    return with_undecodable_text(connection, lambda: _verify(connection, head, key, anchors))


def _verify(connection: Connection, head: str | None, key: Any, anchors: str) -> VerifyReport:
    with second_process(connection) as second:
        records = _records(connection)
        parts = _registry(connection, records, head, second)
    kept = read_anchors(anchors) if anchors else AnchorFile("", there=False)
    warnings = []
    if kept.unreadable:
        warnings.append(f"{kept.path} could not be read: {kept.unreadable}")
    parts.append(_anchors(connection, records, kept))
    signed, unsigned, signatures = _signatures(connection, records, key)
    parts.append(signatures)
    findings = {finding for _, problems in parts for finding in problems}
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


def _registry(
    connection: Connection,
    records: list[Record],
    head: str | None,
    second: SecondProcess | None,
) -> list[_Part]:
    """The parts that need nothing beside the registry."""
    schema, objects = check_schema(connection)
    rules = chain(check_rules(connection), check_loosening(connection))
    parts = [
        _part("triggers", schema, objects),
        _part("chain", chain(check_chain(records), check_head(records, head)), len(records)),
        _part("rules", rules, _count(connection, "deployments")),
        _part("rows", check_rows(connection, records, second), len(records)),
    ]
    sound = second is not None and second.confirmed
    parts.append(_part("file", () if sound else check_file(connection), 1))
    return sorted(parts, key=lambda part: _ORDER.index(part[0].name))


_ORDER = ("file", "triggers", "chain", "rows", "rules")
_Part = tuple[CheckedPart, tuple[Finding, ...]]


def _part(name: str, findings: Iterable[Finding], count: int) -> _Part:
    """The findings of a check, up to the point where it could not continue."""
    problems: list[Finding] = []
    try:
        problems += findings
    except UNREADABLE as error:
        problems.append(Finding(0, name, f"it cannot be read: {type(error).__name__}: {error}"))
    except DatabaseError as error:
        problem = missing_part(error)
        if not problem:
            raise
        problems.append(Finding(0, "schema", problem))
    return CheckedPart(name, count, not problems), tuple(problems)


def _records(connection: Connection) -> list[Record]:
    try:
        return connection.execute(
            "SELECT seq, kind, at, actor, digest, previous, hash FROM ledger ORDER BY seq"
        ).fetchall()
    except DatabaseError as error:
        if not missing_part(error):
            raise
        return []  # the check of the schema reports it


def _anchors(connection: Connection, records: list[Record], kept: AnchorFile) -> _Part:
    if not kept.there or kept.unreadable:
        return CheckedPart("anchors", 0, None), ()
    try:
        registry_id = registry_id_of(connection)
    except DatabaseError:
        registry_id = ""  # the check of the schema reports the missing table
    anchored = {anchor.seq for anchor in kept.anchors}
    heads = {record[0]: (record[2], record[6]) for record in records if record[0] in anchored}
    deployed = _count(connection, "deployments") > 0
    last = records[-1][0] if records else 0
    own = sum(anchor.registry_id == registry_id for anchor in kept.anchors)
    problems = check_anchors(kept, registry_id, heads, last, deployed)
    if not problems and not own:
        return CheckedPart("anchors", 0, None), ()
    return _part("anchors", problems, own)


def _signatures(connection: Connection, records: list[Record], key: Any) -> tuple[int, int, _Part]:
    """The numbers of signed and unsigned records: by the key if there is one, else by any key."""
    targets = sum(kind != "signature" for _, kind, *_ in records)
    if key is None:
        signed = _count(connection, "signatures", "DISTINCT target")
        return 0, targets - signed, (CheckedPart("signatures", signed, None), ())
    from workbench.registry.audit.verify_signatures import check_signatures
    from workbench.registry.content.signing import public_keys

    keys = public_keys(key)  # an unreadable key raises instead of being a finding
    signed = 0

    def problems() -> Iterator[Finding]:
        nonlocal signed
        signed, findings = check_signatures(connection, records, keys)
        yield from findings

    part, findings = _part("signatures", problems(), 0)
    return signed, targets - signed, (replace(part, count=signed), findings)


def _count(connection: Connection, table: str, what: str = "*") -> int:
    try:
        # The names are this module's own constants.
        row = connection.execute(f"SELECT count({what}) FROM {table}").fetchone()  # noqa: S608
    except DatabaseError as error:
        if not missing_part(error):
            raise
        return 0
    return int(row[0])
