"""Meters one rendering: steps, work and memory, each with a limit.

Everything is counted, nothing is timed, so that a template is refused on every machine or on none.
A unit of work is about 0.1 microseconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.runtime import Undefined
from jinja2.utils import Namespace

from workbench.json_text import SpelledNumber

MAX_SIZE = 10_000_000
"""Maximum characters or items of a single value, and of the whole text."""
MAX_MADE = 50_000_000
"""Maximum bytes of all values that one rendering creates, freed ones included."""
MAX_WORK = 2_000_000
MAX_STEPS = 200_000
"""Maximum loop iterations and calls in one rendering."""

A_STEP = 12
A_FILTER = 10
A_TEST = 10
A_MACRO = 45

_CHARS_A_UNIT = 64
_SHOWN_PART = 8
_KEPT_WEIGHT = 64
_ITEM_BYTES = 8
_ENTRY_BYTES = 100


class Meter:
    """The meter of one rendering. Every method raises SecurityError once a limit is exceeded.

    `odd` is called with each value to be converted to text that is not a text, number, list or
    mapping, and with whether it is inside a list or mapping.
    """

    __slots__ = ("_odd", "_weights", "made", "steps", "work")

    def __init__(self, odd: Callable[[Any, bool], None] | None = None) -> None:
        self.steps = self.work = self.made = 0
        self._odd = odd
        self._weights: dict[int, tuple[Any, int]] = {}

    @property
    def prints_json(self) -> bool:
        """Whether lists and mappings are printed as JSON, see `REVISION`."""
        return self._odd is not None

    def step(self, work: int = 0) -> None:
        """Count one loop iteration or call, and the units of work of its body."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise SecurityError(f"it takes more than {MAX_STEPS:,} steps")
        self.spend(A_STEP + work)

    def spend(self, work: int) -> None:
        """Count units of work."""
        self.work += work
        if self.work > MAX_WORK:
            raise SecurityError("it takes too long")

    def make(self, size: int) -> None:
        """Count allocated bytes."""
        self.made += size
        if self.made > MAX_MADE:
            raise SecurityError(f"its values take more than {MAX_MADE // 1_000_000} MB")

    def keep(self, value: Any) -> Any:
        """Count a new value, without the values that it refers to; returns it."""
        if isinstance(value, str):
            self.make(len(value) if value.isascii() else 4 * len(value))
        elif isinstance(value, (list, tuple)):
            self.make(_ITEM_BYTES * len(value))
        elif isinstance(value, (Mapping, Set)):
            self.make(_ENTRY_BYTES * len(value))
        elif isinstance(value, (bytes, bytearray)):
            self.make(len(value))
        return value

    def weigh(self, value: Any) -> int:
        """Units of work to traverse a value, as comparing and hashing do.

        A part that occurs twice is traversed once here and counted twice.
        """
        if isinstance(value, (str, bytes)):
            return 1 + len(value) // _CHARS_A_UNIT
        if isinstance(value, range):
            return 1 + len(value)
        if not isinstance(value, (list, tuple, Mapping, Set, Namespace)):
            return 1
        return self._weigh(value, {})

    def _weigh(self, value: Any, seen: dict[int, int]) -> int:
        known = self._weights.get(id(value))
        if known is not None:
            return known[1]
        if id(value) in seen:
            return seen[id(value)]
        self.spend(4 + len(_parts(value)) // 4)
        weight = 1
        for part in _parts(value):
            if isinstance(part, (str, bytes)):
                weight += 1 + len(part) // _CHARS_A_UNIT
            elif isinstance(part, (list, tuple, Mapping, Set, Namespace)):
                weight += self._weigh(part, seen)
            else:
                weight += 1
        seen[id(value)] = weight
        if weight > _KEPT_WEIGHT and not isinstance(value, Namespace):
            # Keeps a reference to the value, so that its id is not reused.
            self._weights[id(value)] = (value, weight)
        return weight

    def show(self, value: Any, leaf: Callable[[str], str] = repr) -> int:
        """The length of `str(value)`, computed without creating it.

        `leaf` formats texts inside the value.
        """
        if isinstance(value, str):
            self.spend(1 + len(value) // _CHARS_A_UNIT)
            return len(value)
        return self._show(value, leaf, 0)

    def _show(self, value: Any, leaf: Callable[[str], str], size: int) -> int:
        self.spend(_SHOWN_PART)
        if self._odd and not isinstance(value, _PLAIN):
            self._odd(value, size > 0)
        if isinstance(value, str):
            self.spend(len(value) // _CHARS_A_UNIT)
            size += len(value) if len(value) > MAX_SIZE else len(leaf(value))
        elif isinstance(value, bool) or value is None:
            size += 5
        elif isinstance(value, SpelledNumber):
            size += len(str(value))
        elif isinstance(value, int):
            size += 2 + value.bit_length() * 3 // 10
        elif isinstance(value, (bytes, bytearray)):
            size += 4 * len(value)
        elif isinstance(value, (list, tuple, Mapping, Set, Namespace)):
            parts = _parts(value)
            size += 2 * len(parts) + 2
            for part in parts:
                size = self._show(part, leaf, size)
        elif not isinstance(value, Undefined):
            size += 30
        check(size)
        return size


def _parts(value: Any) -> list[Any] | tuple[Any, ...] | Set[Any]:
    if isinstance(value, Namespace):
        value = object.__getattribute__(value, "_Namespace__attrs")
    if isinstance(value, Mapping):
        return [part for item in value.items() for part in item]
    parts: list[Any] | tuple[Any, ...] | Set[Any] = value
    return parts


_PLAIN = (str, int, float, list, tuple, Mapping, type(None))

_now = threading.local()


def begin(odd: Callable[[Any, bool], None] | None = None) -> Meter:
    """Start a new meter for a rendering in this thread; inside of `together` only for the first."""
    if not getattr(_now, "is_together", False) or _now.meter is None:
        _now.meter = Meter(odd)
    meter: Meter = _now.meter
    return meter


@contextmanager
def together() -> Iterator[None]:
    """Count the renderings of the block as one, as those of all few-shot examples are."""
    _now.meter, _now.is_together = None, True
    try:
        yield
    finally:
        _now.is_together = False


def current() -> Meter:
    """The meter of the current rendering in this thread."""
    meter: Meter | None = getattr(_now, "meter", None)
    return begin() if meter is None else meter


def check(size: int, most: int = MAX_SIZE) -> None:
    """Raise SecurityError for more than `most` characters or items."""
    if size > most:
        raise SecurityError(f"it would make more than {most:,} characters or items")


def drawn(items: Iterator[Any], made: bool) -> Iterator[Any]:
    """The same items, each counted as it is consumed; `made`: they are new lists."""
    meter = current()
    for item in items:
        meter.spend(6)
        yield meter.keep(item) if made else item
