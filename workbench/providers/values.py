"""What is asked of a provider, and what came back."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workbench.prompts.values import Message


class Outcome(enum.StrEnum):
    """What became of a call; only OK (and EMPTY, if no error) carries an answer to score."""

    OK = "ok"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    FILTERED = "filtered"
    TOOL_CALL = "tool_call"
    INVALID = "invalid_response"
    RATE_LIMITED = "rate_limited"
    TIMED_OUT = "timed_out"
    PROVIDER_ERROR = "provider_error"
    CANCELLED = "cancelled"

    @property
    def is_models_fault(self) -> bool:
        """The model answered badly: scores as the suite says, 0 by default."""
        return self in (Outcome.TRUNCATED, Outcome.REFUSED, Outcome.FILTERED, Outcome.TOOL_CALL)

    @property
    def is_error(self) -> bool:
        """The machinery failed: the case is missing, never a score."""
        return self in (
            Outcome.INVALID,
            Outcome.RATE_LIMITED,
            Outcome.TIMED_OUT,
            Outcome.PROVIDER_ERROR,
            Outcome.CANCELLED,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that is sent, with parameters under their OpenAI names."""

    model: str
    messages: tuple[Message, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, classified. Times in seconds, cost in US dollars, None = unknown."""

    outcome: Outcome
    text: str = ""
    error: str = ""
    """One safe line that says what went wrong; empty for OK."""
    latency_s: float | None = None
    first_token_s: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None
    model: str = ""
    """The model that says it answered."""
    system_fingerprint: str = ""
    finish_reason: str = ""
    attempts: int = 1
    cached: bool = False


class Provider(Protocol):
    """One endpoint that answers requests; used from one event loop."""

    @property
    def name(self) -> str:
        """The settings' name for it: `local`, or a [providers.NAME] table."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides its answers beside the request: endpoint, weights' sha256, SDK version."""

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """One classified answer; never raises for what a provider does wrong, only ProviderError
        for what stops the whole run (wrong key, unknown model, exhausted quota).

        With `on_text` the answer is streamed and `on_text` gets each piece of text.
        """

    async def close(self) -> None:
        """Give back connections and child processes."""


def as_payload(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages in the shape the OpenAI API takes."""
    return [{"role": message.role, "content": message.content} for message in messages]
