"""Vectors as the texts of answers."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence


def packed(vector: Sequence[float]) -> str:
    """A vector as the text of an answer: base64 of 32-bit numbers, lowest byte first."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")


def unpacked(text: str) -> tuple[float, ...]:
    """The vector in the text of an answer. Raises ValueError."""
    raw = base64.b64decode(text, validate=True)
    if not raw or len(raw) % 4:
        raise ValueError("it is no vector")
    return struct.unpack(f"<{len(raw) // 4}f", raw)
