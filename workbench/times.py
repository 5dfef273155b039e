"""Times as sortable text."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """Now, in UTC to the millisecond: `2026-01-31T12:00:00.000Z`."""
    return utc_text(datetime.now(UTC))


def utc_text(moment: datetime, digits: str = "milliseconds") -> str:
    """A time with its zone as sortable text in UTC; the ledger's times have `microseconds`."""
    text = moment.astimezone(UTC).isoformat(timespec=digits)
    return text.replace("+00:00", "Z")
