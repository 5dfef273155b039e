"""One HTTP/1.1 connection without TLS or a proxy, for one call at a time.

A response as nearly all are is taken from the received bytes as it stands: status 200, a body of a
known length that is not compressed. Every other one is read by h11, from the same bytes. This costs
a fraction of what a pool with its locks, checks and layers of streams does.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import h11
import httpx2

MOST_BUFFERED = 256_000
"""Received bytes from which the server has to wait, and length of the longest body taken whole."""
_MOST_HEAD = 64_000
_IDLE_S = 5.0
"""Seconds after which an idle connection is not used any more: servers close theirs."""
_FIRST_LINE = re.compile(rb"HTTP/1\.1 200(?: [\t\x20-\x7e]*)?")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e]*?)[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,7}", re.ASCII)
_UNUSUAL = (b"transfer-encoding", b"content-encoding", b"connection", b"upgrade")
_NOTHING_CAME = "Server disconnected without sending a response."


@dataclass(frozen=True, slots=True)
class WholeResponse:
    """A response with status 200 and its body."""

    body: bytes
    headers: dict[str, str]
    status_code: int = 200
    is_success: bool = True

    async def aread(self) -> bytes:
        """The body, as of any response."""
        return self.body


class Wire(asyncio.Protocol):
    """The connection. Raises httpx2's errors."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._over = False
        self._error: Exception | None = None
        self._idle_since: float | None = None
        self.has_rest = False
        """Whether data came with a response that belongs to none."""

    @classmethod
    async def opened(cls, host: str, port: int, timeout_s: float) -> Wire:
        """A connection to the first address of the host that accepts one."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                refused: OSError | None = None
                for *_, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                    try:
                        _, wire = await loop.create_connection(cls, str(address[0]), port)
                    except OSError as error:
                        refused = refused or error
                        continue
                    return wire
                raise refused or OSError(f"{host} has no address")
        except TimeoutError as error:
            raise httpx2.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpx2.ConnectError(str(error)) from error

    @property
    def is_usable(self) -> bool:
        """Whether a request can be sent: it is open, not idle for long, and nothing came since."""
        since = self._idle_since
        if self._over or (since is not None and self._loop.time() - since > _IDLE_S):
            return False
        return self.has_rest or not self._received

    async def ask(self, head: bytes, body: bytes) -> WholeResponse | httpx2.Response:
        """Send a request; the response, whole or with its body unread."""
        assert self._transport is not None
        self._idle_since = None
        self._transport.write(b"%b%b" % (head, body))
        while (end := self._received.find(b"\r\n\r\n")) < 0 and len(self._received) < _MOST_HEAD:
            if self._over:
                break
            await self._more()
        headers = usual_headers(bytes(self._received[:end])) if end > 0 else None
        if headers is None:
            return await self._read_by_h11()
        length = int(headers["content-length"])
        while len(self._received) < end + 4 + length:
            if self._over:
                return await self._read_by_h11()
            await self._more()
        whole = bytes(self._received[end + 4 : end + 4 + length])
        del self._received[: end + 4 + length]
        self.release()
        return WholeResponse(whole, headers)

    async def _read_by_h11(self) -> httpx2.Response:
        reader = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=100 * 1024)
        reader.send(
            h11.Request(method="POST", target="/", headers=[("Host", ""), ("Content-Length", "0")])
        )
        reader.send(h11.EndOfMessage())
        stream = _Body(self, reader)
        while not isinstance(event := await stream.event(), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise httpx2.RemoteProtocolError(_NOTHING_CAME)
        return httpx2.Response(event.status_code, headers=event.headers.raw_items(), stream=stream)

    async def receive(self) -> bytes:
        """The next bytes; none at the end. Raises ReadError."""
        while not self._received and not self._over:
            await self._more()
        data = bytes(self._received)
        self._received.clear()
        if self._transport is not None and not self._over:
            self._transport.resume_reading()
        if not data and self._error is not None:
            raise httpx2.ReadError(str(self._error)) from self._error
        return data

    async def _more(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def release(self, rest: bytes = b"") -> None:
        """The response was read to its end; `rest` is what was received after it."""
        self.has_rest = bool(rest or self._received)
        self._idle_since = self._loop.time()

    def close(self) -> None:
        """Close it at once."""
        self._over = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > 2 * MOST_BUFFERED and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._over = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._over = True
        self._error = error
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Body(httpx2.AsyncByteStream):
    """The body of a response that h11 reads."""

    def __init__(self, wire: Wire, reader: h11.Connection) -> None:
        self._wire = wire
        self._reader = reader

    async def event(self) -> h11.Event | type[h11.PAUSED]:
        """The next event. Raises RemoteProtocolError for what is no HTTP."""
        while True:
            try:
                event = self._reader.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx2.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            data = await self._wire.receive()
            if not data and self._reader.their_state is h11.SEND_RESPONSE:
                raise httpx2.RemoteProtocolError(_NOTHING_CAME)
            self._reader.receive_data(data)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self.event(), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        if self._reader.our_state is h11.DONE and self._reader.their_state is h11.DONE:
            self._wire.release(self._reader.trailing_data[0])
        else:
            self._wire.close()


def usual_headers(head: bytes) -> dict[str, str] | None:
    """The headers of a response as nearly all are; None for any other."""
    first, *lines = head.split(b"\r\n")
    if _FIRST_LINE.fullmatch(first) is None:
        return None
    headers: dict[str, str] = {}
    lengths = 0
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None:
            return None
        name = match[1].lower()
        if name in _UNUSUAL and not (name == b"connection" and match[2].lower() == b"keep-alive"):
            return None
        headers.setdefault(name.decode(), match[2].decode())
        lengths += name == b"content-length"
    length = headers.get("content-length", "")
    if lengths != 1 or not _LENGTH.fullmatch(length) or int(length) > MOST_BUFFERED:
        return None
    is_stream = headers.get("content-type", "").startswith("text/event-stream")
    return None if is_stream else headers
