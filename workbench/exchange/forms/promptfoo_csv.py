"""Tests of promptfoo in a CSV file: a column per variable, and `__expected` in short."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.errors import DraftError

_EXPECTED = re.compile(r"__expected(\d*)")
_TYPED = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z-]*)(?:\((?P<number>[0-9.]+)\))?(?::(?P<value>.*))?", re.DOTALL
)
_TYPES = frozenset(
    {"contains", "contains-all", "contains-any", "contains-json", "cost", "equals", "icontains"}
    | {"icontains-all", "icontains-any", "is-json", "is-refusal", "latency", "levenshtein"}
    | {"llm-rubric", "model-graded-closedqa", "factuality", "regex", "rouge-n", "similar"}
    | {"starts-with", "webhook", "javascript", "python", "bleu", "answer-relevance", "word-count"}
)
_SHORT = {"fn": "javascript", "eval": "javascript", "grade": "llm-rubric"}
_USUAL = {"similar": 0.8}
_OTHER = 0.75
"""The threshold of an assertion that names none in a CSV file."""
_TAKE_ONE = ("similar", "levenshtein", "rouge-n", "bleu", "cost", "latency")


def read_tests(text: str, where: str) -> Iterator[dict[str, Any]]:
    """The tests as a configuration writes them. Raises DraftError."""
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise DraftError(f"{where} is no CSV file: {error}") from error
    for number, row in enumerate(rows, 2):
        if None in row:
            raise DraftError(f"{where}: row {number} has more cells than the first")
        yield _test({str(key): (value or "").strip() for key, value in row.items()})


def _test(row: Mapping[str, str]) -> dict[str, Any]:
    test: dict[str, Any] = {"vars": {}, "assert": []}
    metric = row.get("__metric", "")
    for key, cell in row.items():
        if _EXPECTED.fullmatch(key):
            if cell:
                test["assert"].append(_assertion(cell) | ({"metric": metric} if metric else {}))
        elif key == "__description":
            test["description"] = cell
        elif key == "__threshold" and cell:
            test["threshold"] = _number(cell)
        elif key.startswith("__metadata:"):
            test.setdefault("metadata", {})[key.removeprefix("__metadata:")] = cell
        elif key in ("__prefix", "__suffix", "__providerOutput") or key.startswith("__config:"):
            if cell:
                test.setdefault("unread", []).append(key)
        elif not key.startswith("__"):
            test["vars"][key] = cell
    return test


def _number(cell: str) -> float | str:
    """The number in a cell; else its text, which no assertion takes for one."""
    try:
        return float(cell)
    except ValueError:
        return cell


def _assertion(cell: str) -> dict[str, Any]:
    """`contains: x`, `similar(0.8): x`, a type alone, or a text that the answer equals."""
    match = _TYPED.fullmatch(cell)
    name = match["type"] if match else ""
    kind = _SHORT.get(name, name)
    is_typed = kind.removeprefix("not-") in _TYPES
    if match is None or not is_typed:
        return {"type": "equals", "value": cell}
    assertion: dict[str, Any] = {"type": kind}
    if match["value"] is not None:
        assertion["value"] = match["value"].strip()
    bare = kind.removeprefix("not-")
    if match["number"]:
        assertion["threshold"] = _number(match["number"])
    elif bare in _TAKE_ONE:
        assertion["threshold"] = _USUAL.get(bare, _OTHER)
    return assertion
