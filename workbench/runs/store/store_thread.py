"""The one thread that writes to runs.db."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from workbench.runs.store.writer import RunWriter

T = TypeVar("T")
_Job = Callable[[], None]


class StoreThread:
    """Executes jobs on a RunWriter one after another."""

    def __init__(self, path: Path) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer: RunWriter | None = None
        self._path = path
        self._thread = threading.Thread(target=self._work, name="workbench-store", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[RunWriter], T]) -> Future[T]:
        """Execute `job` in the thread; the future has its result or exception."""
        future: Future[T] = Future()

        def do() -> None:
            try:
                future.set_result(job(self._open()))
            except BaseException as error:  # noqa: BLE001 - passed on through the future
                future.set_exception(error)

        self._jobs.put(do)
        return future

    def close(self) -> None:
        """Finish the submitted jobs, then close the file."""
        self._jobs.put(None)
        self._thread.join()

    def _open(self) -> RunWriter:
        if self._writer is None:
            from workbench.runs.store.writer import RunWriter

            self._writer = RunWriter(self._path)
        return self._writer

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        if self._writer is not None:
            self._writer.close()
