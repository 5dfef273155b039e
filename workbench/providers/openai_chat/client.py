"""Any endpoint that is asked over HTTP, by default for OpenAI's chat completions."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.errors import ProviderError
from workbench.lazy_imports import uncollected
from workbench.providers.base import Answer, Limits, Outcome, Price, Request
from workbench.providers.endpoint import Endpoint
from workbench.providers.failures import MAX_BODY_BYTES, classify_failure
from workbench.providers.openai_chat.api import CHAT, Api
from workbench.providers.openai_chat.call_context import CallContext, EndpointHistory
from workbench.providers.openai_chat.classify import classify_status
from workbench.providers.openai_chat.error_bodies import parse_error, read_error
from workbench.providers.openai_chat.events import looks_like_events
from workbench.providers.openai_chat.forms import FORMS
from workbench.providers.proxies import proxy_of

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

    from workbench.providers.openai_chat.http_client import Connection
    from workbench.providers.openai_chat.wire import WholeResponse

_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode  # `json.dumps` would make one for each call
_LONG_CHARS = 8000
_CHARS_A_TOKEN = 12
"""Characters per token; more than in ordinary text."""


class OpenAICompatible:
    """One endpoint. The HTTP client is imported and opened on the first call."""

    def __init__(
        self,
        endpoint: Endpoint,
        identity: Mapping[str, Any],
        price: Callable[[str], Price | None],
        limits: Limits,
        api: Api = CHAT,
    ) -> None:
        self._endpoint = endpoint
        self._api = api
        self._identity = identity
        self._price = price
        self._limits = limits
        self._connections: dict[str, Connection] = {}
        """By path."""
        self._sdk: AsyncOpenAI | None = None
        self._standing = EndpointHistory()
        self._contexts: dict[str, CallContext] = {}
        """By model."""

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
        context = self._context(request.model)
        path = self._api.path(request.model)
        self._connected(path)  # imports and connection setup do not count as call time
        call = _Call(request, context, self._api, path, on_text, time.perf_counter(), timeout_s)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._in_some_form(call)
        except TimeoutError:
            answer = Answer(
                Outcome.TIMED_OUT,
                error=f"{context.host} did not finish within {timeout_s:g} s",
                retry=True,
                maybe_billed=True,
            )
        except ProviderError as error:
            error.calls = call.made
            raise
        except Exception as error:  # noqa: BLE001 - transports and parsers raise errors of their own
            answer = classify_failure(error, context)
        latency_s = time.perf_counter() - call.started
        if answer.outcome.is_error:
            return replace(answer, latency_s=latency_s, attempts=call.made)
        self._standing.answered = True
        cost = answer.cost_usd
        if cost is None and (price := self._price(request.model)) is not None:
            cost = price.cost(answer.prompt_tokens, answer.completion_tokens)
        note = answer.note or was_cut(request, answer.prompt_tokens)
        return replace(answer, latency_s=latency_s, attempts=call.made, cost_usd=cost, note=note)

    async def _in_some_form(self, call: _Call) -> Answer:
        """Send the request in the known form, or in the one that a refusal asks for, and remember
        the form that worked.
        """
        key = (f"{self._endpoint.base_url}{self._api.name}", call.request.model)
        known = form = FORMS.of(*key, self._api.form)
        body = self._api.body(self._endpoint, call.request)
        while True:
            call.made += 1
            stream = call.on_text is not None and form.streams
            sent = form.shaped(body, stream=stream)
            async with (
                self._connection_for(call.path, stream) as connection,
                connection.post(_encoded(sent), call.timeout_s) as response,
            ):
                if response.is_success:
                    answer = await call.read(response)
                    break
                body_of_error = parse_error(await response.aread())
                other = form.after(response.status_code, read_error(body_of_error), sent)
                swapped = form.token_limit != known.token_limit
                if other is None or (swapped and other.token_limit != form.token_limit):
                    return classify_status(
                        response.status_code, response.headers, body_of_error, call.context
                    )
            form = other
        if form != known:
            FORMS.remember(*key, form)
        return answer

    @cached_property
    def _proxy(self) -> str:
        proxy = proxy_of(self._endpoint.base_url, self._endpoint.proxy)
        return proxy.description if proxy else ""

    def _connection_for(self, path: str, stream: bool) -> AbstractAsyncContextManager[Connection]:
        """The connection shared by all calls, or a separate one for a stream.

        Some servers close the connection after a stream, just when it would be reused.
        """
        return self._connect(path) if stream else nullcontext(self._connected(path))

    @property
    def takes_batches(self) -> bool:
        """Whether its API has batches, as that of OpenAI."""
        return self._api is CHAT

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint's address and key."""
        return self._endpoint

    def sdk(self) -> AsyncOpenAI:
        """The openai package's client, opened on first use."""
        if self._sdk is None:
            with uncollected():
                from workbench.providers.openai_chat.sdk import open_sdk

            self._sdk = open_sdk(self._endpoint, self._api.key_header)
        return self._sdk

    @property
    def speaks_openai(self) -> bool:
        """Whether the endpoint has OpenAI's other paths, too: models, embeddings."""
        return self._api.root("") is not None

    def connected_beside(self, model: str, path: str) -> Connection:
        """The connection to another path of OpenAI's API, where the endpoint speaks that."""
        return self._connected(f"{self._api.root(model)}/{path}")

    async def models(self) -> dict[str, date | None]:
        """The models that the endpoint lists, with the day on which each retires where it says so;
        none, without a call, where it has no such list.

        Raises ProviderError.
        """
        if not self.speaks_openai:
            return {}
        try:
            listed = [model async for model in self.sdk().models.list()]
        except Exception as error:  # the SDK and transports raise errors of their own
            failure = classify_failure(error, self._context(""))
            raise ProviderError(f"{self.name} lists no models: {failure.error}") from error
        return {model.id: _day(model.shutdown_date) for model in listed}

    def _context(self, model: str) -> CallContext:
        endpoint = self._endpoint
        if model not in self._contexts:
            self._contexts[model] = CallContext(
                endpoint.host,
                model,
                endpoint.secrets,
                self._standing,
                endpoint.name,
                self._proxy,
                asks=self._api.asks,
            )
        return self._contexts[model]

    def _connected(self, path: str) -> Connection:
        if path not in self._connections:
            self._connections[path] = self._connect(path)
        return self._connections[path]

    def _connect(self, path: str) -> Connection:
        with uncollected():
            from workbench.providers.openai_chat.http_client import open_connection

        return open_connection(self._endpoint, path, self._api.key_header)

    async def close(self) -> None:
        connections, self._connections = self._connections, {}
        sdk, self._sdk = self._sdk, None
        for connection in connections.values():
            await connection.close()
        if sdk is not None:
            await sdk.close()


def _day(text: str | None) -> date | None:
    """The day in a date or a time of ISO 8601; None for anything else."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def was_cut(request: Request, prompt_tokens: int | None) -> str:
    """A note when the server counts far fewer tokens than the prompt must have; else empty.

    Some servers truncate a prompt that does not fit, and answer with status 200.
    """
    sent = sum(len(message.content) for message in request.messages)
    if prompt_tokens is None or sent < _LONG_CHARS or prompt_tokens * _CHARS_A_TOKEN > sent:
        return ""
    return "the server probably cut the prompt: it counts far fewer tokens than were sent"


def _encoded(body: Mapping[str, Any]) -> bytes:
    return _AS_JSON(body).encode("utf-8", "replace")


@dataclass
class _Call:
    """One request and its state while it is sent."""

    request: Request
    context: CallContext
    api: Api
    path: str
    on_text: Callable[[str], None] | None
    started: float
    timeout_s: float
    made: int = 0

    async def read(self, response: httpx2.Response | WholeResponse) -> Answer:
        """Read the answer from a response with status 200, streamed or not."""
        from workbench.providers.openai_chat.wire import WholeResponse
        from workbench.providers.response_limits import read_capped

        is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        if is_stream and self.api.form.streams and not isinstance(response, WholeResponse):
            return await self._streamed(response)
        raw = await read_capped(response)
        if self.api.form.streams and looks_like_events(raw):
            assembled = self.api.assembling(self.context, self.on_text or _discard_text)
            assembled.feed(raw)
            return assembled.answer()
        answer = self.api.classify(raw, self.context)
        if answer.text and self.on_text is not None:
            self.on_text(answer.text)
        return answer

    async def _streamed(self, response: httpx2.Response) -> Answer:
        from workbench.providers.response_limits import too_long

        assembled = self.api.assembling(self.context, self.on_text or _discard_text)
        first: float | None = None
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > MAX_BODY_BYTES:
                raise too_long()
            assembled.feed(piece)
            if first is None and assembled.started:
                first = time.perf_counter() - self.started
            if assembled.done:
                break
        return replace(assembled.answer(), first_token_s=first)


def _discard_text(text: str) -> None:
    del text
