"""White space and invisible characters that the model sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from workbench.prompts.lint.places import Placed, PlacedText
from workbench.prompts.lint.rules import (
    BLANK_LINES,
    INVISIBLE,
    SPACE_BEFORE_ROLE,
    TAB,
    TRAILING_SPACE,
    Finding,
)
from workbench.prompts.values import Prompt

# Without the joiners and marks that Persian, Hebrew and emoji need.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u1680\u2000-\u200b\u205f\u2060-\u2064\ufeff"
    "\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
    # No-break spaces, except where French puts them, and inside of numbers.
    "|(?<![«\\d])[\u00a0\u202f](?![»:;!?%€])|(?<=\\d)[\u00a0\u202f](?![\\d%€])"
)
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007f]+")
"""Tag characters are part of some flags."""
_TRIMMED = ("-%}", "-}}", "-#}")
"""After these the template removes white space."""


def white_space_findings(placed: Placed) -> Iterator[Finding]:
    """One finding for each line, or run of lines, with such characters."""
    for text in placed.texts:
        for finding in _findings(text):
            yield replace(finding, file=text.file)


def _findings(text: PlacedText) -> Iterator[Finding]:
    last = max((n for n, line in text.lines() if line.strip()), default=text.line)
    yield from _trailing(text, last)
    if last < text.line + text.content.count("\n"):
        message = f"the {text.what} ends with lines of white space, which are sent"
        yield Finding(SPACE_BEFORE_ROLE, message, last + 1)
    yield from _runs(text, last)
    for number, line in text.unfenced():
        if "\t" in line.rstrip():
            yield Finding(TAB, f"a tab in the {text.what}", number)
    for number, line in text.lines():
        codes = unseen_characters(line)
        if codes:
            message = f"{', '.join(codes)}, which readers do not see and models do"
            yield Finding(INVISIBLE, message, number)


def unseen_characters(line: str) -> list[str]:
    """The code points of a line's invisible, reversing and unusual blank characters."""
    return sorted({f"U+{ord(char):04X}" for char in _UNSEEN.findall(_FLAG.sub("", line))})


def unseen_in(prompt: Prompt) -> Iterator[str]:
    """Yield a sentence for each line of a prompt with such characters."""
    texts = [(f"the {message.role} message", message.content) for message in prompt.messages]
    texts += [(f"the snippet {name!r}", text) for name, text in prompt.snippets.items()]
    for of, text in texts:
        for number, line in enumerate(text.split("\n"), 1):
            codes = unseen_characters(line)
            if codes:
                yield (
                    f"line {number} of {of} holds {', '.join(codes)},"
                    " which readers do not see and models do"
                )


def _trailing(placed: PlacedText, last: int) -> Iterator[Finding]:
    for number, line in placed.lines():
        text = line.rstrip(" \t")
        if text != line and number <= last and not text.endswith(_TRIMMED):
            what = "ends with white space" if line.strip() else "is not empty but white space"
            yield Finding(TRAILING_SPACE, f"the line {what}", number)


def _runs(placed: PlacedText, last: int) -> Iterator[Finding]:
    """Runs of blank lines between lines of text."""
    before: int | None = None
    for number, line in placed.unfenced():
        if number > last:
            break
        if line.strip():
            before = number
            continue
        if before is not None and number == before + 2:
            yield Finding(BLANK_LINES, "more than one blank line, which the model sees", number)
