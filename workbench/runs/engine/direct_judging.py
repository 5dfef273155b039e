"""Asks a judge about answers that no run gave, such as those that people labelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.providers.base import Answer, Outcome, Provider
from workbench.providers.limits import Throttle
from workbench.providers.retry import Retrier
from workbench.providers.retry_policy import POLICY
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
) -> list[Judged]:
    """What the judge says about each answer; stored replies are taken, new ones stored. Blocks.

    Raises ProviderError, and UsageError when it could not be asked about one.
    """

    def task(text: str, case: Case) -> Task[Score]:
        answer = Answer(Outcome.OK if text.strip() else Outcome.EMPTY, text)
        return lambda models: _score(scorer, answer, case, models)

    tasks = [task(*each) for each in answers]
    done = ask_models(tasks, open_provider, store, at_once=at_once, timeout_s=timeout_s)
    return [Judged(*each) for each in done]


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
) -> list[tuple[T, tuple[Answer, ...]]]:
    """What each task makes of the models' answers, and these; it is called until it asks nothing
    that is not known. Blocks. Raises ProviderError and what tasks raise; JudgeFailed as UsageError.
    """

    async def all_of_them() -> list[tuple[T, tuple[Answer, ...]]]:
        provider = open_provider()
        try:
            asking = _Asking(provider, store, at_once, timeout_s)
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(asking.settled(task)) for task in tasks]
            return [each.result() for each in running]
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            await provider.close()

    return asyncio.run(all_of_them())


class _Asking:
    def __init__(self, provider: Provider, store: RunStore, at_once: int, timeout_s: float) -> None:
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
        answer = await self._retrier.ask(question.request)
        if answer is None:
            raise UsageError("the judge was stopped")
        if not answer.outcome.is_error:
            self._store.keep_answer(key, answer)
        return Reply(answer)
