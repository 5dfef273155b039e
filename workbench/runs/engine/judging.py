"""The calls of judges: they share the run's throttle and budget, and are counted apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from workbench.errors import ProviderError
from workbench.providers.base import Answer, Outcome, Provider, Request
from workbench.providers.limits import Throttle
from workbench.providers.prices import FREE
from workbench.providers.retry import Retrier
from workbench.providers.retry_policy import POLICY
from workbench.runs.engine.budget import Budget
from workbench.runs.engine.judges import JudgeModel, Judges, Replies, Reply
from workbench.runs.spec.counters import Counters
from workbench.runs.spec.plan import Planned
from workbench.scorers.models import Question

_OVER = Reply(Answer(Outcome.CANCELLED, error="the run ended before it was asked", attempts=0))


class OverBudget(Exception):
    """A call, most likely a retry, could exceed the budget."""


@dataclass(frozen=True)
class Shared:
    """What judges share with the calls of the prompt."""

    provider: Provider
    throttle: Throttle
    spending: Budget
    counters: Counters
    timeout_s: float
    throttle_for: Callable[[Provider], Throttle]
    on_lost: Callable[[], None]
    """Called for each call without an answer that may be billed."""
    stop: Callable[[str], None]
    """Ends the run, for a reason; calls under way may finish."""
    fail: Callable[[str], None]
    """Ends the run since no call can succeed."""


class Judging:
    """Asks judges; used on the engine's event loop."""

    def __init__(self, judges: Judges, shared: Shared) -> None:
        self._judges = judges
        self._shared = shared
        self._counters = shared.counters
        self._under_way: dict[bytes, asyncio.Task[Reply]] = {}
        throttles = {id(shared.provider): shared.throttle}
        for provider in judges.providers:
            if id(provider) not in throttles:
                throttles[id(provider)] = shared.throttle_for(provider)
        self.throttles = tuple(throttles.values())
        self._lines = {
            judge: _Line(model, throttles[id(model.provider)], shared)
            for judge, model in judges.models.items()
        }

    @property
    def unpriced(self) -> str:
        """A judge of unknown price, while there is a budget to keep; empty if there is none."""
        return next((one.name for one in self._lines.values() if one.budget.is_blind), "")

    async def replies(self, item: Planned, answer: Answer) -> Replies:
        """What the judges say about an answer. A question that cannot be asked any more is answered
        by an error; the run then ends.
        """
        known: dict[bytes, Reply] = {}
        while (replies := self._judges.scored(item, answer, known)).pending:
            keys = list(replies.pending)
            each = await asyncio.gather(*(self._reply(k, replies.pending[k]) for k in keys))
            known |= dict(zip(keys, each, strict=True))
        return replies

    def abort(self) -> None:
        """Cancel the calls under way."""
        for task in self._under_way.values():
            task.cancel()

    async def close(self) -> None:
        """Close the providers that only judges use."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        for provider in self._judges.providers:
            if provider is not self._shared.provider:
                await provider.close()

    async def _reply(self, key: bytes, question: Question) -> Reply:
        """The reply to a question, which equal answers share."""
        task = self._under_way.get(key)
        if task is not None:
            reply = await asyncio.shield(task)
            return replace(reply, answer=replace(reply.answer, cached=True))
        task = asyncio.ensure_future(self._find(key, question))
        self._under_way[key] = task
        try:
            return await task
        finally:
            del self._under_way[key]

    async def _find(self, key: bytes, question: Question) -> Reply:
        usable = self._judges.usable([key])
        if usable:
            store = self._judges.store
            rows = await asyncio.wrap_future(store.submit(lambda w: w.cached_answers(usable)))
            if key in rows:
                return Reply(rows[key].answer, rows[key].answer_id)
        line = self._lines[question.prompt.fingerprint]
        try:
            answer = await line.ask(question.request)
        except OverBudget:
            self._shared.stop(self._shared.spending.used_up())
            answer = None
        except ProviderError as error:
            self._shared.fail(f"the judge {line.name}: {error}")
            answer = None
        calls = line.take_calls()
        if answer is None and not calls:
            return _OVER
        self._count(answer)
        self._judges.asked(key)
        kept = self._judges.store.submit(lambda w: w.keep_judgement(key, answer, calls))
        answer_id = await asyncio.wrap_future(kept)
        return _OVER if answer is None else Reply(answer, answer_id)

    def _count(self, answer: Answer | None) -> None:
        if answer is None or answer.outcome.is_error:
            return
        with self._counters.lock:
            self._counters.judge_usd += answer.cost_usd or 0.0
            self._counters.judge_unpriced += answer.cost_usd is None


class _Line:
    """The way to one judge's model."""

    def __init__(self, model: JudgeModel, throttle: Throttle, shared: Shared) -> None:
        self.name = model.name
        self._shared = shared
        self._throttle = throttle
        self._calls = 0
        provider, limit = model.provider, shared.spending.limit
        self._price = provider.price(model.model)
        self.budget = Budget(limit, self._price if limit is not None else None)
        self.budget.join(shared.spending)
        self._retrier = Retrier(
            provider,
            throttle,
            shared.timeout_s,
            POLICY.budget(throttle.ceiling),
            self._calling,
            self._called,
            self._lost,
        )

    async def ask(self, request: Request) -> Answer | None:
        """An answer with its retries; None when the run is to end. Raises ProviderError and
        OverBudget.
        """
        cost = await self._reserve(request)
        if cost is None:
            return None
        answer = None
        try:
            answer = await self._retrier.ask(request)
        finally:
            self.budget.settle(cost, answer)
        return answer

    def take_calls(self) -> int:
        """The calls that were made and not stored yet."""
        calls, self._calls = self._calls, 0
        return calls

    async def _reserve(self, request: Request) -> float | None:
        while not self._throttle.closed:
            cost = self.budget.reserve(request, self._shared.counters.spent_usd)
            if cost is not None:
                return cost
            if not self.budget.waits_for:
                raise OverBudget
            await self.budget.wait()
        return None

    def _calling(self) -> None:
        if self.budget.is_over(self._shared.counters.spent_usd):
            raise OverBudget
        self._called(1)

    def _called(self, calls: int) -> None:
        self._calls += calls
        self._shared.counters.judge_calls += calls

    def _lost(self, request: Request) -> None:
        if self._price != FREE:
            self._shared.on_lost()
            self.budget.lose(request)
