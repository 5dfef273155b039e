"""A Prompty file in colours: role lines and {{ variables }}, without a parser that can crash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from textual.content import Content

from workbench.present.safe_text import safe_line

Kind = Literal["role", "variable", "tag", "comment", "front"]

_ROLE = re.compile(r"[ \t]*#?[ \t]*(?:system|developer|user|assistant|tool)[ \t]*:[ \t]*", re.I)
_TEMPLATE = re.compile(r"(\{\{.*?\}\})|(\{%.*?%\})|(\{#.*?#\})")
_KINDS: tuple[Kind, ...] = ("variable", "tag", "comment")
STYLES: dict[Kind, str] = {
    "role": "bold $text-primary",
    "variable": "bold $text-accent",
    "tag": "$text-secondary",
    "comment": "italic $text-muted",
    "front": "$text-muted",
}
MAX_CHARS = 200_000


def spans(line: str) -> Iterator[tuple[int, int, Kind]]:
    """(start, end, kind) of the highlighted parts of one line of a prompt's body."""
    if _ROLE.fullmatch(line):
        yield 0, len(line), "role"
        return
    for match in _TEMPLATE.finditer(line):
        yield match.start(), match.end(), _KINDS[(match.lastindex or 1) - 1]


def front_matter_end(lines: list[str]) -> int:
    """How many of the first lines are front matter, both fences included."""
    if not lines or lines[0].rstrip() != "---":
        return 0
    for number, line in enumerate(lines[1:], 2):
        if line.rstrip() == "---":
            return number
    return len(lines)


def prompt_text(text: str) -> Content:
    """The whole file as content that is safe for the terminal."""
    lines = text[:MAX_CHARS].replace("\r\n", "\n").split("\n")
    front = front_matter_end(lines)
    shown = []
    for number, line in enumerate(lines):
        # Signs for unsafe characters may be longer than what they stand for: style the safe line.
        safe = safe_line(line)
        content = Content(safe)
        if number < front:
            content = content.stylize(STYLES["front"])
        else:
            for start, end, kind in spans(safe):
                content = content.stylize(STYLES[kind], start, end)
        shown.append(content)
    if len(text) > MAX_CHARS:
        shown.append(Content(f"… {len(text) - MAX_CHARS:,} more characters are not shown"))
    return Content("\n").join(shown)
