"""Times as text: UTC, ISO 8601 with six decimals, which sorts as text."""

from __future__ import annotations

import time

from workbench.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime


def now() -> str:
    """The current time."""
    return at_nanoseconds(time.time_ns())


def at_nanoseconds(since_epoch: int) -> str:
    """The time that many nanoseconds after 1970."""
    seconds, rest = divmod(since_epoch, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest // 1000:06d}Z"


def as_text(moment: datetime.datetime | str) -> str:
    """A datetime or an ISO 8601 text as the registry writes it; without a zone it is local time.

    Raises UsageError on what is no time.
    """
    import datetime

    if isinstance(moment, str):
        try:
            moment = datetime.datetime.fromisoformat(moment)
        except ValueError as error:
            raise UsageError(
                f"{moment!r} is not a time", hint="write it like 2026-01-31T12:00:00Z"
            ) from error
    try:
        utc = moment.astimezone(datetime.UTC)
    except (AttributeError, TypeError, OverflowError, ValueError, OSError) as error:
        raise UsageError(
            f"{moment!r} is not a time", hint="give a datetime, or 2026-01-31T12:00:00Z"
        ) from error
    return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def days_between(earlier: str, later: str) -> float:
    """Days between two times as the registry writes them.

    Raises ValueError or TypeError on anything else.
    """
    import datetime

    gap = datetime.datetime.fromisoformat(later) - datetime.datetime.fromisoformat(earlier)
    return gap / datetime.timedelta(days=1)
