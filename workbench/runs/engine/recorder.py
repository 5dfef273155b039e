"""From answers to stored results: scores and counts them, and stores them in small batches."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.judges import Replies
from workbench.runs.engine.result_queue import ResultQueue
from workbench.runs.engine.scoring import score_ahead, score_answer
from workbench.runs.spec.counters import Counters
from workbench.runs.spec.plan import Planned
from workbench.runs.spec.values import Result, RunSpec
from workbench.runs.store.holder import HEARTBEAT_S
from workbench.runs.store.spec_parts import scorer_names
from workbench.runs.store.store_thread import StoreThread
from workbench.runs.store.writer import CachedAnswer, Recorded, RunWriter
from workbench.scorers.judges.judge import asking_of
from workbench.scorers.python_files import codes_of

BATCH = 200
BATCH_S = 0.1


class Recorder:
    """Used by the engine's thread."""

    def __init__(
        self, spec: RunSpec, store: StoreThread, counters: Counters, result_queue: ResultQueue
    ) -> None:
        self._scorers = spec.scorers
        self._codes = codes_of(spec.scorers)
        self._headline = (scorer_names(spec) or ("",))[0]
        judges = {scorer.name for scorer in spec.scorers if asking_of((scorer,))}
        self._needed = {self._headline, *judges}
        """Scorers that a resumed run asks again where they failed."""
        self._store = store
        self._counters = counters
        self._result_queue = result_queue
        self._pending: list[Recorded] = []
        self._answers = counters.scored > 0
        self._rejected: list[tuple[Planned, Answer]] = []
        """Requests whose content was refused before any request was answered."""
        self._sent: deque[Future[None]] = deque()
        self._calls = 0
        self._maybe_billed: int | None = None
        self._at = time.monotonic()
        self.last_error = ""
        self.errors_in_row = 0

    @property
    def runs_code(self) -> bool:
        """Whether code of the workspace judges the answers."""
        return bool(self._codes)

    def score_ahead(self, answers: Sequence[tuple[Planned, Answer]]) -> None:
        """Let that code judge answers that are to be taken; from any thread."""
        if self._codes:
            score_ahead(self._scorers, [(answer, item.case) for item, answer in answers])

    def judge(self, item: Planned, answer: Answer) -> None:
        """Let that code judge an answer as `answered` will; from any thread."""
        score_answer(self._scorers, answer, item.case)

    def cached(self, item: Planned, stored: CachedAnswer, replies: Replies | None = None) -> None:
        """Take an answer from the cache; `replies`: what judges say about it."""
        self._take(item, stored.answer, stored.answer_id, replies)

    def answered(self, item: Planned, answer: Answer, replies: Replies | None = None) -> None:
        """Take an answer from the provider, or the error in its place.

        A refused content counts as wrong only in a run that gets other answers: until one arrives
        it is held back, and at the end of the run it is an error.
        """
        if answer.outcome is Outcome.REJECTED and not self._answers:
            self._rejected.append((item, answer))
            self.last_error = answer.error
            self.errors_in_row += 1
            return
        self._take(item, answer, None, replies)

    def unsent(self, item: Planned) -> None:
        """Take a case whose prompt could not be rendered."""
        self._take(item, Answer(Outcome.UNSENT, error=item.error, attempts=0), None)

    def called(self, calls: int = 1) -> None:
        """Count calls that were made."""
        self._calls += calls
        self._counters.calls += calls

    def set_maybe_billed(self, calls: int) -> None:
        """Set how many calls in total were sent and got no answer."""
        self._maybe_billed = calls

    def _settle(self, *, answered: bool) -> None:
        """Take the results held back: the prompt's fault if others were answered, else an error."""
        waiting, self._rejected = self._rejected, []
        for item, answer in waiting:
            outcome = Outcome.REJECTED if answered else Outcome.PROVIDER_ERROR
            self._take(item, replace(answer, outcome=outcome), None)

    def _take(
        self,
        item: Planned,
        answer: Answer,
        answer_id: int | None,
        replies: Replies | None = None,
    ) -> None:
        scores, broken = score_answer(self._scorers, answer, item.case, replies)
        lost = broken & self._needed
        failed = answer.outcome.is_error or bool(lost)
        if failed:
            self.last_error = answer.error or scores[min(lost)].reason
            # An unsent case says nothing about the provider.
            self.errors_in_row += answer.outcome is not Outcome.UNSENT
        else:
            self.errors_in_row = 0
        # A failed result is asked for again, and its score counted then.
        headline = scores[self._headline].value if self._headline in scores and not failed else None
        result = Result(item.case.id, item.repeat, answer, scores)
        lasts = not answer.outcome.is_error and answer.outcome is not Outcome.REJECTED
        key = item.key if lasts else None
        judged = (replies.judged, replies.from_cache) if replies else ((), 0)
        self._pending.append(Recorded(result, key, answer_id, failed, headline, *judged))
        by_call = answer_id is None and answer.outcome is not Outcome.UNSENT
        self._counters.count(result, headline, failed, by_call)
        if lasts and not self._answers:
            self._answers = True
            self._settle(answered=True)

    @property
    def is_due(self) -> bool:
        """Whether a batch is full, or has waited long enough."""
        return len(self._pending) >= BATCH or time.monotonic() - self._at >= BATCH_S

    def flush(self, *, last: bool = False) -> Future[None] | None:
        """Hand the batch to the store, or renew the lease when it is empty.

        Raises an earlier batch's error, each time.
        """
        while self._sent and self._sent[0].done():
            self._sent[0].result()
            self._sent.popleft()
        now = time.monotonic()
        self._counters.mark()
        news = self._pending or self._calls or self._maybe_billed is not None
        if not news and not last and now - self._at < HEARTBEAT_S:
            return None
        seconds, self._at = now - self._at, now
        batch, self._pending = self._pending, []
        calls, self._calls = self._calls, 0
        unsure, self._maybe_billed = self._maybe_billed, None
        sent = self._store.submit(lambda writer: self._write(writer, batch, calls, seconds, unsure))
        self._sent.append(sent)
        return sent

    def wait(self) -> None:
        """Store everything and wait for it. Raises a batch's error."""
        self._settle(answered=False)
        self.flush(last=True)
        while self._sent:
            self._sent[0].result()
            self._sent.popleft()

    def _write(
        self,
        writer: RunWriter,
        batch: Sequence[Recorded],
        calls: int,
        seconds: float,
        maybe_billed: int | None,
    ) -> None:
        first_id = writer.record(batch, calls, seconds, maybe_billed)
        if batch:
            self._result_queue.put(first_id, [item.result for item in batch])
