"""Reads objects of a bucket at a version: its id in S3 that keeps versions, else the ETag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from workbench.datasets.readers import MAX_BYTES
from workbench.datasets.sources.buckets import S3, filesystem
from workbench.errors import DatasetError
from workbench.key_shapes import without_keys

_NONE = ("", "null", "None")
"""Version ids of objects in a bucket that keeps no versions."""


class _Gone(DatasetError):
    """There is no object now."""


class StoredObject:
    """An object by its address. Methods raise DatasetError."""

    def __init__(self, address: str) -> None:
        """Raises ExtraMissing, or DatasetError for a store that cannot be opened."""
        self.address = address
        self._is_s3 = address.partition("://")[0] in S3
        options = {"version_aware": True} if self._is_s3 else {}
        with self._asking():
            self._system, self._place = filesystem(
                address, {**options, "skip_instance_cache": True, "use_listings_cache": False}
            )

    def version_of(self, wanted: str) -> str:
        """The version's name: that of the object as it is, unless another one is wanted."""
        return _version(self._info(wanted))

    def is_now(self, wanted: str) -> bool:
        """Whether the object still is the version."""
        return wanted in _names(self._current())

    def read(self, wanted: str) -> tuple[str, bytes]:
        """The version and its content."""
        info = self._info(wanted)
        size = int(info.get("size") or info.get("Size") or 0)
        if size > MAX_BYTES:
            raise DatasetError(f"{self.address} is larger than {MAX_BYTES // 1_000_000} MB")
        # In the path: with version_id, s3fs reads as many bytes as the newest version has.
        version_id = _version_id(info)
        which = f"?versionId={version_id}" if self._is_s3 and version_id else ""
        with self._asking():
            data: bytes = self._system.cat_file(self._place + which)
        if not which and _version(self._current()) != _version(info):
            raise DatasetError(f"{self.address} changed while it was read", hint="try again")
        return _version(info), data

    def versions(self) -> Iterator[str]:
        """Yield the versions that the bucket has kept, newest first."""
        for info in self._kept():
            yield _version(info)

    def _info(self, wanted: str) -> Mapping[str, Any]:
        """Of the object as it is, or of a version, which outlives it."""
        try:
            now = self._current()
            if not wanted or wanted in _names(now):
                return now
            problem = DatasetError(
                f"{self.address} is no longer {wanted}, and its bucket has no such version: it is"
                f" {_version(now)}",
                hint="name that version, or bring the old object back",
            )
        except _Gone as gone:
            problem = gone
        for info in self._kept() if wanted else ():
            if wanted in _names(info):
                return info
        raise problem

    def _current(self) -> Mapping[str, Any]:
        with self._asking():
            info: Mapping[str, Any] = self._system.info(
                self._place, **({"refresh": True} if self._is_s3 else {})
            )
        if info.get("type") == "directory" or not _names(info):
            raise DatasetError(f"{self.address} is no object with a version or an ETag")
        return info

    def _kept(self) -> list[Mapping[str, Any]]:
        if not self._is_s3:
            return []
        with self._asking():
            try:
                listed = self._system.object_version_info(self._place)
            except KeyError:  # s3fs, where there is none
                return []
        key = self._place.partition("/")[2]
        kept = [one for one in listed if one.get("Key") == key and "ETag" in one]
        return sorted(kept, key=lambda one: str(one.get("LastModified")), reverse=True)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise _Gone(f"there is no object {self.address}") from error
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise DatasetError(f"{self.address} cannot be read: {_said(error)}") from error


def _names(info: Mapping[str, Any]) -> set[str]:
    """What may name the state of an object: its version id, and its ETag."""
    return {name for name in (_version_id(info), _etag(info)) if name}


def _version(info: Mapping[str, Any]) -> str:
    return _version_id(info) or _etag(info)


def _etag(info: Mapping[str, Any]) -> str:
    return str(info.get("ETag") or info.get("etag") or "").strip('"')


def _version_id(info: Mapping[str, Any]) -> str:
    version = str(info.get("VersionId") or info.get("generation") or "")
    return "" if version in _NONE else version


def _said(error: BaseException) -> str:
    return without_keys(" ".join(f"{type(error).__name__}: {error}".split()))[:200]
