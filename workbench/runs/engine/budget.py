"""A run's budget: no call may start that should take it over the limit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from workbench.fingerprints import canonical_json
from workbench.providers.base import Answer, Price, Request
from workbench.providers.openai_chat.parameters import payload
from workbench.providers.options import max_output

_BYTES_A_TOKEN = 3.0
"""Fewer than in any usual text, so that the estimate is high."""
_FIRST_OUTPUT = 1024
_ENOUGH_SEEN = 20
_ROUNDING = 1 + 1e-9


@dataclass
class Budget:
    """The budget, counted with the calls under way. Used on the engine's event loop.

    Where a request limits its answer, no call starts that could exceed the budget. Where it does
    not, nobody knows what one answer costs: calls start one by one until some are there, and each
    reserves twice the longest answer so far. What is spent can then exceed the limit by as much as
    the answers under way are longer than that.
    """

    limit: float | None
    price: Price | None
    seen: int = 0
    """Answers whose length is known."""
    longest: int = 0
    """Of those, in tokens."""
    reserved: float = 0.0
    lost: float = 0.0
    """What calls may have cost that brought no answer after they were sent."""
    guessed: float = 0.0
    """What answers may have cost that came without a count of tokens."""
    under_way: int = 0
    """Calls with a reservation. The sum of what they reserved is no exact 0 without any."""
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_blind(self) -> bool:
        """There is a limit, and no price to keep it by."""
        return self.limit is not None and self.price is None

    def estimate(self, request: Request) -> float:
        """The most that a call should cost, in US dollars.

        Three bytes a token; of output as much as the request allows, else twice the longest
        answer so far, at least 1,024 tokens before enough were seen.
        """
        if self.price is None:
            return 0.0
        sent = len(canonical_json(payload(request)).encode("utf-8", "surrogatepass"))
        output = max_output(request)
        if output is None:
            least = _FIRST_OUTPUT if self.seen < _ENOUGH_SEEN else 0
            output = max(least, 2 * self.longest)
        return (sent / _BYTES_A_TOKEN * self.price.input + output * self.price.output) / 1e6

    def reserve(self, request: Request, spent: float) -> float | None:
        """Set aside what the call may cost, and say how much; None: it could exceed the limit.

        0 without a limit. With calls under way None means: try again when one of them is over.
        """
        if self.limit is None:
            self.under_way += 1
            return 0.0
        if self.under_way >= max(1, self.seen) and self._is_unknown(request):
            return None
        cost = self.estimate(request)
        if spent + self.lost + self.guessed + self.reserved + cost > self.limit:
            return None
        self.reserved += cost
        self.under_way += 1
        return cost

    def _is_unknown(self, request: Request) -> bool:
        """Whether too little is known of how long answers are."""
        return self.seen < _ENOUGH_SEEN and max_output(request) is None

    def is_over(self, spent: float) -> bool:
        """Calls that failed have used up what those under way may still cost: no retry may start.

        A sum of what was reserved and given back again is exact to a few digits less.
        """
        if self.limit is None:
            return False
        return spent + self.lost + self.guessed + self.reserved > self.limit * _ROUNDING

    async def wait(self) -> None:
        """Until a call is over."""
        await self._settled.wait()

    def lose(self, request: Request) -> None:
        """A call brought no answer after it was sent: it may be billed."""
        self.lost += self.estimate(request)

    def used_up(self) -> str:
        """Why no call may start."""
        limit = self.limit or 0.0
        said = f"the budget of {limit:.2f} USD" if limit >= 0.01 else f"the budget of {limit:g} USD"
        said += " is used up"
        if self.lost:
            said += f", {self.lost:.4f} of it by calls without an answer that may be billed"
        if self.guessed:
            said += f", {self.guessed:.4f} of it guessed for answers without a count of tokens"
        return said

    def settle(self, reserved: float, answer: Answer | None) -> None:
        """A call is over. What an answer really cost is counted elsewhere, where it is known;
        where not, what was set aside for it stays so.
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
            self.guessed += max(reserved, tokens * self.price.output / 1e6)

    def wake(self) -> None:
        """Let those who wait look again."""
        self._settled.set()
        self._settled.clear()
