"""Compares a version's content here with what a target has: by hash, and by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.fingerprints import canonical_json, fingerprint
from workbench.prompts.diff import diff_text

_MOST_LINES = 200
_MOST_CHARS = 400
_CONTEXT = 2
_SIGNS = {"same": " ", "removed": "-", "added": "+"}
_NOTHING = object()


def content_hash(content: Mapping[str, Any]) -> str:
    """sha256 of the content's canonical JSON."""
    return fingerprint(content)


def changed_keys(ours: Any, theirs: Any) -> list[str]:
    """Paths of the values that differ, `messages.0.content`, in the order of their names."""
    return [path for path, _, _ in _changes(ours, theirs, "")]


def diff_lines(ours: Any, theirs: Any) -> tuple[str, ...]:
    """The difference from ours to theirs, by key: `-` of ours, `+` of theirs; texts of several
    lines as a diff of their lines. Cut after 200 lines of 400 characters.
    """
    lines = [_cut(line) for change in _changes(ours, theirs, "") for line in _shown(*change)]
    rest = len(lines) - _MOST_LINES
    return tuple(lines if rest <= 0 else [*lines[:_MOST_LINES], f"... {rest} more lines"])


def _changes(ours: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for key in sorted({*map(str, ours), *map(str, theirs)}):
            yield from _changes(
                ours.get(key, _NOTHING), theirs.get(key, _NOTHING), f"{path}.{key}".lstrip(".")
            )
    elif isinstance(ours, list) and isinstance(theirs, list):
        for at in range(max(len(ours), len(theirs))):
            a = ours[at] if at < len(ours) else _NOTHING
            b = theirs[at] if at < len(theirs) else _NOTHING
            yield from _changes(a, b, f"{path}.{at}".lstrip("."))
    elif ours is _NOTHING or theirs is _NOTHING or canonical_json(ours) != canonical_json(theirs):
        yield path, ours, theirs


def _shown(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    if isinstance(ours, str) and isinstance(theirs, str) and "\n" in ours + theirs:
        yield f"{path}:"
        for hunk in diff_text(ours, theirs).hunks(_CONTEXT):
            yield from (f"{_SIGNS[line.tag]} {line.text}" for line in hunk)
        return
    for sign, value in (("-", ours), ("+", theirs)):
        if value is not _NOTHING:
            yield f"{sign} {path}: {canonical_json(value)}"


def _cut(line: str) -> str:
    return line if len(line) <= _MOST_CHARS else f"{line[: _MOST_CHARS - 1]}…"
