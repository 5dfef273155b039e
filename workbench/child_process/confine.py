"""Takes away from this process what workspace code may not do. Runs in the child, before its code.

Limits of the process (setrlimit) hold on every POSIX system. On Linux, Landlock restricts the files
that can be opened, and a seccomp filter refuses sockets, new processes, programs, signals to
others, and changes of permissions, which Landlock does not cover. Both work without privileges and
cannot be undone. Run as a file's neighbour, it imports nothing of this package.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable

MEMORY, FILES, NETWORK, PROCESSES = "memory", "files", "network", "processes"
RESTRICTIONS = (MEMORY, FILES, NETWORK, PROCESSES)
"""What may be enforced here; time and output are limited by the parent, on every system."""

_OPEN_FILES = 64
_SYSTEM_FILES = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo"),
    *("/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom", "/dev/zero"),
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/self", "/sys/devices/system/cpu"),
)


def confine(memory_bytes: int, readable: Iterable[str]) -> list[str]:
    """Apply what this system can enforce; the names of it. `readable` are the files and folders
    that can be read in addition to the system's libraries; none can be written.
    """
    enforced = _limit_resources(memory_bytes)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
            if _restrict_files(libc, [*_SYSTEM_FILES, *readable]):
                enforced.append(FILES)
            if _restrict_calls(libc):
                enforced += [NETWORK, PROCESSES]
    return enforced


def _limit_resources(memory_bytes: int) -> list[str]:
    try:
        import resource
    except ImportError:  # Windows
        return []
    limits = [("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0), ("RLIMIT_NOFILE", _OPEN_FILES)]
    if sys.platform == "linux":  # elsewhere it is accepted and has no effect
        limits.append(("RLIMIT_AS", memory_bytes))
    for name, value in limits:
        hard = resource.getrlimit(getattr(resource, name))[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(getattr(resource, name), (most, most))
    return [MEMORY] if sys.platform == "linux" else []


# Landlock: https://docs.kernel.org/userspace-api/landlock.html

_NO_NEW_PRIVILEGES, _SECCOMP = 38, 22  # options of prctl
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_EXECUTE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""Version of Landlock to its number of rights on files; 16 from version 5 on."""
_TCP = 0b11
_SCOPES = 0b11


def _restrict_files(libc: ctypes.CDLL, readable: Iterable[str]) -> bool:
    """Refuse to open every file but the readable ones, and all writing; False: no Landlock."""
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    handled = (1 << _RIGHTS.get(version, 16)) - 1
    parts = [handled]
    if version >= 4:
        parts.append(_TCP)
    if version >= 6:
        parts.append(_SCOPES)  # abstract sockets, and signals to processes outside
    attributes = struct.pack(f"={len(parts)}Q", *parts)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    for path in readable:
        # A path that is not there needs no rule.
        with contextlib.suppress(OSError):
            _allow_reading(libc, ruleset, path)
    done = libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return bool(done)


def _allow_reading(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        folder = os.path.isdir(path)  # noqa: PTH112 - the child imports no pathlib
        rights = _READ_FILE | ((_EXECUTE | _READ_FOLDER) if folder else 0)
        rule = struct.pack("=Qi", rights, handle)
        libc.syscall(_ADD_RULE, ruleset, 1, rule, 0)
    finally:
        os.close(handle)


# seccomp: https://docs.kernel.org/userspace-api/seccomp_filter.html

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _NO_PERMISSION, _NO_SUCH_CALL = 0x7FFF0000, 0x00050001, 0x00050026
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_X32 = 0x40000000
_NEW_THREAD = 0x00010000

_COLUMNS = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine to the column of `_REFUSED`, and its number in `seccomp_data`."""
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "socket": (41, 198),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "setrlimit": (160, 164),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "mount": (165, 40),
    "umount2": (166, 39),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "chroot": (161, 51),
    "pivot_root": (155, 41),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "open_by_handle_at": (304, 265),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "personality": (135, 92),
    "setuid": (105, 146),
    "setgid": (106, 144),
}
_CLONE, _CLONE3, _PRLIMIT = (56, 220), (435, 435), (302, 261)
_TO_OWN_PROCESS = ((62, 129), (234, 131))
"""kill and tgkill, which `abort` uses: allowed if the first argument is the process's own id."""


def _restrict_calls(libc: ctypes.CDLL) -> bool:
    """Refuse the system calls above, by a filter; False: another machine, or no seccomp."""
    if platform.machine() not in _COLUMNS or sys.byteorder != "little":
        return False
    column, architecture = _COLUMNS[platform.machine()]
    filters = [
        _step(_LOAD, _ARCHITECTURE_AT),
        _step(_EQUAL, architecture, 1, 0),
        _step(_RETURN, _NO_PERMISSION),
        _step(_LOAD, _NUMBER_AT),
        _step(_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _NO_PERMISSION),
    ]
    for numbers in _REFUSED.values():
        number = numbers[column]
        if number is not None:
            filters += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _NO_PERMISSION)]
    # The C library calls clone instead, whose flags a filter can read.
    filters += [_step(_EQUAL, _CLONE3[column], 0, 1), _step(_RETURN, _NO_SUCH_CALL)]
    filters += _only_if(_CLONE[column], 0, _step(_ANY_BIT, _NEW_THREAD, 1, 0))
    for numbers_to_own in _TO_OWN_PROCESS:
        filters += _only_if(numbers_to_own[column], 0, _step(_EQUAL, os.getpid(), 1, 0))
    filters += [  # reading a limit passes no new one: both halves of the pointer are 0
        _step(_EQUAL, _PRLIMIT[column], 0, 6),
        _step(_LOAD, _ARGUMENTS_AT + 16),
        _step(_EQUAL, 0, 0, 2),
        _step(_LOAD, _ARGUMENTS_AT + 20),
        _step(_EQUAL, 0, 1, 0),
        _step(_RETURN, _NO_PERMISSION),
        _step(_RETURN, _ALLOW),
    ]
    filters.append(_step(_RETURN, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(filters))
    program = struct.pack("HxxxxxxQ", len(filters), ctypes.addressof(code))
    return bool(libc.prctl(_SECCOMP, 2, program, 0, 0) == 0)


def _only_if(number: int, argument: int, test: bytes) -> list[bytes]:
    """Allow a call if `test` of an argument's low half skips the next step."""
    return [
        _step(_EQUAL, number, 0, 4),
        _step(_LOAD, _ARGUMENTS_AT + 8 * argument),
        test,
        _step(_RETURN, _NO_PERMISSION),
        _step(_RETURN, _ALLOW),
    ]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
