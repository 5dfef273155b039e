"""Any endpoint that speaks the OpenAI chat completions API."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.errors import ProviderError
from workbench.lean import uncollected
from workbench.providers.classify import (
    Asked,
    Standing,
    classify_body,
    classify_status,
    error_body,
)
from workbench.providers.endpoint import Endpoint
from workbench.providers.failures import classify_failure
from workbench.providers.stream import Assembled
from workbench.providers.values import Answer, Limits, Outcome, Price, Request

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

    from workbench.providers.client import Connection

_LONG_CHARS = 8000
_CHARS_A_TOKEN = 12
"""More characters a token than any usual text has."""


class OpenAICompatible:
    """One endpoint. The HTTP client is imported and opened with the first call."""

    def __init__(
        self,
        endpoint: Endpoint,
        identity: Mapping[str, Any],
        price: Callable[[str], Price | None],
        limits: Limits,
    ) -> None:
        self._endpoint = endpoint
        self._identity = identity
        self._price = price
        self._limits = limits
        self._connection: Connection | None = None
        self._sdk: AsyncOpenAI | None = None
        self._standing = Standing()

    @property
    def name(self) -> str:
        return self._endpoint.name

    @property
    def identity(self) -> Mapping[str, Any]:
        return self._identity

    @property
    def limits(self) -> Limits:
        return self._limits

    def price(self, model: str) -> Price | None:
        return self._price(model)

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """See `Provider.answer`."""
        endpoint = self._endpoint
        asked = Asked(endpoint.host, request.model, endpoint.secrets, self._standing)
        connection = self._connected()
        started = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._ask(connection, request, asked, on_text, started, timeout_s)
        except TimeoutError:
            answer = Answer(
                Outcome.TIMED_OUT,
                error=f"{asked.host} did not finish within {timeout_s:g} s",
                retry=True,
                maybe_billed=True,
            )
        except ProviderError:
            raise
        except Exception as error:  # noqa: BLE001 - transports' and parsers' own errors come through
            answer = classify_failure(error, asked)
        seconds = time.perf_counter() - started
        if answer.outcome.is_error:
            return replace(answer, latency_s=seconds)
        self._standing.answered = True
        price = self._price(request.model)
        cost = price.cost(answer.prompt_tokens, answer.completion_tokens) if price else None
        note = answer.note or was_cut(request, answer.prompt_tokens)
        return replace(answer, latency_s=seconds, cost_usd=cost, note=note)

    async def _ask(
        self,
        connection: Connection,
        request: Request,
        asked: Asked,
        on_text: Callable[[str], None] | None,
        started: float,
        timeout_s: float,
    ) -> Answer:
        if on_text is not None:
            return await self._ask_stream(request, asked, on_text, started, timeout_s)
        content = _encoded(self._endpoint.body(request))
        async with connection.post(content, timeout_s) as response:
            if not response.is_success:
                return await _refused(response, asked)
            return await _whole(response, asked)

    async def _ask_stream(
        self,
        request: Request,
        asked: Asked,
        on_text: Callable[[str], None],
        started: float,
        timeout_s: float,
    ) -> Answer:
        """A streamed answer over a connection of its own.

        Some servers close the connection behind a stream, just when it would be used again.
        """
        body = self._endpoint.body(request)
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        async with (
            self._connect() as connection,
            connection.post(_encoded(body), timeout_s) as response,
        ):
            if not response.is_success:
                return await _refused(response, asked)
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                return await _streamed(response, asked, on_text, started)
            answer = await _whole(response, asked)
        if answer.text:
            on_text(answer.text)
        return answer

    @property
    def endpoint(self) -> Endpoint:
        """Where it is; holds the key."""
        return self._endpoint

    def sdk(self) -> AsyncOpenAI:
        """The openai package's client, opened when it is first needed."""
        if self._sdk is None:
            with uncollected():
                from workbench.providers.sdk import open_sdk

            self._sdk = open_sdk(self._endpoint)
        return self._sdk

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Connection:
        with uncollected():
            from workbench.providers.client import open_connection

        return open_connection(self._endpoint)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        sdk, self._sdk = self._sdk, None
        if connection is not None:
            await connection.close()
        if sdk is not None:
            await sdk.close()


def was_cut(request: Request, prompt_tokens: int | None) -> str:
    """A note when the server says that it read far fewer tokens than the prompt must have.

    Some servers drop what does not fit, and answer with status 200.
    """
    sent = sum(len(message.content) for message in request.messages)
    if prompt_tokens is None or sent < _LONG_CHARS or prompt_tokens * _CHARS_A_TOKEN > sent:
        return ""
    return "the server probably cut the prompt: it counts far fewer tokens than were sent"


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


async def _refused(response: httpx2.Response, asked: Asked) -> Answer:
    said = error_body(await response.aread())
    return classify_status(response.status_code, response.headers, said, asked)


async def _whole(response: httpx2.Response, asked: Asked) -> Answer:
    from workbench.providers.bodies import read_capped

    return classify_body(await read_capped(response), asked)


async def _streamed(
    response: httpx2.Response, asked: Asked, on_text: Callable[[str], None], started: float
) -> Answer:
    from workbench.providers.bodies import MAX_BODY_BYTES, too_long

    assembled = Assembled(asked, on_text)
    first: float | None = None
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise too_long()
        assembled.feed(piece)
        if first is None and assembled.started:
            first = time.perf_counter() - started
        if assembled.done:
            break
    return replace(assembled.answer(), first_token_s=first)
