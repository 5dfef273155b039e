"""Edits cases in a JSONL file without touching unchanged lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.datasets.json_values import parse_json
from workbench.datasets.readers import READERS, dataset_from_rows, decode, read_dataset
from workbench.datasets.values import CASE_KEYS, CHECKS, TOOL_RESULTS, Case
from workbench.errors import DatasetError
from workbench.files import write_atomically
from workbench.fingerprints import fingerprint
from workbench.json_text import dumps

SUFFIX = ".jsonl"
_ID_NUMBER = re.compile(r"^(.*?)(\d+)$")


def add_case(path: Path, case: Case) -> None:
    """Append a case. Raises DatasetError when its id exists or the file is not JSONL."""
    text = _text(path)
    if any(known.id == case.id for known in _cases(path)):
        raise DatasetError(f"{path}: there is a case {case.id!r} already", hint="choose another id")
    line = _line(case)
    separator = "" if not text or text.endswith("\n") else "\n"
    _write(path, f"{text}{separator}{line}\n", text)


def add_cases(path: Path, cases: Sequence[Case]) -> int:
    """Append the cases whose inputs no case has yet, to a new file where there is none; returns how
    many. An id that is taken is replaced by a free one. Raises DatasetError when the file is not
    JSONL.
    """
    known = _cases(path) if path.exists() else ()
    taken = {case.id for case in known}
    asked = {fingerprint(case.inputs) for case in known}
    lines = []
    for case in cases:
        if fingerprint(case.inputs) in asked:
            continue
        case_id = free_id(sorted(taken), case.id) if case.id in taken else case.id
        lines.append(_line(replace(case, id=case_id)) + "\n")
        taken.add(case_id)
        asked.add(fingerprint(case.inputs))
    if lines:
        before = _text(path) if path.exists() else ""
        separator = "" if not before or before.endswith("\n") else "\n"
        text = before + separator + "".join(lines)
        if path.exists():
            _write(path, text, before)
        else:
            _check_suffix(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
    return len(lines)


def replace_case(path: Path, case: Case, *, case_id: str = "") -> None:
    """Replace the case with `case_id` (default: its own id) by `case`.

    Other keys of the row are kept. Raises DatasetError when there is no such case, or when the new
    id exists.
    """
    old_id = case_id or case.id
    text = _text(path)
    cases = _cases(path)
    if old_id not in {known.id for known in cases}:
        raise DatasetError(
            f"{path}: no case {old_id!r}", hint="somebody changed the file meanwhile"
        )
    if case.id != old_id and case.id in {known.id for known in cases}:
        raise DatasetError(f"{path}: there is a case {case.id!r} already", hint="choose another id")
    lines = text.split("\n")
    at = _line_of(lines, cases, old_id)
    lines[at] = _line(case, lines[at])
    _write(path, "\n".join(lines), text)


def remove_case(path: Path, case_id: str) -> None:
    """Remove a case. Raises DatasetError when there is no such case, when it is the only one, or
    when the file is not JSONL.
    """
    text = _text(path)
    cases = _cases(path)
    if case_id not in {known.id for known in cases}:
        raise DatasetError(
            f"{path}: no case {case_id!r}", hint="somebody changed the file meanwhile"
        )
    if len(cases) == 1:
        raise DatasetError(f"{path}: {case_id!r} is its only case", hint="change it instead")
    lines = text.split("\n")
    del lines[_line_of(lines, cases, case_id)]
    _write(path, "\n".join(lines), text)


def _line_of(lines: Sequence[str], cases: Sequence[Case], case_id: str) -> int:
    """Index of the case's line: every line that is not blank is a case."""
    rows = [number for number, line in enumerate(lines) if line.strip()]
    return next(at for at, case in zip(rows, cases, strict=True) if case.id == case_id)


def free_id(taken: Sequence[str], like: str = "") -> str:
    """An unused id: the one after the highest id of the same form as `like`."""
    match = _ID_NUMBER.match(like or (taken[-1] if taken else ""))
    if match is None:
        stem, width, number = (f"{like}-" if like else "case-"), 1, 1
    else:
        stem, width = match[1], len(match[2])
        same = [other for name in taken if (other := _ID_NUMBER.match(name)) and other[1] == stem]
        number = max((int(other[2]) for other in same if len(other[2]) < 18), default=0) + 1
    known = set(taken)
    while f"{stem}{number:0{width}}" in known:
        number += 1
    return f"{stem}{number:0{width}}"


def parse_value(text: str) -> Any:
    """The value of a text typed for an input or an expected answer: JSON if it starts like an
    object, a list or a quoted text, else the text itself; None for an empty text.

    Raises DatasetError for invalid JSON.
    """
    if not text.strip():
        return None
    if text.lstrip()[0] in '{["':
        return parse_json(text, "this value")
    return text


def _line(case: Case, before: str = "") -> str:
    """One row as JSON; fields that the case does not have are omitted."""
    row: dict[str, Any] = {}
    if before:
        old = parse_json(before, "the row")
        if "inputs" in old:
            known = {*CASE_KEYS, TOOL_RESULTS, CHECKS}
            row = {key: value for key, value in old.items() if key not in known}
    fields = {
        "id": case.id,
        "inputs": dict(case.inputs),
        "expected": case.expected,
        "tags": list(case.tags) or None,
        "split": case.split,
        "group": case.group,
        TOOL_RESULTS: case.tool_results,
        CHECKS: list(case.checks) or None,
    }
    row = {**{key: value for key, value in fields.items() if value is not None}, **row}
    return dumps(row)


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() != SUFFIX:
        raise DatasetError(
            f"{path} is written by another program", hint=f"only {SUFFIX} files can be edited here"
        )


def _text(path: Path) -> str:
    _check_suffix(path)
    try:
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error


def _cases(path: Path) -> tuple[Case, ...]:
    return read_dataset(path).cases


def _write(path: Path, text: str, before: str) -> None:
    """Write `text` after checking that it is readable and that the file did not change."""
    dataset_from_rows(path.stem, READERS[SUFFIX](text, str(path)), str(path))
    if _text(path) != before:
        raise DatasetError(f"{path} changed meanwhile", hint="try again")
    write_atomically(path, text)
