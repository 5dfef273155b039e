"""Detects folders unsafe for SQLite: network file systems and synchronised folders."""

from __future__ import annotations

import os
from pathlib import Path

_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "virtiofs", "fuse.sshfs", "davfs"}
_SYNCED = ("Dropbox", "OneDrive", "Google Drive", "iCloud Drive", "Nextcloud")
_MOUNTS = Path("/proc/mounts")


def network_warning(folder: Path) -> str:
    """A warning when SQLite is not safe in `folder`, else empty."""
    kind = _kind_of(folder)
    if kind in _NETWORK:
        return f"{folder} is on a {kind} file system, where SQLite's locks do not hold"
    for part in folder.resolve().parts:
        if part.startswith(_SYNCED):
            return f"{folder} is kept in step by {part}, which copies databases in the middle"
    return ""


def _kind_of(folder: Path) -> str:
    """The type of the file system; empty if unknown."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best = ("", "")
    resolved = str(folder.resolve())
    for line in mounts:
        _, point, kind, *_ = line.split(" ")
        point = point.encode().decode("unicode_escape")
        inside = resolved == point or resolved.startswith(point.rstrip(os.sep) + os.sep)
        if inside and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]
