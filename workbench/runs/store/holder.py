"""The process that works on a run, distinguishable from a later one with the same pid."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

HEARTBEAT_S = 2.0
_START_TIME = 19
"""Index of `starttime` in /proc/PID/stat, counted after the process name (proc(5))."""
STALE_S = 20.0
"""Seconds without a heartbeat after which a process that cannot be inspected counts as dead."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process on a host."""

    host: str
    pid: int
    process_started: str
    heartbeat: float
    """Seconds since 1970."""

    @property
    def is_alive(self) -> bool:
        """Whether the process may still be writing."""
        if self.host == this_host():
            if self.process_started:
                return process_start(self.pid) == self.process_started
            if not _exists(self.pid):
                return False
        return abs(time.time() - self.heartbeat) < STALE_S


def this_process() -> Holder:
    """This process, now."""
    pid = os.getpid()
    return Holder(this_host(), pid, process_start(pid), time.time())


@lru_cache(maxsize=1)
def this_host() -> str:
    """Host name, with boot id and pid namespace where those are available.

    Containers may share a host name and each have their own pids.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        numbers = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return f"{socket.gethostname()}/"
    return f"{socket.gethostname()}/{boot}/{numbers}"


def _exists(pid: int) -> bool:
    """Whether a process with that pid exists; True where that is unknown."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def process_start(pid: int) -> str:
    """The process's start time in kernel ticks; empty when unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    if fields[0] == "Z":
        return ""
    return fields[_START_TIME]
