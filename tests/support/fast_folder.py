"""Where the tests' own files lie: in memory, if the system has a place for that.

A registry syncs its file at each commit, which takes milliseconds on a disk; what is tested is
what other processes see and what a kill leaves, not what survives a power loss.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_NEEDED_BYTES = 2 * 1024**3
"""Several times what a run of all tests leaves: containers often have 64 MB there."""


def fast_folder() -> str | None:
    """A folder whose files are in memory; None: the system has none, or one that is too small."""
    if not os.access(_MEMORY, os.W_OK) or os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
        return None
    return str(_MEMORY) if shutil.disk_usage(_MEMORY).free > _NEEDED_BYTES else None


def use_fast_folder() -> None:
    """Let temporary files of this process, of pytest and of what it starts be made there."""
    if "TMPDIR" not in os.environ and (folder := fast_folder()):
        os.environ["TMPDIR"] = folder
        tempfile.tempdir = None
