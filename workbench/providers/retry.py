"""Retries of a call, with jitter and a retry budget for the run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from workbench.errors import ProviderError
from workbench.providers.base import Answer, Outcome, Provider, Request
from workbench.providers.circuit_breaker import CircuitBreaker
from workbench.providers.failures import hit_file_limit, is_unreachable
from workbench.providers.limits import Throttle, TokenGuess
from workbench.providers.retry_policy import POLICY, RetryBudget, RetryPolicy

_OVERLOAD = (Outcome.RATE_LIMITED, Outcome.TIMED_OUT)


@dataclass
class Retrier:
    """Retries requests by the policy; shared by all calls of a run."""

    provider: Provider
    throttle: Throttle
    timeout_s: float
    budget: RetryBudget
    on_call: Callable[[], None] = lambda: None
    """Called for each call that is made."""
    on_more_calls: Callable[[int], None] = lambda _calls: None
    """Called with the number of calls that an answer took after its first."""
    on_maybe_billed: Callable[[Request], None] = lambda _request: None
    """Called with the request of each call that failed or was cancelled and may be billed."""
    policy: RetryPolicy = field(default_factory=lambda: POLICY)
    backing_off: int = 0
    retry_at: float = 0.0
    answered: bool = False
    circuit_breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    _unreached: int = 0
    _guess: TokenGuess = field(default_factory=TokenGuess)

    async def ask(
        self, request: Request, on_text: Callable[[str], None] | None = None
    ) -> Answer | None:
        """A classified answer after as many attempts as the policy allows; None if the throttle was
        closed meanwhile.

        Raises ProviderError for errors that stop the whole run.
        """
        attempt = calls = 0
        failures: dict[Outcome, int] = {}
        guessed = self._guess.of(request) if self.throttle.counts_tokens else 0.0
        while await self.throttle.enter(guessed):
            attempt += 1
            started = self.throttle.clock()
            tokens = 0.0
            try:
                self.on_call()
                answer = await self.provider.answer(
                    request, timeout_s=self.timeout_s, on_text=on_text
                )
                calls += answer.attempts
                self.on_more_calls(answer.attempts - 1)
                if self.throttle.counts_tokens:
                    tokens = self._used(request, answer, guessed)
                if answer.maybe_billed:
                    self.on_maybe_billed(request)
                self._learn(answer, started)
            except ProviderError as error:
                self.on_more_calls(error.calls - 1)
                raise
            except asyncio.CancelledError:
                self.on_maybe_billed(request)  # its answer and cost are lost
                raise
            finally:
                self.throttle.leave(tokens, guessed)
            failed = failures[answer.outcome] = failures.get(answer.outcome, 0) + 1
            if not self._again(answer, failed):
                return replace(answer, attempts=calls) if attempt > 1 else answer
            await self._back_off(attempt)
        return None

    def _used(self, request: Request, answer: Answer, guessed: float) -> float:
        """The tokens of a call; the estimate for an answer without token counts."""
        self._guess.learn(request, answer)
        if answer.prompt_tokens is None and answer.completion_tokens is None:
            return 0.0 if answer.outcome.is_error else guessed
        return float((answer.prompt_tokens or 0) + (answer.completion_tokens or 0))

    def _learn(self, answer: Answer, started: float) -> None:
        if not answer.retry:  # any response shows that the provider is up
            self.circuit_breaker.reset()
        if not answer.outcome.is_error:
            self.answered = True
            self.throttle.succeeded()
            self.budget.earn()
            return
        if not self.answered and is_unreachable(answer):
            self._unreached += 1
            if self._unreached >= self.policy.tries_to_reach:
                raise ProviderError(answer.error, hint="check base_url in workbench.toml")
        if (answer.retry_after_s or 0) > self.policy.longest_pause_s:
            raise ProviderError(
                f"{answer.error}; it asks to wait {answer.retry_after_s:.0f} s",
                hint="resume the run then",
            )
        overload = answer.outcome in _OVERLOAD or answer.status in (503, 529)
        if overload or hit_file_limit(answer):
            self.throttle.overloaded(started)
        if answer.retry_after_s:
            self.throttle.pause(answer.retry_after_s)
        if answer.outcome is Outcome.PROVIDER_ERROR and answer.retry:
            self._count_outage(answer, started)

    def _count_outage(self, answer: Answer, started: float) -> None:
        """Pause the whole run, longer after each failed round: single calls then probe whether the
        provider is back.
        """
        now = self.throttle.clock()
        if not self.circuit_breaker.failed(started, now) or self.circuit_breaker.rounds == 1:
            return
        lasted = now - self.circuit_breaker.since
        policy = self.policy
        longest = policy.longest_outage_s if self.answered else policy.longest_start_s
        if self.circuit_breaker.rounds >= policy.rounds_of_outage and lasted >= longest:
            raise ProviderError(
                f"{answer.error}; nothing was answered for {lasted:.0f} s",
                hint="resume the run when the provider is back",
            )
        self.throttle.overloaded(started)
        self.throttle.pause(self.policy.backoff_s(self.circuit_breaker.rounds - 1))

    def _again(self, answer: Answer, failures: int) -> bool:
        most = self.policy.most_attempts(answer, in_outage=self.circuit_breaker.rounds > 1)
        if not answer.retry or failures >= most:
            return False
        return answer.outcome is Outcome.RATE_LIMITED or self.budget.spend()

    async def _back_off(self, attempt: int) -> None:
        delay = self.policy.backoff_s(attempt)
        self.backing_off += 1
        self.retry_at = max(self.retry_at, self.throttle.clock() + delay)
        try:
            await self.throttle.sleep(delay)
        finally:
            self.backing_off -= 1
