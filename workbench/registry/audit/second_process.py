"""Part of a large audit in a second process: the file, and the newer half of the versions.

The process can only confirm its part. Where it does not, for whatever reason, the audit checks that
part itself: findings come from one place, and the process may end at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from workbench.registry.storage.checks import DatabaseError, file_of, missing_part
from workbench.registry.storage.connection import Connection

LARGE = 40_000
"""From so many versions on, the second process saves more than its start costs."""

_ROOT = Path(__file__).resolve().parents[3]
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    "from workbench.registry.audit.confirm_part import main; main(*sys.argv[1:])"
)


class Part(NamedTuple):
    """The versions that the second process reads, by seq: after the first, up to the last."""

    after: int
    last: int


@dataclass(slots=True)
class SecondProcess:
    """What the second process said about its part."""

    part: Part
    _process: subprocess.Popen[bytes]
    confirmed: bool = False
    """Whether it has confirmed its part."""

    def confirms(self, digests: Iterable[tuple[int, str]]) -> bool:
        """Whether the file is sound, and each version of the part is as the ledger has it and
        agrees with itself. Waits for the process; False when it ended in any other way.

        `digests` are those of the part in the ledger, by seq and in order.
        """
        expected = digest_of_part(digests)
        assert self._process.stdout is not None
        answer = self._process.stdout.read().decode("ascii", "replace").strip()
        self.confirmed = self._process.wait() == 0 and answer == expected
        return self.confirmed

    def end(self) -> None:
        """Stop the process, whatever it does."""
        self._process.kill()
        self._process.communicate()


def digest_of_part(digests: Iterable[tuple[int, str]]) -> str:
    """sha256 over seq and digest of each version of a part, in order."""
    whole = hashlib.sha256()
    for seq, digest in digests:
        whole.update(f"{seq} {digest}\n".encode("utf-8", "surrogatepass"))
    return whole.hexdigest()


@contextlib.contextmanager
def second_process(connection: Connection) -> Iterator[SecondProcess | None]:
    """A second process while it is of use; None for a registry that is not large, and where no
    process of this Python can be started.
    """
    part = _part_of(connection)
    path = file_of(connection) if part else ""
    if not part or not path or not _is_python(sys.executable):
        yield None
        return
    try:
        process = _started(path, part)
    except OSError:
        yield None  # no process or no memory is left
        return
    second = SecondProcess(part, process)
    try:
        yield second
    finally:
        second.end()


def _part_of(connection: Connection) -> Part | None:
    """About the newer half of the versions."""
    try:
        count, first, last = connection.execute(
            "SELECT (SELECT count(*) FROM versions), (SELECT min(seq) FROM versions),"
            " (SELECT max(seq) FROM versions)"
        ).fetchone()
    except DatabaseError as error:
        if not missing_part(error):
            raise
        return None  # the check of the schema reports it
    return Part((first + last) // 2, last) if count >= LARGE else None


def _is_python(executable: str) -> bool:
    """Inside other programs, `sys.executable` may be theirs."""
    return Path(executable).name.startswith("python") and not getattr(sys, "frozen", False)


def _started(path: str, part: Part) -> subprocess.Popen[bytes]:
    # -P: nothing is imported from the current folder.
    command = [sys.executable, "-P", "-c", _START, str(_ROOT), path, *map(str, part)]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # Ctrl-C ends the audit, and the audit ends the process.
        start_new_session=os.name == "posix",
    )
