"""Asks a judge about answers that no run gave, such as those that people labelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from workbench.datasets.values import Case
from workbench.errors import RunCutShort, UsageError
from workbench.providers.base import Answer, Outcome, Provider
from workbench.providers.limits import Throttle
from workbench.providers.retry import Retrier
from workbench.providers.retry_policy import POLICY
from workbench.runs.engine.budget import Budget
from workbench.runs.engine.judges import OpenProvider, Replies, Reply
from workbench.runs.engine.scoring import score_answer
from workbench.runs.spec.judge_keys import question_key
from workbench.runs.store.store import RunStore
from workbench.scorers.base import Score, Scorer
from workbench.scorers.judges.judge import JudgeFailed
from workbench.scorers.models import Models, Question

T = TypeVar("T")
Task = Callable[[Models], T]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is to be asked of a judge, before its first call."""

    calls: int
    """At most one more is made of each whose verdict cannot be read."""
    cached: int
    usd: float | None
    """An upper estimate; None: the price is unknown."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge says about one answer."""

    score: Score
    replies: tuple[Answer, ...]
    """Its own answers, as it was asked."""


def judge_answers(
    scorer: Scorer,
    answers: Sequence[tuple[str, Case]],
    open_provider: OpenProvider,
    store: RunStore,
    *,
    at_once: int,
    timeout_s: float,
    budget_usd: float | None = None,
) -> list[Judged]:
    """What the judge says about each answer; stored replies are taken, new ones stored. Blocks.

    Raises ProviderError, UsageError when it could not be asked about one, and RunCutShort when the
    budget is used up.
    """
    done = ask_models(
        judging_tasks(scorer, answers),
        open_provider,
        store,
        at_once=at_once,
        timeout_s=timeout_s,
        budget_usd=budget_usd,
    )
    return [Judged(*each) for each in done]


def judging_tasks(scorer: Scorer, answers: Sequence[tuple[str, Case]]) -> list[Task[Score]]:
    """To score each answer by a judge."""

    def task(text: str, case: Case) -> Task[Score]:
        answer = Answer(Outcome.OK if text.strip() else Outcome.EMPTY, text)
        return lambda models: _score(scorer, answer, case, models)

    return [task(*each) for each in answers]


def ahead_of(tasks: Sequence[Task[T]], open_provider: OpenProvider, store: RunStore) -> Ahead:
    """What these tasks will ask; makes no call. Raises what the tasks raise."""
    provider = open_provider()
    try:
        missing: dict[bytes, Question] = {}
        stored: dict[bytes, Reply] = {}
        for task in tasks:
            asked = _Known(provider.identity, store, stored, missing)
            task(asked)
        usd: float | None = 0.0
        for question in missing.values():
            budget = Budget(None, provider.price(question.request.model))
            known = usd is not None and budget.price is not None
            usd = (usd or 0.0) + budget.estimate(question.request) if known else None
        return Ahead(len(missing), len(stored), usd)
    finally:
        asyncio.run(provider.close())


@dataclass
class _Known:
    """Models of which only what is stored answers."""

    identity: Mapping[str, object]
    store: RunStore
    stored: dict[bytes, Reply]
    missing: dict[bytes, Question]

    def answer(self, question: Question) -> Answer | None:
        """See `Models`."""
        key = question_key(question, self.identity)
        if key not in self.stored and key not in self.missing:
            known = self.store.cached_answer(key)
            if known is None:
                self.missing[key] = question
            else:
                self.stored[key] = Reply(known)
        reply = self.stored.get(key)
        return reply.answer if reply else None


def _score(scorer: Scorer, answer: Answer, case: Case, models: Models) -> Score:
    scores, failed = score_answer((scorer,), answer, case, models)
    if failed:
        raise UsageError(f"case {case.id!r}: {scores[scorer.name].reason}")
    return scores[scorer.name]


def ask_models(
    tasks: Sequence[Task[T]],
    open_provider: OpenProvider,
    store: RunStore,
    *,
    at_once: int,
    timeout_s: float,
    budget_usd: float | None = None,
) -> list[tuple[T, tuple[Answer, ...]]]:
    """What each task makes of the models' answers, and these; it is called until it asks nothing
    that is not known. Blocks. Raises ProviderError and what tasks raise; JudgeFailed as UsageError;
    RunCutShort where a call could cost more than the budget leaves.
    """

    async def all_of_them() -> list[tuple[T, tuple[Answer, ...]]]:
        provider = open_provider()
        try:
            asking = _Asking(provider, store, at_once, timeout_s, budget_usd)
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(asking.settled(task)) for task in tasks]
            return [each.result() for each in running]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            await provider.close()

    return asyncio.run(all_of_them())


class _Asking:
    def __init__(
        self,
        provider: Provider,
        store: RunStore,
        at_once: int,
        timeout_s: float,
        budget_usd: float | None,
    ) -> None:
        self._provider = provider
        self._limit = budget_usd
        self._budgets: dict[str, Budget] = {}
        self._spent = 0.0
        self._identity: Mapping[str, object] = provider.identity
        self._store = store
        level = min(at_once, provider.limits.at_once or at_once)
        throttle = Throttle(level, clock=time.monotonic)
        self._retrier = Retrier(provider, throttle, timeout_s, POLICY.budget(throttle.ceiling))
        self._under_way: dict[bytes, asyncio.Task[Reply]] = {}

    async def settled(self, task: Task[T]) -> tuple[T, tuple[Answer, ...]]:
        """What the task makes of the answers, once it asks for no other."""
        known: dict[bytes, Reply] = {}
        while True:
            replies = Replies(self._key, known)
            try:
                value = task(replies)
            except JudgeFailed as error:
                raise UsageError(f"the judge could not be asked: {error}") from error
            if not replies.pending:
                return value, tuple(reply.answer for _, reply in replies.used.values())
            keys = list(replies.pending)
            each = await asyncio.gather(*(self._reply(k, replies.pending[k]) for k in keys))
            known |= dict(zip(keys, each, strict=True))

    def _key(self, question: Question) -> bytes:
        return question_key(question, self._identity)

    async def _reply(self, key: bytes, question: Question) -> Reply:
        stored = self._store.cached_answer(key)
        if stored:
            return Reply(stored)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.ensure_future(self._ask(key, question))
        return await task

    async def _ask(self, key: bytes, question: Question) -> Reply:
        budget = self._budget_for(question)
        cost = await self._reserve(budget, question)
        answer = None
        try:
            answer = await self._retrier.ask(question.request)
        finally:
            budget.settle(cost, answer)
        if answer is None:
            raise UsageError("the judge was stopped")
        self._spent += answer.cost_usd or 0.0
        if not answer.outcome.is_error:
            self._store.keep_answer(key, answer)
        return Reply(answer)

    def _budget_for(self, question: Question) -> Budget:
        """That of the question's model. Raises UsageError for a budget that cannot be kept."""
        model = question.request.model
        budget = self._budgets.get(model)
        if budget is None:
            price = self._provider.price(model) if self._limit is not None else None
            budget = self._budgets[model] = Budget(self._limit, price)
        if budget.is_blind:
            raise UsageError(
                f"the budget cannot be kept, because no price is known for {model}",
                hint="add prices to the provider's table, or leave the budget out",
            )
        return budget

    async def _reserve(self, budget: Budget, question: Question) -> float:
        while True:
            cost = budget.reserve(question.request, self._spent)
            if cost is not None:
                return cost
            if not budget.waits_for:
                raise RunCutShort(
                    budget.used_up(), hint="ask again: what was judged is not asked twice"
                )
            await budget.wait()
