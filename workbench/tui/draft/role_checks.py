"""Lines that look like role markers but are not, and text before the first marker. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from workbench.prompts.roles import MARKER
from workbench.prompts.values import ROLES

_ALONE = re.compile(r"[ \t]*([#*_]*)[ \t]*([A-Za-z]{2,20})[ \t]*([*_]*)[ \t]*([:;.]?)[*_ \t]*")
_ALIKE = 0.82
_LEAST = 5
"""From so many letters on a role inside of a longer word counts: `zzsystem`, but no `abuser`."""


def role_problems(lines: Sequence[str]) -> Iterator[tuple[str, int]]:
    """What is wrong and on which line, from 1; `lines` are those of the whole file."""
    start = front_end(lines)
    before: int | None = None
    has_marker = False
    problems: list[tuple[str, int]] = []
    for number, line in enumerate(lines[start:], start + 1):
        if MARKER.fullmatch(line):
            has_marker = True
            continue
        meant = meant_role(line)
        if meant:
            problem = (
                f"{line.strip()!r} is no role marker ({meant}: is): it is text of the one before"
            )
            problems.append((problem, number))
        elif not (has_marker or problems or before) and line.strip():
            before = number
    if has_marker and before is not None:
        problems.insert(0, ("text before the first role marker goes to system", before))
    yield from problems


def meant_role(line: str) -> str:
    """The role that a line of its own seems to have been meant for; empty: none."""
    match = _ALONE.fullmatch(line)
    if match is None or MARKER.fullmatch(line):
        return ""
    before, word, _, colon = match.groups()
    word = word.lower()
    if word in ROLES:
        return word
    if not (colon or before):
        return ""
    for role in ROLES:
        if len(role) >= _LEAST and role in word:
            return role
    alike = {role: SequenceMatcher(None, word, role).ratio() for role in ROLES}
    role = max(alike, key=lambda name: alike[name])
    return role if alike[role] >= _ALIKE else ""


def front_end(lines: Sequence[str]) -> int:
    """The line (from 1) that closes the front matter; 0: there is none."""
    fences = [
        number for number, line in enumerate(lines, 1) if line.lstrip("\ufeff").rstrip() == "---"
    ]
    if len(fences) < 2 or any(line.strip(" \t\ufeff") for line in lines[: fences[0] - 1]):
        return 0
    return fences[1]
