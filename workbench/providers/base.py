"""Requests to a provider, and its classified answers."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol, runtime_checkable

from workbench.prompts.values import Message
from workbench.settings import ProviderSettings
from workbench.typed_options import Option

MAX_OUTPUT = "maxOutputTokens"
"""The option that limits an answer's length, in tokens."""


class Outcome(enum.StrEnum):
    """The outcome of a call; only OK has an answer to score."""

    OK = "ok"
    EMPTY = "empty"
    """The answer ended normally, without text or with white space only."""
    TRUNCATED = "truncated"
    REFUSED = "refused"
    FILTERED = "filtered"
    TOOL_CALL = "tool_call"
    REJECTED = "rejected"
    """The endpoint refused this request's content: too long for the model, or not valid."""
    INVALID = "invalid_response"
    RATE_LIMITED = "rate_limited"
    TIMED_OUT = "timed_out"
    PROVIDER_ERROR = "provider_error"
    UNSENT = "unsent"
    """The request could not be built: the template cannot be rendered with the case."""
    CANCELLED = "cancelled"

    @property
    def is_models_fault(self) -> bool:
        """Whether prompt or model are at fault: scored by the suite's `faults`, by default 0."""
        return self in _MODELS_FAULTS

    @property
    def is_error(self) -> bool:
        """Whether the infrastructure failed: the case has no score."""
        return self in _ERRORS


_MODELS_FAULTS = (
    Outcome.EMPTY,
    Outcome.TRUNCATED,
    Outcome.REFUSED,
    Outcome.FILTERED,
    Outcome.TOOL_CALL,
    Outcome.REJECTED,
)
_ERRORS = (
    Outcome.INVALID,
    Outcome.RATE_LIMITED,
    Outcome.TIMED_OUT,
    Outcome.PROVIDER_ERROR,
    Outcome.UNSENT,
    Outcome.CANCELLED,
)


@dataclass(frozen=True, slots=True)
class Request:
    """One question, in the words of drafts; a provider translates them to its API's."""

    model: str
    messages: tuple[Message, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    """Under Prompty's names, `temperature`, `maxOutputTokens`, `topP`, `stopSequences`, ...; one
    that Prompty does not know stands under the name that the draft gives it."""
    outputs: Any = None
    """What the answer must follow: a JSON Schema, or Prompty's list of properties."""
    tools: Any = None
    """Prompty's list of tools, or a mapping from name to tool."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What the draft gives as `additionalProperties`: to be sent as it stands."""
    limit_word: str = ""
    """An API's word that the draft has for MAX_OUTPUT; empty: Prompty's. The same question however
    it is spelled."""


_PRICED_TOKENS = 1e6
"""The number of tokens that prices refer to."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float

    def cost(self, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """US dollars; None when a count is unknown and would have cost something."""
        if self.input == 0.0 and self.output == 0.0:
            return 0.0
        if prompt_tokens is None or completion_tokens is None:
            return None
        return self.total(prompt_tokens, completion_tokens)

    def total(self, prompt_tokens: float, completion_tokens: float) -> float:
        """US dollars for known or estimated numbers of tokens."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / _PRICED_TOKENS


@dataclass(frozen=True, slots=True)
class Limits:
    """A provider's limits; None: unknown, to be found by adapting."""

    at_once: int | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool that an answer asks for."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""

    def content(self) -> dict[str, Any]:
        """The call in the form of the OpenAI chat API."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, classified. Times in seconds, cost in US dollars, None = unknown."""

    outcome: Outcome
    text: str = ""
    error: str = ""
    """What went wrong, in one line that is safe to show; empty for OK."""
    latency_s: float | None = None
    first_token_s: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None
    model: str = ""
    """The model that the response names."""
    system_fingerprint: str = ""
    finish_reason: str = ""
    attempts: int = 1
    """Number of calls made for it."""
    cached: bool = False
    status: int | None = None
    """The HTTP status, if there was one."""
    retry: bool = False
    """Whether a retry may help."""
    retry_after_s: float | None = None
    """Seconds that the provider asks all calls to wait."""
    note: str = ""
    """A remark for the user about an answer that is valid."""
    maybe_billed: bool = False
    """It failed after it was sent, so the provider may charge for it."""
    answered_at: str = ""
    """When it was stored, ISO 8601 in UTC; empty: not stored, or unknown."""
    tool_calls: tuple[ToolCall, ...] = ()
    """The calls that the model asks for; not stored, only their text is."""


class Provider(Protocol):
    """One endpoint that answers requests; used from one event loop."""

    @property
    def name(self) -> str:
        """Its name in the settings: `local`, or that of a [providers.NAME] table."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides its answers besides the request: endpoint, weights' sha256, SDK version.

        Available without a call, without importing the SDK and without starting anything.
        """

    @property
    def limits(self) -> Limits:
        """The provider's limits, as far as they are known."""

    def price(self, model: str) -> Price | None:
        """The price of a model; None: unknown, which is not 0."""

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """One classified answer within `timeout_s` seconds in total, without retries.

        Makes one call, or more where the endpoint refused the form of the first and accepted
        another: `Answer.attempts` counts them.

        Raises ProviderError only for errors that every call of the run would get (wrong key,
        unknown model, exhausted quota). All others are answers; `Answer.retry` says whether a retry
        may help.

        With `on_text` the answer is streamed, and `on_text` gets each piece of text.
        """

    async def close(self) -> None:
        """Close connections and child processes."""


@runtime_checkable
class ListsModels(Protocol):
    """A provider whose endpoint lists its models."""

    async def models(self) -> Mapping[str, date | None]:
        """The models by id, with the day on which each retires where one is listed. Makes a request
        that is free. Raises ProviderError.
        """


class ProviderKind(Protocol):
    """A kind of provider: what `kind` in a [providers.NAME] table chooses.

    A plug-in brings one under an entry point in `workbench.providers`. What its `answer` raises
    becomes a failed answer, its deadline is kept, and where it gives no latency or cost, they are
    added.
    """

    @property
    def summary(self) -> str:
        """What it asks, in one sentence."""

    @property
    def options(self) -> Mapping[str, Option]:
        """The options that [providers.NAME.options] may set, by name."""

    def open(self, settings: ProviderSettings, environ: Mapping[str, str], /) -> Provider:
        """The provider that the settings describe; `settings.options` has every option. Makes no
        call. A key is read from the variable of `environ` that `settings.api_key_env` names.

        Raises SettingsError for what cannot be right.
        """
