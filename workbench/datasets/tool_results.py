"""What tools say in a case: a result for each tool by its name, or for each call by its arguments.

`{"weather": "sunny"}`, or `[{"tool": "weather", "arguments": {"city": "Ulm"}, "result": "sunny"}]`.
A text is sent as it is, anything else as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.json_text import dumps
from workbench.prompts.kinds import shown

HINT = '{"weather": "sunny"}, or [{"tool": "weather", "arguments": {"city": "Ulm"}, "result": …}]'
_KEYS = frozenset({"tool", "arguments", "result"})


def tool_results_problem(results: Any) -> str:
    """What is wrong with a case's results, as the end of a sentence; empty if nothing is."""
    if isinstance(results, Mapping):
        return "" if all(name for name in results) else "name a tool with an empty name"
    if not isinstance(results, (list, tuple)):
        return f"are {shown(results)}: a result by tool, or a list of results, is needed"
    for number, one in enumerate(results, 1):
        if not isinstance(one, Mapping) or "result" not in one:
            return f"have an item {number} without a result"
        if one.keys() - _KEYS:
            return f"have an item {number} with the key {shown(min(one.keys() - _KEYS))}"
        if not isinstance(one.get("tool"), str) or not one["tool"]:
            return f"have an item {number} that names no tool"
        if not isinstance(one.get("arguments", {}), Mapping):
            return f"have an item {number} whose arguments are {shown(one['arguments'])}"
    return ""


def tools_in(results: Any) -> frozenset[str]:
    """The names of the tools that have a result."""
    if isinstance(results, Mapping):
        return frozenset(map(str, results))
    return frozenset(one["tool"] for one in results or ())


def result_of(results: Any, name: str, arguments: str) -> str | None:
    """What the tool says to this call; None when the case does not say it.

    Of a list, the first item of that tool counts whose arguments are these, else the first that
    gives none.
    """
    if isinstance(results, Mapping):
        return _text(results[name]) if name in results else None
    of_tool = [one for one in results or () if one["tool"] == name]
    given = _parsed(arguments)
    exact = [one for one in of_tool if "arguments" in one and one["arguments"] == given]
    for one in exact or [one for one in of_tool if "arguments" not in one]:
        return _text(one["result"])
    return None


def _parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError):
        return None


def _text(result: Any) -> str:
    return result if isinstance(result, str) else dumps(result)
