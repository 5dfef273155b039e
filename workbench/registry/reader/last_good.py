"""The last good answer of each prompt on disk, for an app that starts while the registry is away.

One small file a prompt and environment, beside the registry where that can be written, else in
the user's cache. It holds what the registry said, retirements too, with the ledger's records, so
that a later start notices when an older registry was put in the place of this one.
"""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH103, PTH105, PTH108, PTH111, PTH112, PTH118, PTH120
from __future__ import annotations

import os
import stat
import sys
import time

from workbench.registry.digest import Column, row_digest
from workbench.registry.reader.live_record import LiveRecord

FORMAT = "workbench-live-2"
FOLDER_SUFFIX = ".live"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from workbench.registry.reader.live_record import Query

_LONGEST = 200_000_000
"""Bytes of a file that is read at all; a prompt has at most 100 MB."""


class Kept:
    """What one file says, and how old it is in seconds."""

    __slots__ = ("age", "record", "text")

    def __init__(self, record: LiveRecord, text: bytes, age: float) -> None:
        self.record = record
        self.text = text
        self.age = age


class LastGood:
    """Reads and writes the files; whatever goes wrong here never reaches an app."""

    def __init__(self, registry_path: str) -> None:
        self._beside = registry_path + FOLDER_SUFFIX
        try:
            named = row_digest("live", (registry_path,))
        except UnicodeEncodeError:  # a path of bytes that are not UTF-8
            named = row_digest("live", (ascii(registry_path),))
        self._cache = os.path.join(_cache_folder(), "workbench", named[:16])

    def any(self) -> bool:
        """Whether there is any last good answer for this registry."""
        return any(os.path.isdir(folder) for folder in (self._beside, self._cache))

    def read(self, prompt_id: str, environment: str) -> Kept | None:
        """The newest record that was kept and is whole. Both names are safe as file names."""
        best: Kept | None = None
        for folder in (self._beside, self._cache):
            found = _read(_path(folder, prompt_id, environment), prompt_id, environment)
            if found is not None and (best is None or found.record.seq > best.record.seq):
                best = found
        return best

    def keep(self, prompt_id: str, environment: str, record: LiveRecord, query: Query) -> None:
        """Write the record, unless it is there already or another process kept a newer one."""
        text = _packed(record, query)
        before = self.read(prompt_id, environment)
        if before is not None and (before.text == text or before.record.seq > record.seq):
            return
        for folder in (self._beside, self._cache):
            try:
                _write_atomically(_path(folder, prompt_id, environment), text)
            except OSError:
                continue  # beside the registry it is read-only: the cache is next
            return


def _path(folder: str, prompt_id: str, environment: str) -> str:
    return os.path.join(folder, environment, prompt_id + ".json")


def _read(path: str, prompt_id: str, environment: str) -> Kept | None:
    try:
        text, age = _read_bytes(path)
        return Kept(_unpacked(text, prompt_id, environment), text, age)
    except Exception:  # noqa: BLE001 - anything may stand in the file, and then it is as if missing
        return None


def _read_bytes(path: str) -> tuple[bytes, float]:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LONGEST:
            raise OSError(f"{path} is no file that was written here")
        return os.read(handle, found.st_size + 1), max(0.0, time.time() - found.st_mtime)
    finally:
        os.close(handle)


def _packed(record: LiveRecord, query: Query) -> bytes:
    """JSON, made by SQLite: apps import no json to read a prompt."""
    parts = (
        (FORMAT, _digest_of(record), int(record.revoked), _score_text(record.score)),
        tuple(record.deployment),
        tuple(record.deployment.values()),
        record.deployed,
        tuple(record.version),
        tuple(record.version.values()),
        record.registered,
    )
    arrays = ", ".join(f"json_array({', '.join('?' * len(part))})" for part in parts)
    values = tuple(value for part in parts for value in part)
    packed = query(f"SELECT json_array({arrays})", values)
    return str(packed[0] if packed else "").encode()


def _unpacked(text: bytes, prompt_id: str, environment: str) -> LiveRecord:
    """Raises whatever comes of it when the file is not as it was written."""
    import json

    head, names, values, deployed, version_names, version_values, registered = json.loads(text)
    made, version = (
        dict(zip(names, values, strict=True)),
        dict(zip(version_names, version_values, strict=True)),
    )
    score = None if head[3] is None else float.fromhex(head[3])
    record = LiveRecord(made, deployed, version, registered, score, bool(head[2]))
    record.check(prompt_id, environment)
    if head[:2] != [FORMAT, _digest_of(record)]:
        raise ValueError("not as it was written")
    return record


def _digest_of(record: LiveRecord) -> str:
    """Covers what the digests of the rows do not."""
    columns: tuple[Column, ...] = (
        record.hash,
        *record.registered[6:],
        _score_text(record.score),
        int(record.revoked),
    )
    return row_digest(FORMAT, columns)


def _score_text(score: float | None) -> str | None:
    return None if score is None else score.hex()


def _write_atomically(path: str, data: bytes) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    temporary = f"{path}.{os.getpid()}.{time.time_ns()}.tmp"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            # Not synced: an app waits for this. What a power loss tears does not verify.
            os.write(handle, data)
        finally:
            os.close(handle)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def _cache_folder() -> str:
    given = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    if given:
        return given
    home = os.path.expanduser("~")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches")
    return os.path.join(home, ".cache")
