"""Reads the header of a GGUF file without native code.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

MAGIC = b"GGUF"
_TEMPLATE = b"tokenizer.chat_template"
_STRING, _ARRAY = 8, 9
# Sizes in bytes of the fixed-size types: u8, i8, u16, i16, u32, i32, f32, bool, u64, i64, f64.
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_COUNT = struct.Struct("<Q")
_TYPE = struct.Struct("<I")
_HEAD = struct.Struct("<4sIQQ")
_ITEMS = struct.Struct("<IQ")


class _Malformed(Exception):
    """The header is truncated or invalid."""


def has_chat_template(path: Path) -> bool:
    """Whether the file contains a chat template.

    Also False for an invalid header: llama.cpp describes better what is wrong with it.
    Raises OSError.
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
        end = _skip_string(data, at)
        (kind,) = _TYPE.unpack_from(data, end)
        if data[at + _COUNT.size : end] == _TEMPLATE:
            return bool(kind == _STRING and _COUNT.unpack_from(data, end + _TYPE.size)[0])
        at = _skip_value(data, end + _TYPE.size, kind)
    return False


def _skip_value(data: mmap.mmap, at: int, kind: int) -> int:
    if kind in _SIZES:
        return at + _SIZES[kind]
    if kind == _STRING:
        return _skip_string(data, at)
    if kind != _ARRAY:
        raise _Malformed
    inner, count = _ITEMS.unpack_from(data, at)
    at += _ITEMS.size
    if inner in _SIZES:
        return int(at + count * _SIZES[inner])
    if inner != _STRING:
        raise _Malformed
    # A vocabulary has some hundred thousand strings.
    unpack, size = _COUNT.unpack_from, _COUNT.size
    for _ in range(count):
        at += size + unpack(data, at)[0]
    return at


def _skip_string(data: mmap.mmap, at: int) -> int:
    return int(at + _COUNT.size + _COUNT.unpack_from(data, at)[0])
