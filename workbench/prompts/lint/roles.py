"""Role markers that are none, text without one, and messages without text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from workbench.prompts.lint.places import FENCE, Placed
from workbench.prompts.lint.rules import (
    EMPTY_MESSAGE,
    INDENTED_ROLE,
    MISSING_ROLE,
    NO_USER,
    ROLE_MARKER,
    Finding,
)
from workbench.prompts.roles import MARKER
from workbench.prompts.values import ROLES, SLOT

_ALONE = re.compile(r"[ \t]*([#*_]*)[ \t]*([A-Za-z]{2,20})[ \t]*([*_]*)[ \t]*([:;.]?)[*_ \t]*")
_ALIKE = 0.82
_LEAST = 5
"""From so many letters on a role inside of a longer word counts: `zzsystem`, but no `abuser`."""


def role_findings(placed: Placed) -> Iterator[Finding]:
    """What is wrong with the markers, and what lacks one."""
    slots = {each.line for each in placed.messages if each.role == SLOT}
    before: int | None = None
    open_marker: tuple[str, int] | None = None
    has_marker = has_meant = False
    fenced = False
    for number, line in placed.body:
        fenced ^= bool(FENCE.match(line))
        marker = MARKER.fullmatch(line)
        if marker:
            if open_marker:
                yield _empty(*open_marker)
            has_marker, open_marker = True, (marker.group(1).lower(), number)
            if line[:1] in " \t":
                yield Finding(INDENTED_ROLE, f"{line.strip()!r} begins a message here", number)
            continue
        if number in slots and open_marker:
            yield _empty(*open_marker)
        if number in slots or not line.strip():
            open_marker = None if number in slots else open_marker
            continue
        open_marker = None
        meant = "" if fenced else meant_role(line)
        if meant:
            has_meant = True
            message = f"{line.strip()!r} is no role marker ({meant}: is)"
            yield Finding(ROLE_MARKER, f"{message}: it is text of the one before", number)
        elif not (has_marker or has_meant or before):
            before = number
    if open_marker:
        yield _empty(*open_marker)
    if has_marker and before is not None:
        yield Finding(MISSING_ROLE, MISSING_ROLE.summary, before)
    roles = [message.role for message in placed.messages]
    if roles and not {"user", "tool", SLOT} & set(roles):
        alone = "" if has_marker else "without a role marker all text is one system message: "
        message = f"{alone}no message is of the user, which many endpoints refuse"
        yield Finding(NO_USER, message, None if has_marker else before)


def _empty(role: str, line: int) -> Finding:
    return Finding(EMPTY_MESSAGE, f"the {role} message has no text", line)


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
