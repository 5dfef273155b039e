"""One answer as a server sends it, and what is right to make of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EXPECTED = "billing"
"""What the case expects, by exact match."""


@dataclass(frozen=True)
class Row:
    """`body` is answered to a whole question, `events` to a streamed one; one of them or both."""

    server: str
    name: str
    outcome: str
    """The class; empty: the run is stopped, by an error that holds `error`."""
    text: str = ""
    score: float | None = None
    note: str = ""
    error: str = ""
    """What the error line says; it is found in it."""
    calls: int = 1
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    events: Sequence[Any] | None = None
    end: str = "\n"
    done: bool = True

    @property
    def id(self) -> str:
        return f"{self.server}: {self.name}"

    def sent(self, *, streamed: bool) -> bytes:
        """What is sent, as a whole response."""
        if streamed and self.events is not None:
            head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
            lines = [_event(event, self.end) for event in self.events]
            return (head + "".join(lines) + (f"data: [DONE]{self.end * 2}" * self.done)).encode()
        raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        kind = "text/html" if raw.startswith(b"<") else "application/json"
        fields = {"content-type": kind, "content-length": str(len(raw)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} S", *(f"{k}: {v}" for k, v in fields.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def _event(event: Any, end: str) -> str:
    if isinstance(event, str):
        return event.replace("\n", end)
    return f"data: {json.dumps(event, ensure_ascii=False)}{end * 2}"


def whole(
    content: Any = EXPECTED,
    finish: Any = "stop",
    message: Mapping[str, Any] | None = None,
    **top: Any,
) -> dict[str, Any]:
    """A completion; `message` adds to its message, other names to the top."""
    whole_message = {"role": "assistant", "content": content, **(message or {})}
    return {
        "id": "chatcmpl-9",
        "object": "chat.completion",
        "created": 1764230000,
        "model": "m-1",
        "choices": [{"index": 0, "message": whole_message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 21, "completion_tokens": 3, "total_tokens": 24},
        **top,
    }


def piece(
    delta: Mapping[str, Any] | None = None, finish: Any = None, **more: Any
) -> dict[str, Any]:
    """A chunk of a stream; other names go into its choice."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish, **more}
    return {"id": "c", "object": "chat.completion.chunk", "model": "m-1", "choices": [choice]}


def pieces(*contents: Any, finish: Any = "stop") -> list[dict[str, Any]]:
    """Chunks with these contents, then one with the reason."""
    return [*(piece({"content": content}) for content in contents), piece({}, finish)]


def error(message: str, **more: Any) -> dict[str, Any]:
    """An error as OpenAI writes it."""
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


CALL = {
    "index": 0,
    "id": "call_1",
    "type": "function",
    "function": {"name": "route", "arguments": '{"queue":"billing"}'},
}
CALLED = (
    '[{"function":{"arguments":"{\\"queue\\":\\"billing\\"}","name":"route"},'
    '"id":"call_1","type":"function"}]'
)
