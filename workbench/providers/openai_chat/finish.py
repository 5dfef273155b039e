"""Finish reasons in the spellings of many servers.

The spellings are those of the APIs of OpenAI, Azure, Anthropic, Gemini and Vertex, Bedrock, Cohere,
Mistral, DeepSeek, Zhipu, Qwen, xAI, watsonx, OpenRouter, and of vLLM, SGLang, TGI, llama.cpp,
Ollama and LM Studio. An unknown spelling says nothing about the answer.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any


class Finish(enum.Enum):
    """The classes of finish reasons."""

    COMPLETE = enum.auto()
    TRUNCATED = enum.auto()
    FILTERED = enum.auto()
    REFUSED = enum.auto()
    BAD_CALL = enum.auto()
    """The model made a tool call that the server could not parse."""
    FAILED = enum.auto()
    """The server failed or was stopped before the answer was complete."""
    UNKNOWN = enum.auto()


_WORDS = {
    Finish.COMPLETE: """stop stopped eos eos_token eos_found eot end end_of_text endoftext end_turn
        end_of_turn stop_sequence stop_token stop_string stop_string_found stop_str complete
        completed finish finished done natural tool_call tool_calls tool_use function_call""",
    Finish.TRUNCATED: """length max_length max_tokens max_new_tokens max_output_tokens
        max_predicted_tokens_reached max_len max_context model_length token_limit context_length
        context_length_exceeded context_length_reached model_context_window_exceeded
        error_limit repetition pause_turn not_finished incomplete""",
    Finish.FILTERED: """content_filter content_filtered filtered safety sensitive recitation
        blocklist prohibited_content spii language image_safety image_prohibited_content
        guardrail_intervened guardrail guardrails moderation error_toxic copyright""",
    Finish.REFUSED: "refusal refused",
    Finish.BAD_CALL: """malformed_function_call unexpected_tool_call malformed_tool_use
        malformed_tool_call too_many_tool_calls""",
    Finish.FAILED: """error failed failure abort aborted cancel canceled cancelled user_cancel
        user_stopped interrupted network_error server_error insufficient_system_resource
        insufficient_system_resources timeout time_limit overloaded load unload model_unloaded
        malformed_model_output malformed_response""",
}
READING = 2
"""Revision of the classification. Raise it when the same bytes are classified differently: it is
stored with each answer, so that answers misclassified by an earlier revision are not reused.
"""

_CLASSES = {word: finish for finish, words in _WORDS.items() for word in words.split()}
_CALLS = frozenset({"tool_call", "tool_calls", "tool_use", "function_call"})
_PREFIX = re.compile(r"(?:.*\.)?(?:finish_?reason_|reason_)?")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MOST_KNOWN = 40
"""Characters of a word whose plain form is remembered: all answers of a run have one of a few."""
_NONE = ("", "null", "none", "nil", "undefined")


def finish_word(value: Any) -> str:
    """The finish reason as the server spelled it; empty for none in any spelling."""
    if not isinstance(value, str) or value.strip().casefold() in _NONE:
        return ""
    return value.strip()


def finish_reason_of(choice: Mapping[str, Any]) -> str:
    """The finish reason of a choice.

    A gateway that reports `stop` although its provider truncated, filtered or failed has the
    provider's own reason in another field, which wins.
    """
    word = finish_word(choice.get("finish_reason"))
    native = finish_word(choice.get("native_finish_reason"))
    if class_of(word) is not Finish.COMPLETE or class_of(native) is Finish.UNKNOWN:
        return word
    return native if is_incomplete(native) else word


def class_of(word: str) -> Finish:
    """The class of a finish reason in upper, lower or camel case, or as an enumeration's name."""
    return _CLASSES.get(_plain(word), Finish.UNKNOWN)


def is_incomplete(word: str) -> bool:
    """Whether a stored finish reason says anything but that the answer is complete."""
    return bool(word) and class_of(word) is not Finish.COMPLETE


def names_calls(word: str) -> bool:
    """Whether the finish reason names tool calls."""
    return _plain(word) in _CALLS


def _plain(word: str) -> str:
    return _known_plain(word) if len(word) <= _MOST_KNOWN else _made_plain(word)


def _made_plain(word: str) -> str:
    plain = re.sub(r"[\s-]+", "_", _HUMP.sub("_", word)).casefold()
    # Gemini appends the cause: "content_filter: RECITATION".
    return _PREFIX.sub("", plain.partition(":")[0], count=1)


_known_plain = lru_cache(maxsize=64)(_made_plain)
