"""A run's budget: no call may start that should take it over the limit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from workbench.fingerprints import canonical_json
from workbench.prompts.inputs.sent import file_tokens
from workbench.providers.base import Answer, Price, Request
from workbench.providers.openai_chat.parameters import payload
from workbench.providers.options import max_output

_BYTES_A_TOKEN = 3.0
"""Bytes per token; fewer than in ordinary text, so that the estimate is high."""
_FIRST_OUTPUT = 1024
_ENOUGH_SEEN = 20
_ROUNDING = 1 + 1e-9


@dataclass
class Budget:
    """The budget in US dollars, including calls under way. Used on the engine's event loop.

    Where a request limits its answer's length, no call starts that could exceed the budget. Where
    it does not, the cost of an answer is unknown: calls start one at a time until some answers have
    arrived, then each reserves twice the longest answer so far. Spending can exceed the limit only
    by the amount by which answers under way are longer than that.
    """

    limit: float | None
    price: Price | None
    seen: int = 0
    """Answers whose length is known."""
    longest: int = 0
    """Of those, in tokens."""
    reserved: float = 0.0
    lost: float = 0.0
    """US dollars that calls which were sent but got no answer may have cost."""
    guessed: float = 0.0
    """US dollars that answers without a token count may have cost."""
    unrecorded: float = 0.0
    """US dollars of answers that called tools, and were followed by another question."""
    under_way: int = 0
    """Calls with a reservation; counted, because the sum of reservations has rounding errors."""
    _settled: asyncio.Event = field(default_factory=asyncio.Event)
    _group: list[Budget] = field(default_factory=list)
    """The budgets of other models that share the limit, this one included."""

    def join(self, other: Budget) -> None:
        """Share the limit of another budget, for calls of another model."""
        other._group = other._group or [other]
        other._group.append(self)
        self._group, self._settled = other._group, other._settled

    @property
    def waits_for(self) -> int:
        """Calls with a reservation, of all models that share the limit."""
        return sum(each.under_way for each in self._group or [self])

    @property
    def is_blind(self) -> bool:
        """Whether there is a limit but no known price to enforce it with."""
        return self.limit is not None and self.price is None

    def estimate(self, request: Request) -> float:
        """An upper estimate of a call's cost in US dollars.

        Prompt: three bytes per token, and files by `file_tokens`. Output: the request's limit, else
        twice the longest answer so far, and at least 1,024 tokens until enough answers were seen.
        """
        if self.price is None:
            return 0.0
        plain = replace(request, messages=tuple(replace(m, parts=()) for m in request.messages))
        sent = len(canonical_json(payload(plain)).encode("utf-8", "surrogatepass"))
        output = max_output(request)
        if output is None:
            least = _FIRST_OUTPUT if self.seen < _ENOUGH_SEEN else 0
            output = max(least, 2 * self.longest)
        tokens = sent / _BYTES_A_TOKEN + file_tokens(request.messages)
        return self.price.total(tokens, output)

    def reserve(self, request: Request, spent: float) -> float | None:
        """Reserve the call's estimated cost and return it; None if it could exceed the limit.

        Returns 0 without a limit. After None with calls under way, retry when one of them ends.
        """
        if self.limit is None:
            self.under_way += 1
            return 0.0
        if self.under_way >= max(1, self.seen) and self._is_unknown(request):
            return None
        cost = self.estimate(request)
        if self._committed(spent) + cost > self.limit:
            return None
        self.reserved += cost
        self.under_way += 1
        return cost

    def _is_unknown(self, request: Request) -> bool:
        """Whether too little is known of how long answers are."""
        return self.seen < _ENOUGH_SEEN and max_output(request) is None

    def is_over(self, spent: float) -> bool:
        """Whether failed calls have used up the budget, so that no retry may start.

        Compared with a tolerance: adding and releasing reservations loses a few digits.
        """
        if self.limit is None:
            return False
        return self._committed(spent) > self.limit * _ROUNDING

    def _committed(self, spent: float) -> float:
        return spent + sum(
            each.lost + each.guessed + each.unrecorded + each.reserved
            for each in self._group or [self]
        )

    async def wait(self) -> None:
        """Wait until a call ends."""
        await self._settled.wait()

    def lose(self, request: Request) -> None:
        """Count a call that was sent and got no answer: it may be billed."""
        self.lost += self.estimate(request)

    def used_up(self) -> str:
        """Why no call may start."""
        limit = self.limit or 0.0
        reason = (
            f"the budget of {limit:.2f} USD" if limit >= 0.01 else f"the budget of {limit:g} USD"
        )
        reason += " is used up"
        if self.lost:
            reason += f", {self.lost:.4f} of it by calls without an answer that may be billed"
        if self.guessed:
            reason += f", {self.guessed:.4f} of it guessed for answers without a count of tokens"
        return reason

    def settle(self, reserved: float, answer: Answer | None) -> None:
        """End a call's reservation.

        The recorder counts the known cost of an answer; where it is unknown the reservation stays.
        """
        self.under_way -= 1
        self.reserved = self.reserved - reserved if self.under_way else 0.0
        if answer is not None and self.limit is not None and not answer.outcome.is_error:
            self._learn(reserved, answer)
        self.wake()

    def _learn(self, reserved: float, answer: Answer) -> None:
        tokens = answer.completion_tokens
        if tokens is None:
            tokens = int(len(answer.text.encode("utf-8", "surrogatepass")) / _BYTES_A_TOKEN)
        self.seen += 1
        self.longest = max(self.longest, tokens)
        if answer.cost_usd is None and self.price is not None:
            self.guessed += max(reserved, self.price.total(0, tokens))

    def wake(self) -> None:
        """Wake up the waiting calls."""
        self._settled.set()
        self._settled.clear()
