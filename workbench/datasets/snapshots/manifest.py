"""The list of a snapshot's cases, by number, as ranges of its parent's list and of new numbers."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Sequence

Ranges = list[int]
"""Pairs of start and length, flat. A start of 0 or more is a position in the parent's list; below
0 it is, negated, the first of consecutive case numbers, which count from 1."""


def ranges_of(numbers: Sequence[int], parent: Sequence[int] = ()) -> Ranges:
    """The numbers as ranges, against the parent's list if there is one."""
    # A table of places is a tenth of a dictionary's size, and case numbers are dense.
    place = array("q", bytes(8 * (max(parent, default=0) + 1)))
    for at, number in enumerate(parent, 1):
        place[number] = at
    ranges: Ranges = []
    for number in numbers:
        at = place[number] if number < len(place) else 0
        start = at - 1 if at else -number
        if ranges and start == _next(ranges[-2], ranges[-1]):
            ranges[-1] += 1
        else:
            ranges += (start, 1)
    return ranges


def numbers_in(ranges: Ranges, parent: Sequence[int] = ()) -> array[int]:
    """The numbers that `ranges_of` made ranges of."""
    numbers = array("q")
    for start, length in zip(ranges[::2], ranges[1::2], strict=True):
        if start < 0:
            numbers.extend(range(-start, -start + length))
        else:
            numbers.extend(parent[start : start + length])
    return numbers


def only_in(numbers: Sequence[int], others: Sequence[int]) -> list[int]:
    """The numbers that are not among the others, in their order."""
    known = bytearray(max(others, default=0) + 1)
    for number in others:
        known[number] = 1
    return [number for number in numbers if number >= len(known) or not known[number]]


def packed_ranges(ranges: Ranges) -> bytes:
    """The ranges, compressed."""
    return zlib.compress(json.dumps(ranges, separators=(",", ":")).encode(), 9)


def unpacked_ranges(body: bytes) -> Ranges:
    """The ranges in bytes made by `packed_ranges`."""
    ranges: Ranges = json.loads(zlib.decompress(body))
    return ranges


def _next(start: int, length: int) -> int:
    """The start that would continue a range."""
    return start - length if start < 0 else start + length
