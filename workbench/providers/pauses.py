"""Reads how long a provider asks to wait."""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping

_MOST_CHARS = 4000
_UNITS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_ONE = (
    r"\d{1,9}(?:\.\d{1,9})?\s?"
    r"(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)(?![a-z])"
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s?([a-z]+)")
_DURATION = re.compile(rf"(?:{_ONE}\s?)+", re.IGNORECASE)
_ASKED = re.compile(
    r"\b(?:try|retry|retrying|wait)\b(?: again| your request)?(?: in| after| for)? "
    rf"((?:{_ONE} ?)+)",
    re.IGNORECASE,
)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that the provider asks to wait; None without a usable value.

    Milliseconds in `retry-after-ms`, else seconds or an HTTP date in `retry-after` (RFC 9110). A
    date is relative to the response's `date` header, else to `now` or this machine's clock.
    """
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        lasting = seconds_of(value)
        try:
            seconds = float(value) * unit if lasting is None else lasting
        except ValueError:
            theirs = _timestamp(headers.get("date", ""))
            ours = time.time() if now is None else now
            seconds = _timestamp(value) - (theirs if math.isfinite(theirs) else ours)
        if math.isfinite(seconds) and seconds > 0:
            return seconds
    return None


def seconds_of(text: str) -> float | None:
    """Seconds of a duration with units, such as 2s, 6m0.5s or 250 ms; None if invalid."""
    if not _DURATION.fullmatch(text.strip()):
        return None
    return sum(
        float(number) * _UNITS[unit[0] if unit[:2] != "ms" else "ms"]
        for number, unit in _PART.findall(text.lower().replace("milli", "ms"))
    )


def wait_in(message: str) -> float | None:
    """Seconds that an error message asks to wait: `Please try again in 6m0.5s.`; else None."""
    match = _ASKED.search(message[:_MOST_CHARS])
    return seconds_of(match[1]) if match else None


def _timestamp(date: str) -> float:
    """Seconds since 1970 of an HTTP date; NaN for anything else."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return math.nan
