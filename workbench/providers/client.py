"""The openai client, with everything that the environment could slip in taken out.

This module imports the SDK, which takes most of a second: import it with the first call.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

import httpx2
import openai

CONNECT_S = 10.0
# What the SDK tells each endpoint about this machine; no answer depends on it.
_MACHINE = tuple(
    f"X-Stainless-{what}"
    for what in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async")
)
_TIMEOUT = httpx2.Timeout(None, connect=CONNECT_S)
_EXTENSIONS = {"timeout": _TIMEOUT.as_dict()}
MAX_BODY_BYTES = 8_000_000
MAX_ERROR_BYTES = 64_000


class BodyTooLong(httpx2.RequestError):
    """A response grew beyond what an answer can be."""


@dataclass(frozen=True)
class Connection:
    """The SDK's client for one endpoint, and a short way to the HTTP client below it.

    What a call says beside its body is the same each time. The SDK says who asks once; to build
    each request through it would take longer than all that is done with the answer.
    """

    sdk: openai.AsyncOpenAI
    http: httpx2.AsyncClient
    headers: httpx2.Headers

    async def post(self, url: httpx2.URL, content: bytes) -> httpx2.Response:
        """The response, its body not read yet; close it. Raises httpx2's and aiohttp's errors."""
        request = httpx2.Request(
            "POST", url, headers=self.headers, content=content, extensions=_EXTENSIONS
        )
        return await self.http.send(request, stream=True)

    async def close(self) -> None:
        await self.sdk.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def open_connection(base_url: str, key: str, unwanted: Collection[str] = ()) -> Connection:
    """A connection to that endpoint alone: no retries, no redirects, no deadline of its own.

    `unwanted` are headers that the SDK would take from the environment.
    """
    ours: dict[str, Any] = {name: openai.Omit() for name in (*_MACHINE, *unwanted)}
    http = _http_client(base_url)
    http.event_hooks = {"response": [_cap_error_body]}
    sdk = openai.AsyncOpenAI(
        api_key=key or "none",
        admin_api_key="",
        webhook_secret="",
        base_url=base_url,
        max_retries=0,
        timeout=_TIMEOUT,
        default_headers=ours,
        http_client=http,
    )
    return Connection(sdk, http, _headers(http, sdk, key))


def _headers(http: httpx2.AsyncClient, sdk: openai.AsyncOpenAI, key: str) -> httpx2.Headers:
    """What goes with each call: the SDK's headers, and this endpoint's key or none at all."""
    headers = httpx2.Headers(http.headers)
    for name, value in sdk.default_headers.items():
        if isinstance(value, str):
            headers[name] = value
    headers.pop("Authorization", None)
    if key:
        headers.update(sdk.auth_headers)
    return headers


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
    """The body of an error is read whole, by the SDK too, whatever its size."""
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
