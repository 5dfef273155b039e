"""What the new parts of a workspace may be called."""

from __future__ import annotations

import re

from workbench.errors import UsageError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
"""Of prompts and suites."""
TABLE = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""Of a table in workbench.toml."""
MODULE = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""Of a file with Python code."""


def check_name(name: str, what: str, pattern: re.Pattern[str]) -> None:
    """A name becomes a path, so it has no separators. Raises UsageError."""
    if not pattern.fullmatch(name):
        hint = "lower case letters, digits, _; - and . too for prompts and suites"
        raise UsageError(f"{name!r} is no name for a {what}", hint=hint)
