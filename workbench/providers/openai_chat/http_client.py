"""The HTTP client of an endpoint: no retries, no redirects, no deadline of its own.

Calls go through httpx2, which the openai package is built on, and not through the package:
importing it takes half a second and 30 MB, and building a request with it takes longer than
processing the answer. Batches, with their files and pages, use the package: see `sdk.py`.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache, cached_property
from typing import Any, Self

import httpx2

from workbench._version import __version__
from workbench.errors import ProviderError
from workbench.providers.endpoint import Endpoint
from workbench.providers.failures import AnsweredTwice
from workbench.providers.openai_chat.wire import WholeResponse, Wire
from workbench.providers.proxies import Proxy, is_loopback, proxy_of
from workbench.providers.response_limits import limit_size, truncate_error_body

CONNECT_S = 10.0
_CONNECT_SHARE = 0.45
"""Of a call's timeout, for connecting and again for the TLS handshake."""
_HTTP_PORT = 80
TIMEOUT = httpx2.Timeout(None, connect=CONNECT_S)


class Connection:
    """One endpoint's chat completions, with one HTTP client per concurrent call.

    A client's pool inspects all its connections for each request: with fifty of them that takes as
    long as everything else. So each client holds one connection, and the one that was released
    last is used first.
    """

    def __init__(
        self,
        open_http: Callable[[], httpx2.AsyncClient],
        url: str,
        headers: Mapping[str, str],
        *,
        direct: bool = False,
    ) -> None:
        """`direct`: without TLS and a proxy, see `wire.py`."""
        self._open_http = open_http
        self._clients: list[httpx2.AsyncClient] = []
        self._free: list[httpx2.AsyncClient] = []
        # Everything but the body is built once.
        self._url = httpx2.URL(url)
        self.is_direct = direct
        self._wires: list[Wire] = []
        """Those that wait for a call; the last one is used first."""
        self.headers = httpx2.Headers(self._take().headers)
        self._free += self._clients
        self.headers.update(headers)

    def post(
        self, content: bytes, timeout_s: float
    ) -> AbstractAsyncContextManager[httpx2.Response | WholeResponse]:
        """Send a request; yields the response, whole or with its body unread.

        Connecting and the TLS handshake end on their own before `timeout_s`, the caller's limit for
        the whole call: cancelling a handshake would leave its socket open.

        Raises httpx2's errors, BodyTooLong, and AnsweredTwice for a response that arrived before
        the request was sent, as the rest of an earlier one: from then on connections are not
        reused.
        """
        connect = min(CONNECT_S, _CONNECT_SHARE * timeout_s)
        return (self._posted if self.is_direct else self._pooled)(content, connect)

    @asynccontextmanager
    async def _pooled(
        self, content: bytes, connect_s: float
    ) -> AsyncIterator[httpx2.Response | WholeResponse]:
        """`post` over a client's connection."""
        request = httpx2.Request(
            "POST",
            self._url,
            headers=self.headers,
            content=content,
            extensions={"timeout": {"connect": connect_s}},
        )
        http = self._take()
        try:
            response = await http.send(request, stream=True)
            reading = _Reading.of(response)
            try:
                if not reading.begun:
                    self._close_each()
                    raise AnsweredTwice
                if response.is_success:
                    limit_size(response)
                yield response
            finally:
                await response.aclose()
                reading.begun = False
        finally:
            self._free.append(http)

    @asynccontextmanager
    async def _posted(
        self, content: bytes, connect_s: float
    ) -> AsyncIterator[httpx2.Response | WholeResponse]:
        """`post` over a connection without TLS and a proxy."""
        wire = await self._wire(connect_s)
        try:
            if wire.has_rest:
                self._close_each()
                raise AnsweredTwice
            head = b"%b%d\r\n\r\n" % (self._head, len(content))
            response = await wire.ask(head, content)
            if isinstance(response, WholeResponse):
                yield response
            else:
                try:
                    await truncate_error_body(response)
                    if response.is_success:
                        limit_size(response)
                    yield response
                finally:
                    await response.aclose()
        except BaseException:
            wire.close()
            raise
        if wire.is_usable and self._keeps:
            self._wires.append(wire)
        else:
            wire.close()

    async def _wire(self, connect_s: float) -> Wire:
        while self._wires:
            wire = self._wires.pop()
            if wire.is_usable:
                return wire
            wire.close()
        url = self._url
        return await Wire.opened(url.host, url.port or _HTTP_PORT, connect_s)

    def _close_each(self) -> None:
        """From now on let no connection carry a second request."""
        self.headers["Connection"] = "close"
        self.__dict__.pop("_head", None)
        self.__dict__.pop("_keeps", None)

    @cached_property
    def _keeps(self) -> bool:
        return self.headers.get("Connection", "").lower() != "close"

    @cached_property
    def _head(self) -> bytes:
        """What stands before a request's length."""
        lines = [b"POST %b HTTP/1.1" % self._url.raw_path, b"Host: %b" % self._url.netloc]
        lines += [b"%b: %b" % pair for pair in self.headers.raw]
        return b"\r\n".join([*lines, b"Content-Length: "])

    def _take(self) -> httpx2.AsyncClient:
        if self._free:
            return self._free.pop()
        http = self._open_http()
        self._clients.append(http)
        return http

    async def close(self) -> None:
        for wire in self._wires:
            wire.close()
        for http in self._clients:
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Reading:
    """Replaces the `read` of a connection's stream and records that it was called.

    The connection treats bytes after the end of a response as the start of the next one.
    """

    def __init__(self, read: Callable[..., Any]) -> None:
        self._read = read
        self.begun = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.begun = True
        return self._read(*args, **kwargs)

    @classmethod
    def of(cls, response: httpx2.Response) -> _Reading:
        """The wrapper on the response's connection, installed with its first response."""
        stream = response.extensions["network_stream"]
        read = stream.read
        if not isinstance(read, cls):
            stream.read = read = cls(read)
        return read


def open_connection(
    endpoint: Endpoint, path: str = "/chat/completions", key_header: str = "Authorization"
) -> Connection:
    """A connection to that endpoint, for requests to one path below its address.

    Raises ProviderError, see `opened`.
    """
    headers = {
        **dict(endpoint.ambient),
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": f"prompt-workbench/{__version__}",
        **dict(endpoint.headers),
        **dict(endpoint.secret_headers),
    }
    if endpoint.key:
        scheme = "Bearer " if key_header == "Authorization" else ""
        headers[key_header] = f"{scheme}{endpoint.key}"
    url = httpx2.URL(f"{endpoint.base_url}{path}")
    url = url.copy_merge_params(dict(endpoint.query)) if endpoint.query else url
    is_plain = url.scheme == "http" and proxy_of(endpoint.base_url, endpoint.proxy) is None
    return Connection(opened(endpoint), str(url), headers, direct=is_plain)


def opened(endpoint: Endpoint) -> Callable[[], httpx2.AsyncClient]:
    """A function that opens a client for the endpoint, which follows no redirects and reads only
    the beginning of an error's body.

    Raises ProviderError for a proxy or certificates that cannot be used.
    """
    trusted = _trusted_by(endpoint)

    def open_http() -> httpx2.AsyncClient:
        try:
            return httpx2.AsyncClient(
                verify=trusted,
                follow_redirects=False,
                timeout=TIMEOUT,
                event_hooks={"response": [truncate_error_body]},
                proxy=endpoint.proxy or None,
                # Nothing but the proxy is taken from the environment.
                trust_env=not endpoint.proxy and not is_loopback(endpoint.base_url),
            )
        except (ImportError, ValueError, httpx2.InvalidURL) as error:
            raise _unusable(proxy_of(endpoint.base_url, endpoint.proxy)) from error

    return open_http


def _unusable(proxy: Proxy | None) -> ProviderError:
    if proxy is None or not proxy.is_socks:
        shown = f"the proxy {proxy.description}" if proxy else "a proxy that the environment names"
        return ProviderError(
            f"{shown} has an address that cannot be used",
            hint="correct it, for example http://127.0.0.1:3128, or name the host in NO_PROXY",
        )
    if proxy.scheme in ("socks5", "socks5h"):
        hint = "pip install socksio, or unset the variable, or name the host in NO_PROXY"
        return ProviderError(
            f"the proxy {proxy.description} is a SOCKS proxy, which needs the package socksio",
            hint=hint,
        )
    return ProviderError(
        f"the proxy {proxy.description} is a SOCKS proxy of a kind that cannot be used:"
        f" {proxy.scheme}",
        hint="socks5:// works, with the package socksio",
    )


@cache
def _system_trust() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def _trusted_by(endpoint: Endpoint) -> ssl.SSLContext:
    """The trusted certificates: the system's and those of ca_bundle; none for http://, since
    reading the system's takes a while. Raises ProviderError.
    """
    if endpoint.base_url.startswith("http://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not endpoint.ca_bundle:
        return _system_trust()
    trusted = httpx2.create_ssl_context()
    try:
        trusted.load_verify_locations(endpoint.ca_bundle)
    except OSError as error:  # ssl.SSLError is one
        cause = error.strerror if error.errno and not isinstance(error, ssl.SSLError) else ""
        raise ProviderError(
            f"{endpoint.table or f'[providers.{endpoint.name}]'} ca_bundle: {endpoint.ca_bundle}:"
            f" {cause or 'no certificates in PEM form'}",
            hint="a file that begins with -----BEGIN CERTIFICATE-----",
        ) from error
    return trusted
