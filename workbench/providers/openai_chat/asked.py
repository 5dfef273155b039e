"""Who was asked, and what the calls of a run have shown of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from workbench.providers.base import Answer, Outcome
from workbench.providers.redact import one_line

_FORBIDDEN_IN_VAIN = 3
"""So many times 403 before the first answer mean that it is the key."""
_PAGES_IN_VAIN = 3
"""So many pages before the first answer mean that there is no API at this address."""


@dataclass(slots=True)
class Standing:
    """What the calls of one run have shown: what is refused once and granted once is no matter of
    the key or of the options, which are the same for all of them.
    """

    answered: bool = False
    forbidden: int = 0
    pages: int = 0

    def forgives(self) -> bool:
        """Count a 403 that does not say why; whether it may be about its request alone."""
        self.forbidden += 1
        return self.answered or self.forbidden < _FORBIDDEN_IN_VAIN

    def is_elsewhere(self) -> bool:
        """Count a web page; whether it is what this address answers to every call."""
        self.pages += 1
        return not self.answered and self.pages >= _PAGES_IN_VAIN


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked for what: the words of an error, and what must never be in it."""

    host: str
    model: str
    secrets: Collection[str] = ()
    standing: Standing = field(default_factory=Standing)
    provider: str = ""
    """The settings' name for it."""
    proxy: str = ""
    """Host and port of the proxy that calls go through, and the variable that names it."""

    def line(self, text: str, limit: int = 200) -> str:
        """`text` from the provider, safe to show."""
        return one_line(text, self.secrets, limit)


def invalid(asked: Asked, what: str, raw: bytes = b"") -> Answer:
    """A response that is no answer, with its first safe characters."""
    shown = asked.line(raw[:8000].decode("utf-8", "replace"))
    error = f"{asked.host} sent {what}" + (f": {shown}" if shown else "")
    return Answer(Outcome.INVALID, error=error, retry=True, maybe_billed=True)
