"""Code of a workspace runs only when its user has allowed exactly this text.

What is allowed is kept per user, outside of every workspace, by the hash of the file and of the
workspace's files that it imports: a workspace that comes with code cannot allow it. Only `opened`
makes a child process, so nothing else can start code.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from workbench.child_process.process import LIMITS, ChildProcess, Limits
from workbench.child_process.source import Module, Source
from workbench.errors import CodeError
from workbench.files import read_user_file, write_user_file
from workbench.times import utc_now

_FILE = "allowed_code.json"


class CodeNotAllowed(CodeError):
    """The user has not allowed this code, or it changed since."""

    def __init__(self, source: Source) -> None:
        place = (source.path, source.folder)
        before = any((e.get("file"), e.get("workspace")) == place for e in _entries().values())
        state = "changed since you allowed it" if before else "is code that you have not allowed"
        hint = f"read it, then: workbench trust {source.path}"
        if not source.folder:
            hint += "; for what a version holds: workbench trust PROMPT@VERSION"
        super().__init__(f"{source.path} {state}", hint=hint)
        self.source = source


def is_allowed(source: Source) -> bool:
    """Whether the user allowed this file with the workspace's files that it imports."""
    return source.text_hash in _entries()


def allow(source: Source) -> None:
    """Record that the user allows this code, wherever it stands."""
    entry = {"file": source.path, "workspace": source.folder, "at": utc_now()}
    write_user_file(_FILE, read_user_file(_FILE) | {source.text_hash: entry})


def check_allowed(source: Source) -> None:
    """Raises CodeNotAllowed."""
    if not is_allowed(source):
        raise CodeNotAllowed(source)


def opened(
    source: Source,
    function: str,
    limits: Limits = LIMITS,
    *,
    arguments: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> ChildProcess:
    """A child process for a function of the source, not started yet; see ChildProcess.

    Raises CodeNotAllowed.
    """
    check_allowed(source)
    return ChildProcess(source, function, limits, arguments=arguments, options=options)


@cache
def enforced_here() -> tuple[str, ...]:
    """Which of RESTRICTIONS this system enforces."""
    empty = Source("empty.py", "empty", {"empty": Module("empty.py", "def empty(): pass\n")})
    with ChildProcess(empty, "empty") as process:
        process.start()
        return process.enforced


def _entries() -> dict[str, Any]:
    return {key: value for key, value in read_user_file(_FILE).items() if isinstance(value, dict)}
