"""Checks that the reader's newest deployment is the newest, and that no revocation was left out.

A lost row, a damaged index or a renamed row would make an earlier deployment look like the newest.
So every record of the ledger after the served one is compared with its row. The compared part is
remembered by its last hash.
"""

from __future__ import annotations

from workbench.registry.models.digest import record_hash
from workbench.registry.reader.live_record import Unverified, damaged, row_digest_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.registry.models.digest import Column
    from workbench.registry.reader.connection import Connection
    from workbench.registry.reader.last_good import Kept
    from workbench.registry.reader.live_record import LiveRecord

    Rows = Callable[[str, tuple[Column, ...]], tuple[list[str], list[tuple[Column, ...]]]]
    """SQL and its values to the names of the columns and all rows."""

_WITH_RECORD = """SELECT l.kind, l.digest, t.* FROM {0} t NOT INDEXED
LEFT JOIN ledger l ON l.seq = t.seq WHERE t.seq > ? AND t.seq <= ? ORDER BY t.seq"""
_DEPLOYMENTS = _WITH_RECORD.format("deployments")
_REVOCATIONS = _WITH_RECORD.format("revocations")
_COUNTS = """SELECT count(*), coalesce(sum(kind = 'deployment'), 0),
  coalesce(sum(kind = 'revocation'), 0) FROM ledger NOT INDEXED WHERE seq > ? AND seq <= ?"""
_RECORD = """SELECT seq, kind, at, actor, digest, previous, hash FROM ledger l
WHERE seq = ?"""
_ALONE = """SELECT seq, kind, at, actor, digest, previous, hash FROM ledger l
WHERE seq > ? AND seq <= ? AND CASE kind
  WHEN 'deployment' THEN NOT EXISTS (SELECT 1 FROM deployments t WHERE t.seq = l.seq)
  WHEN 'revocation' THEN NOT EXISTS (SELECT 1 FROM revocations t WHERE t.seq = l.seq) END"""
_ENDS = """SELECT (SELECT hash FROM ledger WHERE seq = ?), max(seq),
  (SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1) FROM ledger"""

_BEYOND = 2**62
"""A seq after all others."""


class Coverage:
    """The part of the ledger that was compared with its rows, and the result."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.heads: dict[tuple[Column, Column], int] = {}
        """prompt_id and environment to the seq of their newest deployment in that part."""
        self.revoked: set[tuple[Column, Column]] = set()
        """prompt_id and fingerprint of what was revoked in that part."""
        self.low = self.high = 0
        """The part: after `low`, up to `high`."""
        self.hash = ""
        """The hash of the record at `high`."""

    @property
    def head(self) -> tuple[int, str]:
        """seq and hash of the last compared record."""
        return self.high, self.hash

    def extend(self, low: int, rows: Rows) -> None:
        """Compare everything after `low`. Raises Unverified.

        All reads must be in one snapshot.
        """
        anchor, last, head = rows(_ENDS, (self.high,))[1][0]
        if last is None:
            raise damaged("the ledger is empty")
        if self.high and anchor != self.hash:
            # Another or an older file; each prompt decides whether to trust it.
            self._forget()
        last = int(last)
        if not self.high:
            self._compare(low, _BEYOND, last, rows)
            self.low = low
        elif last > self.high:
            self._compare(self.high, _BEYOND, last, rows)
        self.high, self.hash = last, str(head)
        if low < self.low:
            self._compare(low, self.low, self.low, rows)
            self.low = low

    def _compare(self, low: int, high: int, last: int, rows: Rows) -> None:
        """Rows after `low` and up to `high` against the records up to `last`."""
        heads, revoked = {}, set()
        names, deployments = rows(_DEPLOYMENTS, (low, high))
        for row in deployments:
            made = _checked("deployment", names, row, rows)
            heads[made["prompt_id"], made["environment"]] = int(made["seq"] or 0)
        names, revocations = rows(_REVOCATIONS, (low, high))
        for row in revocations:
            made = _checked("revocation", names, row, rows)
            revoked.add((made["prompt_id"], made["fingerprint"]))
        records, *of_kind = rows(_COUNTS, (low, high))[1][0]
        if records != last - low:
            raise damaged(f"records between {low + 1} and {last} are missing")
        if of_kind != [len(deployments), len(revocations)]:
            _check_alone(rows(_ALONE, (low, high))[1], of_kind, len(deployments) + len(revocations))
        for key, seq in heads.items():
            self.heads[key] = max(seq, self.heads.get(key, 0))
        self.revoked |= revoked


def _checked(kind: str, names: list[str], row: tuple[Column, ...], rows: Rows) -> dict[str, Column]:
    made = dict(zip(names[2:], row[2:], strict=True))
    if row[0] != kind or row_digest_of(kind, made) != row[1]:
        record = rows(_RECORD, (made["seq"],))[1]
        # Where the record is not sound either, both were put there past this program: the row
        # counts for the prompt that it names, which is then refused, and for no other.
        if not record or _is_sound(record[0]):
            raise damaged(f"{kind} {made['seq']} was altered after it was recorded")
    return made


def _check_alone(alone: list[tuple[Column, ...]], of_kind: list[Column], with_row: int) -> None:
    """Raises Unverified when a record lost the row that was written with it. A record with a wrong
    hash can be added by anybody who may write to the file, and is ignored.
    """
    for record in alone:
        if _is_sound(record):
            raise damaged(f"the row of record {record[0]}, a {record[1]}, is gone")
    if sum(int(count or 0) for count in of_kind) != len(alone) + with_row:
        raise damaged("the ledger has other deployments than the registry")


def _is_sound(record: tuple[Column, ...]) -> bool:
    """Whether the record has the right hash."""
    seq, kind, at, actor, digest, previous, hashed = record
    chained = record_hash(int(seq or 0), str(kind), str(at), str(actor), str(digest), str(previous))
    return chained == hashed


def check_newest(
    file: Connection,
    coverage: Coverage,
    key: tuple[str, str, str | None],
    record: LiveRecord | None,
    seen: Kept | None,
) -> int:
    """Raises Unverified unless this is the newest deployment (None: there never was one), and not
    older than the one `seen` by this process or an earlier one.

    Sets `record.revoked`. Returns the seq after which all records were compared with their rows.
    """
    low = record.seq if record is not None else 0
    revoked = False
    if seen is not None:
        if record is not None and (record.seq, record.hash) == seen.head:
            revoked = seen.record.revoked
            if _knows(file, seen.high, seen.hash):
                low = seen.high
        elif record is None or record.seq < seen.record.seq or not _knows(file, *seen.head):
            raise Unverified(
                f"{file.path} does not know what it deployed before: an older or another registry"
                " was put in its place",
                hint="run workbench verify --head, then restore the newest backup",
            )
    coverage.extend(low, file.rows)
    covered = coverage.heads.get(key[:2])
    if covered is not None and (record is None or covered != record.seq):
        raise damaged(f"the index of {file.path} lacks a deployment of {key[0]} in {key[1]}")
    if record is not None and not record.is_retirement:
        content = key[0], record.deployment["fingerprint"]
        record.revoked = revoked or content in coverage.revoked
    return low


def _knows(file: Connection, seq: int, hash_: str) -> bool:
    """Whether the ledger holds that record."""
    return file.first("SELECT hash FROM ledger WHERE seq = ?", (seq,)) == (hash_,)
