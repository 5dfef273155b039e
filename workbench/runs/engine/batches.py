"""Runs through a provider's batch API, at half price: submit now, collect the answers later.

A run with a batch under way is incomplete until it is attached to after the batch has ended.
Requests that the batch did not answer can then be resumed like those of any other run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from workbench.errors import BatchRefused, UsageError
from workbench.providers.base import Answer, Provider
from workbench.providers.openai_chat.batch import PRICE, BatchAnswers, Batches, BatchState
from workbench.providers.openai_chat.client import OpenAICompatible
from workbench.runs.engine.budget import Budget
from workbench.runs.engine.engine import initial_counters
from workbench.runs.engine.recorder import Recorder
from workbench.runs.engine.result_queue import ResultQueue
from workbench.runs.engine.sent_files import with_files
from workbench.runs.spec.counters import Counters
from workbench.runs.spec.environment import STRANGE_LINES, environment_of
from workbench.runs.spec.plan import Plan, Planned
from workbench.runs.spec.values import RunSpec, RunStatus, RunSummary
from workbench.runs.store.store import RunStore
from workbench.runs.store.store_thread import StoreThread
from workbench.runs.store.writer import CachedAnswer
from workbench.scorers.python_files import opened_code

T = TypeVar("T")
SUBMITTING = "submitting"
OVER = "over"
_NOT_SENT = "the batch was not sent"


def submit_batch(
    spec: RunSpec,
    open_provider: Callable[[], Provider],
    store_path: Path,
    on_start: Callable[[str], None] | None = None,
) -> RunSummary:
    """Start a run and submit its requests as a batch, except cached ones. Blocks until it is sent.

    `on_start` gets the run's id before submission: a run whose submission fails can be resumed.

    Raises UsageError when the provider has no batches or the batch could cost more than the
    run's budget, ProviderError when it refuses.
    """
    if not spec.cases:
        raise UsageError("0 cases to run", hint="name another split or filter")
    provider = _with_batches(open_provider())
    if any(case.tool_results is not None for case in spec.cases):
        raise UsageError(
            "cases with tool_results take several calls each, and a batch makes one",
            hint="run without --batch",
        )
    if spec.judges:
        judge = spec.judges[0].prompt.prompt_id
        raise UsageError(
            f"the judge {judge} is asked by calls, and a batch makes none",
            hint="run without --batch",
        )
    plan = Plan(spec, provider.identity)
    code = opened_code(spec.scorers, plan.features)
    store = StoreThread(store_path)
    try:
        environment = environment_of(spec, provider, plan.features)
        _check_budget(spec, provider, plan, store)
        started = store.submit(lambda w: w.start(spec, provider.identity, environment)).result()
        if on_start:
            on_start(started.run_id)
        run = _BatchRun(spec, provider, plan, store, environment, Counters(plan.total))
        return run.submit(started.run_id, store_path)
    finally:
        code.close()
        store.close()


def attach_batch(
    run_id: str, spec: RunSpec, open_provider: Callable[[], Provider], store_path: Path
) -> RunSummary:
    """Poll the run's batch; once it has ended, score and store its answers.

    Raises UsageError when the run has no batch under way or something changed since.
    """
    provider = _with_batches(open_provider())
    plan = Plan(spec, provider.identity)
    code = opened_code(spec.scorers, plan.features)
    store = StoreThread(store_path)
    try:
        environment = environment_of(spec, provider, plan.features)
        started = store.submit(
            lambda w: w.resume(run_id, spec, provider.identity, batch=True)
        ).result()
        counters = initial_counters(plan.total, started)
        run = _BatchRun(spec, provider, plan, store, environment, counters)
        return run.attach(run_id, started.done, store_path)
    finally:
        code.close()
        store.close()


def _check_budget(
    spec: RunSpec, provider: OpenAICompatible, plan: Plan, store: StoreThread
) -> None:
    """Check that the whole batch fits the budget, since a batch cannot be stopped part-way.

    Raises UsageError.
    """
    limit, model = spec.run_options.budget_usd, spec.prompt.model
    if limit is None:
        return
    spending = Budget(limit, provider.price(model.id) if model else None)
    if spending.is_blind:
        raise UsageError(
            "not sent: the budget cannot be kept, because no price is known for this model",
            hint="add prices to the provider's table, or send it without a budget",
        )
    uncached = (
        item.request
        for item, cached in _with_cached(spec, plan, store)
        if item.request and not cached
    )
    cost = PRICE * sum(map(spending.estimate, uncached))
    if not cost <= limit:
        raise UsageError(
            f"not sent: the batch may cost {cost:.4g} USD, more than its budget of {limit:g}",
            hint="raise --budget, ask for less with --limit, or set maxOutputTokens in the draft",
        )


def _with_cached(
    spec: RunSpec, plan: Plan, store: StoreThread
) -> Iterator[tuple[Planned, CachedAnswer | None]]:
    """Every planned request with its cached answer, if there is one."""
    for chunk in plan.chunks(frozenset()):
        keys = [] if spec.fresh else [item.key for item in chunk if item.request]
        known = store.submit(lambda w, keys=keys: w.cached_answers(keys)).result()  # type: ignore[misc]
        for item in chunk:
            yield item, known.get(item.key) if item.request else None


def _with_batches(provider: Provider) -> OpenAICompatible:
    if not isinstance(provider, OpenAICompatible) or not provider.takes_batches:
        raise UsageError(f"the provider {provider.name} has no batches", hint="run without --batch")
    return provider


class _BatchRun:
    """One session of a run that uses a batch."""

    def __init__(
        self,
        spec: RunSpec,
        provider: OpenAICompatible,
        plan: Plan,
        store: StoreThread,
        environment: dict[str, Any],
        counters: Counters,
    ) -> None:
        self._spec = spec
        self._provider = provider
        self._plan = plan
        self._store = store
        self._environment = environment
        self._counters = counters
        self._recorder = Recorder(spec, store, counters, ResultQueue())
        self._reason = ""

    def submit(self, run_id: str, store_path: Path) -> RunSummary:
        """Answer from the cache, send the rest."""
        self._reason = _NOT_SENT
        try:
            uncached = self._not_cached()
            if uncached:
                self._send(run_id, uncached)
        finally:
            summary = self._finish(run_id, store_path)
        return summary

    def attach(self, run_id: str, done: frozenset[tuple[str, int]], store_path: Path) -> RunSummary:
        """Poll the batch and collect its answers when it has ended."""
        self._reason = "the state of the batch could not be read"
        try:
            batch_id = self._store.submit(lambda w: w.open_batch()).result()
            state = self._in_loop(lambda batches: self._look(batches, run_id, batch_id))
            self._reason = self._take(state, done)
        finally:
            summary = self._finish(run_id, store_path)
        return summary

    def _not_cached(self) -> dict[str, Planned]:
        uncached: dict[str, Planned] = {}
        custom_ids = {question: custom for custom, question in self._questions().items()}
        for item, cached in _with_cached(self._spec, self._plan, self._store):
            if item.request is None:
                self._recorder.unsent(item)
            elif cached:
                self._recorder.cached(item, cached)
            else:
                uncached[custom_ids[item.case.id, item.repeat]] = item
        return uncached

    def _questions(self) -> dict[str, tuple[str, int]]:
        """Case id and repeat for each custom id that this run can have submitted."""
        return {
            f"{position}-{repeat}": (case.id, repeat)
            for position, case in enumerate(self._spec.cases)
            for repeat in range(self._spec.run_options.repeats)
        }

    def _send(self, run_id: str, uncached: dict[str, Planned]) -> None:
        """Submit the batch, recording the intent first.

        After a crash the resumed run then looks for the batch instead of paying for it twice.
        Only a refusal proves that none was started.
        """
        requests = {}
        for custom, item in uncached.items():
            sent = with_files(item.request) if item.request else None
            if isinstance(sent, Answer):
                raise UsageError(f"case {item.case.id!r}: {sent.error}")
            if sent:
                requests[custom] = sent
        file_id = self._in_loop(lambda batches: batches.upload(requests))
        self._note(SUBMITTING)
        self._reason = "whether the batch was started is not known"
        try:
            state = self._in_loop(lambda batches: batches.start(file_id, run_id))
        except BatchRefused:
            self._reason = _NOT_SENT
            self._note(OVER)
            raise
        self._note(state.batch_id)
        self._reason = (
            f"batch {state.batch_id} has {len(uncached)} questions: attach to the run later"
        )

    def _note(self, batch_id: str) -> None:
        self._store.submit(lambda w: w.note_batch(batch_id)).result()

    async def _look(self, batches: Batches, run_id: str, batch_id: str) -> BatchState | None:
        if batch_id == SUBMITTING:
            return await batches.find(run_id)
        return await batches.state(batch_id)

    def _take(self, state: BatchState | None, done: frozenset[tuple[str, int]]) -> str:
        if state is None:
            self._note(OVER)
            return "the batch never started: resume the run to ask without it"
        if not state.is_over:
            self._note(state.batch_id)
            return f"batch {state.batch_id} is {state.status}: {state.done} of {state.total} done"
        self._keep(self._in_loop(lambda batches: batches.answers(state)), done)
        self._recorder.wait()
        self._note(OVER)
        error = f": {state.error}" if state.error else ""
        return f"batch {state.batch_id} is {state.status}{error}"

    def _keep(self, answers: BatchAnswers, done: frozenset[tuple[str, int]]) -> None:
        questions = self._questions()
        cases = {case.id: case for case in self._spec.cases}
        for custom, answer in answers.by_custom_id.items():
            case_id, repeat = questions.get(custom, ("", 0))
            if case_id and (case_id, repeat) not in done:
                self._recorder.called()
                self._recorder.answered(self._plan.planned(cases[case_id], repeat), answer)
        strange = answers.unreadable + len(answers.by_custom_id.keys() - questions.keys())
        if strange:
            self._environment[STRANGE_LINES] = strange

    def _finish(self, run_id: str, store_path: Path) -> RunSummary:
        self._recorder.wait()
        counters, reason = self._counters, self._reason
        missing = counters.total - counters.done
        if missing:
            status = RunStatus.INCOMPLETE
            reason += f"; {missing} of {counters.total} not answered yet"
        elif counters.errors:
            status = RunStatus.INCOMPLETE
            reason = (
                f"{counters.errors} of {counters.total} have no score: {self._recorder.last_error}"
            )
        else:
            status, reason = RunStatus.COMPLETE, ""
        environment = self._environment
        self._store.submit(lambda w: w.finish(status, reason, environment | w.run_stats())).result()
        with RunStore(store_path, create=False) as store:
            return store.summary(run_id)

    def _in_loop(self, ask: Callable[[Batches], Awaitable[T]]) -> T:
        model = self._spec.prompt.model

        async def call() -> T:
            try:
                return await ask(Batches(self._provider, model.id if model else ""))
            finally:
                await self._provider.close()

        return asyncio.run(call())
