"""Heads of the ledger, kept outside the registry: `registry.anchors` in the workspace.

One line per deployment: seq and hash of the newest record, the registry's id, and the record's
time. Whoever rewrites the registry or replaces it by an older copy would have to rewrite this file
as well, and it is committed with the prompts. Lines are only added and stay true, so order and
duplicates do not matter: git merges branches by keeping both.
"""

# Apps import no pathlib to read a prompt, and this module stands beside those that they load.
# ruff: noqa: PTH118, PTH120, PTH119, PTH100
from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from workbench.fingerprints import short
from workbench.links import STATE
from workbench.registry.models.records import Finding
from workbench.registry.storage.connection import Connection

FILE_NAME = "registry.anchors"
ANCHORED_KINDS = frozenset({"deployment", "revocation"})
"""Kinds of records after which a transaction appends one line."""
MAX_BYTES = 64 * 1024 * 1024
_LINE = re.compile(
    r"([1-9][0-9]{0,17}) ([0-9a-f]{64}) ([0-9A-Za-z-]{1,64})"
    r" ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)"
)
_CONFLICT = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a FIFO in its place is refused, not waited for
_CLOSED_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of a registry's ledger at one time; `line` is its place in the file, from 1."""

    seq: int
    head: str
    registry_id: str
    at: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.seq} {self.head} {self.registry_id} {self.at}"


@dataclass(frozen=True, slots=True)
class AnchorFile:
    """The content of a file of anchors, and the lines that could not be parsed, by number."""

    path: str
    anchors: tuple[Anchor, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()
    there: bool = True
    unreadable: str = ""
    """Why it could not be read."""


def anchors_beside(registry: str) -> str:
    """The anchors of the workspace that contains the registry; "" for a registry elsewhere."""
    folder, state = os.path.split(os.path.dirname(os.path.abspath(registry)))
    return os.path.join(folder, FILE_NAME) if state == STATE else ""


def anchor_of(connection: Connection, kinds: Collection[str]) -> Anchor | None:
    """The head to keep after a transaction with records of these kinds; None when none is due."""
    if ANCHORED_KINDS.isdisjoint(kinds):
        return None
    seq, head, at = connection.execute(
        "SELECT seq, hash, at FROM ledger ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return Anchor(seq, head, registry_id_of(connection), at)


def registry_id_of(connection: Connection) -> str:
    """The id that a registry got when it was made."""
    row = connection.execute("SELECT registry_id FROM registry ORDER BY seq LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def keep_anchor(path: str, anchor: Anchor, warn: Callable[[str], None]) -> None:
    """Append the anchor; on failure only warn, since the transaction is committed."""
    try:
        append_anchor(path, anchor)
    except OSError as error:
        why = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror or error
        warn(
            f"{path} did not take the anchor of record {anchor.seq}: {why};"
            " what was done stays done, and the next anchor covers it"
        )


def append_anchor(path: str, anchor: Anchor) -> None:
    """Append a line, whole or not at all. Raises OSError, also for anything but a regular file.

    Writers are serialized by the registry's lock. A symbolic link is not followed.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | _NO_FOLLOW | _NO_WAIT | _CLOSED_ON_EXEC | _BINARY
    handle = os.open(path, flags, 0o644)
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        data = f"{anchor}\n".encode()
        if before.st_size:
            os.lseek(handle, -1, os.SEEK_END)
            if os.read(handle, 1) != b"\n":
                data = b"\n" + data  # an editor left no newline, or a crash left half a line
        try:
            if os.write(handle, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, before.st_size)
            raise
    finally:
        os.close(handle)


def read_anchors(path: str) -> AnchorFile:
    """The anchors in a file; none when it is not there. Never waits and never raises."""
    try:
        handle = os.open(path, os.O_RDONLY | _NO_WAIT | _CLOSED_ON_EXEC | _BINARY)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return AnchorFile(path, unreadable="it is no regular file")
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return AnchorFile(path, there=False)
    except OSError as error:
        return AnchorFile(path, unreadable=error.strerror or str(error))
    if len(data) > MAX_BYTES:
        return AnchorFile(path, unreadable=f"it is larger than {MAX_BYTES // 2**20} MB")
    return parse_anchors(path, data)


def parse_anchors(path: str, data: bytes) -> AnchorFile:
    """Lines end with LF or CRLF; blank lines and a byte order mark are ignored."""
    anchors, problems = [], []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        text = raw.decode("ascii", "replace").strip()
        match = _LINE.fullmatch(text)
        if match:
            seq, head, registry_id, at = match.groups()
            anchors.append(Anchor(int(seq), head, registry_id, at, number))
        elif text.startswith(_CONFLICT):
            problems.append(
                (number, "a conflict marker of a merge: keep the lines of both sides without it")
            )
        elif text:
            problems.append((number, "this is no anchor: the line was damaged"))
    return AnchorFile(path, tuple(anchors), tuple(problems))


def check_anchors(
    file: AnchorFile,
    registry_id: str,
    records: Mapping[int, tuple[str, str]],
    last: int,
    deployed: bool,
) -> list[Finding]:
    """Compare the anchors with a ledger that ends at `last`: `records` are (at, hash) by seq, of
    those that are anchored at least.

    Lines of other registries are ignored. A missing anchor proves nothing: the process may have
    been killed before it wrote the line. `deployed`: whether anything was deployed.
    """
    name = os.path.basename(file.path)
    findings = [
        Finding(0, "anchors", f"{name} line {line}: {problem}") for line, problem in file.problems
    ]
    own = [anchor for anchor in file.anchors if anchor.registry_id == registry_id]
    if file.anchors and not own and deployed:
        findings.append(
            Finding(
                0,
                "anchors",
                f"none of the {len(file.anchors)} anchors in {name} is of this registry, though"
                " something was deployed from it: it is another registry than the one anchored;"
                " if it is the right one, its next deployment adds a line",
            )
        )
    ahead = max((a for a in own if a.seq > last), key=lambda a: a.seq, default=None)
    if ahead:
        findings.append(
            Finding(
                ahead.seq,
                "anchors",
                f"{name} line {ahead.line} knows record {ahead.seq} of {ahead.at}, but the ledger"
                f" ends at record {last}: records were lost, or this is an older copy",
            )
        )
    findings += _rewritten(name, own, records)
    return findings


def _rewritten(
    name: str, own: Iterable[Anchor], known: Mapping[int, tuple[str, str]]
) -> Iterable[Finding]:
    """The first record that differs from its anchor, and how many more do."""
    wrong = sorted(
        (a for a in own if a.seq in known and known[a.seq] != (a.at, a.head)), key=lambda a: a.seq
    )
    if wrong:
        first, more = wrong[0], len(wrong) - 1
        yield Finding(
            first.seq,
            "anchors",
            f"{name} line {first.line} knows another record {first.seq} ({short(first.head)} of"
            f" {first.at}){f', and {more} more lines differ' if more else ''}: the ledger was"
            " rewritten, or two copies of the registry were written to",
        )
