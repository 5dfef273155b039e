"""A run's budget: no call may start that could take it over the limit."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from workbench.fingerprints import canonical_json
from workbench.providers.values import Answer, Price, Request

_BYTES_A_TOKEN = 3.0
"""Fewer than in any usual text, so that the estimate is high."""
_FIRST_OUTPUT = 1024
_ENOUGH_SEEN = 20


@dataclass
class Spending:
    """The budget, counted with the calls under way. Used on the engine's event loop."""

    limit: float | None
    price: Price | None
    reserved: float = 0.0
    lost: float = 0.0
    """What calls may have cost that failed after they were sent."""
    under_way: int = 0
    """Calls with a reservation. The sum of what they reserved is no exact 0 without any."""
    _seen: int = 0
    _longest: int = 0
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_blind(self) -> bool:
        """There is a limit, and no price to keep it by."""
        return self.limit is not None and self.price is None

    def estimate(self, request: Request) -> float:
        """The most that a call should cost, in US dollars.

        Three bytes a token; of output as much as the request allows, else twice the longest
        answer so far, else 1,024 tokens.
        """
        if self.price is None:
            return 0.0
        sent = len(canonical_json(request.payload()).encode("utf-8", "surrogatepass"))
        output = request.options.get("max_completion_tokens")
        if not isinstance(output, int):
            output = 2 * self._longest if self._seen >= _ENOUGH_SEEN else _FIRST_OUTPUT
        return (sent / _BYTES_A_TOKEN * self.price.input + output * self.price.output) / 1e6

    def reserve(self, request: Request, spent: float) -> float | None:
        """Set aside what the call may cost, and say how much; None: it could exceed the limit.

        0 without a limit. With calls under way None means: try again when one of them is over.
        """
        if self.limit is None:
            self.under_way += 1
            return 0.0
        cost = self.estimate(request)
        if spent + self.lost + self.reserved + cost > self.limit:
            return None
        self.reserved += cost
        self.under_way += 1
        return cost

    async def wait(self) -> None:
        """Until a call is over."""
        await self._settled.wait()

    def lose(self, request: Request) -> None:
        """A call failed after it was sent: it may be billed."""
        self.lost += self.estimate(request)

    def used_up(self) -> str:
        """Why no call may start."""
        said = f"the budget of {self.limit or 0.0:.2f} USD is used up"
        lost = f", {self.lost:.4f} of it by calls that failed and may be billed"
        return said + lost if self.lost else said

    def settle(self, reserved: float, answer: Answer | None) -> None:
        """A call is over; what it really cost is counted elsewhere."""
        self.under_way -= 1
        self.reserved = self.reserved - reserved if self.under_way else 0.0
        if answer is not None and answer.completion_tokens is not None:
            self._seen += 1
            self._longest = max(self._longest, answer.completion_tokens)
        self.wake()

    def wake(self) -> None:
        """Let those who wait look again."""
        self._settled.set()
        self._settled.clear()
