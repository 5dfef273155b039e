"""Context for classifying a call: the endpoint, the model and what the run's calls have shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from workbench.providers.base import Answer, Outcome
from workbench.providers.redact import one_line

_MAX_FORBIDDEN = 3
"""Responses 403 before the first answer from which the key counts as refused."""
_MAX_PAGES = 3
"""Web pages before the first answer from which the address counts as no API."""


@dataclass(slots=True)
class EndpointHistory:
    """What the calls of one run have shown of an endpoint.

    Key and options are the same for all calls: once a call was answered, a later refusal is about
    its own request.
    """

    answered: bool = False
    forbidden: int = 0
    pages: int = 0

    def may_concern_request(self) -> bool:
        """Count a 403 without a reason; return whether it may be about its request alone."""
        self.forbidden += 1
        return self.answered or self.forbidden < _MAX_FORBIDDEN

    def is_wrong_address(self) -> bool:
        """Count a web page; return whether this address seems to answer every call so."""
        self.pages += 1
        return not self.answered and self.pages >= _MAX_PAGES


@dataclass(frozen=True, slots=True)
class CallContext:
    """Endpoint and model for error messages, and the secrets to keep out of them."""

    host: str
    model: str
    secrets: Collection[str] = ()
    history: EndpointHistory = field(default_factory=EndpointHistory)
    provider: str = ""
    """The provider's name in the settings."""
    proxy: str = ""
    """Host and port of the proxy in use, and the environment variable that names it."""
    table: str = ""
    """Table of the settings that ca_bundle stands in; empty: the provider's."""
    asks: str = "chat completions"
    """What the endpoint is asked for."""
    model_at: str = "model.id in the draft"
    """Where the user names the model."""

    def line(self, text: str, limit: int = 200) -> str:
        """`text` from the provider as one line that is safe to show."""
        return one_line(text, self.secrets, limit)


def invalid(context: CallContext, what: str, raw: bytes = b"") -> Answer:
    """The answer for an invalid response, quoting its first safe characters."""
    shown = context.line(raw[:8000].decode("utf-8", "replace"))
    error = f"{context.host} sent {what}" + (f": {shown}" if shown else "")
    return Answer(Outcome.INVALID, error=error, retry=True, maybe_billed=True)
