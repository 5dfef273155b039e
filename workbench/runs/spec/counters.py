"""Counts of a live run, kept by the engine's thread and read by any other."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.runs.spec.values import Result

RATE_WINDOW_S = 10.0
_MARK_S = 0.05
_LEAST_SPAN_S = 0.05
"""Seconds between two counts from which a rate is computed."""


@dataclass
class Counters:
    """Written by one thread; a reader of several numbers that must agree takes the lock."""

    total: int
    done: int = 0
    scored: int = 0
    passed: int = 0
    failed: int = 0
    errors: int = 0
    faults: int = 0
    """Answers that are the model's own fault: empty, refused, truncated, filtered, a tool call."""
    cached: int = 0
    calls: int = 0
    score_sum: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0
    priced: int = 0
    priced_usd: float = 0.0
    judge_calls: int = 0
    judge_cached: int = 0
    judge_usd: float = 0.0
    judge_unpriced: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    started: float = field(default_factory=time.monotonic)
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    first_tokens: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    _marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=256))

    def add_earlier(self, done: int, scores: Sequence[float]) -> None:
        """Add the results of earlier sessions."""
        self.done += done
        for score in scores:
            self._count_score(score)

    def _count_score(self, score: float) -> None:
        self.scored += 1
        self.score_sum += score
        if score >= 1.0:
            self.passed += 1
        else:
            self.failed += 1

    def count(self, result: Result, headline: float | None, failed: bool, by_call: bool) -> None:
        """Count one result."""
        with self.lock:
            self._count(result, headline, failed, by_call)

    def _count(self, result: Result, headline: float | None, failed: bool, by_call: bool) -> None:
        self.done += 1
        if failed:
            self.errors += 1
        if result.answer.outcome.is_models_fault:
            self.faults += 1
        if headline is not None:
            self._count_score(headline)
        if by_call:
            self._count_cost(result)
        else:
            self.cached += 1

    def _count_cost(self, result: Result) -> None:
        answer = result.answer
        if answer.latency_s is not None:
            self.latencies.append(answer.latency_s)
        if answer.first_token_s is not None:
            self.first_tokens.append(answer.first_token_s)
        self.prompt_tokens += answer.prompt_tokens or 0
        self.completion_tokens += answer.completion_tokens or 0
        if answer.outcome.is_error:
            return
        if answer.cost_usd is None:
            self.unpriced += 1
        else:
            self.priced += 1
            self.priced_usd += answer.cost_usd
            self.cost_usd += answer.cost_usd

    def mark(self) -> None:
        """Record the progress at this time, for the rate."""
        now = time.monotonic()
        if not self._marks or now - self._marks[-1][0] >= _MARK_S:
            self._marks.append((now, self.done))

    @property
    def mean(self) -> float | None:
        return self.score_sum / self.scored if self.scored else None

    def rate(self) -> float | None:
        """Results per second over the last seconds."""
        now = time.monotonic()
        recent = [mark for mark in list(self._marks) if now - mark[0] <= RATE_WINDOW_S]
        if not recent:
            return None
        at, done = recent[0]
        return (self.done - done) / (now - at) if now - at > _LEAST_SPAN_S else None

    @property
    def spent_usd(self) -> float:
        """US dollars spent on prompt and judges, as far as prices are known: for the budget."""
        return self.cost_usd + self.judge_usd

    @property
    def judge_cost(self) -> float | None:
        """US dollars spent on judges; None when some answer's price is unknown."""
        return None if self.judge_unpriced else self.judge_usd

    @property
    def cost(self) -> float | None:
        """US dollars spent; None when some answer's price is unknown."""
        return None if self.unpriced else self.cost_usd

    @property
    def estimate_usd(self) -> float | None:
        """US dollars that the whole run will cost if the rest is like the calls so far."""
        if self.unpriced or not self.priced:
            return None
        left = max(0, self.total - self.done)
        return self.cost_usd + left * self.priced_usd / self.priced


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile of unsorted values."""
    if not values:
        return None
    return sorted(values)[nearest_rank(len(values), share)]


def nearest_rank(count: int, share: float) -> int:
    """The index of a percentile among so many ordered values."""
    return max(0, math.ceil(share * count) - 1)
