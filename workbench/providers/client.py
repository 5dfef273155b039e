"""The HTTP client of an endpoint: no retries, no redirects, no deadline of its own.

Calls go through httpx2, which the openai package is built on, and not through the package: to
import it takes half a second and 30 MB, and to build a request with it longer than all that is done
with the answer. Batches, with their files and pages, are asked for through it: see `sdk.py`.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any, Self

import httpx2

from workbench._version import __version__
from workbench.providers.endpoint import Endpoint

CONNECT_S = 10.0
TIMEOUT = httpx2.Timeout(None, connect=CONNECT_S)
MAX_BODY_BYTES = 8_000_000
MAX_ERROR_BYTES = 64_000
_AT_ONCE = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
_EXTENSIONS = {"timeout": TIMEOUT.as_dict()}


class BodyTooLong(httpx2.RequestError):
    """A response grew beyond what an answer can be."""


@dataclass(frozen=True)
class Connection:
    """One endpoint's chat completions; what a call says beside its body is made once."""

    http: httpx2.AsyncClient
    url: httpx2.URL
    headers: httpx2.Headers

    async def post(self, content: bytes) -> httpx2.Response:
        """The response, its body not read yet; close it. Raises what httpx2 raises."""
        request = httpx2.Request(
            "POST", self.url, headers=self.headers, content=content, extensions=_EXTENSIONS
        )
        return await self.http.send(request, stream=True)

    async def close(self) -> None:
        await self.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def open_connection(endpoint: Endpoint) -> Connection:
    """A connection to that endpoint alone."""
    http = http_client(endpoint.base_url)
    headers = httpx2.Headers(http.headers)
    headers.update(endpoint.ambient)
    headers.update(
        {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": f"prompt-workbench/{__version__}",
        }
    )
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    return Connection(http, httpx2.URL(f"{endpoint.base_url}/chat/completions"), headers)


def http_client(base_url: str) -> httpx2.AsyncClient:
    """As many connections as there are calls; of an error's body only the beginning is read."""
    options: dict[str, Any] = {}
    if base_url.startswith("http://"):
        # No certificate is ever checked: the system's need not be read. This one trusts nobody.
        options["verify"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx2.AsyncClient(
        follow_redirects=False,
        timeout=TIMEOUT,
        limits=_AT_ONCE,
        event_hooks={"response": [_cap_error_body]},
        **options,
    )


async def _cap_error_body(response: httpx2.Response) -> None:
    """The body of an error is read whole, whatever its size."""
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
