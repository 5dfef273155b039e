"""Snippets: texts that several prompts include by `{% include "NAME" %}`.

An include is expanded in the template's text, inside a `with` block: its own scope and its own
white space control, as Jinja2 includes have, and without a loader.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from workbench.errors import TemplateError
from workbench.prompts.values import JINJA2, MAX_TEXT_BYTES, PARTS_REVISION, Prompt

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
NAME_HINT = "write {% include \"NAME\" %}: lower case letters, digits, '.', '_' and '-'"
MAX_DEPTH = 8
"""Maximum number of snippets that include each other in a row."""
MAX_INCLUDES = 1_000
"""Maximum number of includes in one template, those of its snippets counted each time."""

_OPENING = re.compile(r"\{([{%#])")
_RAW = re.compile(r"\{%[-+]?\s*raw\s*-?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}", re.DOTALL)
_STRING = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
_ENDS = {
    "{": re.compile(rf"{_STRING}|(\}}\}})", re.DOTALL),
    "%": re.compile(rf"{_STRING}|(%\}})", re.DOTALL),
    "#": re.compile(r"(#\})"),
}
_ANY_INCLUDE = re.compile(r"\{%[-+]?\s*include\b")
_INCLUDE = re.compile(r"""\{%([-+]?)\s*include\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*([-+]?)%\}""")


@dataclass(frozen=True, slots=True)
class Include:
    """One include: where its tag is in the text, and the name that it gives, unchecked."""

    start: int
    end: int
    name: str | None
    """None: it is no plain name in quotes."""
    before: str = ""
    """The sign of white space control at either end of the tag."""
    after: str = ""


@dataclass(frozen=True)
class Expanded:
    """A template without includes, and where its lines come from."""

    text: str
    starts: tuple[int, ...] = (1,)
    """First line, from 1, of each stretch of lines that come from one text."""
    sources: tuple[tuple[str, int], ...] = (("", 1),)
    """The snippet of each stretch, empty for the template itself, and the line that it begins at
    there.
    """

    def place(self, line: int) -> str:
        """Where a line of `text` comes from: `line 3 of the snippet 'tone'`."""
        name, own = self.source(line)
        return f"line {own} of the snippet {name!r}" if name else f"line {own} of the template"

    def source(self, line: int) -> tuple[str, int]:
        """The snippet that a line of `text` comes from, empty for the template, and its line."""
        at = max(bisect_right(self.starts, line) - 1, 0)
        name, first = self.sources[at]
        return name, line - self.starts[at] + first


def includes_in(text: str) -> Iterator[Include]:
    """Every include outside of comments and raw blocks, in order."""
    if not _ANY_INCLUDE.search(text):
        return
    at = 0
    while opening := _OPENING.search(text, at):
        start = opening.start()
        raw = _RAW.match(text, start)
        ends = (m for m in _ENDS[opening[1]].finditer(text, opening.end()) if m[1])
        end = raw or next(ends, None)
        at = end.end() if end else len(text)
        if not raw and _ANY_INCLUDE.match(text, start):
            tag = _INCLUDE.fullmatch(text, start, at)
            if tag:
                name = tag[2] if tag[2] is not None else tag[3]
                yield Include(start, at, name, tag[1], tag[4])
            else:
                yield Include(start, at, None)


def included_in(texts: Iterable[str], snippets: Mapping[str, str]) -> dict[str, str]:
    """Those of the snippets that these texts include, directly or not, by name."""
    included: dict[str, str] = {}
    left = list(texts)
    while left:
        for include in includes_in(left.pop()):
            name = include.name or ""
            if name in snippets and name not in included:
                included[name] = snippets[name]
                left.append(snippets[name])
    return {name: included[name] for name in sorted(included)}


def expanded(prompt: Prompt, text: str) -> Expanded:
    """A template of the prompt with its snippets in place.

    Raises TemplateError for one that the prompt lacks, a cycle, or too many.
    """
    is_old = prompt.template_format != JINJA2 or prompt.revision < PARTS_REVISION
    if is_old or not _ANY_INCLUDE.search(text):
        return Expanded(text)
    return _Expansion(prompt.snippets).of(text)


@dataclass
class _Expansion:
    snippets: Mapping[str, str]
    pieces: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    sources: list[tuple[str, int]] = field(default_factory=list)
    line: int = 1
    size: int = 0
    count: int = 0

    def of(self, text: str) -> Expanded:
        self._add(text, ())
        return Expanded("".join(self.pieces), tuple(self.starts), tuple(self.sources))

    def _add(self, text: str, path: tuple[str, ...]) -> None:
        name, at = path[-1] if path else "", 0
        self._begin(name, 1)
        for include in includes_in(text):
            own_line = text.count("\n", 0, include.start) + 1
            self._write(text[at : include.start])
            where = Expanded("", (1,), ((name, own_line),)).place(1)
            snippet = self._snippet(include, path, where)
            # The line break inside of each tag is no text: every line has one source.
            self._write(f"{{%{include.before} with\n%}}")
            self._add(snippet, (*path, include.name or ""))
            self._write("{% endwith\n" + include.after + "%}")
            at = include.end
            self._begin(name, text.count("\n", 0, at) + 1)
        self._write(text[at:])

    def _begin(self, name: str, line: int) -> None:
        self.starts.append(self.line)
        self.sources.append((name, line))

    def _write(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT_BYTES:
            raise TemplateError(f"its snippets make a text of more than {MAX_TEXT_BYTES:,} letters")
        self.pieces.append(text)
        self.line += text.count("\n")

    def _snippet(self, include: Include, path: tuple[str, ...], where: str) -> str:
        self.count += 1
        problem = misuse(include, path)
        if problem:
            raise TemplateError(f"{where}: {problem[0]}", hint=problem[1])
        if self.count > MAX_INCLUDES:
            raise TemplateError(f"{where}: more than {MAX_INCLUDES:,} includes")
        text = self.snippets.get(include.name or "")
        if text is None:
            raise TemplateError(f"{where} includes {include.name!r}, which the prompt lacks")
        return text


def misuse(include: Include, path: tuple[str, ...]) -> tuple[str, str] | None:
    """What is wrong with an include in the last snippet of `path`, as a sentence and a hint."""
    name = include.name
    if name is None or not NAME.fullmatch(name):
        what = "an include takes one name in quotes" if name is None else f"{name!r} is no name"
        return f"{what} of a snippet", NAME_HINT
    if name in path:
        cycle = " → ".join([*path[path.index(name) :], name])
        return f"snippets include each other in a cycle: {cycle}", "take one include out"
    if len(path) >= MAX_DEPTH:
        deep = " → ".join([*path, name])
        return f"more than {MAX_DEPTH} snippets include each other: {deep}", "put texts together"
    return None
