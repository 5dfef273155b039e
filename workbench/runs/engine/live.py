"""A run under way, as the rest of the program sees it. Safe to use from any thread."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.runs.engine.result_queue import ResultQueue
from workbench.runs.spec.counters import Counters, percentile
from workbench.runs.spec.values import Result, RunProgress, RunStatus, RunSummary

if TYPE_CHECKING:
    from workbench.runs.engine.calls import Calls

STOPPED = "stopped by the user"


class LiveRun:
    """A run in its own thread. It proceeds whether or not results are drained."""

    def __init__(
        self,
        run_id: str,
        store_path: Path,
        counters: Counters,
        result_queue: ResultQueue,
        up_to: int | None = None,
    ) -> None:
        self.run_id = run_id
        self._store_path = store_path
        self._counters = counters
        self._result_queue = result_queue
        self._finished = threading.Event()
        self._summary: RunSummary | None = None
        self._calls: Calls | None = None
        self._up_to = up_to
        self.stop_reason = ""
        self.stopping = False
        self.aborting = False

    @property
    def done(self) -> bool:
        """Whether the run has ended: no more results will come, those there are can be drained."""
        return self._finished.is_set()

    def progress(self) -> RunProgress:
        """Progress so far; cheap enough to call ten times per second."""
        with self._counters.lock:
            return self._progress()

    def _progress(self) -> RunProgress:
        counters, calls, summary = self._counters, self._calls, self._summary
        rate = None if summary else counters.rate()
        left = counters.total - counters.done
        retry_in = None
        if calls and not summary:
            wait = calls.retrier.retry_at - time.monotonic() if calls.retrier.backing_off else 0.0
            retry_in = max(calls.throttle.paused_s, calls.throttle.held_back_s, wait) or None
        return RunProgress(
            run_id=self.run_id,
            status=summary.status if summary else RunStatus.RUNNING,
            total=counters.total,
            done=counters.done,
            scored=counters.scored,
            passed=counters.passed,
            failed=counters.failed,
            errors=counters.errors,
            faults=counters.faults,
            cached=counters.cached,
            in_flight=calls.throttle.in_flight if calls and not summary else 0,
            backing_off=calls.retrier.backing_off if calls and not summary else 0,
            retry_in_s=retry_in,
            rate=rate,
            eta_s=left / rate if rate else None,
            score=counters.mean,
            prompt_tokens=counters.prompt_tokens,
            completion_tokens=counters.completion_tokens,
            cost_usd=counters.cost,
            estimate_usd=counters.estimate_usd,
            elapsed_s=summary.seconds if summary else time.monotonic() - counters.started,
            stopping=self.stopping,
            reason=summary.reason if summary else "",
            latency_p50_s=percentile(counters.latencies, 0.5),
            latency_p95_s=percentile(counters.latencies, 0.95),
            first_token_s=percentile(counters.first_tokens, 0.5),
            judge_calls=counters.judge_calls,
            judge_cost_usd=counters.judge_cost,
            at_once=calls.throttle.level if calls else 0,
            slots=calls.slots() if calls and not summary else (),
        )

    def drain(self) -> list[Result]:
        """Results stored since the last call; those of earlier sessions are in the store."""
        taken = self._result_queue.take()
        if not taken.dropped:
            return taken.results
        from workbench.runs.store.store import RunStore

        with RunStore(self._store_path, create=False) as store:
            earlier = store.results(self.run_id, from_id=taken.first_id, limit=taken.dropped)
        return earlier + taken.results

    def ask_up_to(self, cases: int) -> None:
        """Limit calls to the first `cases` cases, until a later call raises the limit."""
        self._up_to = cases
        calls = self._calls
        if calls is not None:
            calls.ask_up_to_soon(cases)

    def stop(self, reason: str = STOPPED) -> None:
        """Start no more calls; those under way may finish. The run can be resumed."""
        self.stop_reason = self.stop_reason or reason
        self.stopping = True
        calls = self._calls
        if calls is not None:
            calls.stop_soon(self.stop_reason)

    def abort(self) -> None:
        """Stop immediately; at most the calls under way are lost. The run can be resumed."""
        self.stopping = self.aborting = True
        calls = self._calls
        if calls is not None:
            calls.abort_soon()

    def wait(self, timeout: float | None = None) -> RunSummary:
        """Wait for the end and return the summary. Raises TimeoutError after `timeout` seconds."""
        if not self._finished.wait(timeout):
            raise TimeoutError(f"run {self.run_id} is still going on")
        if self._summary is None:
            raise RuntimeError(f"run {self.run_id} ended without a summary")
        return self._summary

    def ends_within(self, seconds: float) -> bool:
        """Wait for the end, at most `seconds`; return whether the run has ended."""
        return self._finished.wait(seconds)

    def wait_for_results(self, seconds: float) -> None:
        """Wait for more results or the end, at most `seconds`."""
        self._result_queue.wait(seconds)

    def attach_calls(self, calls: Calls) -> None:
        """Called by the engine when it starts to make calls."""
        self._calls = calls
        if self._up_to is not None:
            calls.ask_up_to(self._up_to)
        if self.aborting:
            calls.abort()
        elif self.stopping:
            calls.stop(self.stop_reason)

    def end(self, summary: RunSummary) -> None:
        """Called by the engine when the run has ended."""
        self._summary = summary
        self._finished.set()
        self._result_queue.wake()
