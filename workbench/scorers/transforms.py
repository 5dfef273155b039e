"""What a scorer does to an answer before it judges it: the stored answer stays as it came.

A transform is a name, or a mapping with its parameters, as it stands in suite.yaml. One that cannot
be applied (no JSON for a JSON path, no match for a pattern) makes the answer wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from workbench.datasets.json_values import as_text, parse_json
from workbench.errors import DatasetError, SuiteError
from workbench.json_text import EXAMPLE, Steps, read_path, value_at
from workbench.scorers.patterns import first_match, pattern_problem
from workbench.suggestions import did_you_mean

_FENCE = re.compile(r"[ \t]{0,3}(?P<marks>`{3,}|~{3,})(?P<info>[^`\n]*)")
_ONE_LINE_FENCE = re.compile(r"\s*```[A-Za-z0-9_+-]*[ \t]+(?P<text>[^`\s][^`\n]*)```\s*")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>think|thinking|thought|reasoning)>", re.IGNORECASE)
JSON_PATH, REGEX = "json_path", "regex"
_EXAMPLES = {JSON_PATH: "{json_path: answer.items[0]}", REGEX: "{regex: '[0-9]+'}"}


class NotApplicable(Exception):
    """A transform that this answer does not allow; says why in one line."""


@dataclass(frozen=True, slots=True)
class Transform:
    """One transform; `text` is the answer so far."""

    written: Any
    """As it stands in the suite: a name, or a mapping."""
    change: Callable[[str], str]
    """Raises NotApplicable, and TimeoutError for a pattern that takes too long."""
    both: bool = False
    """It also changes the texts that the answer is compared with."""


def strip_fence(text: str) -> str:
    """The content of the first fenced code block (CommonMark 0.31, section 4.5), without the
    text around it; the whole text where there is none. A block that is not closed ends with it.
    """
    one_line = _ONE_LINE_FENCE.fullmatch(text)
    if one_line:
        return one_line["text"].strip()
    lines = text.splitlines(keepends=True)
    for start, line in enumerate(lines):
        opening = _FENCE.fullmatch(line.rstrip("\r\n"))
        if opening:
            return _until_closed(lines[start + 1 :], opening["marks"])
    return text


def _until_closed(lines: list[str], marks: str) -> str:
    for end, line in enumerate(lines):
        closing = line.strip()
        if len(closing) >= len(marks) and not closing.strip(marks[0]):
            return "".join(lines[:end]).removesuffix("\n").removesuffix("\r")
    return "".join(lines)


def drop_thinking(text: str) -> str:
    """The text without `<think>…</think>` and its like: blocks, the beginning up to an end tag
    whose start the chat template wrote, and all of an answer that begins to think and never ends.
    """
    kept: list[str] = []
    since, block = 0, ""
    for tag in _TAG.finditer(text):
        name = tag["name"].lower()
        if not tag["end"] and not block:
            kept.append(text[since : tag.start()])
            since, block = tag.start(), name
        elif tag["end"] and block in ("", name):
            kept = kept if block else []
            since, block = _after_blanks(text, tag.end()), ""
    is_unclosed = block and not "".join(kept).strip()
    return "" if is_unclosed else "".join(kept) + text[since:]


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


_PLAIN: Mapping[str, tuple[Callable[[str], str], bool]] = {
    "strip": (str.strip, True),
    "casefold": (str.casefold, True),
    "nfc": (lambda text: normalize("NFC", text), True),
    "strip_fence": (strip_fence, False),
    "drop_thinking": (drop_thinking, False),
    "first_line": (_first_line, False),
    "last_line": (_last_line, False),
}
NAMES = (*_PLAIN, JSON_PATH, REGEX)


def read_transforms(given: Any, where: str) -> tuple[Transform, ...]:
    """The transforms of a scorer, in the order in which they are applied. Raises SuiteError."""
    items = given if isinstance(given, list) else [given]
    return tuple(_transform(item, where) for item in items)


def _transform(item: Any, where: str) -> Transform:
    if isinstance(item, str) and item in _PLAIN:
        return Transform(item, *_PLAIN[item])
    for name, example in _EXAMPLES.items():
        if item == name or (isinstance(item, Mapping) and item.get(name, name) is None):
            raise SuiteError(f"{where}: {name} needs a value", hint=example)
    if isinstance(item, Mapping) and JSON_PATH in item and len(item) == 1:
        path = str(item[JSON_PATH])
        steps = _steps(path, f"{where}: {JSON_PATH}")
        return Transform({JSON_PATH: path}, lambda text: _at_path(text, steps, path))
    if isinstance(item, Mapping) and REGEX in item and item.keys() <= {REGEX, "group"}:
        return _regex(item, where)
    shown = next(iter(item), "") if isinstance(item, Mapping) else item
    raise SuiteError(f"{where}: no transform {item!r}", hint=did_you_mean(str(shown), NAMES))


def _regex(item: Mapping[str, Any], where: str) -> Transform:
    pattern, group = str(item[REGEX]), item.get("group")
    problem = pattern_problem(pattern) if pattern else "it is empty"
    if problem:
        raise SuiteError(f"{where}: {REGEX}: {problem}")
    wanted = (1 if re.compile(pattern).groups else 0) if group is None else group
    groups = {*range(re.compile(pattern).groups + 1), *re.compile(pattern).groupindex}
    if not isinstance(wanted, (int, str)) or isinstance(wanted, bool) or wanted not in groups:
        raise SuiteError(f"{where}: {REGEX}: {pattern!r} has no group {group!r}")

    def change(text: str) -> str:
        match = first_match(pattern, text)
        if match is None or match[wanted] is None:
            raise NotApplicable(f"nothing matches {pattern[:40]!r}")
        return str(match[wanted])

    written = {REGEX: pattern} if group is None else {REGEX: pattern, "group": group}
    return Transform(written, change)


def _steps(path: str, where: str) -> Steps:
    try:
        return read_path(path)
    except ValueError as error:
        raise SuiteError(f"{where}: {error}", hint=EXAMPLE) from None


def _at_path(text: str, steps: Steps, path: str) -> str:
    try:
        value = value_at(parse_json(text, "the answer"), steps)
    except DatasetError:
        raise NotApplicable(f"not JSON, so nothing is at {path}") from None
    if value is None:
        raise NotApplicable(f"nothing is at {path}")
    return as_text(value)


def seen_through(transforms: tuple[Transform, ...], text: str) -> str:
    """The text as a scorer sees it. Raises NotApplicable, naming the transform."""
    for transform in transforms:
        text = transform.change(text)
    return text


def compared_through(transforms: tuple[Transform, ...], value: Any) -> Any:
    """What an answer is compared with, changed by the transforms that apply to both: a text, or
    the texts of a list; other values are as they were.
    """
    changes = [transform.change for transform in transforms if transform.both]
    if isinstance(value, (list, tuple)):
        return [compared_through(transforms, item) for item in value]
    if isinstance(value, str):
        for change in changes:
            value = type(value)(change(value))
    return value
