"""Group commit: whoever waits for the store waits together, for one transaction."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future

from workbench.runs.recorder import Recorder


class Commits:
    """A worker asks its next question only when its last answer is stored.

    So at any time the calls under way and the answers that are not stored yet are no more than
    the calls allowed at once, and no more than those can be lost to a crash.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._next: asyncio.Future[None] | None = None
        self._busy = False

    async def stored(self) -> None:
        """Return when everything recorded so far is stored. Raises what storing raised."""
        if self._next is None:
            self._next = self._loop.create_future()
        waiting = self._next
        if not self._busy:
            self._commit()
        await asyncio.shield(waiting)

    def _commit(self) -> None:
        waiting, self._next = self._next, None
        batch = self._recorder.flush(last=True)
        if waiting is None or batch is None:
            return
        self._busy = True
        batch.add_done_callback(lambda done: self._tell(waiting, done))

    def _tell(self, waiting: asyncio.Future[None], done: Future[None]) -> None:
        """From the store's thread to the loop's."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._committed, waiting, done)

    def _committed(self, waiting: asyncio.Future[None], done: Future[None]) -> None:
        self._busy = False
        error = done.exception()
        if error is None:
            waiting.set_result(None)
            if self._next is not None:
                self._commit()
            return
        for future in (waiting, self._next):
            if future is not None:
                future.set_exception(error)
        self._next = None
