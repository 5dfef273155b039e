"""Is this a safe place for a registry? What SQLite cannot see for itself."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

WAL_RESET_FIXED = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can corrupt a database when two connections reset its log at once."""

_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs",
     "9p", "virtiofs", "vboxsf", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse", "davfs"}
)  # fmt: skip
_SYNCED = ("dropbox", "onedrive", "google drive", "googledrive", "mobile documents", "nextcloud")


def warnings_about(path: Path, mounts: str | None = None) -> list[str]:
    """One sentence for each thing about this machine that endangers the file."""
    found = []
    if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        wanted = ".".join(map(str, WAL_RESET_FIXED))
        found.append(
            f"SQLite {sqlite3.sqlite_version} has the WAL-reset bug (fixed in {wanted}); workbench"
            " keeps its own writers apart with a lock file, other tools should not write"
        )
    kind = file_system_of(path, mounts)
    if kind in _NETWORK:
        found.append(
            f"{path} lies on a network file system ({kind}), where write-ahead logs are not safe;"
            " keep the registry on a local disk and export snapshots"
        )
    parts = " ".join(path.absolute().parts).lower()
    synced = next((name for name in _SYNCED if name in parts), None)
    if synced:
        found.append(
            f"{path} lies in a synchronised folder ({synced}), which copies the file while it is"
            " open; keep the registry elsewhere and export snapshots"
        )
    return found


def file_system_of(path: Path, mounts: str | None = None) -> str:
    """The type of the file system, `nfs4` or `ext4`; empty where this system does not say."""
    if mounts is None:
        table = Path("/proc/self/mounts")
        if not sys.platform.startswith("linux") or not table.exists():
            return ""
        mounts = table.read_text(encoding="utf-8", errors="replace")
    best, kind = "", ""
    target = str(path.absolute())
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind
