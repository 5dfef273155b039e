"""Finds a draft's front matter, and refuses text that was meant as front matter but is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

from workbench.errors import DraftError
from workbench.prompts.files.strict_yaml import parse_yaml

TOP = frozenset(
    {"name", "displayName", "description", "metadata", "inputs", "outputs", "model", "tools"}
    | {"template"}
)
"""The known keys of front matter."""

_FRONT = re.compile(r"(?:[ \t]*\n)*---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_OPEN = re.compile(r"(?:[ \t]*\n)*[ \t]*---[ \t]*(?:\n|\Z)")
_BLANK = re.compile(r"(?:[ \t]*\n)*")
_FENCE = r"[ \t]*(?:-{2,}[ \t]*(?:#.*)?|\+{3,}[ \t]*|[`~]{3,}[ \t]*(?:\w+[ \t]*)?|—+[ \t]*)"
_FIRST = re.compile(rf"(?:%YAML\b.*|{_FENCE})(?:\n|\Z)")
_RULE = re.compile(rf"^{_FENCE}$", re.MULTILINE)
_DECIDING = re.compile(r"^[ \t]*(?:model|inputs|outputs|tools|template)[ \t]*[:=]", re.MULTILINE)
_ANY = re.compile(rf"[ \t]*(?:{'|'.join(sorted(TOP))})[ \t]*[:=]")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?:[ \t].*)?$", re.MULTILINE)
_ROLE = re.compile(
    r"^[ \t]*(?:#[ \t]*)?(?:system|developer|user|assistant|tool)[ \t]*:", re.I | re.M
)
_HINT = (
    "begin and end it with '---', once, before all other text; a text that looks like it goes"
    " below a line 'system:'"
)


def cut(text: str, where: str) -> tuple[str, int, str]:
    """The YAML of a draft's front matter, its first line's number, and the body.

    Lines of `text` end in LF. Without front matter the YAML is empty and the body is `text`. Raises
    DraftError for merge conflict markers, and for front matter that would be sent as a message.
    """
    _refuse_conflicts(text, where)
    front = _FRONT.match(text)
    if not front:
        opened = _OPEN.match(text)
        if opened:
            _refuse(where, text, opened.end() - 1, "opens front matter that no line '---' closes")
        _refuse_others(text, 0, where)
        return "", 1, text
    inner = front.group(1) or ""
    _refuse_others(text, front.end(), where)
    return inner, _line(text, front.start(1) if inner else front.end()), text[front.end() :]


def _refuse_conflicts(text: str, where: str) -> None:
    marker = _CONFLICT.search(text)
    if marker:
        raise DraftError(
            f"{where}: line {_line(text, marker.start())} is left over from a merge:"
            f" {marker.group()[:40]}",
            hint=f"resolve it; if it is meant as text, write {{{{ '{marker.group()[:7]}' }}}}",
        )


def _refuse_others(text: str, start: int, where: str) -> None:
    """Refuse text before the first role that was meant as front matter: it would be sent."""
    which = "begins a second front matter" if start else "begins front matter that is none"
    role = _ROLE.search(text, start)
    end = role.start() if role else len(text)
    blank = _BLANK.match(text, start)
    first = blank.end() if blank else start
    if text.startswith(("\ufeff", "%YAML"), first):
        what = "a byte order mark" if text[first] == "\ufeff" else "a directive, %YAML"
        _refuse(where, text, first, f"begins with {what}, so that the front matter is none")
    if _is_key(text, first, end, bare=not start):
        _refuse(where, text, first, which)
    opened = _FIRST.match(text, first, end)
    if opened and _is_key(text, opened.end(), end, bare=True):
        _refuse(where, text, first, which)
    deciding = max((key.start() for key in _DECIDING.finditer(text, first, end)), default=0)
    for rule in _RULE.finditer(text, first, end):
        is_late = rule.end() < deciding and rule.group().strip()[0] not in "`~"
        if is_late or _is_block(text, rule.end(), end):
            late = "begins front matter that is not at the top of the file"
            _refuse(where, text, rule.start(), which if start else late)


def _is_key(text: str, at: int, end: int, *, bare: bool) -> bool:
    """Whether a front matter key is at `at`; `bare`: any key, else one that affects behaviour."""
    return bool((_ANY if bare else _DECIDING).match(text, at, end))


def _is_block(text: str, at: int, end: int) -> bool:
    """Whether YAML with known keys only follows, with a closing line."""
    blank = _BLANK.match(text, at + 1)
    first = blank.end() if blank else at
    closing = _RULE.search(text, first, end) if _ANY.match(text, first, end) else None
    if closing is None:
        return False
    try:
        data = parse_yaml(text[first : closing.start()], "")
    except DraftError:
        return False
    return isinstance(data, Mapping) and data.keys() <= TOP


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _refuse(where: str, text: str, at: int, problem: str) -> NoReturn:
    raise DraftError(f"{where}: line {_line(text, at)} {problem}", hint=_HINT)
