"""Asks a judge about answers that no run gave, such as those that people labelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.providers.base import Answer, Outcome, Provider
from workbench.providers.limits import Throttle
from workbench.providers.retry import Retrier
from workbench.providers.retry_policy import POLICY
from workbench.runs.engine.judges import Replies, Reply
from workbench.runs.engine.scoring import score_answer
from workbench.runs.spec.judge_keys import question_key
from workbench.runs.store.store import RunStore
from workbench.scorers.base import Score, Scorer
from workbench.scorers.models import Question


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge says about one answer."""

    score: Score
    replies: tuple[Answer, ...]
    """Its own answers, as it was asked."""


def judge_answers(
    scorer: Scorer,
    answers: Sequence[tuple[str, Case]],
    open_provider: Callable[[], Provider],
    store: RunStore,
    *,
    at_once: int,
    timeout_s: float,
) -> list[Judged]:
    """What the judge says about each answer; stored replies are taken, new ones stored. Blocks.

    Raises ProviderError, and UsageError when it could not be asked about one.
    """
    return asyncio.run(_all(scorer, answers, open_provider, store, at_once, timeout_s))


async def _all(
    scorer: Scorer,
    answers: Sequence[tuple[str, Case]],
    open_provider: Callable[[], Provider],
    store: RunStore,
    at_once: int,
    timeout_s: float,
) -> list[Judged]:
    provider = open_provider()
    try:
        asking = _Asking(scorer, provider, store, at_once, timeout_s)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asking.judged(*each)) for each in answers]
        return [task.result() for task in tasks]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        await provider.close()


class _Asking:
    def __init__(
        self, scorer: Scorer, provider: Provider, store: RunStore, at_once: int, timeout_s: float
    ) -> None:
        self._scorer = scorer
        self._identity: Mapping[str, object] = provider.identity
        self._store = store
        level = min(at_once, provider.limits.at_once or at_once)
        throttle = Throttle(level, clock=time.monotonic)
        self._retrier = Retrier(provider, throttle, timeout_s, POLICY.budget(throttle.ceiling))
        self._under_way: dict[bytes, asyncio.Task[Reply]] = {}

    async def judged(self, text: str, case: Case) -> Judged:
        """What the judge says about one answer. Raises UsageError."""
        answer = Answer(Outcome.OK if text.strip() else Outcome.EMPTY, text)
        known: dict[bytes, Reply] = {}
        while True:
            replies = Replies(self._key, known)
            scores, failed = score_answer((self._scorer,), answer, case, replies)
            if failed:
                raise UsageError(f"case {case.id!r}: {scores[self._scorer.name].reason}")
            if not replies.pending:
                told = tuple(reply.answer for _, reply in replies.used.values())
                return Judged(scores[self._scorer.name], told)
            for key, question in replies.pending.items():
                known[key] = await self._reply(key, question)

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
