"""The code in assertions that we write for promptfoo; it is read back by its exact form alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_LINES = "output.replace(/\\r\\n?/g, '\\n')"
_STEPS = {
    "strip": ".trim()",
    "casefold": ".toLowerCase()",
    "nfc": ".normalize('NFC')",
}
"""Transforms that have a method in JavaScript; letters are folded by its rules there."""
_STEP = re.compile("|".join(map(re.escape, _STEPS.values())))
_LENGTH = "[...output].length"
_LENGTH_CODE = re.compile(
    rf"(?:{re.escape(_LENGTH)} >= (?P<least>[0-9]+))?(?: && )?"
    rf"(?:{re.escape(_LENGTH)} <= (?P<most>[0-9]+))?"
)
_EQUAL_START = (
    "const sorted = (v) => v && typeof v === 'object' ? (Array.isArray(v) ? v.map(sorted) : "
    "Object.fromEntries(Object.keys(v).sort().map((k) => [k, sorted(v[k])]))) : v;\n"
    "try { return JSON.stringify(sorted(JSON.parse(output))) === JSON.stringify(sorted("
)
_EQUAL_END = ")); } catch { return false; }"


def transform_code(steps: Sequence[str]) -> str | None:
    """The text with line ends as they are here, through these transforms; None: one has no code."""
    if not set(steps) <= _STEPS.keys():
        return None
    return _LINES + "".join(_STEPS[step] for step in steps)


def transforms_in(code: str) -> list[str] | None:
    """The transforms that `transform_code` wrote; None: it is other code."""
    rest = code.removeprefix(_LINES)
    named = {method: name for name, method in _STEPS.items()}
    if rest == code or _STEP.sub("", rest):
        return None
    return [named[method] for method in _STEP.findall(rest)]


def length_code(least: int, most: int | None) -> str:
    """Whether the number of characters lies within these limits."""
    limits = [f"{_LENGTH} >= {least}"] if least else []
    return " && ".join([*limits, *([] if most is None else [f"{_LENGTH} <= {most}"])])


def equal_code(value: Any) -> str:
    """Whether the answer is JSON equal to a value."""
    return f"{_EQUAL_START}{_javascript(json.dumps(value, sort_keys=True))}{_EQUAL_END}"


def _javascript(data: str) -> str:
    """JSON as a literal in code that promptfoo renders first; only texts can have a tag in it."""
    return re.sub(r"\{(?=[{%#])|(?<=#)\}", lambda sign: f"\\u{ord(sign.group()):04x}", data)


def scorer_in(code: str) -> Mapping[str, Any] | None:
    """The scorer whose code this is; None: it is other code."""
    limits = _LENGTH_CODE.fullmatch(code)
    if limits and code:
        least, most = limits["least"], limits["most"]
        if least is None:
            return {"max_chars": {"limit": int(most)}}
        given = {"at_least": int(least), **({"at_most": int(most)} if most else {})}
        return {"length": {"unit": "characters", **given}}
    if not (code.startswith(_EQUAL_START) and code.endswith(_EQUAL_END)):
        return None
    try:
        value = json.loads(code[len(_EQUAL_START) : -len(_EQUAL_END)])
    except ValueError:
        return None
    return None if value is None else {"json_equals": {"expected": value}}
