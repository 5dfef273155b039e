"""The openai client, with everything that the environment could slip in taken out.

This module imports the SDK, which takes most of a second: import it with the first call.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection
from typing import Any

import httpx2
import openai

CONNECT_S = 10.0
# What the SDK tells each endpoint about this machine; no answer depends on it.
_MACHINE = tuple(
    f"X-Stainless-{what}"
    for what in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async")
)
MAX_BODY_BYTES = 8_000_000
MAX_ERROR_BYTES = 64_000


class BodyTooLong(httpx2.RequestError):
    """A response grew beyond what an answer can be."""


def open_client(base_url: str, key: str, unwanted: Collection[str] = ()) -> openai.AsyncOpenAI:
    """A client for that endpoint alone: no retries, no redirects, no deadline of its own.

    `unwanted` are headers that the SDK would take from the environment.
    """
    headers: dict[str, Any] = {name: openai.Omit() for name in (*_MACHINE, *unwanted)}
    http_client = _http_client(base_url)
    http_client.event_hooks = {"response": [_cap_error_body]}
    return openai.AsyncOpenAI(
        api_key=key or "none",
        admin_api_key="",
        webhook_secret="",
        base_url=base_url,
        max_retries=0,
        timeout=httpx2.Timeout(None, connect=CONNECT_S),
        default_headers=headers,
        http_client=http_client,
    )


def call_headers(key: str) -> dict[str, Any]:
    """What goes with each call: the response is handed over before its body is read.

    The SDK drops an Authorization header only when the call itself says so.
    """
    unread: dict[str, Any] = {
        "X-Stainless-Raw-Response": "stream",
        "x-stainless-retry-count": openai.Omit(),
    }
    return unread if key else unread | {"Authorization": openai.Omit()}


def _http_client(base_url: str) -> httpx2.AsyncClient:
    """The SDK's aiohttp transport where aiohttp is installed, else its default."""
    options: dict[str, Any] = {"follow_redirects": False, "timeout": None}
    if base_url.startswith("http://"):
        # No certificate is ever checked: the system's need not be read. This one trusts nobody.
        options["verify"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return openai.DefaultAioHttpClient(**options)
    except RuntimeError:
        return openai.DefaultAsyncHttpxClient(**options)


async def _cap_error_body(response: httpx2.Response) -> None:
    """The SDK reads the body of an error whole, whatever its size."""
    if response.is_error and isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Capped(response.stream)


class _Capped(httpx2.AsyncByteStream):
    """The first bytes of a stream."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> Any:
        left = MAX_ERROR_BYTES
        async for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()


async def read_capped(response: httpx2.Response) -> bytes:
    """The decoded body. Raises BodyTooLong beyond MAX_BODY_BYTES."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise BodyTooLong("the body is too long")
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
