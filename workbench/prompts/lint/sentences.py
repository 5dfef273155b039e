"""The sentences of a message that instruct the model, with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.prompts.lint.places import ExpandedText

_HIDDEN = re.compile(
    r"(?:```|~~~).*?(?:```|~~~|\Z)"  # fenced code
    r"|\{\{.{0,500}?\}\}|\{#.{0,500}?#\}"  # what is printed, and comments
    r"|\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|`[^`\n]*\s[^`\n]*`",
    re.DOTALL | re.IGNORECASE,
)
_EXAMPLE_TAG = re.compile(r"<(/?)examples?\b[^<>]{0,200}>", re.I)
_TAG = re.compile(r"\{%[-+]?\s*(\w+)(.*?)[-+]?%\}", re.DOTALL)
_OPENING = frozenset({"if", "for", "macro", "call", "filter", "raw", "block"})
_NO_BRANCH = frozenset({"endwith", "endset"})
_HEADING = re.compile(r"\s*(#{1,6})\s+(.*)")
_EXAMPLES = re.compile(r"\W*(?:(?:an?|some|for|few-shot) )?(?:examples?|samples?|e\.g\.)\b", re.I)
_LABEL = re.compile(
    r"\W*(?:examples?|input|output|question|query|answer|response|q|a|user|assistant|e\.g\.)"
    r"(?: \d+)?\W*:",
    re.I,
)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s+")
_SPLIT = re.compile(r"(?<=[.!?;])\s+")
_LEADING = re.compile(
    r"^(?:[\s*_#>•-]|\d{1,2}[.)]|(?:then|first|finally|next)\b,?"
    r"|(?:note|important|rules?|format|language|tone|length|style)\s*[,:])+",
    re.I,
)
_WRAPPED = 60
"""From so many letters on a line may have been broken in the middle of a sentence."""
_CONDITION = re.compile(
    r"\b(?:if|unless|when|whenever|except|otherwise|instead|rather than|in case|where|while|until"
    r"|for (?:each|every|all|any|questions|cases|tickets|requests)|example|e\.g\.)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, where it begins, and the branch of the template's conditions."""

    text: str
    file: str
    """Empty: the draft's own."""
    line: int
    branch: tuple[int, ...]

    @property
    def place(self) -> str:
        return f"line {self.line} of {self.file}" if self.file else f"line {self.line}"


def sentences(message: ExpandedText) -> Iterator[Sentence]:
    """The sentences outside of quotes, code and examples that say nothing of cases."""
    hidden = _HIDDEN.sub(lambda match: _hidden(match.group()), message.text)
    text = _without_examples(hidden).replace("`", " ")
    for part, offset, branch in _branches(text):
        first = 1 + text.count("\n", 0, offset)
        for paragraph, line in _paragraphs(part, first):
            for sentence, at in _split(paragraph):
                sentence_text = " ".join(_LEADING.sub("", sentence).split())
                if sentence_text and not _CONDITION.search(sentence_text):
                    file, own = message.where(line + paragraph.count("\n", 0, at))
                    yield Sentence(sentence_text, file, own, branch)


def _hidden(text: str) -> str:
    return re.sub(r"[^\n]", "\ufffc", text)


def _without_examples(text: str) -> str:
    """With what stands between `<example>` and `</example>` hidden."""
    pieces, at, opened, depth = [], 0, 0, 0
    for tag in _EXAMPLE_TAG.finditer(text):
        if not tag[1]:
            opened = opened if depth else tag.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                pieces += [text[at:opened], _hidden(text[opened : tag.end()])]
                at = tag.end()
    return "".join([*pieces, text[at:]])


def _branches(text: str) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    """The text between tags, its offset, and the numbers of the conditions that it stands in."""
    stack: list[int] = []
    at = 0
    for number, tag in enumerate(_TAG.finditer(text)):
        yield text[at : tag.start()], at, tuple(stack)
        at = tag.end()
        name = tag.group(1)
        if name in _OPENING:
            stack.append(number)
        elif name in ("else", "elif") and stack:
            stack[-1] = number
        elif name.startswith("end") and name not in _NO_BRANCH and stack:
            stack.pop()
    yield text[at:], at, tuple(stack)


def _paragraphs(text: str, first: int) -> Iterator[tuple[str, int]]:
    """Lines that belong together, and the number of the first. Parts about examples are skipped."""
    held: list[str] = []
    start = first
    level = 0  # of the heading of a part about examples
    skipping = False
    for number, line in enumerate([*text.split("\n"), ""], first):
        heading = _HEADING.fullmatch(line)
        if heading and (not level or len(heading.group(1)) <= level):
            level = len(heading.group(1)) if _EXAMPLES.match(heading.group(2)) else 0
        before = held[-1].rstrip() if held else ""
        is_over = len(before) < _WRAPPED or before.endswith((".", "!", "?", ":", ";"))
        begins = is_over and line.lstrip(" *_")[:1].isupper()
        starts = heading or begins or _ITEM.match(line)
        if held and (not line.strip() or starts):
            yield "\n".join(held), start
            held = []
        if not line.strip():
            skipping = False
        elif _LABEL.match(line):
            skipping = True
        if line.strip() and not skipping and not level and not heading:
            start = start if held else number
            held.append(line)


def _split(paragraph: str) -> Iterator[tuple[str, int]]:
    at = 0
    for gap in _SPLIT.finditer(paragraph):
        yield paragraph[at : gap.start()], at
        at = gap.end()
    yield paragraph[at:], at
