"""The last good answer of each prompt on disk, for an app that starts while the registry is
unreachable.

One small file per prompt and environment, beside the registry where that is writable, else in the
user's cache. It holds the registry's answer, including retirements, with the ledger's records, so
that a later start notices when an older registry was put in its place.
"""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH103, PTH105, PTH108, PTH111, PTH114, PTH118, PTH120
from __future__ import annotations

import os
import stat
import sys
import time

from workbench.registry.models.digest import Column, row_digest, sha256
from workbench.registry.reader.live_record import LiveRecord
from workbench.registry.storage.sqlite.layout import LAST_GOOD_SUFFIX

FORMAT = "workbench-live-2"
_SUFFIX = ".live"
_SUFFIX_0_1_0 = ".json"

_LONGEST = 200_000_000
"""The largest file that is read, in bytes; a prompt has at most 100 MB."""


_WORTH_WRITING = 500
"""A file is written again after this many other records, so that a restart need not compare them.
"""


class Kept:
    """The content of one file, and its age in seconds."""

    __slots__ = ("age", "hash", "high", "record")

    def __init__(self, record: LiveRecord, high: int, hash_: str, age: float = 0.0) -> None:
        self.record = record
        self.high = high
        """seq of the record up to which no newer deployment of this prompt exists."""
        self.hash = hash_
        """The hash of that record."""
        self.age = age

    @property
    def head(self) -> tuple[int, str]:
        """seq and hash of the deployment."""
        return self.record.seq, self.record.hash

    def is_as_good_as(self, other: Kept) -> bool:
        """Whether it holds the same answer, and saves a restart nearly as much work."""
        same = self.record.says_the_same(other.record)
        return same and other.high < self.high + _WORTH_WRITING


class LastGood:
    """Reads and writes the files; no failure here reaches an app."""

    def __init__(self, registry_path: str, *, beside: bool = True) -> None:
        """Without `beside` only the user's cache is used: anybody might write to the registry's
        folder.
        """
        try:
            named = row_digest("live", (registry_path,))
        except UnicodeEncodeError:  # a path of bytes that are not UTF-8
            named = row_digest("live", (ascii(registry_path),))
        cache = os.path.join(_cache_folder(), "workbench", named[:16])
        self._folders = (registry_path + LAST_GOOD_SUFFIX, cache) if beside else (cache,)

    def read(self, prompt_id: str, environment: str) -> Kept | None:
        """The newest intact record. Both names are safe as file names."""
        for suffix in (_SUFFIX, _SUFFIX_0_1_0):
            candidates = [
                kept
                for folder in self._folders
                if (
                    kept := _read(
                        _path(folder, prompt_id, environment, suffix), prompt_id, environment
                    )
                )
            ]
            if candidates:
                return max(candidates, key=lambda kept: kept.record.seq)
        return None

    def keep(self, prompt_id: str, environment: str, kept: Kept) -> None:
        """Store it, unless it is stored already or another process stored a newer one."""
        before = self.read(prompt_id, environment)
        newer = before is not None and before.record.seq > kept.record.seq
        if before is not None and (newer or before.is_as_good_as(kept)):
            return
        text = _packed(kept.record, kept.high, kept.hash)
        for folder in self._folders:
            try:
                write_atomically(_path(folder, prompt_id, environment), text)
            except OSError:
                continue  # beside the registry it is read-only: the cache is next
            return


def _path(folder: str, prompt_id: str, environment: str, suffix: str = _SUFFIX) -> str:
    return os.path.join(folder, environment, prompt_id + suffix)


def _read(path: str, prompt_id: str, environment: str) -> Kept | None:
    try:
        data, age = read_bytes(path, _LONGEST)
        if path.endswith(_SUFFIX):
            kept = _unpacked(data)
            kept.record.check(prompt_id, environment)
        else:
            from workbench.registry.reader.kept_by_0_1_0 import unpacked

            record = unpacked(data, prompt_id, environment)
            kept = Kept(record, record.seq, record.hash)
    except Exception:  # noqa: BLE001 - anything may stand in the file, and then it is as if missing
        return None
    kept.age = age
    return kept


def read_bytes(path: str, most: int) -> tuple[bytes, float]:
    """A regular file's content, and its age in seconds. Raises OSError, also for a link and for
    more than `most` bytes.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            raise OSError(f"{path} is no file that was written here")
        return os.read(handle, status.st_size + 1), max(0.0, time.time() - status.st_mtime)
    finally:
        os.close(handle)


def _packed(record: LiveRecord, high: int, hash_: str) -> bytes:
    columns: list[Column] = [high, hash_, int(record.revoked), record.score]
    for part in (
        tuple(record.deployment),
        tuple(record.deployment.values()),
        record.deployed,
        tuple(record.version),
        tuple(record.version.values()),
        record.registered,
    ):
        columns += (len(part), *part)
    shape, texts = [], []
    for column in columns:
        if isinstance(column, str):
            shape.append(f"s{len(column)}")
            texts.append(column)
        elif isinstance(column, float):
            shape.append("f" + column.hex())
        else:
            shape.append("n" if column is None else f"i{column}")
    body = f"{','.join(shape)}\n{''.join(texts)}".encode()
    return f"{FORMAT} {sha256(body).hexdigest()}\n".encode() + body


def _unpacked(data: bytes) -> Kept:
    """Raises ValueError when the file is not intact."""
    head, _, body = data.partition(b"\n")
    if head != f"{FORMAT} {sha256(body).hexdigest()}".encode():
        raise ValueError("not as it was written")
    shape, _, text = body.decode().partition("\n")
    columns: list[Column] = []
    start = 0
    for token in shape.split(","):
        kind, rest = token[0], token[1:]
        if kind == "s":
            columns.append(text[start : start + int(rest)])
            start += int(rest)
        else:
            columns.append(
                None if kind == "n" else int(rest) if kind == "i" else float.fromhex(rest)
            )
    high, hash_, revoked, score, *rest_of = columns
    parts: list[list[Column]] = []
    while rest_of:
        length = int(rest_of[0] or 0)
        parts.append(rest_of[1 : length + 1])
        del rest_of[: length + 1]
    names, values, deployed, version_names, version_values, registered = parts
    record = LiveRecord(
        _row(names, values),
        deployed,
        _row(version_names, version_values),
        registered,
        None if score is None else float(score),
        bool(revoked),
    )
    return Kept(record, int(high or 0), str(hash_))


def _row(names: list[Column], values: list[Column]) -> dict[str, Column]:
    return {str(name): value for name, value in zip(names, values, strict=True)}


def write_atomically(path: str, data: bytes) -> None:
    """Replace a file, with its folder if need be. Raises OSError, also for a link in its way."""
    folder = os.path.dirname(path)
    if os.path.islink(folder) or os.path.islink(os.path.dirname(folder)):
        raise OSError(0, "a link", folder)  # of a cloned workspace, to anywhere
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
