"""The HTTP client of an endpoint: no retries, no redirects, no deadline of its own.

Calls go through httpx2, which the openai package is built on, and not through the package: to
import it takes half a second and 30 MB, and to build a request with it longer than all that is done
with the answer. Batches, with their files and pages, are asked for through it: see `sdk.py`.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Self

import httpx2

from workbench._version import __version__
from workbench.providers.endpoint import Endpoint

CONNECT_S = 10.0
TIMEOUT = httpx2.Timeout(None, connect=CONNECT_S)
MAX_BODY_BYTES = 8_000_000
MAX_ERROR_BYTES = 64_000


class BodyTooLong(httpx2.RequestError):
    """A response grew beyond what an answer can be."""


class Connection:
    """One endpoint's chat completions, with as many HTTP clients as there are calls at once.

    The pool of one client looks at all its connections for each request: with fifty of them that
    takes as long as all the rest. So each client holds one connection, and the one that was free
    last is taken first.
    """

    def __init__(
        self, open_http: Callable[[], httpx2.AsyncClient], url: str, headers: Mapping[str, str]
    ) -> None:
        self._open_http = open_http
        self._clients: list[httpx2.AsyncClient] = []
        self._free: list[httpx2.AsyncClient] = []
        # What a call says beside its body is made once.
        self._url = httpx2.URL(url)
        self.headers = httpx2.Headers(self._take().headers)
        self._free += self._clients
        self.headers.update(headers)

    @asynccontextmanager
    async def post(self, content: bytes, timeout_s: float) -> AsyncIterator[httpx2.Response]:
        """The response, its body not read yet. Raises what httpx2 raises.

        Whoever gives the call `timeout_s` in all need not cut a handshake short, which would
        leave its socket open: connecting and TLS end on their own before that.
        """
        connect = min(CONNECT_S, 0.45 * timeout_s)
        request = httpx2.Request(
            "POST",
            self._url,
            headers=self.headers,
            content=content,
            extensions={"timeout": {"connect": connect}},
        )
        http = self._take()
        try:
            response = await http.send(request, stream=True)
            try:
                yield response
            finally:
                await response.aclose()
        finally:
            self._free.append(http)

    def _take(self) -> httpx2.AsyncClient:
        if self._free:
            return self._free.pop()
        http = self._open_http()
        self._clients.append(http)
        return http

    async def close(self) -> None:
        for http in self._clients:
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def open_connection(endpoint: Endpoint) -> Connection:
    """A connection to that endpoint alone."""
    headers = {
        **dict(endpoint.ambient),
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": f"prompt-workbench/{__version__}",
    }
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    trusted = trusted_by(endpoint.base_url)
    return Connection(
        lambda: http_client(trusted), f"{endpoint.base_url}/chat/completions", headers
    )


def http_client(trusted: ssl.SSLContext) -> httpx2.AsyncClient:
    """A client that follows no redirect, and reads of an error's body only the beginning."""
    return httpx2.AsyncClient(
        verify=trusted,
        follow_redirects=False,
        timeout=TIMEOUT,
        event_hooks={"response": [_cap_error_body]},
    )


@cache
def _system_trust() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def trusted_by(base_url: str) -> ssl.SSLContext:
    """Whose certificates count: the system's, or for an address without TLS nobody's, since to
    read the system's takes a while.
    """
    if base_url.startswith("http://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _system_trust()


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
