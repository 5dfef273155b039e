"""Feeds a run with cases that are read and checked while it goes on, a block ahead of its calls."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from workbench.errors import UsageError
from workbench.providers.base import Provider
from workbench.providers.redact import storable
from workbench.runs.engine.sent_files import check_takes_files
from workbench.runs.spec.case_stream import Block, CaseStream, Position
from workbench.runs.spec.counters import Counters
from workbench.runs.spec.open_stream import OpenStream
from workbench.runs.spec.plan import Plan, Planned
from workbench.runs.spec.values import RunSpec
from workbench.runs.store.contents.snapshots import AT_ONCE
from workbench.runs.store.store_thread import StoreThread
from workbench.runs.store.streamed_runs import StreamedRun
from workbench.runs.store.writer import RunWriter

T = TypeVar("T")
_TICK_S = 0.2
"""Seconds after which a reader that waits looks whether it is still needed."""


class StreamedCases:
    """The requests of one run, in the dataset's order; used by the engine's thread."""

    def __init__(
        self,
        stream: CaseStream,
        spec: RunSpec,
        provider: Provider,
        store: StoreThread,
        counters: Counters,
        folder: Path,
        *,
        resumed: bool,
    ) -> None:
        self._spec = spec
        self._provider = provider
        self._store = store
        self._counters = counters
        self._resumed = resumed
        self._run: StreamedRun = store.submit(RunWriter.streamed).result()
        expected = self._do(StreamedRun.position) if resumed else None
        self._stream = OpenStream(stream, folder, expected)
        self._lines: list[bytes] = []

    def chunks(self, plan: Plan) -> Iterator[list[Planned]]:
        """Yield the requests that are not done, in chunks. Raises WorkbenchError for a case that
        cannot be read or asked.
        """
        for block in ahead(self._stream.blocks()):
            self._check(block)
            self._lines += block.lines
            if len(self._lines) >= AT_ONCE:
                self._keep(block.position)
            done = self._done(block) if self._resumed else set()
            for chunk in plan.of(block.cases):
                yield [item for item in chunk if (item.case.id, item.repeat) not in done]
        self._keep(self._stream.position)
        with self._counters.lock:
            self._counters.total = self._stream.cases * self._spec.run_options.repeats

    def finish(self) -> dict[str, Any]:
        """Store what the run's cases were; returns what else is known of its circumstances now."""
        try:
            return self._do(lambda run: run.finish(self._spec, self._stream))
        finally:
            self._stream.close()

    def _keep(self, position: Position) -> None:
        lines, self._lines = self._lines, []
        self._do(lambda run: run.keep(lines, position))

    def _done(self, block: Block) -> set[tuple[str, int]]:
        ids = [case.id for case in block.cases]
        return self._do(lambda run: run.done(ids))

    def _check(self, block: Block) -> None:
        check_takes_files(self._provider, self._spec.prompt, block.cases)
        for case in block.cases:
            if storable(case.id) != case.id:
                raise UsageError(f"the case id {case.id!r} cannot be stored as UTF-8")

    def _do(self, job: Callable[[StreamedRun], T]) -> T:
        return self._store.submit(lambda _writer: job(self._run)).result()


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The items, of which the next is made in a thread meanwhile. What is raised there is raised
    here.
    """
    ready: queue.Queue[tuple[T | None, Exception | None]] = queue.Queue(1)
    over = threading.Event()

    def put(item: T | None, error: Exception | None) -> bool:
        while not over.is_set():
            try:
                ready.put((item, error), timeout=_TICK_S)
            except queue.Full:
                continue
            return True
        return False

    def make() -> None:
        try:
            for item in items:
                if not put(item, None):
                    return
        except Exception as error:  # noqa: BLE001 - raised by the other thread
            put(None, error)
        else:
            put(None, None)

    thread = threading.Thread(target=make, name="workbench-cases", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        over.set()
        thread.join()
