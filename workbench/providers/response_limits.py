"""Limits the size of responses, independently of their headers and compression.

Both received and decompressed bytes are counted. Neither implies the other: a decoder keeps data
after the end of its stream, and a doubly compressed body can be decompressed for minutes without
yielding a byte.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import httpx2

from workbench.providers.failures import MAX_BODY_BYTES, BodyTooLong
from workbench.providers.openai_chat.wire import WholeResponse

MAX_ERROR_BYTES = 64_000
_CODING = "content-encoding"


async def truncate_error_body(response: httpx2.Response) -> None:
    """Response hook: limits an error's body to its first bytes, decompressed."""
    if response.is_success or not isinstance(response.stream, httpx2.AsyncByteStream):
        return
    response.stream = _TruncatedBody(response)
    response.headers.pop(_CODING, None)


def limit_size(response: httpx2.Response) -> None:
    """Limit the received bytes of a compressed body; uncompressed ones are counted by the reader.

    Raises BodyTooLong.
    """
    if _CODING not in response.headers or not isinstance(response.stream, httpx2.AsyncByteStream):
        return
    if _is_coded_twice(response):
        raise BodyTooLong("a body that is compressed more than once")
    response.stream = _SizeLimited(response.stream)


async def read_capped(response: httpx2.Response | WholeResponse) -> bytes:
    """The decoded body. Raises BodyTooLong beyond MAX_BODY_BYTES."""
    if isinstance(response, WholeResponse):
        return response.body
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise too_long()
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def too_long() -> BodyTooLong:
    """The error for a response larger than any answer."""
    return BodyTooLong("more than an answer can hold")


def _is_coded_twice(response: httpx2.Response) -> bool:
    codings = response.headers.get_list(_CODING, split_commas=True)
    return len([coding for coding in codings if coding.strip().lower() != "identity"]) > 1


class _SizeLimited(httpx2.AsyncByteStream):
    """A stream that raises BodyTooLong beyond the limit."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._stream:
            size += len(piece)
            if size > MAX_BODY_BYTES:
                raise too_long()
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


class _TruncatedBody(httpx2.AsyncByteStream):
    """The first bytes of a response's body, decompressed; none if that fails."""

    def __init__(self, response: httpx2.Response) -> None:
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        self._stream = response.stream
        self._readable = not _is_coded_twice(response)
        self._headers = response.headers.copy()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if not self._readable:
            return
        packed = httpx2.Response(200, headers=self._headers, stream=_FirstBytes(self._stream))
        left = MAX_ERROR_BYTES
        with contextlib.suppress(httpx2.DecodingError):
            async with contextlib.aclosing(packed.aiter_bytes()) as pieces:
                async for piece in pieces:
                    yield piece[:left]
                    left -= len(piece)
                    if left <= 0:
                        return

    async def aclose(self) -> None:
        await self._stream.aclose()


class _FirstBytes(httpx2.AsyncByteStream):
    """The first bytes of a stream."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_ERROR_BYTES
        async for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        await self._stream.aclose()
