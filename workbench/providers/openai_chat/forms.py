"""In which form an endpoint takes its requests, found out from what it refuses.

Servers that speak the same API differ in the name of the token limit, and in whether they know
`stream_options` or stream at all. What one takes is remembered by this process, and kept for later
ones where there is a place (`runs/endpoint_forms.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.providers.openai_chat.error_bodies import Said
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
    """What an endpoint takes, for one model."""

    token_limit: str = ""
    """The word for the token limit, in place of the prompt's; empty: the prompt's."""
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

    def after(self, status: int, said: Said, sent: Mapping[str, Any]) -> Form | None:
        """The form to try when what was `sent` was refused; None: the refusal is about more."""
        if status not in _REFUSING:
            return None
        words = f"{said.parameter} {said.message}".lower()
        unknown = any(word in words for word in _UNKNOWN)
        too_much = any(word in words for word in _TOO_MUCH)
        for word, other in (TOKEN_LIMITS, TOKEN_LIMITS[::-1]):
            is_named = other in words or (word in words and unknown)
            if word in sent and other not in sent and is_named and not too_much:
                return replace(self, token_limit=other)
        if not sent.get("stream"):
            return None
        # A refusal that says nothing may be about the stream as well.
        vague = not said.parameter and _VAGUE.fullmatch(said.message) is not None
        named = "stream_options" in words or "include_usage" in words
        if "stream_options" in sent and (named or vague):
            return replace(self, stream_options=False)
        if said.parameter == "stream" or ("stream" in words and unknown) or vague:
            return replace(self, streams=False)
        return None


class Forms:
    """The forms that endpoints were found to take."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Form] = {}
        self._learned: set[tuple[str, str]] = set()

    def of(self, base_url: str, model: str) -> Form:
        return self._known.get((base_url, model), Form())

    def remember(self, base_url: str, model: str, form: Form) -> None:
        self._known[base_url, model] = form
        self._learned.add((base_url, model))

    def recall(self, base_url: str, model: str, form: Form) -> None:
        """Take what an earlier process learned, where this one has not."""
        if (base_url, model) not in self._learned:
            self._known[base_url, model] = form

    def learned(self) -> dict[tuple[str, str], Form]:
        """What this process found out itself, by address and model."""
        # From another thread a run may learn meanwhile.
        return {key: self._known[key] for key in self._learned.copy()}

    def forget(self) -> None:
        self._known.clear()
        self._learned.clear()


FORMS = Forms()
"""Those of this process: each trial opens its provider anew."""
