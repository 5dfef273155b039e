"""A folder, or a bucket behind fsspec: small files that are created once, or replaced if unchanged.

Where the store can make a write depend on what it has (S3's If-Match and If-None-Match), it does,
and two writers never undo each other. A folder uses a lock file. In other stores a writer looks
before it writes, and what it wrote is read back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from workbench.datasets.sources.buckets import S3, filesystem
from workbench.errors import (
    TargetError,
    TargetRefused,
    TargetUnreachable,
    UsageError,
)
from workbench.files import write_atomically
from workbench.providers.redact import one_line
from workbench.runs.store.outbox_lock import alone

_LOCK = ".workbench.lock"
_REFUSED = (
    *("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "Forbidden"),
    *("NoSuchBucket", "NoCredentials", "PermanentRedirect"),
)


class Changed(TargetError):
    """The file was made or changed by somebody else meanwhile."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file's content, and what tells this state of it from others."""

    data: bytes
    token: str


class Store(Protocol):
    """Paths are relative, with slashes. Methods raise TargetRefused or TargetUnreachable."""

    def read(self, path: str, most: int) -> Found | None:
        """The file; None where there is none. Raises TargetRefused for more than `most` bytes."""

    def write(self, path: str, data: bytes, before: str) -> None:
        """Write it where it still is as the token `before` says; empty: not there yet.

        Raises Changed.
        """

    def names(self, folder: str) -> list[str]:
        """The paths of the files in a folder."""


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A folder. Raises UsageError for what cannot be written."""

    root: Path

    def read(self, path: str, most: int) -> Found | None:
        file = self.root / path
        try:
            if file.is_symlink() or not file.is_file():
                return None
            size = file.stat().st_size
            if size > most:
                raise TargetRefused(f"{file} has {size:,} bytes")
            data = file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"cannot read {file}: {error.strerror}") from error
        return Found(data, hashlib.sha256(data).hexdigest())

    def write(self, path: str, data: bytes, before: str) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot write {self.root}: {error.strerror}") from error
        with alone(self.root, _LOCK):
            held = self.read(path, len(data) + 2**40)
            if (held.token if held else "") != before:
                raise Changed(f"{self.root / path} was changed meanwhile")
            write_atomically(self.root / path, data)

    def names(self, folder: str) -> list[str]:
        place = self.root / folder
        if not place.is_dir():
            return []
        return sorted(f"{folder}/{file.name}" for file in place.iterdir() if file.is_file())


@dataclass(frozen=True, slots=True)
class BucketStore:
    """A place that fsspec knows: `s3://bucket/folder`."""

    system: Any
    root: str
    is_s3: bool = False
    hidden: tuple[str, ...] = field(default=())

    def read(self, path: str, most: int) -> Found | None:
        place = f"{self.root}/{path}"
        with self._asking():
            try:
                # The state before the content: a change in between is found on writing.
                info = self.system.info(place, **({"refresh": True} if self.is_s3 else {}))
                size = int(info.get("size") or 0)
                if size > most:
                    raise TargetRefused(f"{path} has {size:,} bytes")
                if info.get("type") == "directory":
                    return None
                data: bytes = self.system.cat_file(place)
            except FileNotFoundError:
                return None
        token = str(info.get("ETag") or "") if self.is_s3 else ""
        return Found(data, token or hashlib.sha256(data).hexdigest())

    def write(self, path: str, data: bytes, before: str) -> None:
        place = f"{self.root}/{path}"
        options: Mapping[str, Any] = {}
        if self.is_s3:
            options = {"IfMatch": before} if before else {"mode": "create"}
        else:
            held = self.read(path, 2**40)
            if (held.token if held else "") != before:
                raise Changed(f"{path} was changed meanwhile")
        with self._asking(is_write=True):
            try:
                if not self.is_s3:
                    self.system.makedirs(place.rpartition("/")[0], exist_ok=True)
                self.system.pipe_file(place, data, **options)
            except FileExistsError as error:
                raise Changed(f"{path} was changed meanwhile") from error
            except FileNotFoundError as error:
                raise TargetRefused(
                    f"the bucket refused: {one_line(str(error), self.hidden)}",
                    hint="make the bucket first",
                ) from error
            except Exception as error:
                if _code(error) in ("PreconditionFailed", "ConditionalRequestConflict"):
                    raise Changed(f"{path} was changed meanwhile") from error
                raise

    def names(self, folder: str) -> list[str]:
        with self._asking():
            try:
                names = self.system.ls(f"{self.root}/{folder}", detail=False, refresh=True)
            except FileNotFoundError:
                return []
            except TypeError:  # a file system that keeps no listings to refresh
                names = self.system.ls(f"{self.root}/{folder}", detail=False)
        return sorted(f"{folder}/{str(name).rstrip('/').rpartition('/')[2]}" for name in names)

    @contextmanager
    def _asking(self, *, is_write: bool = False) -> Iterator[None]:
        try:
            yield
        except (TargetError, FileNotFoundError, FileExistsError):
            raise
        except Exception as error:
            message = one_line(f"{type(error).__name__}: {error}", self.hidden)
            if isinstance(error, PermissionError) or any(
                name in f"{type(error).__name__} {_code(error)} {error}" for name in _REFUSED
            ):
                raise TargetRefused(f"the bucket refused: {message}") from error
            raise TargetUnreachable(
                f"the bucket failed: {message}", may_have_committed=is_write
            ) from error


def open_bucket(uri: str, options: Mapping[str, Any], hidden: tuple[str, ...]) -> BucketStore:
    """The place of a uri with a scheme; `options` go to fsspec's file system.

    Raises ExtraMissing, or UsageError for a scheme or options that fsspec does not take.
    """
    scheme = uri.partition("://")[0]
    try:
        system, root = filesystem(uri, options)
    except (ValueError, TypeError) as error:
        raise UsageError(f"{scheme}://: {one_line(str(error), hidden)}") from error
    return BucketStore(system, root.rstrip("/"), scheme in S3, hidden)


def _code(error: BaseException | None) -> str:
    """The code that S3 gave, where an error or its cause has one."""
    while error is not None:
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            return str(dict(response.get("Error", {})).get("Code", ""))
        error = error.__cause__ or error.__context__
    return ""
