"""What a provider says about itself, made fit to be shown and stored.

Its words are untrusted and may repeat the key that it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection

SHOWN_CHARS = 200
HIDDEN = "[secret]"
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|gsk|xai|AIza)[-_][A-Za-z0-9_\-*]{8,}|Bearer\s+\S{8,}")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def one_line(text: str, secrets: Collection[str] = (), limit: int = SHOWN_CHARS) -> str:
    """`text` as one short line without control characters and without secrets."""
    cut = text[: limit * 20]
    line = _BLANK.sub(" ", without_secrets(storable(cut), secrets)).strip()
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


def storable(text: str) -> str:
    """`text` without lone surrogates, which no UTF-8 file or database can hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
