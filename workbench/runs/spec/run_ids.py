"""Run ids: short, sortable by time, unique over processes."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_run_id(now: float | None = None) -> str:
    """`r`, seven digits of time (tenths of a second), five random ones; in Crockford's base 32."""
    tenths = int((time.time() if now is None else now) * 10)
    return "r" + _base32(tenths, 7) + _base32(secrets.randbits(25), 5)


def _base32(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 32)
        text = _ALPHABET[digit] + text
    return text
