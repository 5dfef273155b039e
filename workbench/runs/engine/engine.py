"""Runs a prompt on cases in its own thread: cached answers first, calls for the rest."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.errors import UsageError, WorkbenchError
from workbench.providers.base import Provider
from workbench.providers.redact import one_line, storable
from workbench.runs.engine.judges import Judges, OpenProvider
from workbench.runs.engine.live import STOPPED, LiveRun
from workbench.runs.engine.recorder import Recorder
from workbench.runs.engine.result_queue import ResultQueue
from workbench.runs.engine.sent_files import check_takes_files
from workbench.runs.engine.streamed_cases import StreamedCases
from workbench.runs.spec.counters import Counters
from workbench.runs.spec.environment import environment_of
from workbench.runs.spec.plan import Plan, Planned
from workbench.runs.spec.values import RunSpec, RunStatus, RunSummary
from workbench.runs.store.lease import LeaseLost
from workbench.runs.store.spec_parts import parts_of, scorer_names
from workbench.runs.store.store import RunStore
from workbench.runs.store.store_thread import StoreThread
from workbench.runs.store.writer import RunWriter, Started
from workbench.scorers.python_files import opened_code

SWITCH_S = 0.0005
"""GIL switch interval in seconds; the default of 5 ms delays the store thread at every statement
and the screen at every key."""


def start_run(
    spec: RunSpec,
    open_provider: Callable[[], Provider],
    store_path: Path,
    *,
    resume: str | None = None,
    up_to: int | None = None,
    judges: Mapping[str, OpenProvider] | None = None,
) -> LiveRun:
    """Start a run, or resume the run with the id `resume`: cases that are missing or failed.
    `judges` opens the provider of each judge, by the fingerprint of its prompt.

    With `up_to` it makes calls for that many cases and waits until `LiveRun.ask_up_to` allows more.

    Raises before the first call: UsageError for no cases, for a run whose inputs changed or that
    another process works on; TemplateError, SettingsError.
    """
    _check(spec)
    provider = open_provider()
    check_takes_files(provider, spec.prompt, spec.cases)
    plan = Plan(spec, provider.identity)
    code = opened_code(spec.scorers, plan.features)
    store = StoreThread(store_path)
    try:
        environment = environment_of(spec, provider, plan.features)
        if resume is None:
            starting = store.submit(lambda w: w.start(spec, provider.identity, environment))
        else:
            starting = store.submit(lambda w: w.resume(resume, spec, provider.identity))
        started = starting.result()
        fresh = spec.fresh or started.fresh
        asked = Judges(spec, provider, judges or {}, store, fresh=fresh) if spec.judges else None
    except BaseException:
        code.close()
        store.close()
        raise
    sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_S))
    parts = (spec, provider, plan, store, started, environment, store_path, up_to, code)
    engine = _Engine(*parts, asked, resumed=resume is not None)
    name = f"workbench-{started.run_id}"
    threading.Thread(target=engine.work, name=name, daemon=True).start()
    return engine.live


def _check(spec: RunSpec) -> None:
    options = spec.run_options
    if not spec.cases:
        raise UsageError("0 cases to run", hint="name another split or filter")
    if options.repeats < 1:
        raise UsageError("0 repeats asked for", hint="at least 1")
    if options.concurrency < 1 or options.timeout_s <= 0:
        raise UsageError("concurrency and timeout must be above 0")
    if len({case.id for case in spec.cases}) != len(spec.cases):
        raise UsageError("two cases have the same id")
    for case in spec.cases:
        if storable(case.id) != case.id:
            raise UsageError(f"the case id {case.id!r} cannot be stored as UTF-8")


def initial_counters(total: int, started: Started) -> Counters:
    """A run's counters at the start of this session."""
    spent = started.spent
    counters = Counters(
        total,
        faults=started.faults,
        cost_usd=spent.cost_usd,
        unpriced=spent.unpriced,
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        judge_usd=spent.judge_usd,
        judge_unpriced=spent.judge_unpriced,
    )
    counters.add_earlier(len(started.done), started.scores)
    return counters


class _Engine:
    """The thread of one run."""

    def __init__(
        self,
        spec: RunSpec,
        provider: Provider,
        plan: Plan,
        store: StoreThread,
        started: Started,
        environment: dict[str, Any],
        store_path: Path,
        up_to: int | None,
        code: ExitStack,
        judges: Judges | None,
        *,
        resumed: bool,
    ) -> None:
        self._spec = spec
        self._judges = judges
        self._code = code
        self._provider = provider
        self._plan = plan
        self._store = store
        self._started = started
        self._fresh = spec.fresh or started.fresh
        self._environment = environment
        self._store_path = store_path
        self._counters = initial_counters(plan.total, started)
        result_queue = ResultQueue()
        self._recorder = Recorder(spec, store, self._counters, result_queue)
        self._reason = ""
        self._streamed = (
            StreamedCases(
                spec.stream,
                spec,
                provider,
                store,
                self._counters,
                store_path.parent,
                resumed=resumed,
            )
            if spec.stream
            else None
        )
        self.live = LiveRun(started.run_id, store_path, self._counters, result_queue, up_to)

    def work(self) -> None:
        """Do the whole run; a summary is available at the end, whatever happens."""
        lost = ""
        try:
            self._answer_all()
            self._recorder.wait()
        except Exception as error:  # noqa: BLE001 - the thread's edge: the run must end with a reason
            lost = _lost(error)
        finally:
            self._code.close()
        self._end(lost)

    def _answer_all(self) -> None:
        for _ in self._plan.compute():
            if self.live.stopping:
                break
        misses = self._misses()
        try:
            for missing in misses:
                self._call(missing, misses)
                return
        except WorkbenchError as error:
            self._reason = self._reason or str(error)
        finally:
            misses.close()

    def _chunks(self) -> Iterator[list[Planned]]:
        if self._streamed:
            return self._streamed.chunks(self._plan)
        return self._plan.chunks(self._started.done)

    def _misses(self) -> Generator[list[Planned]]:
        """Record cached answers and yield the requests without one, in chunks."""
        for chunk in self._chunks():
            if self.live.stopping:
                self._reason = self.live.stop_reason
                return
            missing = chunk if self._fresh else self._recall(chunk)
            if self._recorder.is_due:
                self._recorder.flush()
            if missing:
                yield missing

    def _recall(self, chunk: list[Planned]) -> list[Planned]:
        keys = [item.key for item in chunk if item.request is not None]
        known = self._store.submit(lambda writer: writer.cached_answers(keys)).result()
        self._recorder.score_ahead([(i, known[i.key].answer) for i in chunk if i.key in known])
        cached = [(item, known[item.key]) for item in chunk if item.key in known]
        judged = self._judges.recall(cached) if self._judges else {}
        missing = []
        for item in chunk:
            replies = judged.get((item.case.id, item.repeat))
            if item.key in known and (replies or not self._judges):
                self._recorder.cached(item, known[item.key], replies)
            else:
                missing.append(item)
        return missing

    def _call(self, first: list[Planned], more: Iterator[list[Planned]]) -> None:
        import asyncio

        asyncio.run(self._call_all(first, more))

    async def _call_all(self, first: list[Planned], more: Iterator[list[Planned]]) -> None:
        from workbench.runs.engine.calls import Calls

        calls = Calls(
            self._provider,
            self._spec,
            self._recorder,
            self._counters,
            more,
            self._started.spent,
            self._judges,
        )
        self.live.attach_calls(calls)
        try:
            await calls.run(first)
        finally:
            self._reason = calls.reason or self._reason
            await self._provider.close()

    def _end(self, lost: str) -> None:
        """Store how the run ended and notify waiting threads, even if the store failed."""
        summary = None
        try:
            if self._streamed:
                self._environment |= self._streamed.finish()
        except Exception as error:  # noqa: BLE001 - the thread's edge, as above
            lost = lost or _lost(error)
        status, reason = (RunStatus.INCOMPLETE, lost) if lost else self._ending()
        try:
            self._store.submit(lambda writer: self._finish(writer, status, reason)).result()
        except Exception as error:  # noqa: BLE001 - the thread's edge, as above
            lost = lost or _lost(error)
        try:
            summary = self._store.submit(self._stored).result()
        except Exception as error:  # noqa: BLE001 - the thread's edge, as above
            lost = lost or _lost(error)
        self._store.close()
        if summary is None:
            summary = self._unstored_summary()
        if lost:
            summary = replace(summary, status=RunStatus.INCOMPLETE, reason=lost)
        self.live.end(summary)

    def _finish(self, writer: RunWriter, status: RunStatus, reason: str) -> None:
        writer.finish(status, reason, self._environment | writer.run_stats())

    def _stored(self, writer: RunWriter) -> RunSummary:
        del writer
        with RunStore(self._store_path, create=False) as store:
            return store.summary(self.live.run_id)

    def _unstored_summary(self) -> RunSummary:
        spec, counters, model = self._spec, self._counters, self._spec.prompt.model
        return RunSummary(
            run_id=self.live.run_id,
            status=RunStatus.INCOMPLETE,
            prompt_id=spec.prompt.prompt_id,
            fingerprint=spec.prompt.fingerprint,
            label=spec.label,
            suite=spec.suite.name,
            split=spec.split,
            suite_parts=parts_of(spec),
            scorer=(scorer_names(spec) or ("",))[0],
            cases=spec.count,
            repeats=spec.run_options.repeats,
            scored=counters.scored,
            errors=counters.errors,
            score=counters.mean,
            calls=counters.calls,
            cached=counters.cached,
            cost_usd=counters.cost,
            prompt_tokens=counters.prompt_tokens,
            completion_tokens=counters.completion_tokens,
            seconds=time.monotonic() - counters.started,
            model=model.id if model else "",
            created_at="",
            environment=self._environment,
            judge_calls=counters.judge_calls,
            judge_cost_usd=counters.judge_cost,
        )

    def _ending(self) -> tuple[RunStatus, str]:
        counters = self._counters
        if self.live.aborting and counters.done < counters.total:
            return RunStatus.CANCELLED, "aborted by the user"
        if counters.done < counters.total:
            return RunStatus.INCOMPLETE, self._reason or self.live.stop_reason or STOPPED
        if counters.errors:
            lacking = f"{counters.errors} of {counters.total} have no score"
            reason = self._reason or self._recorder.last_error
            return RunStatus.INCOMPLETE, f"{lacking}: {reason}"
        return RunStatus.COMPLETE, ""


def _lost(error: Exception) -> str:
    """Why the rest of a run was not stored, in one line."""
    if isinstance(error, LeaseLost):
        return "another process took the run over"
    cause = one_line(f"{type(error).__name__}: {error}")
    if isinstance(error, (sqlite3.Error, OSError)):
        return f"results cannot be stored: {cause}"
    return f"the run failed: {cause}"
