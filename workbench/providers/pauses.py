"""How long a provider asks to wait."""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Mapping


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds that the provider asks to wait; None when it does not say so in a usable way.

    Milliseconds in `retry-after-ms`, else seconds or an HTTP date in `retry-after` (RFC 9110). A
    date is measured by the provider's own clock, which `date` tells; else by `now` or this clock.
    """
    for name, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit
        except ValueError:
            theirs = _timestamp(headers.get("date", ""))
            ours = time.time() if now is None else now
            seconds = _timestamp(value) - (theirs if math.isfinite(theirs) else ours)
        if math.isfinite(seconds) and seconds > 0:
            return seconds
    return None


def _timestamp(date: str) -> float:
    """Seconds since 1970 of an HTTP date; NaN for anything else."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return math.nan
