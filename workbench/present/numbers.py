"""Formats numbers for display: points, scores, money, durations, ages, token counts."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from workbench import units

plural = units.plural

UNKNOWN = "\N{EN DASH}"
"""Shown for an unknown value."""

_AGES = ((60.0, 1.0, "s"), (3600.0, 60.0, "min"), (86400.0, 3600.0, "h"))
_DAY_S = 86400.0


def score(value: float | None, digits: int = 3) -> str:
    """A score in [0, 1]: `0.902`; unknown is a dash, never 0."""
    return UNKNOWN if value is None else f"{value:.{digits}f}"


def points(fraction: float | None, digits: int = 1) -> str:
    """A difference of two scores in percentage points, always with its sign: `+3.2`."""
    return UNKNOWN if fraction is None else units.points(fraction, digits)


def p_value(p: float) -> str:
    """A p-value with its sign: `= 0.0112`, `< 0.0001`."""
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}"


def share(part: float, whole: float) -> str:
    """`62%`; rounds down, so that 100% means all of it."""
    if whole <= 0:
        return UNKNOWN
    return f"{math.floor(100 * part / whole + 1e-9)}%"


def count(number: int) -> str:
    """`12,345`."""
    return f"{number:,}"


def tokens(number: int | None) -> str:
    """`38`, `51.2k`, `1.3M`."""
    if number is None:
        return UNKNOWN
    if number < 1000:
        return str(number)
    if number < 999_950:
        return f"{number / 1000:.1f}k"
    return f"{number / 1e6:.1f}M"


def money(usd: float | None) -> str:
    """US dollars with as many digits as the amount needs: `$0`, `$0.00031`, `$0.074`, `$12.40`."""
    if usd is None:
        return UNKNOWN
    usd = _settled(usd)
    if usd == 0:
        return "$0"
    sign, usd = ("-", -usd) if usd < 0 else ("", usd)
    if usd >= 0.995:
        return f"{sign}${usd:,.2f}"
    digits = min(8, 1 - math.floor(math.log10(usd)))
    return f"{sign}${usd:.{max(2, digits)}f}"


def change(before: float, after: float) -> str:
    """How much more `after` is than `before`, which is not 0: `+13%`, `-4%`."""
    return f"{_settled(100 * (after - before) / before):+.0f}%"


def _settled(total: float) -> float:
    """Rounded to ten digits: the last bits of a sum depend on the order of its terms and would
    decide how a tie is rounded.
    """
    return float(f"{total:.10g}")


def seconds(duration_s: float | None) -> str:
    """A duration of one call: `640 ms`, `1.2 s`, `30 s`, `4:05`."""
    if duration_s is None:
        return UNKNOWN
    if duration_s < 0.9995:
        return f"{duration_s * 1000:.0f} ms"
    if duration_s < 9.95:
        return f"{duration_s:.1f} s"
    if duration_s < 59.5:
        return f"{duration_s:.0f} s"
    return clock(duration_s)


def clock(duration_s: float | None) -> str:
    """`0:31`, `12:04`, `1:02:03`."""
    if duration_s is None:
        return "-:--"
    whole = max(0, round(duration_s))
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def moment(text: str) -> datetime | None:
    """A stored ISO 8601 time as an aware datetime, UTC by default; None if invalid."""
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def age(text: str, now: datetime) -> str:
    """How long ago a stored time is: `12 s ago`, `2 h ago`, `3 d ago`, then the date."""
    then = moment(text)
    if then is None:
        return text
    passed = (now - then).total_seconds()
    if passed < 0:
        return then.strftime("%Y-%m-%d")
    for limit, unit, name in _AGES:
        if passed < limit:
            return f"{int(passed / unit)} {name} ago"
    days = int(passed / _DAY_S)
    return f"{days} d ago" if days < 60 else then.strftime("%Y-%m-%d")
