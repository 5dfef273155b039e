"""A raw TCP server that misbehaves as told: what no HTTP library would send.

    with FaultServer(lambda n, body: [RESET]) as server:
        ...server.base_url...

The script gets the number of the request (from 0) and its body, and returns the steps to take:
bytes are sent as they are, a float is a pause, RESET and CLOSE end the connection.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any

RESET = "reset"
CLOSE = "close"
Step = bytes | float | str
Script = Callable[[int, bytes], Iterable[Step]]


def http(
    body: bytes | str,
    status: str = "200 OK",
    *,
    kind: str = "application/json",
    headers: Sequence[str] = (),
    length: int | None = None,
) -> bytes:
    """A response; `length` lies about the body's."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [
        f"HTTP/1.1 {status}",
        f"content-type: {kind}",
        f"content-length: {len(raw) if length is None else length}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def error(status: str, headers: Sequence[str] = (), **fields: Any) -> bytes:
    """An error response as OpenAI writes it."""
    return http(json.dumps({"error": fields}), status, headers=headers)


def completion(text: Any = "fine", *, finish: Any = "stop", **more: Any) -> dict[str, Any]:
    """A chat completion; `message` replaces the message, other names go to the top."""
    message = more.pop("message", {"role": "assistant", "content": text})
    return {
        "model": "mock",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1},
        **more,
    }


def answer(text: Any = "fine", *, finish: Any = "stop", **more: Any) -> bytes:
    """A response with that completion."""
    return http(json.dumps(completion(text, finish=finish, **more)))


def stream(*events: Any) -> bytes:
    """A response of server-sent events that ends when the connection does."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
    return head + b"".join(event_bytes(event) for event in events)


def event_bytes(event: Any) -> bytes:
    """One event: text and bytes as they are, everything else as JSON."""
    if isinstance(event, bytes):
        return event
    text = event if isinstance(event, str) else json.dumps(event)
    return f"data: {text}\n\n".encode()


class FaultServer:
    """Counts requests and connections; `bodies` are what it was sent, `heads` the heads."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.bodies: list[bytes] = []
        self.heads: list[bytes] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    @property
    def calls(self) -> int:
        with self._lock:
            return len(self.bodies)

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            data = b""
            while True:
                request = self._read(connection, data)
                if request is None:
                    return
                head, body, data = request
                with self._lock:
                    number = len(self.bodies)
                    self.bodies.append(body)
                    self.heads.append(head)
                if not self._do(connection, self._script(number, body)):
                    return

    @staticmethod
    def _read(connection: socket.socket, data: bytes) -> tuple[bytes, bytes, bytes] | None:
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(rest) < length:
            more = connection.recv(65536)
            if not more:
                return None
            rest += more
        return head, rest[:length], rest[length:]

    @staticmethod
    def _do(connection: socket.socket, steps: Iterable[Step]) -> bool:
        """Take the steps; False when the connection is over."""
        waiter = threading.Event()
        heads = b""
        for step in steps:
            if isinstance(step, bytes):
                heads += step[:500]
                connection.sendall(step)
            elif step == RESET:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return False
            elif step == CLOSE:
                return False
            else:
                waiter.wait(float(step))
        return b"connection: close" not in heads
