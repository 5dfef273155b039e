"""Parses durations and amounts of money; formats points and counts."""

from __future__ import annotations

import re
from typing import Any

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PER_CENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_MONEY = re.compile(r"\$?\s*(\d+(?:\.\d+)?)\s*(?:USD)?", re.I)


def seconds(text: str | float) -> float:
    """`60s`, `250ms`, `2m`, or a number of seconds. Raises ValueError."""
    match = _DURATION.fullmatch(str(text).strip())
    if not match:
        raise ValueError(f"{text!r} is no duration: write 60s, 250ms or 2m")
    return float(match.group(1)) * _SECONDS[match.group(2)]


def timeout(text: str | float) -> float:
    """`seconds`, more than 0. Raises ValueError."""
    limit = seconds(text)
    if not limit:
        raise ValueError(f"{text!r} must be more than 0: write 60s")
    return limit


def dollars(text: str | float) -> float:
    """`2.00 USD`, `$2`, or a number of dollars. Raises ValueError."""
    match = _MONEY.fullmatch(str(text).strip())
    if not match:
        raise ValueError(f"{text!r} is no amount: write 2.00 USD")
    return float(match.group(1))


def share_of(value: Any) -> float | None:
    """`50 %` or 0.5 as a share of 1; None for anything else."""
    match = _PER_CENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        return float(match[1]) / 100
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None


def plural(number: int, one: str, many: str = "") -> str:
    """`1 case`, `400 cases`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def points(fraction: float, digits: int = 1) -> str:
    """A difference in percentage points with its sign: `+3.2`; zero is `+0.0`."""
    # Adding 0.0 turns a negative zero into a positive one.
    return f"{round(100 * fraction, digits) + 0.0:+.{digits}f}"


def points_beside(fraction: float, mark: float) -> str:
    """Like `points`, with enough digits to distinguish it from `mark`; one digit if equal."""
    tried = (points(fraction, digits) for digits in range(1, 7))
    is_other = (text for text in tried if float(text) != round(100 * mark, 6))
    return points(fraction) if fraction == mark else next(is_other, points(fraction))


def loss(fraction: float, digits: int | None = None) -> str:
    """Percentage points without a sign, `1 point` or `2.5 points`; by default all digits."""
    number = f"{100 * fraction:g}" if digits is None else f"{100 * fraction:.{digits}f}"
    return f"{number} {'point' if number == '1' else 'points'}"
