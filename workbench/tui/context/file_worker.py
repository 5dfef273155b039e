"""One thread that reads and writes drafts, so that typing never waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

OnDone = Callable[[Future[Any]], object]


class FileWorker:
    """Runs jobs one after the other, in the order of submission.

    Submit on the event loop; calls `on_done(future)` once per job, on the event loop. Every
    submitted job runs before the process ends, unless it is killed.
    """

    def __init__(self, on_loop: Callable[[Callable[[], None]], None]) -> None:
        self._on_loop = on_loop
        self._thread: ThreadPoolExecutor | None = None
        self._open: dict[Future[Any], OnDone] = {}

    @property
    def is_busy(self) -> bool:
        """Whether some callback has yet to be called."""
        return bool(self._open)

    def submit(self, job: Callable[[], object], on_done: OnDone) -> None:
        """Queue a job behind the earlier ones."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="file-worker")
        future = self._thread.submit(job)
        self._open[future] = on_done
        future.add_done_callback(lambda done: self._on_loop(lambda: self._call_back(done)))

    def finish(self) -> None:
        """Block the event loop until every job is done and its callback was called."""
        while self._open:
            future = next(iter(self._open))
            wait([future])
            self._call_back(future)

    async def finished(self) -> None:
        """Await, on the loop, every job queued so far and its callback."""
        futures = tuple(self._open)
        if futures:
            await asyncio.to_thread(wait, futures)
        for future in futures:
            self._call_back(future)

    def wait(self) -> None:
        """Wait, in another thread, for every job queued so far."""
        wait(tuple(self._open))

    def _call_back(self, future: Future[Any]) -> None:
        on_done = self._open.pop(future, None)
        if on_done:
            on_done(future)
