"""What the head of a GGUF file says, read without native code.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

MAGIC = b"GGUF"
_TEMPLATE = b"tokenizer.chat_template"
_STRING, _ARRAY = 8, 9
# Bytes of each other type: u8, i8, u16, i16, u32, i32, f32, bool, u64, i64, f64.
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_COUNT = struct.Struct("<Q")
_TYPE = struct.Struct("<I")
_HEAD = struct.Struct("<4sIQQ")
_ITEMS = struct.Struct("<IQ")


class _Malformed(Exception):
    """The head breaks off, or says what no head can."""


def has_chat_template(path: Path) -> bool:
    """Whether the file brings the template of its model's chats.

    False, too, for a head that cannot be read: llama.cpp says better what is wrong with it. Raises
    OSError.
    """
    with path.open("rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _has_template(data)
        except (_Malformed, struct.error, ValueError, OverflowError, IndexError):
            return False


def _has_template(data: mmap.mmap) -> bool:
    magic, _version, _tensors, keys = _HEAD.unpack_from(data)
    if magic != MAGIC:
        return False
    at = _HEAD.size
    for _ in range(keys):
        end = _behind_string(data, at)
        (kind,) = _TYPE.unpack_from(data, end)
        if data[at + _COUNT.size : end] == _TEMPLATE:
            return bool(kind == _STRING and _COUNT.unpack_from(data, end + _TYPE.size)[0])
        at = _behind_value(data, end + _TYPE.size, kind)
    return False


def _behind_value(data: mmap.mmap, at: int, kind: int) -> int:
    if kind in _SIZES:
        return at + _SIZES[kind]
    if kind == _STRING:
        return _behind_string(data, at)
    if kind != _ARRAY:
        raise _Malformed
    inner, count = _ITEMS.unpack_from(data, at)
    at += _ITEMS.size
    if inner in _SIZES:
        return int(at + count * _SIZES[inner])
    if inner != _STRING:
        raise _Malformed
    # A vocabulary has some hundred thousand of them.
    unpack, size = _COUNT.unpack_from, _COUNT.size
    for _ in range(count):
        at += size + unpack(data, at)[0]
    return at


def _behind_string(data: mmap.mmap, at: int) -> int:
    return int(at + _COUNT.size + _COUNT.unpack_from(data, at)[0])
