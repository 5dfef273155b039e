"""The calls of a run, with as many under way as the provider accepts."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property

from workbench.errors import ProviderError, WorkbenchError
from workbench.providers.base import Answer, Provider, Request
from workbench.providers.options import with_remedy
from workbench.providers.prices import FREE
from workbench.providers.retry import Retrier
from workbench.providers.retry_policy import POLICY
from workbench.runs.engine.at_once import throttle_of
from workbench.runs.engine.budget import Budget
from workbench.runs.engine.commits import Commits
from workbench.runs.engine.judges import Judges
from workbench.runs.engine.judging import Judging, OverBudget, Shared
from workbench.runs.engine.recorder import BATCH_S, Recorder
from workbench.runs.engine.sent_files import with_files
from workbench.runs.engine.tool_rounds import ToolRounds
from workbench.runs.spec.counters import Counters
from workbench.runs.spec.plan import Planned
from workbench.runs.spec.suite import RunOptions
from workbench.runs.spec.values import RunSpec, Slot
from workbench.runs.store.writer import CachedAnswer, Spent

GRACE_S = 2.0
"""Seconds that calls under way may take after the provider said that no call can succeed."""
_UNPRICED = (
    "the budget cannot be kept, because no price is known for {}"
    " (add prices to the provider's table, or run without a budget)"
)


def _discard_text(_text: str) -> None:
    """Discards streamed text: streaming is on only to time the first token."""


class Calls:
    """One run's calls; created and used on the engine's event loop."""

    def __init__(
        self,
        provider: Provider,
        spec: RunSpec,
        recorder: Recorder,
        counters: Counters,
        more: Iterator[list[Planned]],
        earlier: Spent,
        judges: Judges | None = None,
    ) -> None:
        self._provider = provider
        self._recorder = recorder
        self._counters = counters
        self._more = more
        self._ready: deque[Planned] = deque()
        self._under_way: dict[tuple[str, int], float] = {}
        self.throttle = throttle_of(spec.run_options, provider.limits)
        self.retrier = Retrier(
            provider,
            self.throttle,
            spec.run_options.timeout_s,
            POLICY.budget(self.throttle.ceiling),
            self._calling,
            recorder.called,
            self._count_maybe_billed,
        )
        self._heard = _discard_text if spec.run_options.stream else None
        limit = spec.run_options.budget_usd
        model = spec.prompt.model
        price = provider.price(model.id) if model and limit is not None else None
        self.spending = Budget(limit, price, earlier.seen, earlier.longest)
        self._earlier = earlier
        self.reason = ""
        self.maybe_billed = earlier.maybe_billed
        """Calls in all sessions that were sent and got no answer."""
        self._fatal = False
        self._judges = judges
        self._judging = Judging(judges, self._shared(spec.run_options)) if judges else None
        self._workers: list[asyncio.Task[None]] = []
        self._spec = spec
        self._up_to: int | None = None
        self._more_allowed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def run(self, first: list[Planned]) -> None:
        """Make all calls. When it stops early, `reason` says why. Raises the store's errors."""
        self._ready.extend(first)
        self._count_earlier([item.request for item in first if item.request])
        if self.spending.is_blind:
            self.reason = _UNPRICED.format("this model")
            return
        if self._judging and self._judging.unpriced:
            self.reason = _UNPRICED.format(f"the model of the judge {self._judging.unpriced}")
            return
        commits = Commits(self._recorder, self.throttle.ceiling)
        self._workers = [
            asyncio.create_task(self._work(commits)) for _ in range(self.throttle.ceiling)
        ]
        flusher = asyncio.create_task(self._keep_flushing())
        try:
            await self._until_done(flusher)
        finally:
            flusher.cancel()
            self.abort()
            await asyncio.gather(flusher, *self._workers, return_exceptions=True)
            if self._judging:
                await self._judging.close()

    def _shared(self, options: RunOptions) -> Shared:
        """What judges share with these calls."""
        return Shared(
            self._provider,
            self.throttle,
            self.spending,
            self._counters,
            options.timeout_s,
            lambda provider: throttle_of(options, provider.limits),
            self._count_lost,
            self.stop,
            self._fail,
        )

    def slots(self) -> tuple[Slot, ...]:
        """The calls under way, the oldest first; from any thread."""
        now = time.monotonic()
        begun = sorted(self._under_way.copy().items(), key=lambda item: item[1])
        return tuple(Slot(case_id, repeat, now - at) for (case_id, repeat), at in begun)

    def stop_soon(self, reason: str) -> None:
        """`stop`, from any thread."""
        self._call_in_loop(lambda: self.stop(reason))

    def abort_soon(self) -> None:
        """`abort`, from any thread."""
        self._call_in_loop(self.abort)

    def ask_up_to_soon(self, cases: int) -> None:
        """`ask_up_to`, from any thread."""
        self._call_in_loop(lambda: self.ask_up_to(cases))

    def ask_up_to(self, cases: int) -> None:
        """Limit calls to the first `cases` cases, until a later call raises the limit."""
        self._up_to = cases
        self._more_allowed.set()

    def stop(self, reason: str) -> None:
        """Start no more calls; those under way may finish."""
        self.reason = self.reason or reason
        self._close()
        self.spending.wake()
        self._more_allowed.set()

    def abort(self) -> None:
        """Cancel the calls under way too."""
        self._close()
        for worker in self._workers:
            worker.cancel()
        if self._judging:
            self._judging.abort()

    def _close(self) -> None:
        self.throttle.close()
        for throttle in self._judging.throttles if self._judging else ():
            throttle.close()

    def _fail(self, reason: str) -> None:
        """End the run, since no call can succeed."""
        self._fatal = True
        self.stop(reason)

    def _count_earlier(self, like: list[Request]) -> None:
        """Charge the budget for unanswered calls of earlier sessions, estimated from `like`."""
        earlier = self._earlier
        if earlier.cut_off and like and self._provider.price(like[0].model) != FREE:
            self.maybe_billed += earlier.cut_off
            self._recorder.set_maybe_billed(self.maybe_billed)
        most = max(map(self.spending.estimate, like), default=0.0)
        self.spending.lost = self.maybe_billed * most
        self.spending.guessed = earlier.unpriced * most

    def _calling(self) -> None:
        if self.spending.is_over(self._counters.spent_usd):
            raise OverBudget
        self._recorder.called()

    def _count_maybe_billed(self, request: Request) -> None:
        if self._provider.price(request.model) != FREE:
            self._count_lost()
            self.spending.lose(request)

    def _count_lost(self) -> None:
        self.maybe_billed += 1
        self._recorder.set_maybe_billed(self.maybe_billed)

    def _call_in_loop(self, do: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was just closed: nothing to stop
            self._loop.call_soon_threadsafe(do)

    async def _until_done(self, flusher: asyncio.Task[None]) -> None:
        waiting: set[asyncio.Task[None]] = {*self._workers, flusher}
        while waiting != {flusher}:
            timeout = GRACE_S if self._fatal else None
            done, waiting = await asyncio.wait(
                waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                if not task.cancelled():
                    task.result()
            if not done and self._fatal:
                return

    async def _work(self, commits: Commits) -> None:
        while (item := await self._next()) is not None:
            if item.request is None:
                self._recorder.unsent(item)
                await commits.recorded()
                continue
            try:
                if not await self._answer(item, item.request):
                    return
            except OverBudget:
                self.stop(self.spending.used_up())
                return
            except ProviderError as error:
                self._fail(str(with_remedy(error, self._spec.prompt)))
                return
            self._check_errors()
            await commits.recorded()

    async def _answer(self, item: Planned, request: Request) -> bool:
        """Record the answer to a case, after its tools' calls; False when the run is to end."""
        stored = self._judges.held(item) if self._judges else None
        if stored:
            await self._record(item, stored.answer, stored)
            return True
        rounds, paid = ToolRounds(item.case, request), False
        try:
            while (answer := await self._ask(item, rounds.request)) is not None:
                if not rounds.goes_on(answer):
                    whole = rounds.whole(answer)
                    await self._record(item, whole)
                    paid = not answer.outcome.is_error
                    return True
                self.spending.unrecorded += answer.cost_usd or 0.0
        finally:
            self.spending.unrecorded -= rounds.usd
            if rounds.calls and not paid:
                self._lose(rounds)
        return False

    async def _record(
        self, item: Planned, answer: Answer, stored: CachedAnswer | None = None
    ) -> None:
        """Record an answer, from a call or from the cache, with what judges say about it."""
        if self._recorder.runs_code:  # which may take its time
            await asyncio.to_thread(self._recorder.judge, item, answer)
        replies = None
        if self._judging and not answer.outcome.is_error:
            slot = (item.case.id, item.repeat)
            self._under_way[slot] = time.monotonic()
            try:
                replies = await self._judging.replies(item, answer)
            finally:
                del self._under_way[slot]
        if stored:
            self._recorder.cached(item, stored, replies)
        else:
            self._recorder.answered(item, answer, replies)

    def _lose(self, rounds: ToolRounds) -> None:
        """Count answered calls of a case that has no answer: they were paid for."""
        self.spending.lost += rounds.usd
        if self._provider.price(rounds.request.model) != FREE:
            self.maybe_billed += rounds.calls
            self._recorder.set_maybe_billed(self.maybe_billed)

    async def _ask(self, item: Planned, request: Request) -> Answer | None:
        """One answer, with its retries; None when the run is to end."""
        cost = await self._reserve(request)
        if cost is None:
            return None
        answer = None
        slot = (item.case.id, item.repeat)
        self._under_way[slot] = time.monotonic()
        try:
            has_files = any(message.parts for message in request.messages)
            sent = await asyncio.to_thread(with_files, request) if has_files else request
            answer = sent if isinstance(sent, Answer) else await self.retrier.ask(sent, self._heard)
        finally:
            del self._under_way[slot]
            self.spending.settle(cost, answer)
        return answer

    async def _reserve(self, request: Request) -> float | None:
        """Wait for a budget reservation, in US dollars; None when the run is to end."""
        while not self.throttle.closed:
            cost = self.spending.reserve(request, self._counters.spent_usd)
            if cost is not None:
                return cost
            if not self.spending.waits_for:
                self.stop(self.spending.used_up())
            else:
                await self.spending.wait()
        return None

    def _check_errors(self) -> None:
        most = max(10, 2 * self.throttle.ceiling)
        if self._recorder.errors_in_row >= most:
            self.stop(f"{most} cases in a row failed, the last because {self._recorder.last_error}")

    @cached_property
    def _place(self) -> dict[str, int]:
        """The cases' places in the run's order; needed where it may end at a look."""
        return {case.id: at for at, case in enumerate(self._spec.cases)}

    def _is_allowed(self, item: Planned) -> bool:
        return self._up_to is None or self._place[item.case.id] < self._up_to

    async def _next(self) -> Planned | None:
        while not self.throttle.closed:
            if not self._ready:
                try:
                    chunk = next(self._more, None)
                except WorkbenchError as error:  # a case that cannot be read or asked
                    self.stop(str(error))
                    return None
                if chunk is None:
                    return None
                self._ready.extend(chunk)
            elif self._is_allowed(self._ready[0]):
                return self._ready.popleft()
            else:
                self._more_allowed.clear()
                await self._more_allowed.wait()
        return None

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(BATCH_S)
            self._recorder.flush()
