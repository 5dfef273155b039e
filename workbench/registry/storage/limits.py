"""Limits of a record: the size of its texts, and a plausible clock."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterable, Mapping

from workbench.errors import RegistryError
from workbench.prompts.values import MAX_TEXT_BYTES
from workbench.registry.models.digest import Column
from workbench.registry.storage import clock

MOST_AHEAD_S = 366 * 86_400
"""Seconds that this machine's clock may be ahead of both the last record and the file's own time.
"""
_MOST_OF_OURS = 90_000_000
"""Bytes of texts that the program makes from an evaluation's cases; readers take texts up to 100
MB.
"""
_OURS = frozenset({"record", "plan", "envelope"})


def check_texts(what: str, rows: Iterable[Mapping[str, Column]]) -> None:
    """Raises RegistryError for the first text that is larger than a registry keeps."""
    for row in rows:
        for name, value in row.items():
            most = _MOST_OF_OURS if name in _OURS else MAX_TEXT_BYTES
            # No letter has more than four bytes, so most texts need no counting.
            if not isinstance(value, str) or len(value) <= most // 4:
                continue
            size = len(value.encode("utf-8", "surrogatepass"))
            if size > most:
                raise RegistryError(
                    f"{name} of {what} has {size / 1e6:.1f} MB; a registry keeps texts of at most"
                    f" {most / 1e6:.0f} MB",
                    hint="shorten it: nothing was written",
                )


def check_clock(path: str, last: str, written_s: float) -> None:
    """Raises RegistryError when this machine's clock is more than a year ahead of both the last
    record and the file's time: the record would date all later ones.

    `last` is the last record's time, `written_s` the file's in seconds. Either may be old alone: a
    registry that was unused for years may have been copied today. A file that was written under the
    wrong clock does not reveal it. A clock that is behind is harmless: its records get the time of
    the last one.
    """
    now = clock.now()
    if now[:4] <= last[:4]:
        return
    now_s, last_s = _seconds(now), _seconds(last)
    if now_s is None or last_s is None:
        return  # an empty or damaged file; other checks report it
    if now_s - max(last_s, written_s) <= MOST_AHEAD_S:
        return
    written = clock.at_nanoseconds(int(written_s * 1e9))
    raise RegistryError(
        f"this machine's clock says {now[:19]}Z, which is years ahead: the last record of {path}"
        f" was made at {last[:19]}Z, and the file written at {written[:19]}Z",
        hint=f"set the clock; or, if it is right, say so with: touch {path}",
    )


def _seconds(at: str) -> float | None:
    try:
        return calendar.timegm(time.strptime(at[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return None
