"""A well-behaved server that speaks the OpenAI API on 127.0.0.1, scripted by a function.

    with OpenAIServer(lambda messages, options: "billing") as server:
        settings = ProviderSettings("mock", base_url=server.base_url)

The script gets the messages (a list of {"role", "content"}) and the rest of the body, and returns
the text to answer, or a `Reply` to choose status, headers, finish reason and the rest.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One scripted answer."""

    text: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    finish_reason: str | None = "stop"
    message: Mapping[str, Any] | None = None
    """In place of {"role": "assistant", "content": text}."""
    body: Any = None
    """In place of the whole completion; `bytes` are sent as they are."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    model: str | None = None
    delay_s: float | None = None


Script = Callable[[list[dict[str, Any]], dict[str, Any]], "str | Reply"]


def parrot(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """Answers with the last message."""
    del options
    return str(messages[-1]["content"])


def letters(texts: list[str], options: dict[str, Any]) -> Reply:
    """Embeds texts by how often each letter of a to z stands in them."""
    rows = [[0.01 + text.casefold().count(chr(97 + at)) for at in range(26)] for text in texts]
    data = [{"index": at, "embedding": row} for at, row in enumerate(rows)]
    tokens = sum(len(text.split()) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return Reply(body={"data": data, "model": options.get("model", "mock"), "usage": usage})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no event."""


class OpenAIServer:
    """A loopback server; `base_url` ends in /v1, `requests` are the bodies it was sent."""

    def __init__(self, script: Script = parrot, *, delay_s: float = 0.0, model: str = "") -> None:
        self.script = script
        self.delay_s = delay_s
        self.model = model
        self.shutdown_dates: dict[str, str] = {}
        self.lists_models = True
        """What its list of models says of their end, by model."""
        self.embed: Callable[[list[str], dict[str, Any]], Reply] = letters
        self.embedded: list[list[str]] = []
        """The texts of each call of embeddings."""
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def calls(self) -> int:
        """How many completions were asked for."""
        with self._lock:
            return len(self.requests)

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def entered(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        """One request came in."""
        with self._lock:
            self.requests.append(body)
            self.headers.append(headers)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self._lock.notify_all()

    def gather(self, count: int, seconds: float = 60.0) -> None:
        """For a script: answer only when so many calls were here at once, or after the time."""
        with self._lock:
            self._lock.wait_for(lambda: self.most_at_once >= count, seconds)

    def left(self) -> None:
        """One request was answered."""
        with self._lock:
            self._at_once -= 1


def completion(reply: Reply, body: Mapping[str, Any], model: str) -> dict[str, Any]:
    """A chat completion as the API answers it."""
    prompt_tokens, completion_tokens = _tokens(reply, body)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": reply.model or model or body.get("model", "mock"),
        "system_fingerprint": "fp_mock",
        "choices": [
            {
                "index": 0,
                "message": reply.message or {"role": "assistant", "content": reply.text},
                "finish_reason": reply.finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def chunks(reply: Reply, body: Mapping[str, Any], model: str) -> list[dict[str, Any]]:
    """The same completion as the events of a stream, a few characters each."""
    head = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": reply.model or model or body.get("model", "mock"),
    }
    pieces = [reply.text[at : at + 8] for at in range(0, len(reply.text), 8)]
    events = [
        {**head, "choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]}
        for piece in pieces
    ]
    calls = (reply.message or {}).get("tool_calls") or []
    for index, call in enumerate(calls):
        delta = {"tool_calls": [{"index": index, **call}]}
        events.append({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    events.append(
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish_reason}]}
    )
    if (body.get("stream_options") or {}).get("include_usage"):
        events.append({**head, "choices": [], "usage": completion(reply, body, model)["usage"]})
    return events


def _tokens(reply: Reply, body: Mapping[str, Any]) -> tuple[int, int]:
    sent = sum(len(str(message.get("content", "")).split()) for message in body["messages"])
    return (
        sent if reply.prompt_tokens is None else reply.prompt_tokens,
        len(reply.text.split()) if reply.completion_tokens is None else reply.completion_tokens,
    )


def _handler(owner: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: Any) -> None:
            """Silence."""

        def do_GET(self) -> None:
            listed = {owner.model or "mock": None, **owner.shutdown_dates}
            rows = [{"id": m, "object": "model", "shutdown_date": d} for m, d in listed.items()]
            models = {"object": "list", "data": rows}
            self._send(200 if owner.lists_models else 404, {}, json.dumps(models).encode())

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            body = json.loads(raw)
            if self.path.endswith("/embeddings"):
                self._embed(body)
                return
            owner.entered(body, {key.lower(): value for key, value in self.headers.items()})
            try:
                self._answer(body)
            finally:
                owner.left()

        def _embed(self, body: dict[str, Any]) -> None:
            texts = list(body.pop("input"))
            owner.embedded.append(texts)
            reply = owner.embed(texts, body)
            scripted = {"error": {"message": reply.text or "scripted", "type": "scripted"}}
            answer = scripted if reply.body is None else reply.body
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self._send(reply.status, reply.headers, raw)

        def _answer(self, body: dict[str, Any]) -> None:
            options = {k: v for k, v in body.items() if k != "messages"}
            answered = owner.script(body["messages"], options)
            reply = Reply(answered) if isinstance(answered, str) else answered
            pause = owner.delay_s if reply.delay_s is None else reply.delay_s
            if pause:
                time.sleep(pause)
            if body.get("stream") and reply.status == 200 and reply.body is None:
                self._stream(reply, body)
                return
            answer = completion(reply, body, owner.model) if reply.body is None else reply.body
            if reply.status != 200 and reply.body is None:
                answer = {"error": {"message": reply.text or "scripted", "type": "scripted"}}
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self._send(reply.status, reply.headers, raw)

        def _send(self, status: int, headers: Mapping[str, str], raw: bytes) -> None:
            self.send_response(status)
            for key, value in {"content-type": "application/json", **headers}.items():
                self.send_header(key, value)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def _stream(self, reply: Reply, body: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            events = [json.dumps(event) for event in chunks(reply, body, owner.model)]
            for event in [*events, "[DONE]"]:
                data = f"data: {event}\n\n".encode()
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

    return Handler
