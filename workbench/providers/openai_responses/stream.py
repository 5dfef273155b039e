"""Assembles a streamed response: its last event has the whole of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from workbench.providers.base import Answer
from workbench.providers.openai_chat.call_context import CallContext, invalid
from workbench.providers.openai_chat.classify import classify_completion
from workbench.providers.openai_chat.error_bodies import is_error
from workbench.providers.openai_chat.events import Event, Events
from workbench.providers.openai_responses.answers import classify_data
from workbench.providers.redact import storable

_LAST = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
_DELTA = "response.output_text.delta"


class StreamedResponse:
    """Takes the bytes of a `text/event-stream`; `answer` classifies the response."""

    def __init__(self, context: CallContext, on_text: Callable[[str], None]) -> None:
        self._context = context
        self._on_text = on_text
        self._events = Events()
        self._last: Mapping[str, object] | None = None
        self._broken: Answer | None = None
        self.started = False
        self.done = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes, split anywhere. Raises ProviderError like `answer`."""
        for event in self._events.feed(data):
            if not self.done:
                self._take(event)

    def answer(self) -> Answer:
        """The classified answer. Raises ProviderError for an error that every call would get."""
        last = self._events.end()
        if last is not None and not self.done:
            self._take(last)
        if self._broken is not None:
            return self._broken
        if self._last is None:
            answer = invalid(self._context, "a stream that ended before the answer did")
            return replace(answer, maybe_billed=True)
        return classify_data(self._last, self._context)

    def _take(self, event: Event) -> None:
        if event.data.strip() in (b"", b"[DONE]"):
            return
        try:
            data = json.loads(event.data)
        except (ValueError, RecursionError):
            self._break(invalid(self._context, "a piece of a stream that is not JSON", event.data))
            return
        if not isinstance(data, Mapping):
            return
        kind = str(data.get("type") or event.name.decode("utf-8", "replace"))
        delta = data.get("delta")
        if kind == _DELTA and isinstance(delta, str) and delta:
            self.started = True
            self._on_text(storable(delta))
        elif kind in _LAST and isinstance(data.get("response"), Mapping):
            self._last = data["response"]
            self.done = True
        elif kind == "error" or (not data.get("type") and is_error(data)):
            shaped = data if is_error(data) else {"error": data}
            self._break(classify_completion(shaped, self._context))

    def _break(self, answer: Answer) -> None:
        """End with an error; the part before it was generated and may be billed."""
        self._broken = replace(answer, maybe_billed=answer.maybe_billed or self.started)
        self.done = True
