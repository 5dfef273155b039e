"""Templates for registries that only fill in variables: `{{x}}`, without loops or filters.

A template of ours is converted when it is text and plain variables. What was written is read again
by the rules of the service, and refused where these would find other variables than ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from workbench.errors import DraftError
from workbench.prompts.values import BRACES, JINJA2

if TYPE_CHECKING:
    from jinja2 import Environment

_BRACES = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CONSTANTS = frozenset({"true", "false", "none", "True", "False", "None"})
_JINJA_TAG = re.compile(r"\{[{%#]|\{\Z")
_SHOWN = 30
_REMEDY = "write the text out, or let the app render it and pass it as an input"


@dataclass(frozen=True, slots=True)
class Part:
    """A text, or a variable by its name."""

    text: str
    is_variable: bool = False
    blanks: tuple[str, str] = ("", "")
    """Blanks around a variable's name in its tag."""
    line: int = 1


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
    read: Callable[[str], list[Part] | None]
    """The parts as the service sees them; None where it sees more than texts and variables."""

    def write(self, parts: Iterable[Part]) -> str:
        return "".join(
            f"{self.opening}{part.blanks[0]}{part.text}{part.blanks[1]}{self.closing}"
            if part.is_variable
            else part.text
            for part in parts
        )


def parts_of(template: str, template_format: str) -> tuple[list[Part], list[Problem]]:
    """The parts of a template of ours, and what in it is neither text nor a plain variable."""
    if template_format == BRACES:
        return _split(_BRACES, template), []
    if template_format != JINJA2:
        return [], [Problem(1, f"template format {template_format!r}", "use jinja2")]
    parts: list[Part] = []
    problems: list[Problem] = []
    for item in _jinja_items(template):
        if isinstance(item, Problem):
            problems.append(item)
        else:
            parts.append(item)
    return parts, problems


def converted(template: str, template_format: str, syntax: Syntax) -> tuple[str, list[Problem]]:
    """The template in the service's syntax, and why it would not render the same there."""
    parts, problems = parts_of(template, template_format)
    text = syntax.write(parts)
    if problems:
        return text, problems
    seen = syntax.read(text)
    if seen is not None and _bare(seen) == _bare(parts):
        return text, []
    return text, [_misread(parts, syntax)]


def to_jinja(text: str, syntax: Syntax) -> str:
    """A service's template in Jinja2. Raises DraftError for more than texts and variables."""
    parts = syntax.read(text)
    if parts is None:
        raise DraftError(
            f"a template at {syntax.service} has more than plain variables",
            hint="simplify it there, or write the draft by hand",
        )
    return "".join(map(_in_jinja, _merged(parts)))


def to_braces(text: str, syntax: Syntax) -> str | None:
    """A service's template with `{x}` for variables; None where that reads otherwise."""
    parts = syntax.read(text)
    if parts is None:
        return None
    plain = "".join(f"{{{part.text}}}" if part.is_variable else part.text for part in parts)
    return plain if _bare(_split(_BRACES, plain)) == _bare(parts) else None


def _jinja_items(template: str) -> Iterator[Part | Problem]:
    """By Jinja2's own lexer, which has already applied its whitespace control."""
    from jinja2 import TemplateSyntaxError

    tag: list[tuple[str, str]] = []
    in_block, line = False, 1
    try:
        for line, kind, value in _jinja().lex(template):
            if kind == "data":
                yield Part(value, line=line)
            elif kind in ("variable_begin", "block_begin"):
                tag, in_block = [], True
            elif kind == "variable_end":
                in_block = False
                yield _of_tag(tag, line)
            elif kind == "block_end":
                in_block = False
                name = "".join(text for _, text in tag).strip()
                if not name.startswith("end"):
                    yield Problem(line, f"{{% {_short(name)} %}} is executed by Jinja2")
            elif in_block:
                tag.append((kind, value))
    except TemplateSyntaxError as error:
        yield Problem(error.lineno, str(error.message), "correct the template")
        return
    if in_block:
        yield Problem(line, "a tag that does not end", "correct the template")


def _of_tag(tag: Sequence[tuple[str, str]], line: int) -> Part | Problem:
    """What stands between `{{` and `}}`: a name or a text; all else is an expression."""
    shown = "".join(text for _, text in tag)
    inner = [(kind, text) for kind, text in tag if kind != "whitespace"]
    if len(inner) == 1:
        kind, text = inner[0]
        if kind == "name" and text not in _CONSTANTS | _jinja().globals.keys():
            before, _, after = shown.partition(text)
            return Part(text, True, (_one_line(before), _one_line(after)), line)
        if kind == "string" and "\\" not in text:
            return Part(text[1:-1], line=line)
    return Problem(line, f"{{{{ {_short(shown.strip())} }}}} is an expression")


def _one_line(blanks: str) -> str:
    return " " if "\n" in blanks else blanks


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


@cache
def _jinja() -> Environment:
    from jinja2 import Environment

    return Environment(keep_trailing_newline=True)


def _misread(parts: Sequence[Part], syntax: Syntax) -> Problem:
    """The first part at which the service goes another way."""
    for count in range(1, len(parts) + 1):
        seen = syntax.read(syntax.write(parts[:count]))
        if seen is None or _bare(seen) != _bare(parts[:count]):
            part = parts[count - 1]
            return Problem(
                part.line + (0 if part.is_variable else _line_of_braces(part.text)),
                f"braces or a sign beside them, which {syntax.service} takes for its own",
                "set them apart by a blank, or pass the text as an input",
            )
    return Problem(1, f"text that {syntax.service} reads otherwise")


def _line_of_braces(text: str) -> int:
    return text[: max(text.find("{{"), 0)].count("\n")


def _in_jinja(part: Part) -> str:
    if part.is_variable:
        if not part.text.isidentifier() or part.text in _CONSTANTS | _jinja().globals.keys():
            raise DraftError(f"a variable {part.text!r}, which no input can be called")
        before, after = part.blanks
        return f"{{{{{before}{part.text}{after}}}}}"
    return _JINJA_TAG.sub(lambda sign: f"{{{{ '{sign[0]}' }}}}", part.text)


def _bare(parts: Iterable[Part]) -> list[tuple[str, bool]]:
    return [(part.text, part.is_variable) for part in _merged(parts)]


def _merged(parts: Iterable[Part]) -> list[Part]:
    """The parts with neighbouring texts joined, and none empty."""
    merged: list[Part] = []
    for part in parts:
        if merged and not part.is_variable and not merged[-1].is_variable:
            merged[-1] = Part(merged[-1].text + part.text, line=merged[-1].line)
        elif part.text:
            merged.append(part)
    return merged


def _split(pattern: re.Pattern[str], text: str) -> list[Part]:
    parts: list[Part] = []
    at = 0
    for match in pattern.finditer(text):
        name = match[match.lastindex or 0]
        before, _, after = match[0].strip("{}").partition(name)
        parts += [Part(text[at : match.start()], line=1 + text.count("\n", 0, at))]
        line = 1 + text.count("\n", 0, match.start())
        parts += [Part(name, True, (before, after), line)]
        at = match.end()
    return [*parts, Part(text[at:], line=1 + text.count("\n", 0, at))]


def _only(pattern: re.Pattern[str]) -> Callable[[str], list[Part] | None]:
    """Reads variables by a pattern; a `{{` that is none makes it more than that."""

    def read(text: str) -> list[Part] | None:
        parts = _split(pattern, text)
        return None if any("{{" in p.text for p in parts if not p.is_variable) else parts

    return read


# What JavaScript's mustache, which these services use in other SDKs, takes for more than a
# variable is none here either: {{#x}}, {{/x}}, {{^x}}, {{>x}}, {{!x}}, {{=x}}, {{&x}}, {{{x}}}.
_NAME = r"[^\s{}#/^>!=&][^{}]*?"
_TWO = rf"(?<!\{{)\{{\{{\s*({_NAME})\s*\}}\}}"
_THREE = rf"(?<!\{{)\{{\{{\{{\s*({_NAME})\s*\}}\}}\}}"
LANGFUSE = Syntax("Langfuse", "{{", "}}", _only(re.compile(_TWO)))
PHOENIX = Syntax("Phoenix", "{{", "}}", _only(re.compile(r"(?<![\\{])\{\{\s*(\w+)\s*\}\}")))
LANGSMITH = Syntax("LangSmith", "{{{", "}}}", _only(re.compile(f"{_THREE}|{_TWO}")))
"""Three braces: with two, LangChain and mustache write `<` as `&lt;`."""
