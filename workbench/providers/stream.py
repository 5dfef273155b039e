"""A streamed completion, put together again piece by piece.

The SDK ends normally on a stream that was cut, on HTML, and on events it does not know; here an
answer without a finish reason is none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from workbench.providers.classify import Asked, classify_completion, invalid
from workbench.providers.redact import Hidden
from workbench.providers.values import Answer


class Assembled:
    """Feed it the bytes of a `text/event-stream`; `answer` classifies what they came to."""

    def __init__(self, asked: Asked, on_text: Callable[[str], None]) -> None:
        self._asked = asked
        self._shown = Hidden(asked.secrets, on_text)
        self._rest = b""
        self._text: list[str] = []
        self._message: dict[str, Any] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._head: dict[str, Any] = {}
        self._finish: Any = None
        self._broken: Answer | None = None
        self.done = False

    @property
    def started(self) -> bool:
        """The first token is there."""
        return bool(self._text or self._calls)

    def feed(self, data: bytes) -> None:
        """Take the next bytes, however they were cut."""
        self._rest += data.replace(b"\r\n", b"\n")
        *events, self._rest = self._rest.split(b"\n\n")
        for event in events:
            for payload in _payloads(event):
                self._take(payload)

    def answer(self) -> Answer:
        """What it came to. Raises ProviderError for what stops the whole run."""
        self._shown.end()
        if self._broken is not None:
            return self._broken
        if self._finish is None:
            what = "a stream that ended before the answer did"
            return invalid(self._asked, what, "".join(self._text).encode("utf-8", "replace"))
        message: dict[str, Any] = {**self._message, "content": "".join(self._text)}
        if self._calls:
            message["tool_calls"] = [self._calls[index] for index in sorted(self._calls)]
        choice = {"message": message, "finish_reason": self._finish}
        return classify_completion({**self._head, "choices": [choice]}, self._asked)

    def _take(self, payload: bytes) -> None:
        if payload == b"[DONE]":
            self.done = True
            return
        try:
            chunk = json.loads(payload)
        except (ValueError, RecursionError):
            self._break(invalid(self._asked, "a piece of a stream that is not JSON", payload))
            return
        if not isinstance(chunk, dict):
            return
        if chunk.get("error"):
            self._break(classify_completion(chunk, self._asked))
            return
        for key in ("usage", "model", "system_fingerprint"):
            if chunk.get(key):
                self._head[key] = chunk[key]
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            self._take_choice(choices[0])

    def _take_choice(self, choice: dict[str, Any]) -> None:
        if choice.get("finish_reason"):
            self._finish = choice["finish_reason"]
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            return
        text = delta.get("content")
        if isinstance(text, str) and text:
            self._text.append(text)
            self._shown.feed(text)
        for key in ("refusal", "reasoning_content"):
            if isinstance(delta.get(key), str):
                self._message[key] = self._message.get(key, "") + delta[key]
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                self._take_call(call)

    def _take_call(self, call: dict[str, Any]) -> None:
        index = call.get("index")
        kept = self._calls.setdefault(
            index if isinstance(index, int) else len(self._calls),
            {"id": call.get("id"), "type": "function", "function": {"name": "", "arguments": ""}},
        )
        function = call.get("function")
        if isinstance(function, dict):
            for key in ("name", "arguments"):
                if isinstance(function.get(key), str):
                    kept["function"][key] += function[key]

    def _break(self, answer: Answer) -> None:
        self._broken = self._broken or answer


def _payloads(event: bytes) -> Iterator[bytes]:
    """The data of one server-sent event; comments and other fields are dropped."""
    lines = [line[5:].lstrip() for line in event.split(b"\n") if line.startswith(b"data:")]
    if lines:
        yield b"\n".join(lines).strip()
