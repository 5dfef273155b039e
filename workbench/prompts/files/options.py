"""Model options: names in Prompty and the OpenAI API, and types; and the form of a pin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.prompts.values import ARTIFACTS

NAMES = {
    "temperature": "temperature",
    "maxOutputTokens": "max_completion_tokens",
    "topP": "top_p",
    "topK": "top_k",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
    "seed": "seed",
    "stopSequences": "stop",
    "allowMultipleToolCalls": "parallel_tool_calls",
    "max_tokens": "max_completion_tokens",
    "max_output_tokens": "max_completion_tokens",
}
MORE = "additionalProperties"
"""The option whose entries are sent unchanged."""

PIN_HINT = "sha256:HEX of the weights, models:/NAME/3, an ARN, or wandb-artifact://..."
_WEIGHTS = re.compile("sha256:[0-9a-f]{64}")

_NUMBERS = frozenset(
    {"temperature", "top_p", "frequency_penalty", "presence_penalty", "min_p"}
    | {"repetition_penalty"}
)
_WHOLE = frozenset({"max_completion_tokens", "top_k", "seed", "top_logprobs"})
_BOOLEANS = frozenset({"parallel_tool_calls", "logprobs"})
_TEXTS = frozenset({"reasoning_effort", "verbosity"})


def twice(options: Mapping[str, Any]) -> tuple[tuple[str, ...], str] | None:
    """The path of an option that repeats another one, and that one's name; None without one."""
    first: dict[str, str] = {}
    for path, name in _all(options):
        sent = NAMES.get(name, name)
        if sent in first:
            return path, first[sent]
        first[sent] = ".".join(path)
    return None


def misfit(name: str, value: Any) -> str:
    """The needed type if the option's value has another one; else empty. null is never sent."""
    sent = NAMES.get(name, name)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is None:
        return ""
    if sent in _NUMBERS and not is_number:
        return "a number"
    if sent in _WHOLE and not (is_number and value == int(value)):
        return "a whole number"
    if sent in _BOOLEANS and not isinstance(value, bool):
        return "true or false"
    if sent in _TEXTS and not isinstance(value, str):
        return "a word"
    if sent == "stop" and not (
        isinstance(value, str)
        or (isinstance(value, list) and all(isinstance(item, str) for item in value))
    ):
        return "a text or a list of texts"
    return ""


def _all(options: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, value in options.items():
        if name == MORE and isinstance(value, Mapping):
            yield from (((name, str(key)), str(key)) for key in value if value[key] is not None)
        elif value is not None:
            yield (str(name),), str(name)


def pins_a_model(artifact: Any) -> bool:
    """Whether it has the form of a model's pin: a digest of weights, or a URI of a registry."""
    if not isinstance(artifact, str) or not artifact.startswith(ARTIFACTS):
        return False
    return not artifact.startswith(ARTIFACTS[0]) or _WEIGHTS.fullmatch(artifact) is not None
