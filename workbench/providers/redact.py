"""What a provider says about itself, made fit to be shown and stored.

Its words are untrusted and may repeat the key that it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

SHOWN_CHARS = 200
HIDDEN = "[secret]"
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|gsk|xai|AIza)[-_][A-Za-z0-9_\-*]{8,}|Bearer\s+\S{8,}")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def one_line(text: str, secrets: Collection[str] = (), limit: int = SHOWN_CHARS) -> str:
    """`text` as one short line without control characters and without secrets."""
    cut = without_secrets(text, secrets)[: limit * 20]
    line = _BLANK.sub(" ", storable(cut)).strip()
    line = _KEY_LIKE.sub(HIDDEN, line)
    if not line.isprintable():
        line = "".join(c if c.isprintable() else "\ufffd" for c in line)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """`text` with each secret replaced."""
    for secret in secrets:
        if secret and secret in text:
            text = text.replace(secret, HIDDEN)
    return text


class Hidden:
    """Passes text on piece by piece, and keeps back what may become a secret until it is none."""

    def __init__(self, secrets: Collection[str], on_text: Callable[[str], None]) -> None:
        self._secrets = [secret for secret in secrets if secret]
        self._on_text = on_text
        self._held = ""

    def feed(self, text: str) -> None:
        """Take the next piece."""
        held = without_secrets(self._held + text, self._secrets)
        kept = max((_begun(secret, held) for secret in self._secrets), default=0)
        shown, self._held = held[: len(held) - kept], held[len(held) - kept :]
        if shown:
            self._on_text(shown)

    def end(self) -> None:
        """Pass on the rest: nothing more comes."""
        shown, self._held = self._held, ""
        if shown:
            self._on_text(shown)


def _begun(secret: str, text: str) -> int:
    """How many characters at the end of `text` begin the secret."""
    longest = min(len(secret) - 1, len(text))
    return next((n for n in range(longest, 0, -1) if text.endswith(secret[:n])), 0)


def storable(text: str) -> str:
    """`text` without lone surrogates, which no UTF-8 file or database can hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
