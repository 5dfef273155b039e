"""The list of a snapshot's cases, by number, as ranges of its parent's list and of new numbers."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

Ranges = list[int]
"""Pairs of start and length, flat. A start of 0 or more is a position in the parent's list; below
0 it is, negated, the first of consecutive case numbers, which count from 1."""


def ranges_of(numbers: Sequence[int], parent: Sequence[int] = ()) -> Ranges:
    """The numbers as ranges, against the parent's list if there is one."""
    place = {number: at for at, number in enumerate(parent)}
    ranges: Ranges = []
    for number in numbers:
        start = place.get(number, -number)
        if ranges and start == _next(ranges[-2], ranges[-1]):
            ranges[-1] += 1
        else:
            ranges += (start, 1)
    return ranges


def numbers_in(ranges: Ranges, parent: Sequence[int] = ()) -> list[int]:
    """The numbers that `ranges_of` made ranges of."""
    numbers: list[int] = []
    for start, length in zip(ranges[::2], ranges[1::2], strict=True):
        if start < 0:
            numbers += range(-start, -start + length)
        else:
            numbers += parent[start : start + length]
    return numbers


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
