"""Where the messages of a draft begin, by line of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.prompts.files.fences import cut
from workbench.prompts.roles import split_messages
from workbench.prompts.snippets import Expanded, expanded
from workbench.prompts.values import SLOT, SNIPPETS, Prompt

FENCE = re.compile(r"[ \t]*(```|~~~)")


@dataclass(frozen=True, slots=True)
class PlacedText:
    """The template of a message, or a snippet, and the line of its file where it begins."""

    role: str
    """`snippet` for a snippet."""
    content: str
    line: int
    file: str = ""
    """Empty: the draft's own."""

    @property
    def what(self) -> str:
        return self.role if self.role == "snippet" else f"{self.role} message"

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines of the text with their numbers."""
        yield from enumerate(self.content.split("\n"), self.line)

    def unfenced(self) -> Iterator[tuple[int, str]]:
        """The lines outside of fenced code, and the fences."""
        fence = ""
        for number, line in self.lines():
            mark = FENCE.match(line)
            if mark and fence in ("", mark.group(1)):
                fence = "" if fence else mark.group(1)
                yield number, line
            elif not fence:
                yield number, line


@dataclass(frozen=True, slots=True)
class Placed:
    """A draft's text by line and by message."""

    lines: tuple[str, ...]
    """Of the whole file."""
    first: int
    """The line, from 1, after the front matter."""
    messages: tuple[PlacedText, ...]
    """As those of the prompt, slots included."""
    snippets: tuple[PlacedText, ...]

    @property
    def body(self) -> Iterator[tuple[int, str]]:
        """The lines below the front matter, with their numbers."""
        yield from enumerate(self.lines[self.first - 1 :], self.first)

    @property
    def texts(self) -> tuple[PlacedText, ...]:
        """The messages without the slots, and the snippets."""
        return (*(each for each in self.messages if each.role != SLOT), *self.snippets)


def place(text: str, prompt: Prompt) -> Placed:
    """The places of the draft that was read as `prompt`."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _, _, body = cut(text, "the draft")
    lines = tuple(text.split("\n"))
    first = len(lines) - body.count("\n")
    slots = {message.content for message in prompt.messages if message.role == SLOT}
    messages = (
        PlacedText(each.message.role, each.message.content, first + each.line - 1)
        for each in split_messages(body, slots)
    )
    snippets = (
        PlacedText("snippet", snippet, 1, f"{SNIPPETS}/{name}.md")
        for name, snippet in prompt.snippets.items()
    )
    return Placed(lines, first, tuple(messages), tuple(snippets))


@dataclass(frozen=True, slots=True)
class ExpandedText:
    """A message with its snippets in place, and where its lines come from."""

    message: PlacedText
    whole: Expanded

    @property
    def text(self) -> str:
        return self.whole.text

    def where(self, line: int) -> tuple[str, int]:
        """File and line of a line, from 1, of `text`."""
        name, own = self.whole.source(line)
        return (f"{SNIPPETS}/{name}.md", own) if name else ("", self.message.line + own - 1)


def expand(message: PlacedText, prompt: Prompt) -> ExpandedText:
    """The message with its snippets in place. Raises TemplateError."""
    return ExpandedText(message, expanded(prompt, message.content))
