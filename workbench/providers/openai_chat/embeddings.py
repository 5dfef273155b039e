"""Embeddings of texts, by the OpenAI embeddings API: as answers, so that calls of embeddings are
limited, retried, paid and cached as all others are.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.errors import ProviderError, UsageError
from workbench.providers.base import Answer, Limits, Outcome, Price, Provider, Request
from workbench.providers.failures import classify_failure
from workbench.providers.openai_chat.call_context import CallContext, EndpointHistory, invalid
from workbench.providers.openai_chat.classify import classify_status, read_metadata
from workbench.providers.openai_chat.client import OpenAICompatible
from workbench.providers.openai_chat.error_bodies import is_error, parse_error
from workbench.providers.openai_chat.vectors import packed

PATH = "embeddings"
_MOST_TEXTS = 64
_MOST_CHARS = 200_000
_MOST_NUMBERS = 65_536


def embeddings_of(provider: Provider) -> Provider:
    """The embeddings of a provider's endpoint; closing them closes it. Raises UsageError."""
    if not isinstance(provider, OpenAICompatible) or not provider.speaks_openai:
        raise UsageError(
            f"the provider {provider.name} has no embeddings",
            hint="name a provider of the kind openai, openai-responses or azure",
        )
    return Embeddings(provider)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A text whose embedding somebody waits for."""

    request: Request
    answer: asyncio.Future[Answer]

    @property
    def text(self) -> str:
        return self.request.messages[-1].content


class Embeddings:
    """The embeddings of one endpoint, as a provider whose answers are vectors.

    A request is one text, its last message, and has no options. Texts that are asked while a call
    is under way go out together in the next one: the first of them counts the call, the others
    none.
    """

    def __init__(self, provider: OpenAICompatible) -> None:
        self._provider = provider
        self._history = EndpointHistory()
        self._waiting: list[_Waiting] = []
        self._sender: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        return self._provider.name

    @property
    def identity(self) -> Mapping[str, Any]:
        """That of the endpoint, whose chat completions are other answers."""
        return {**self._provider.identity, "asks": PATH}

    @property
    def limits(self) -> Limits:
        return self._provider.limits

    def price(self, model: str) -> Price | None:
        return self._provider.price(model)

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """See `Provider.answer`; the text of the answer is `packed`."""
        del on_text
        started = time.perf_counter()
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_all(timeout_s))
        try:
            async with asyncio.timeout(2 * timeout_s):  # a call under way, and its own
                answer = await waiting.answer
        except TimeoutError:
            answer = self._timed_out(timeout_s)
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
        return replace(answer, latency_s=time.perf_counter() - started)

    async def _send_all(self, timeout_s: float) -> None:
        """Answer those who wait, in calls of many texts each."""
        await asyncio.sleep(0)  # those who ask in the same moment
        while self._waiting:
            some = self._next()
            for answered, answer in zip(some, await self._together(some, timeout_s), strict=True):
                if answered.answer.done():
                    continue
                if isinstance(answer, ProviderError):
                    answered.answer.set_exception(answer)
                else:
                    answered.answer.set_result(answer)

    def _next(self) -> list[_Waiting]:
        """The longest-waiting texts of one model, as many as a call takes."""
        model = self._waiting[0].request.model
        some: list[_Waiting] = []
        chars = 0
        for each in self._waiting:
            same = each.request.model == model
            if same and (not some or chars + len(each.text) <= _MOST_CHARS):
                some.append(each)
                chars += len(each.text)
            if len(some) == _MOST_TEXTS:
                break
        self._waiting = [each for each in self._waiting if each not in some]
        return some

    async def _together(
        self, some: Sequence[_Waiting], timeout_s: float
    ) -> Sequence[Answer | ProviderError]:
        """The answers to some texts in one call; one by one where a text was refused."""
        answers = await self._call(some, timeout_s)
        if isinstance(answers, ProviderError):
            return [answers] * len(some)
        if answers[0].outcome is not Outcome.REJECTED or len(some) == 1:
            return answers
        single = [(await self._together([each], timeout_s))[0] for each in some]
        return [_one_call_more(single[0]), *single[1:]]

    async def _call(
        self, some: Sequence[_Waiting], timeout_s: float
    ) -> Sequence[Answer] | ProviderError:
        request = some[0].request
        context = self._context(request.model)
        body = {"model": request.model, "input": [each.text for each in some]}
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        from workbench.providers.response_limits import read_capped

        try:
            async with (
                asyncio.timeout(timeout_s),
                self._provider.connected_beside(request.model, PATH).post(
                    content, timeout_s
                ) as response,
            ):
                if not response.is_success:
                    refusal = parse_error(await response.aread())
                    failed = classify_status(
                        response.status_code, response.headers, refusal, context
                    )
                    return _for_each(some, failed)
                raw = await read_capped(response)
        except TimeoutError:
            return _for_each(some, self._timed_out(timeout_s))
        except ProviderError as error:
            return error
        except Exception as error:  # noqa: BLE001 - transports and parsers raise errors of their own
            return _for_each(some, classify_failure(error, context))
        answers = read_vectors(raw, len(some), context)
        if isinstance(answers, Answer):
            return _for_each(some, answers)
        self._history.answered = True
        return [self._counted(request.model, each) for each in _shared(answers, some)]

    def _counted(self, model: str, answer: Answer) -> Answer:
        price = self._provider.price(model)
        return replace(answer, cost_usd=price.cost(answer.prompt_tokens, 0) if price else None)

    def _timed_out(self, timeout_s: float) -> Answer:
        error = f"{self._provider.endpoint.host} did not finish within {timeout_s:g} s"
        return Answer(Outcome.TIMED_OUT, error=error, retry=True, maybe_billed=True)

    def _context(self, model: str) -> CallContext:
        endpoint = self._provider.endpoint
        return CallContext(
            endpoint.host,
            model,
            endpoint.secrets,
            self._history,
            endpoint.name,
            asks=PATH,
            model_at="the model of the scorer",
        )

    async def close(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        await self._provider.close()


def _for_each(some: Sequence[_Waiting], answer: Answer) -> list[Answer]:
    """A failed call as the answer to each of its texts: only one counts it."""
    rest = replace(answer, attempts=0, maybe_billed=False)
    return [answer, *[rest] * (len(some) - 1)]


def _one_call_more(answer: Answer | ProviderError) -> Answer | ProviderError:
    if isinstance(answer, ProviderError):
        return answer
    return replace(answer, attempts=answer.attempts + 1)


def _shared(answers: Sequence[Answer], some: Sequence[_Waiting]) -> list[Answer]:
    """The tokens of a call, shared among its texts by their length."""
    tokens = answers[0].prompt_tokens
    sizes = [len(each.text) + 1 for each in some]
    total, given, before = sum(sizes), 0, 0
    shared = []
    for number, (answer, size) in enumerate(zip(answers, sizes, strict=True)):
        before += size
        share = None if tokens is None else tokens * before // total - given
        given += share or 0
        shared.append(replace(answer, prompt_tokens=share, attempts=int(number == 0)))
    return shared


def read_vectors(raw: bytes, texts: int, context: CallContext) -> list[Answer] | Answer:
    """The answer to each of a call's texts, with the tokens of all; one failed answer for a
    response that is not as many vectors of the same length, each of another index.
    """
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return invalid(context, "something that is not JSON", raw)
    if is_error(data):
        return invalid(context, "an error with status 200", raw)
    listed = data.get("data") if isinstance(data, Mapping) else None
    if not isinstance(listed, list) or len(listed) != texts:
        count = len(listed) if isinstance(listed, list) else "no"
        return invalid(context, f"{count} embeddings of {texts} texts", raw)
    vectors: dict[int, list[float]] = {}
    for place, item in enumerate(listed):
        vector = item.get("embedding") if isinstance(item, Mapping) else None
        if vector is None or not _is_vector(vector):
            return invalid(context, "an embedding that is no list of numbers")
        index = item.get("index", place)
        vectors[index if isinstance(index, int) else -1] = vector
    if vectors.keys() != set(range(texts)) or len({len(each) for each in vectors.values()}) > 1:
        return invalid(context, "embeddings that cannot be told apart")
    told = {**read_metadata(data), "completion_tokens": 0}
    return [
        Answer(Outcome.OK, packed(vectors[place]), finish_reason="stop", **told)
        for place in range(texts)
    ]


def _is_vector(value: Any) -> bool:
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_NUMBERS:
        return False
    numbers = [x for x in value if isinstance(x, (int, float)) and not isinstance(x, bool)]
    if len(numbers) != len(value) or not all(abs(x) < 1e30 for x in numbers):
        return False
    return math.hypot(*numbers) > 0
