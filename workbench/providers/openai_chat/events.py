"""Parses server-sent events (WHATWG HTML standard) from bytes split anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, if it has one, and its data lines."""

    name: bytes
    lines: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        return b"\n".join(self.lines)


class Events:
    """Takes bytes and yields the events that they complete."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._after_cr = False
        self._at_start = True
        self._name = b""
        self._lines: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Event]:
        """Yield the events that `data` completes; lines end in LF, CR LF or CR."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if not data:
            return
        self._after_cr = data.endswith(b"\r")
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *ends, rest = data.split(b"\n")
        for end in ends:
            line = bytes(self._rest) + end if self._rest else end
            self._rest.clear()
            event = self._take(line)
            if event is not None:
                yield event
        self._rest += rest

    def end(self) -> Event | None:
        """The event after the last blank line: some servers omit the final one."""
        if self._rest:
            self._take(bytes(self._rest))
            self._rest.clear()
        return self._dispatched()

    def _take(self, line: bytes) -> Event | None:
        if self._at_start:
            line = line.removeprefix(_BOM)
            self._at_start = False
        if not line:
            return self._dispatched()
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._lines.append(value)
        elif name == b"event":
            self._name = value
        return None

    def _dispatched(self) -> Event | None:
        event = Event(self._name, tuple(self._lines)) if self._lines else None
        self._name, self._lines = b"", []
        return event


def looks_like_events(raw: bytes) -> bool:
    """Whether a body is a stream of events, whatever its content type says."""
    start = raw[:64].removeprefix(_BOM).lstrip()
    return start.startswith((b"data:", b"event:", b": ", b"id:", b"retry:"))
