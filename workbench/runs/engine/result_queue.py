"""A bounded queue of results from the engine to whatever displays the run."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from workbench.runs.spec.values import Result

MOST = 4000


@dataclass(frozen=True, slots=True)
class Drained:
    """Results since the last call. Dropped ones are in the store, from row id `first_id` on."""

    results: list[Result]
    dropped: int = 0
    first_id: int = 0


class ResultQueue:
    """Keeps the newest results only, so that a slow reader costs no memory."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._batches: deque[tuple[int, list[Result]]] = deque()
        self._held = 0
        self._dropped = 0
        self._first_id = 0
        self._news = threading.Event()

    def put(self, first_id: int, results: list[Result]) -> None:
        """Add stored results; `first_id` is the store's id of the first."""
        with self._lock:
            self._batches.append((first_id, results))
            self._held += len(results)
            while self._held > self._most:
                self._drop()
        self._news.set()

    def take(self) -> Drained:
        """Everything since the last call."""
        with self._lock:
            results = [result for _, batch in self._batches for result in batch]
            taken = Drained(results, self._dropped, self._first_id)
            self._batches.clear()
            self._held = self._dropped = self._first_id = 0
            self._news.clear()
        return taken

    def wake(self) -> None:
        """Wake up waiting readers."""
        self._news.set()

    def wait(self, seconds: float) -> None:
        """Wait for the next results, at most `seconds`."""
        self._news.wait(seconds)

    def _drop(self) -> None:
        first_id, batch = self._batches.popleft()
        self._held -= len(batch)
        self._first_id = self._first_id or first_id
        self._dropped += len(batch)
