"""Responses that would fill the memory, or hold up the whole run, if they were read to the end."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from functools import cache

import pytest

from tests.support.fault_server import CLOSE, FaultServer, Step, answer, completion, http
from workbench.errors import ProviderError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.opening import open_provider
from workbench.settings import ProviderSettings

REQUEST = Request("mock-model", (Message("user", "hello"),), {"temperature": 0})
BOMB_BYTES = 120_000_000
MOST_BYTES = 40_000_000
"""What reading the beginning of any body may take, the decoder's pieces included."""


@cache
def bomb() -> bytes:
    """A gzip member that inflates to BOMB_BYTES."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    piece = b" " * 1_000_000
    return b"".join(packer.compress(piece) for _ in range(BOMB_BYTES // len(piece))) + (
        packer.flush()
    )


def ask(*steps: Step, timeout_s: float = 5.0, streamed: bool = False) -> Answer:
    async def one(base_url: str) -> Answer:
        provider = open_provider(ProviderSettings("mock", base_url=base_url), environ={})
        on_text = (lambda text: None) if streamed else None
        try:
            return await provider.answer(REQUEST, timeout_s=timeout_s, on_text=on_text)
        finally:
            await provider.close()

    with FaultServer(lambda number, body: steps) as server:
        return asyncio.run(one(server.base_url))


def measured(*steps: Step, streamed: bool = False) -> tuple[Answer, int]:
    """The answer, and the most memory that it took in bytes."""
    ask(answer())  # what is imported with the first call is none of it
    tracemalloc.start()
    try:
        received = ask(*steps, streamed=streamed)
        return received, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.exhaustive(keep=8)
@pytest.mark.parametrize("status", ["500 Oh", "429 Slow Down", "404 Not Found", "307 Elsewhere"])
@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_an_errors_compressed_bomb_takes_no_memory(
    status: str, twice: bool, streamed: bool
) -> None:
    body = gzip.compress(bomb()) if twice else bomb()
    coding = "gzip, gzip" if twice else "gzip"
    reply = http(body, status, headers=[f"content-encoding: {coding}"])
    try:
        received, most = measured(reply, streamed=streamed)
    except ProviderError:
        assert status.startswith(("404", "307"))
        return
    assert str(received.status) in status
    assert most < MOST_BYTES


@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_that_is_compressed_twice_is_invalid(streamed: bool) -> None:
    headers = ["content-encoding: gzip, gzip"]
    kind = "text/event-stream" if streamed else "application/json"
    reply = http(gzip.compress(bomb()), headers=headers, kind=kind)
    received, most = measured(reply, streamed=streamed)
    assert (received.outcome, received.retry) == (Outcome.INVALID, False)
    assert "compressed more than once" in received.error
    assert most < MOST_BYTES


def test_what_follows_a_compressed_answer_is_not_kept() -> None:
    """The decoder keeps what stands behind the end of its data, all of it."""
    member = gzip.compress(b'{"choices": []}')
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n"
    received, most = measured(head + member, *([b"x" * 1_000_000] * 100), CLOSE)
    assert received.outcome is Outcome.INVALID
    assert most < MOST_BYTES


def test_an_error_body_that_drips_ends_with_the_deadline() -> None:
    steps: list[Step] = [b"HTTP/1.1 500 Oh\r\ncontent-encoding: gzip\r\n\r\n"]
    for at in range(1000):  # until the client leaves
        steps += [gzip.compress(b"oh")[at : at + 1] or b"x", 0.1]
    received = ask(*steps, timeout_s=0.5)
    assert received.outcome is Outcome.TIMED_OUT, "a deadline for each piece is never over"


def test_a_compressed_error_still_says_why() -> None:
    body = b'{"error": {"message": "the model is loading", "code": "busy"}}'
    reply = http(gzip.compress(body), "503 Busy", headers=["content-encoding: gzip"])
    received = ask(reply)
    assert received.status == 503 and received.error.endswith("answered 503: the model is loading")


def test_an_error_whose_compression_is_broken_keeps_its_status() -> None:
    received = ask(http(b"no gzip at all", "503 Busy", headers=["content-encoding: gzip"]))
    assert (received.status, received.retry) == (503, True)
    with pytest.raises(ProviderError, match="key refused"):
        ask(http(b"no gzip at all", "401 No", headers=["content-encoding: gzip"]))


def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(json.dumps(completion("fine")).encode())
    assert ask(http(body, headers=["content-encoding: gzip"])).text == "fine"
