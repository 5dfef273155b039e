"""Makes a provider's errors and notes safe to show; answers are never changed.

Such text is untrusted and may repeat the key that was sent. A model's answer is scored and stored
as it came.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from workbench.key_shapes import HIDDEN, without_keys

SHOWN_CHARS = 200
_LONG_KEY = 16
_SHORT_KEY = 8
# Local servers accept keys such as `a`, `none` or `lm-studio`. In a sentence these are ordinary
# words, unless the sentence says that a key follows.
_ANNOUNCED = (
    r"(\bbearer\s+['\"`]?|\b(?:key|token|authorization|password)\b(?:\s+(?:provided|given|was|is))?"
    r"\s*(?:[:=]\s*['\"`]?|['\"`])(?:bearer\s+)?)"
)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def one_line(text: str, secrets: Collection[str] = (), limit: int = SHOWN_CHARS) -> str:
    """`text` as one short line without control characters and without secrets."""
    cut = without_secrets(text, secrets)[: limit * 20]
    line = without_keys(_BLANK.sub(" ", storable(cut)).strip())
    if not line.isprintable():
        line = "".join(c if c.isprintable() else "\ufffd" for c in line)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """`text` with secrets replaced; those that could be ordinary words only after e.g. `key:`."""
    for secret in secrets:
        if _is_telling(secret):
            text = text.replace(secret, HIDDEN)
        elif secret and secret in text:
            announced = rf"{_ANNOUNCED}{re.escape(secret)}(?![\w-])"
            text = re.sub(announced, rf"\1{HIDDEN}", text, flags=re.IGNORECASE)
    return text


def holds(text: str, secrets: Collection[str]) -> bool:
    """Whether `text` contains one of the secrets, ordinary words excepted."""
    return any(_is_telling(secret) and secret in text for secret in secrets)


def storable(text: str) -> str:
    """`text` without lone surrogates, which cannot be encoded as UTF-8."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def _is_telling(secret: str) -> bool:
    """Whether it is distinguishable from an ordinary word."""
    if len(secret) >= _LONG_KEY:
        return True
    return len(secret) >= _SHORT_KEY and any(map(str.isdigit, secret))
