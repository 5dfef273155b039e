"""Templates for registries that only fill in variables: `{{x}}`, without loops or filters.

What is written is read again by the rules of the service, and refused where these would find other
variables than ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workbench.errors import DraftError
from workbench.exchange.plain_templates import Part, Slot, joined, quoted, read_template
from workbench.prompts.values import BRACES

_CONSTANTS = frozenset({"true", "false", "none", "True", "False", "None"})
_REMEDY = "write the text out, or let the app render it and pass it as an input"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a template cannot be converted."""

    line: int
    what: str
    remedy: str = _REMEDY


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a service writes variables, and how it reads a template."""

    service: str
    opening: str
    closing: str
    read: Callable[[str], tuple[Part, ...] | None]
    """The parts as the service sees them; None where it sees more than texts and variables."""

    def write(self, parts: Iterable[Part]) -> str:
        return "".join(
            f"{self.opening}{part.blanks[0]}{part.name}{part.blanks[1]}{self.closing}"
            if isinstance(part, Slot)
            else part
            for part in parts
        )


def converted(template: str, template_format: str, syntax: Syntax) -> tuple[str, list[Problem]]:
    """The template in the service's syntax, and why it would not render the same there."""
    parts, unreadable = read_template(template, template_format)
    text = syntax.write(parts)
    if unreadable:
        return text, [Problem(line, what) for line, what in unreadable]
    return text, [] if syntax.read(text) == parts else [_misread(parts, syntax)]


def to_jinja(text: str, syntax: Syntax) -> str:
    """A service's template in Jinja2. Raises DraftError for more than texts and variables."""
    parts = syntax.read(text)
    if parts is None:
        raise DraftError(
            f"a template at {syntax.service} has more than plain variables",
            hint="simplify it there, or write the draft by hand",
        )
    return "".join(_tag(part) if isinstance(part, Slot) else quoted(part) for part in parts)


def to_braces(text: str, syntax: Syntax) -> str | None:
    """A service's template with `{x}` for variables; None where that reads otherwise."""
    parts = syntax.read(text)
    if parts is None:
        return None
    plain = "".join(f"{{{part.name}}}" if isinstance(part, Slot) else part for part in parts)
    return plain if read_template(plain, BRACES)[0] == parts else None


def _misread(parts: tuple[Part, ...], syntax: Syntax) -> Problem:
    """The first part at which the service goes another way."""
    count = next(
        n for n in range(len(parts) + 1) if syntax.read(syntax.write(parts[:n])) != parts[:n]
    )
    before, last = "".join(map(str, parts[: count - 1])), parts[count - 1]
    inside = last[: max(last.find("{{"), 0)] if isinstance(last, str) else ""
    return Problem(
        1 + before.count("\n") + inside.count("\n"),
        f"braces or a sign beside them, which {syntax.service} takes for its own",
        "set them apart by a blank, or pass the text as an input",
    )


def _tag(slot: Slot) -> str:
    if not slot.name.isidentifier() or slot.name in _CONSTANTS | _globals():
        raise DraftError(f"a variable {slot.name!r}, which no input can be called")
    return f"{{{{{slot.blanks[0]}{slot.name}{slot.blanks[1]}}}}}"


def _globals() -> frozenset[str]:
    from jinja2.defaults import DEFAULT_NAMESPACE

    return frozenset(DEFAULT_NAMESPACE)


def _only(pattern: str) -> Callable[[str], tuple[Part, ...] | None]:
    """Reads variables by a pattern; a `{{` that is none makes it more than that."""
    tag = re.compile(pattern)

    def read(text: str) -> tuple[Part, ...] | None:
        parts: list[Part] = []
        at = 0
        for match in tag.finditer(text):
            name = match[match.lastindex or 0]
            before, _, after = match[0].strip("{}").partition(name)
            parts += [text[at : match.start()], Slot(name, (before, after))]
            at = match.end()
        parts.append(text[at:])
        return None if any("{{" in p for p in parts if isinstance(p, str)) else joined(parts)

    return read


# What JavaScript's mustache, which these services use in other SDKs, takes for more than a
# variable is none here either: {{#x}}, {{/x}}, {{^x}}, {{>x}}, {{!x}}, {{=x}}, {{&x}}, {{{x}}}.
_NAME = r"[^\s{}#/^>!=&][^{}]*?"
_TWO = rf"(?<!\{{)\{{\{{\s*({_NAME})\s*\}}\}}"
_THREE = rf"(?<!\{{)\{{\{{\{{\s*({_NAME})\s*\}}\}}\}}"
LANGFUSE = Syntax("Langfuse", "{{", "}}", _only(_TWO))
PHOENIX = Syntax("Phoenix", "{{", "}}", _only(r"(?<![\\{])\{\{\s*(\w+)\s*\}\}"))
LANGSMITH = Syntax("LangSmith", "{{{", "}}}", _only(f"{_THREE}|{_TWO}"))
"""Three braces: with two, LangChain and mustache write `<` as `&lt;`."""
