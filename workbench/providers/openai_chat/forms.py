"""The request form that an endpoint accepts, learned from its refusals.

Servers that speak the same API differ in the name of the token limit, and in whether they support
`stream_options` or streaming at all. The form is remembered by this process, and for later ones in
the run store (`runs/store/endpoint_forms.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.providers.openai_chat.error_bodies import ErrorDetails
from workbench.providers.openai_chat.parameters import TOKEN_LIMITS

_REFUSING = (400, 404, 405, 406, 415, 422, 501)
_UNKNOWN = (
    *("unsupported", "not support", "unknown", "unrecognized", "unrecognised", "unexpected"),
    *("not permitted", "not allowed", "forbidden", "not available", "no such", "extra"),
    *("not recognized", "not recognised", "not known", "invalid field", "not enabled", "disabled"),
    "not implemented",
)
_TOO_MUCH = ("too large", "too long", "at most", "at least", "context length", "maximum", "exceed")
_VAGUE = re.compile(r"(?:(?:bad|invalid) request|unprocessable (?:entity|content))?\W*", re.I)


@dataclass(frozen=True, slots=True)
class Form:
    """The request form that an endpoint accepts for one model."""

    token_limit: str = ""
    """Name of the token limit that replaces the prompt's; empty: the prompt's own."""
    stream_options: bool = True
    streams: bool = True

    def shaped(self, body: Mapping[str, Any], *, stream: bool) -> dict[str, Any]:
        """The body of a request in this form."""
        sent = dict(body)
        if self.token_limit:
            for word in TOKEN_LIMITS:
                if word in sent and word != self.token_limit:
                    sent[self.token_limit] = sent.pop(word)
        if stream and self.streams:
            sent["stream"] = True
            if self.stream_options:
                sent["stream_options"] = {"include_usage": True}
        return sent

    def after(self, status: int, details: ErrorDetails, sent: Mapping[str, Any]) -> Form | None:
        """The form to try after `sent` was refused; None if the refusal is about something else."""
        if status not in _REFUSING:
            return None
        words = f"{details.parameter} {details.message}".lower()
        unknown = any(word in words for word in _UNKNOWN)
        too_much = any(word in words for word in _TOO_MUCH)
        for word, other in (TOKEN_LIMITS, TOKEN_LIMITS[::-1]):
            is_named = other in words or (word in words and unknown)
            if word in sent and other not in sent and is_named and not too_much:
                return replace(self, token_limit=other)
        if not sent.get("stream"):
            return None
        # A refusal without a reason may be about streaming.
        vague = not details.parameter and _VAGUE.fullmatch(details.message) is not None
        named = "stream_options" in words or "include_usage" in words
        if "stream_options" in sent and (named or vague):
            return replace(self, stream_options=False)
        if details.parameter == "stream" or ("stream" in words and unknown) or vague:
            return replace(self, streams=False)
        return None


class Forms:
    """The forms that endpoints accept, as learned by this process or an earlier one."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Form] = {}
        self._learned: set[tuple[str, str]] = set()

    def of(self, base_url: str, model: str, default: Form | None = None) -> Form:
        """The known form of an endpoint for a model, or the default."""
        return self._known.get((base_url, model), default or Form())

    def remember(self, base_url: str, model: str, form: Form) -> None:
        """Store a form that this process learned."""
        self._known[base_url, model] = form
        self._learned.add((base_url, model))

    def add_stored(self, base_url: str, model: str, form: Form) -> None:
        """Add a form that an earlier process learned, unless this one has learned its own."""
        if (base_url, model) not in self._learned:
            self._known[base_url, model] = form

    def learned(self) -> dict[tuple[str, str], Form]:
        """The forms that this process learned itself, by address and model."""
        # A run may learn another in its own thread meanwhile.
        return {key: self._known[key] for key in self._learned.copy()}

    def forget(self) -> None:
        """Drop all forms."""
        self._known.clear()
        self._learned.clear()


FORMS = Forms()
"""The forms of this process, shared because each trial opens its own provider."""
