"""Snapshots of datasets in runs.db: each case is stored once, and a snapshot lists its cases.

Cases lie in compressed packs, so that what they have in common is stored once per pack. A snapshot
is a list of case numbers, stored as its difference from an earlier one.
"""

from __future__ import annotations

import hashlib
import sqlite3
import struct
import zlib
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from workbench.datasets.snapshots.manifest import (
    numbers_in,
    packed_ranges,
    ranges_of,
    unpacked_ranges,
)
from workbench.fingerprints import canonical_json
from workbench.json_text import loads

PACK = 512
"""Cases of a pack: enough for the compressor, few enough to read one case."""
LONGEST_CHAIN = 25
"""Snapshots to read for one, at most: every so many list their cases without a parent."""
AT_ONCE = 20_000
"""Cases that are held in memory while a snapshot is stored or checked."""
_DIGEST = 6
"""Bytes of a case's digest by which it is looked for; then the texts are compared."""

Content = Mapping[str, Any]
"""`Case.content`, as stored."""


def find(connection: sqlite3.Connection, fingerprint: str) -> int | None:
    """The snapshot of a dataset's content, if it is stored."""
    row = connection.execute(
        "SELECT id FROM snapshots WHERE fingerprint = ?", [fingerprint]
    ).fetchone()
    return None if row is None else int(row[0])


def store(
    connection: sqlite3.Connection,
    fingerprint: str,
    gate: str,
    contents: Iterable[Content],
    parent: int | None,
) -> int:
    """Store a snapshot, inside a write transaction; returns its id.

    `fingerprint` is the dataset's, `gate` that of the cases that decide; `parent` is a snapshot
    that is probably similar.
    """
    writing = SnapshotWriter(connection)
    lines = map(line_of, contents)
    while part := list(islice(lines, AT_ONCE)):
        writing.add(part)
    return writing.finish(fingerprint, gate, parent)


class SnapshotWriter:
    """Stores a snapshot part by part, each in a write transaction of the caller's.

    Until `finish` no snapshot lists what was added; it is found again when it is added anew.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._stored_before = self._free()
        self._numbers = array("q")
        self._content = _Joined()

    def add(self, lines: Sequence[bytes]) -> None:
        """Store those of these cases that are not stored; best AT_ONCE of them."""
        known = _known(self._connection, lines, self._stored_before)
        free = self._free()
        new = iter(dict.fromkeys(line for line in lines if line not in known))
        while pack := list(islice(new, PACK)):
            self._connection.execute(
                "INSERT INTO snapshot_packs VALUES (?, ?, ?, ?)",
                [free, len(pack), _digests(pack), _packed(pack)],
            )
            known.update(zip(pack, range(free, free + len(pack)), strict=True))
            free += len(pack)
        self._numbers.extend(known[line] for line in lines)
        self._content.add(lines)

    def finish(self, fingerprint: str, gate: str, parent: int | None) -> int:
        """Store the list of what was added; arguments and result as of `store`."""
        depth, before = 0, array("q")
        if parent is not None:
            depth = 1 + _depth(self._connection, parent)
            if depth <= LONGEST_CHAIN:
                before = numbers_of(self._connection, parent)
        if not before:
            depth, parent = 0, None
        cursor = self._connection.execute(
            "INSERT INTO snapshots VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
            [
                fingerprint,
                gate,
                self._content.digest(),
                len(self._numbers),
                parent,
                depth,
                packed_ranges(ranges_of(self._numbers, before)),
            ],
        )
        return int(cursor.lastrowid or 0)

    def _free(self) -> int:
        row = self._connection.execute("SELECT max(first + cases) FROM snapshot_packs").fetchone()
        return int(row[0] or 1)


def numbers_of(
    connection: sqlite3.Connection, snapshot: int, near: tuple[int, array[int]] | None = None
) -> array[int]:
    """The numbers of a snapshot's cases, in the dataset's order.

    `near` is another snapshot with its numbers, from which they may be known sooner.
    """
    chain = []
    at: int | None = snapshot
    while at is not None and not (near and at == near[0]):
        at, body = connection.execute(
            "SELECT parent, manifest FROM snapshots WHERE id = ?", [at]
        ).fetchone()
        chain.append(body)
    numbers = near[1] if near and at is not None else array("q")
    for body in reversed(chain):
        numbers = numbers_in(unpacked_ranges(body), numbers)
    return numbers


def contents_of(connection: sqlite3.Connection, numbers: Iterable[int]) -> Iterator[Any]:
    """The contents of the cases with these numbers, in that order."""
    left = iter(numbers)
    while part := list(islice(left, AT_ONCE)):
        lines = _lines(connection, part)
        yield from _parsed([lines[number] for number in part])


def is_whole(connection: sqlite3.Connection, snapshot: int) -> bool:
    """Whether a snapshot's cases are those that were stored: not forgotten, not edited."""
    numbers = iter(numbers_of(connection, snapshot))
    content = _Joined()
    while part := list(islice(numbers, AT_ONCE)):
        lines = _lines(connection, part)
        content.add([lines[number] for number in part])
    stored = connection.execute("SELECT content FROM snapshots WHERE id = ?", [snapshot]).fetchone()
    return bool(stored[0] == content.digest())


def all_contents(connection: sqlite3.Connection) -> Iterator[tuple[int, Any]]:
    """Every stored case with its number."""
    firsts = connection.execute("SELECT first FROM snapshot_packs ORDER BY first").fetchall()
    for (first,) in firsts:
        yield from enumerate(_parsed(_pack(connection, first)), first)


def cases_of_suites(connection: sqlite3.Connection) -> Iterator[tuple[str, str, Any]]:
    """Every stored case of each suite, with the fingerprint of a snapshot that has it."""
    held: dict[int, dict[str, str]] = defaultdict(dict)
    rows = connection.execute(
        "SELECT DISTINCT snapshot, suite, fingerprint"
        " FROM dataset_versions JOIN snapshots ON snapshots.id = snapshot"
    ).fetchall()
    suites: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for snapshot, suite, fingerprint in rows:
        suites[snapshot].append((suite, fingerprint))
    for snapshot, numbers in _all_numbers(connection):
        for suite, fingerprint in suites[snapshot]:
            for number in numbers:
                held[number].setdefault(suite, fingerprint)
    for number, content in all_contents(connection):
        for suite, fingerprint in held[number].items():
            yield suite, fingerprint, content


def beside(connection: sqlite3.Connection, numbers: Collection[int]) -> set[int]:
    """The numbers of all cases that are in a snapshot with one of these."""
    joined: set[int] = set()
    for _, members in _all_numbers(connection):
        if not joined.issuperset(members) and any(number in numbers for number in members):
            joined.update(members)
    return joined


def _all_numbers(connection: sqlite3.Connection) -> Iterator[tuple[int, array[int]]]:
    """The case numbers of every snapshot by its id; keeps no more of them than it needs."""
    last_child = dict(
        connection.execute("SELECT parent, max(id) FROM snapshots GROUP BY parent").fetchall()
    )
    lists: dict[int | None, array[int]] = {None: array("q")}
    rows = connection.execute("SELECT id, parent FROM snapshots ORDER BY id").fetchall()
    for snapshot, parent in rows:
        body = connection.execute(
            "SELECT manifest FROM snapshots WHERE id = ?", [snapshot]
        ).fetchone()[0]
        numbers = numbers_in(unpacked_ranges(body), lists[parent])
        if snapshot in last_child:
            lists[snapshot] = numbers
        if parent is not None and last_child[parent] == snapshot:
            del lists[parent]
        yield snapshot, numbers


def rewrite(
    connection: sqlite3.Connection, numbers: Iterable[int], change: Callable[[Any], Content]
) -> None:
    """Replace stored cases by what `change` makes of them, inside a write transaction."""
    for first, members in _by_pack(connection, numbers).items():
        lines = _pack(connection, first)
        contents = _parsed(lines)
        for number in members:
            lines[number - first] = line_of(change(contents[number - first]))
        connection.execute(
            "UPDATE snapshot_packs SET digests = ?, body = ? WHERE first = ?",
            [_digests(lines), _packed(lines), first],
        )


def _known(connection: sqlite3.Connection, lines: Sequence[bytes], below: int) -> dict[bytes, int]:
    """The numbers, below that one, of the lines that are stored."""
    wanted = {_digest(line) for line in lines}
    candidates: dict[bytes, int] = {}
    packs = connection.execute(
        "SELECT first, digests FROM snapshot_packs WHERE first < ? ORDER BY first", [below]
    )
    for first, digests in packs:
        for at, (digest,) in enumerate(struct.iter_unpack(f"{_DIGEST}s", digests)):
            if digest in wanted:
                candidates[digest] = first + at
    there = _lines(connection, candidates.values())
    return {there[number]: number for number in candidates.values()}


class _Joined:
    """The sha256 of lines joined by line breaks, added in parts."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._between = b""

    def add(self, lines: Sequence[bytes]) -> None:
        self._hash.update(self._between + b"\n".join(lines))
        self._between = b"\n"

    def digest(self) -> bytes:
        return self._hash.digest()


def _lines(connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, bytes]:
    lines: dict[int, bytes] = {}
    for first, members in _by_pack(connection, numbers).items():
        pack = _pack(connection, first)
        lines.update((number, pack[number - first]) for number in members)
    return lines


def _by_pack(connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, list[int]]:
    """The numbers by the first number of their pack."""
    rows = connection.execute("SELECT first FROM snapshot_packs ORDER BY first").fetchall()
    firsts = [row[0] for row in rows]
    by_pack: dict[int, list[int]] = defaultdict(list)
    for number in numbers:
        by_pack[firsts[bisect_right(firsts, number) - 1]].append(number)
    return by_pack


def _pack(connection: sqlite3.Connection, first: int) -> list[bytes]:
    row = connection.execute("SELECT body FROM snapshot_packs WHERE first = ?", [first]).fetchone()
    return zlib.decompress(row[0]).split(b"\n")


def _parsed(lines: Sequence[bytes]) -> list[Any]:
    """The contents in lines; parsed together, as each call of the parser costs more than a case."""
    contents: list[Any] = loads((b"[" + b",".join(lines) + b"]").decode("utf-8", "surrogatepass"))
    return contents


def _packed(lines: Sequence[bytes]) -> bytes:
    return zlib.compress(b"\n".join(lines), 6)


def _digests(lines: Iterable[bytes]) -> bytes:
    return b"".join(map(_digest, lines))


def _digest(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()[:_DIGEST]


def line_of(content: Content) -> bytes:
    """A case as it is stored."""
    # Canonical JSON escapes line breaks, so a pack can be split at them.
    return canonical_json(content).encode("utf-8", "surrogatepass")


def _depth(connection: sqlite3.Connection, snapshot: int) -> int:
    row = connection.execute("SELECT depth FROM snapshots WHERE id = ?", [snapshot]).fetchone()
    return int(row[0])
