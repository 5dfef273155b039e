"""Which records are signed, and do the signatures match the records?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.fingerprints import short
from workbench.registry.audit.verify_chain import Record
from workbench.registry.content.signing import open_envelope
from workbench.registry.content.statements import first_form, statement_of
from workbench.registry.models.records import Finding
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.tables import KINDS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_SIGNED_AT_FIRST = """
SELECT seq FROM evaluations WHERE gate = 'pass' UNION ALL SELECT seq FROM deployments
"""
"""What 0.1.0 signed; a failed evaluation lets nothing through."""


def check_signatures(
    connection: Connection, records: Sequence[Record], keys: Sequence[Ed25519PublicKey]
) -> tuple[int, list[Finding]]:
    """How many records the keys have signed, and the findings.

    From the first signature on, every record needs one. A registry in which 0.1.0 signed needs
    them, up to that point, on passing evaluations and deployments only.
    """
    rows = connection.execute(
        "SELECT seq, target, envelope FROM signatures ORDER BY seq"
    ).fetchall()
    if not rows:
        return 0, [Finding(0, "signatures", "nothing in this registry is signed")]
    findings: list[Finding] = []
    good: set[int] = set()
    began: int | None = None
    """seq of the first signature in the current form."""
    began_at_first: int | None = None
    """seq of the first record that 0.1.0 signed."""
    for seq, target, envelope in rows:
        try:
            statement = open_envelope(envelope, keys)
        except WorkbenchError:
            continue  # by another key: records without a signature by these are reported below
        true = _statement(connection, target)
        if true is not None and statement == true:
            began = seq if began is None else began
        elif true is not None and statement == first_form(true):
            began_at_first = min(target, began_at_first or target)
        else:
            problem = f"it does not say what record {target} says"
            findings.append(Finding(seq, "signatures", problem))
            continue
        good.add(target)
    needed = {seq for seq, kind, *_ in records if kind != "signature" and began and seq > began}
    if began_at_first:
        needed |= {s for (s,) in connection.execute(_SIGNED_AT_FIRST) if s >= began_at_first}
    if not good:
        findings.append(Finding(0, "signatures", "nothing in this registry is signed by this key"))
    unsigned = needed - good
    for seq, kind, _, _, _, _, hashed in records:
        if seq in unsigned:
            problem = f"record {short(hashed)} is not signed by this key"
            findings.append(Finding(seq, KINDS.get(kind, "ledger"), problem))
    return len(good), findings


def _statement(connection: Connection, seq: int) -> dict[str, Any] | None:
    """None for a record that is too damaged for a statement."""
    try:
        return statement_of(connection, seq)
    except (WorkbenchError, ValueError, TypeError, KeyError):
        return None
