"""A mock OpenAI endpoint for benchmarks: its own process, one loop, no framework.

    python benchmarks/support/mock_server.py --delay 0.05     prints its base URL

Answers every POST with the same completion after the delay, thousands of times a second, until
stdin closes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

ANSWER = "billing"
DRAFT = """\
---
name: triage
model: {id: mock, provider: mock}
inputs: [{name: ticket, kind: string}]
---
user:
{{ ticket }}
"""
"""The draft of a prompt that it answers, in a workspace that calls it `mock`."""


def response(text: str) -> bytes:
    """A whole HTTP response with a chat completion that says `text`."""
    body = json.dumps(
        {
            "id": "chatcmpl-mock",
            "object": "chat.completion",
            "created": 1700000000,
            "model": "mock-model",
            "system_fingerprint": "fp_mock",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text, "refusal": None},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 57, "completion_tokens": 2, "total_tokens": 59},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


class Mock(asyncio.Protocol):
    """Reads requests by their content-length and answers each after the delay."""

    calls = 0

    def __init__(self, delay: float, answer: bytes) -> None:
        self._delay = delay
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._data = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while True:
            head, separator, rest = self._data.partition(b"\r\n\r\n")
            if not separator:
                return
            length = 0
            for line in head.split(b"\r\n"):
                if line[:15].lower() == b"content-length:":
                    length = int(line[15:])
            if len(rest) < length:
                return
            self._data = rest[length:]
            Mock.calls += 1
            if self._delay:
                self._loop.call_later(self._delay, self._send)
            else:
                self._send()

    def _send(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._answer)


async def serve(delay: float) -> None:
    """Serve until stdin ends; then print how many calls came."""
    loop = asyncio.get_running_loop()
    answer = response(ANSWER)
    server = await loop.create_server(lambda: Mock(delay, answer), "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}/v1\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    sys.stdout.write(f"{Mock.calls}\n")


@contextmanager
def running(delay: float) -> Iterator[str]:
    """The base URL of a mock in another process."""
    command = [sys.executable, str(Path(__file__)), "--delay", str(delay)]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.stdout.read()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.0)
    asyncio.run(serve(parser.parse_args().delay))
