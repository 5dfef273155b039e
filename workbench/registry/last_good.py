"""The last good answer of each prompt on disk, for an app that starts while the registry is away.

One small file a prompt and environment, beside the registry where that can be written, else in
the user's cache. It holds what the registry said, and the record of the deployment, so that a
later start notices when an older registry was put in the place of this one.
"""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH103, PTH105, PTH108, PTH111, PTH112, PTH114, PTH116, PTH118, PTH120
from __future__ import annotations

import os
import sys
import time

from workbench.errors import RegistryError
from workbench.registry.digest import row_digest

FORMAT = "workbench-live-1"
FOLDER_SUFFIX = ".live"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.registry.digest import Column

    Row = tuple[Column, ...]
    Query = Callable[[str, Row], Row | None]

_SEQ, _HASH = 12, 13
"""Where the deployment's seq and hash stand in a reader's row."""
_LENGTH = 21
"""The format and a reader's row."""


class LastGood:
    """Reads and writes the files; whatever goes wrong here never reaches an app."""

    def __init__(self, registry_path: str) -> None:
        self._beside = registry_path + FOLDER_SUFFIX
        self._cache = os.path.join(
            _cache_folder(), "workbench", row_digest("live", (registry_path,))[:16]
        )

    def any(self) -> bool:
        """Whether there is any last good answer for this registry."""
        return any(os.path.isdir(folder) for folder in (self._beside, self._cache))

    def keep(
        self, prompt_id: str, environment: str, row: Row, query: Query
    ) -> tuple[int, str] | None:
        """Write the row unless it is there already.

        Returns seq and hash of the deployment that an earlier file holds, for the reader to look
        for in the registry; None when there was none or it is the same.
        """
        packed = query("SELECT json_array(?" + ", ?" * len(row) + ")", (FORMAT, *row))
        if packed is None:
            return None
        text = str(packed[0]).encode("utf-8", "surrogatepass")
        earlier: tuple[int, str] | None = None
        for folder in (self._beside, self._cache):
            path = self._path(folder, prompt_id, environment)
            before = _read_bytes(path)
            if before == text:
                return earlier
            if before is not None:
                old = _unpacked(before)
                earlier = (int(old[_SEQ] or 0), str(old[_HASH])) if old else None
                if earlier is not None and not _holds(earlier, query):
                    return earlier
            try:
                _write_atomically(path, text)
            except OSError:
                continue  # beside the registry it is read-only: the cache is next
            return earlier
        return earlier

    def read(self, prompt_id: str, environment: str) -> tuple[Row, float] | None:
        """The stored row and its age in seconds."""
        for folder in (self._beside, self._cache):
            path = self._path(folder, prompt_id, environment)
            data = _read_bytes(path)
            row = _unpacked(data) if data is not None else None
            if row is not None:
                return row, max(0.0, time.time() - os.stat(path).st_mtime)
        return None

    def head(self, prompt_id: str, environment: str) -> tuple[int, str] | None:
        """seq and hash of the deployment that was kept, if there is one."""
        try:
            stored = self.read(prompt_id, environment)
        except RegistryError:
            return None  # no name in a registry, so nothing was ever kept under it
        return (int(stored[0][_SEQ] or 0), str(stored[0][_HASH])) if stored else None

    def forget(self, prompt_id: str, environment: str) -> None:
        """Nothing is live any more: a later start must not serve what was retired."""
        for folder in (self._beside, self._cache):
            try:
                os.unlink(self._path(folder, prompt_id, environment))
            except OSError:
                continue  # it is not there, or cannot be written: then it cannot be helped here

    def _path(self, folder: str, prompt_id: str, environment: str) -> str:
        for name in (prompt_id, environment):
            # Names in the registry are safe; what an app asks for may be anything.
            if not name or not set(name) <= _SAFE or ".." in name:
                raise RegistryError(
                    f"{name[:100]!r} is not a name in a registry", hint="use a-z, 0-9, _, - and ."
                )
        return os.path.join(folder, environment, prompt_id + ".json")


_SAFE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-.")


def _holds(earlier: tuple[int, str], query: Query) -> bool:
    held = query("SELECT hash FROM ledger WHERE seq = ?", (earlier[0],))
    return held is not None and held[0] == earlier[1]


def _read_bytes(path: str) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    try:
        return os.read(handle, os.fstat(handle).st_size + 1)
    except OSError:
        return None
    finally:
        os.close(handle)


def _unpacked(data: bytes) -> Row | None:
    import json

    try:
        found = json.loads(data)
    except ValueError:
        return None
    if not isinstance(found, list) or len(found) != _LENGTH or found[0] != FORMAT:
        return None
    row = tuple(found[1:])
    sound = isinstance(row[_SEQ], int) and isinstance(row[_HASH], str)
    return row if sound and all(isinstance(c, str | int | float | None) for c in row) else None


def _write_atomically(path: str, data: bytes) -> None:
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
