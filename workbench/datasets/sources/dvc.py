"""Reads DVC-tracked files by the digest in their `.dvc` file or in `dvc.lock`.

The digest is the version: a working copy or a cached object with another content is an error. Read
by the documented layout; no program of DVC is run.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.datasets.sources.git import read_at
from workbench.errors import DatasetError
from workbench.prompts.files.strict_yaml import parse_yaml

LOCK = "dvc.lock"
_MD5 = re.compile(r"[0-9a-f]{32}(?:\.dir)?")
_FOLDER = ".dir"


@dataclass(frozen=True, slots=True)
class Tracked:
    """What DVC tracks at a path."""

    md5: str
    named_in: Path
    """The `.dvc` file or `dvc.lock`."""
    is_text_digest: bool
    """Written before DVC 3, whose digests of text took CRLF for LF."""

    def is_of(self, data: bytes) -> bool:
        """Whether the content is the tracked one."""
        if _md5(data) == self.md5:
            return True
        return self.is_text_digest and _md5(data.replace(b"\r\n", b"\n")) == self.md5


def read_tracked(path: Path, rev: str = "", *, cached: bool = False) -> tuple[str, bytes]:
    """The digest and the content of a DVC-tracked file, as of a revision of git if one is given.

    With `cached` the working copy is not looked at.
    Raises DatasetError when it is not tracked, when the working copy is another content, and when
    the cache lacks the content or holds another.
    """
    root = _root(path)
    read = _reader(rev)
    tracked = _tracked(path, root, read)
    if not rev and not cached and path.is_file():
        data = _bytes(path)
        if tracked.is_of(data):
            return tracked.md5, data
        raise DatasetError(
            f"{path} is not the content that {tracked.named_in.name} names ({tracked.md5[:12]})",
            hint="dvc add keeps the file as a new version, dvc checkout brings the old one back",
        )
    return tracked.md5, _cached(tracked, root, path)


def _tracked(path: Path, root: Path, read: Callable[[Path], bytes | None]) -> Tracked:
    """What the nearest `.dvc` file or `dvc.lock` says about the file, or about a folder around it.

    Raises DatasetError when nothing does.
    """
    for place in (path, *path.parents):
        if not place.is_relative_to(root) or place == root:
            break
        for file, outs in _declared(place, root, read):
            for out in outs:
                where = file.parent / str(out.get("wdir", "")) / str(out.get("path", ""))
                if _normal(where) == place:
                    tracked = _of_out(out, file)
                    inside = path.relative_to(place)
                    return tracked if place == path else _inside(tracked, inside, root, path)
    raise DatasetError(
        f"{path} is tracked by no .dvc file and no {LOCK}", hint=f"dvc add {path.name}"
    )


def _declared(
    place: Path, root: Path, read: Callable[[Path], bytes | None]
) -> Iterator[tuple[Path, list[Mapping[str, Any]]]]:
    """The outs of the files that may track a path."""
    own = place.with_name(f"{place.name}.dvc")
    data = read(own)
    if data is not None:
        content = _yaml(data, own)
        outs = [out for out in content.get("outs") or [] if isinstance(out, Mapping)]
        yield own, [{**out, "wdir": content.get("wdir", "")} for out in outs]
    for folder in place.parents:
        if not folder.is_relative_to(root):
            break
        lock = folder / LOCK
        data = read(lock)
        if data is not None:
            stages = _yaml(data, lock).get("stages") or {}
            outs = [
                out
                for stage in stages.values()
                if isinstance(stage, Mapping)
                for out in stage.get("outs") or []
                if isinstance(out, Mapping)
            ]
            yield lock, outs


def _of_out(out: Mapping[str, Any], file: Path) -> Tracked:
    md5 = out.get("md5")
    if not isinstance(md5, str) or not _MD5.fullmatch(md5):
        raise DatasetError(f"{file}: {out.get('path')} has no md5", hint="dvc commit")
    return Tracked(md5, file, out.get("hash") != "md5")


def _inside(tracked: Tracked, inside: Path, root: Path, path: Path) -> Tracked:
    """The file in a tracked folder, whose object lists its files."""
    listed = json.loads(_cached(tracked, root, path.parent))
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and item.get("relpath") == inside.as_posix():
            return _of_out({**item, "hash": None if tracked.is_text_digest else "md5"},
                           tracked.named_in)  # fmt: skip
    raise DatasetError(f"{path} is not in the folder that {tracked.named_in} tracks")


def _cached(tracked: Tracked, root: Path, path: Path) -> bytes:
    """The object in DVC's cache, checked."""
    first, rest = tracked.md5[:2], tracked.md5[2:]
    caches = _caches(root)
    for cache in caches:
        # DVC 3 keeps objects in files/md5, DVC 2 kept them in the cache itself.
        for place in (cache / "files" / "md5" / first / rest, cache / first / rest):
            if place.is_file():
                data = _bytes(place)
                plain = Tracked(tracked.md5.removesuffix(_FOLDER), place, tracked.is_text_digest)
                if not plain.is_of(data):
                    raise DatasetError(
                        f"{place} is not the content that its name says",
                        hint="delete it, and dvc fetch",
                    )
                return data
    raise DatasetError(
        f"{path}: the content {tracked.md5[:12]} that {tracked.named_in.name} names is not in"
        f" DVC's cache {caches[0]}",
        hint="dvc fetch",
    )


def _caches(root: Path) -> list[Path]:
    """The cache folders: as configured, and the usual one."""
    usual = root / ".dvc" / "cache"
    caches = []
    for name in ("config.local", "config"):
        config = configparser.RawConfigParser(strict=False)
        try:
            config.read_string((root / ".dvc" / name).read_text("utf-8"))
        except (OSError, UnicodeDecodeError, configparser.Error):
            continue
        given = config.get("cache", "dir", fallback="")
        if given:
            caches.append(Path(root / ".dvc" / given))
    return [*caches, usual]


def _root(path: Path) -> Path:
    for folder in path.parents:
        if (folder / ".dvc").is_dir():
            return folder
    raise DatasetError(f"{path} is in no repository of DVC", hint="dvc init, dvc add")


def _reader(rev: str) -> Callable[[Path], bytes | None]:
    """Reads a small file as it is, or as of a revision; None if it is not there."""

    def read(path: Path) -> bytes | None:
        if not rev:
            return _bytes(path) if path.is_file() else None
        try:
            return read_at(path, rev)[1]
        except DatasetError as error:
            if "is not in git at" in error.message:
                return None
            raise

    return read


def _yaml(data: bytes, file: Path) -> Mapping[str, Any]:
    try:
        content = parse_yaml(data.decode(), str(file), DatasetError)
    except UnicodeDecodeError as error:
        raise DatasetError(f"{file} is not UTF-8") from error
    if not isinstance(content, Mapping):
        raise DatasetError(f"{file}: a mapping is needed")
    return content


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error


def _normal(path: Path) -> Path:
    """The path without `.` and `..`, links unresolved."""
    parts: list[str] = []
    for part in PurePosixPath(path.as_posix()).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return Path(*parts)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
