"""Assembles a streamed completion.

The SDK ends normally on a truncated stream, on HTML and on unknown events; here an answer without a
finish reason is invalid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from workbench.providers.base import Answer
from workbench.providers.openai_chat.call_context import CallContext, invalid
from workbench.providers.openai_chat.classify import classify_completion
from workbench.providers.openai_chat.content import THOUGHT_FIELDS, read_content
from workbench.providers.openai_chat.error_bodies import error_in, is_error
from workbench.providers.openai_chat.events import Event, Events
from workbench.providers.openai_chat.finish import Finish, class_of, finish_reason_of
from workbench.providers.openai_chat.vendor_codes import filtered_results, is_filtered

_DONE = b"[DONE]"
_WHOLE = ("content", "refusal", "tool_calls", "function_call", "error")


class Assembled:
    """Takes the bytes of a `text/event-stream`; `answer` classifies the completion."""

    def __init__(self, context: CallContext, on_text: Callable[[str], None]) -> None:
        self._context = context
        self._on_text = on_text
        self._events = Events()
        self._choices: dict[int, _Choice] = {}
        self._head: dict[str, Any] = {}
        self._broken: Answer | None = None
        self._filtered = False
        self.done = False

    @property
    def started(self) -> bool:
        """Whether the first token has arrived."""
        return any(choice.text or choice.calls for choice in self._choices.values())

    def feed(self, data: bytes) -> None:
        """Take the next bytes, split anywhere. Raises ProviderError like `answer`."""
        for event in self._events.feed(data):
            if not self.done:
                self._take(event)

    def answer(self) -> Answer:
        """The classified answer. Raises ProviderError for an error that every call would get."""
        self._end()
        if self._broken is not None:
            return self._broken
        # Only the first choice is shown.
        index = min(self._choices, default=0)
        choice = self._choices.get(index, _Choice())
        choice.filtered = choice.filtered or self._filtered
        if self._filtered and not choice.finish:
            choice.finish = "content_filter"  # nothing else says what ended it
        if not choice.finish and not choice.error:
            what = "a stream that ended before the answer did"
            return invalid(self._context, what, choice.joined.encode("utf-8", "replace"))
        if index:
            self._on_text(choice.joined)
        others: list[dict[str, Any]] = [{}] * (len(self._choices) - 1)
        return classify_completion(
            {**self._head, "choices": [choice.whole(), *others]}, self._context
        )

    def _end(self) -> None:
        """Take a last event that is complete but lacks its blank line."""
        last = self._events.end()
        if last is None or self.done:
            return
        if _loaded(last.data) is not _NOTHING:
            self._take(last)
            return
        for line in last.lines:
            if line.strip() == _DONE or _loaded(line) is not _NOTHING:
                self._take(Event(last.name, (line,)))

    def _take(self, event: Event) -> None:
        data = event.data.strip()
        if data.upper() == _DONE:
            self.done = True
            return
        if not data and event.name != b"error":
            return  # a keep-alive
        chunk = _loaded(data)
        if chunk is _NOTHING and len(event.lines) > 1:
            # Events without a blank line between them.
            for line in event.lines:
                self._take(Event(event.name, (line,)))
            return
        if chunk is _NOTHING:
            self._break(invalid(self._context, "a piece of a stream that is not JSON", data))
        elif isinstance(chunk, dict) and is_filtered(chunk, {}):
            self._take_chunk(chunk)
        elif is_error(chunk) or (event.name == b"error" and chunk):
            shaped = chunk if is_error(chunk) else {"error": chunk}
            self._break(classify_completion(shaped, self._context))
        elif isinstance(chunk, dict):
            self._take_chunk(chunk)

    def _take_chunk(self, chunk: dict[str, Any]) -> None:
        for key in ("usage", "model", "system_fingerprint"):
            if chunk.get(key):
                self._head[key] = chunk[key]
        choices = chunk.get("choices")
        self._filtered = self._filtered or is_filtered(chunk, {})
        for at, choice in enumerate(choices if isinstance(choices, list) else ()):
            if not isinstance(choice, dict):
                continue
            given = choice.get("index")
            index = given if isinstance(given, int) and not isinstance(given, bool) else at
            taken = self._choices.setdefault(index, _Choice())
            taken.filtered = taken.filtered or is_filtered({}, choice)
            text = taken.take(choice)
            if text and index == 0:
                self._on_text(text)

    def _break(self, answer: Answer) -> None:
        """End with an error; the part before it was generated and may be billed."""
        billed = answer.maybe_billed or self.started
        self._broken = self._broken or replace(answer, maybe_billed=billed)


class _Choice:
    """One of the choices in a stream; usually there is only one."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.calls: list[dict[str, Any]] = []
        self.finish = ""
        self.filtered = False
        self.error: Any = None
        self._half = ""
        """A high surrogate whose low surrogate comes in the next piece."""
        self._open: dict[Any, dict[str, Any]] = {}
        self._message: dict[str, Any] = {}
        self._others: list[dict[str, str]] = []

    @property
    def joined(self) -> str:
        return "".join(self.text) + self._half

    def whole(self) -> dict[str, Any]:
        """The choice in the form of a completion that was not streamed."""
        content: Any = self.joined
        if self._others:
            content = [{"type": "text", "text": content}, *self._others]
        message = {**self._message, "content": content}
        if self.calls:
            message["tool_calls"] = self.calls
        whole = {"message": message, "finish_reason": self.finish, "error": self.error}
        return {**whole, **(filtered_results() if self.filtered else {})}

    def take(self, choice: Mapping[str, Any]) -> str:
        """Take the next piece; returns its text."""
        word = finish_reason_of(choice)
        # Some servers send `stop` after `length`: the reason that is_incomplete the answer wins.
        if word and (not self.finish or class_of(self.finish) is Finish.COMPLETE):
            self.finish = word
        self.error = self.error or error_in(choice)
        delta, message = choice.get("delta"), choice.get("message")
        if not delta and isinstance(choice.get("text"), str):
            delta = {"content": choice["text"]}  # the form of legacy completions
        text = self._take_delta(delta) if isinstance(delta, Mapping) else ""
        if self.text or self.calls or not isinstance(message, Mapping):
            return text
        if any(message.get(key) for key in _WHOLE):
            # Some servers send the whole message at once if nothing came before.
            self._message = {}
            text = self._take_delta(message)
        return text

    def _take_delta(self, delta: Mapping[str, Any]) -> str:
        self.error = self.error or error_in(delta)
        for key in ("refusal", *THOUGHT_FIELDS):
            if isinstance(delta.get(key), str):
                self._message[key] = str(self._message.get(key, "")) + delta[key]
            elif delta.get(key):
                self._message.setdefault(key, delta[key])
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, Mapping):
                self._take_call(call)
        if isinstance(delta.get("function_call"), Mapping):
            self._take_call({"index": "only", "function": delta["function_call"]})
        return self._take_content(delta.get("content"))

    def _take_content(self, given: Any) -> str:
        content = read_content(given)
        if content.thought:
            self._message.setdefault("reasoning_content", "…")
        if content.refusal:
            self._message["refusal"] = str(self._message.get("refusal", "")) + content.refusal
        self._others += [{"type": kind} for kind in content.others]
        text = _PAIR.sub(_paired, self._half + content.text)
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        text = text.removesuffix(self._half)
        if text:
            self.text.append(text)
        return text

    def _take_call(self, call: Mapping[str, Any]) -> None:
        """A tool call or the rest of one. Some servers send no index, or always 0."""
        index, given = call.get("index"), call.get("id")
        function = call.get("function")
        function = function if isinstance(function, Mapping) else {}
        index = index if isinstance(index, (int, str)) else None
        kept = self._open.get(index)
        is_other = kept and (
            (given and kept["id"] and given != kept["id"])
            or (index is None and function.get("name") and kept["function"]["name"])
        )
        if kept is None or is_other:
            kept = {"id": given, "type": "function", "function": {"name": "", "arguments": ""}}
            self.calls.append(kept)
            self._open[index] = kept
        kept["id"] = kept["id"] or given
        for key in ("name", "arguments"):
            given, before = function.get(key), kept["function"][key]
            if isinstance(given, str) and isinstance(before, str):
                kept["function"][key] = before + given
            elif given and not before:
                kept["function"][key] = given  # some servers send arguments as an object


_NOTHING = object()
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def _paired(halves: re.Match[str]) -> str:
    return halves[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _loaded(data: bytes) -> Any:
    """The JSON in `data`; _NOTHING when it is invalid."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return _NOTHING
