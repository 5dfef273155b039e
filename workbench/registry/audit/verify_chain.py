"""Is the ledger's chain unbroken?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.registry.models.digest import GENESIS, record_hash
from workbench.registry.models.records import Finding

Record = tuple[int, str, str, str, str, str, str]
"""seq, kind, at, actor, digest, previous, hash."""


def check_chain(records: Sequence[Record]) -> Iterator[Finding]:
    """Every record follows the previous one and has the right hash."""
    before, last, time = GENESIS, 0, ""
    for seq, kind, at, actor, digest, previous, hashed in records:
        if seq != last + 1:
            yield Finding(seq, "ledger", f"records {last + 1} to {seq - 1} are missing")
        if previous != before:
            yield Finding(seq, "ledger", "it does not follow the record before")
        try:
            actual = record_hash(seq, kind, at, actor, digest, previous)
        except ValueError:
            actual = "unreadable"  # a text that is no UTF-8
        if actual != hashed:
            yield Finding(seq, "ledger", "the record was altered: its hash is another")
        if at < time:
            yield Finding(seq, "ledger", "it is older than the record before")
        before, last, time = hashed, seq, at
    if not records:
        yield Finding(0, "ledger", "it is empty")


def check_head(records: Sequence[Record], head: str | None) -> Iterator[Finding]:
    """The head that was kept elsewhere is still in the chain."""
    if head is None:
        return
    wanted = head.strip().lower()
    if not wanted or not any(record[6].startswith(wanted) for record in records):
        yield Finding(
            0,
            "ledger",
            f"the kept head {wanted[:12]} is not in the chain: records were lost or rewritten,"
            " or this is an older copy",
        )
