"""Reads the header of a GGUF file without native code.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"GGUF"
_TOKENIZER = b"tokenizer."
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


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """What a GGUF file says of how messages become tokens; empty where it says nothing."""

    template_sha256: str = ""
    """Of the chat template's text."""
    sha256: str = ""
    """Of all other keys of the tokenizer with their values, by name."""


def tokenizer_of(path: Path) -> Tokenizer:
    """The digests of a file's chat template and tokenizer.

    Both are empty for an invalid header: llama.cpp describes better what is wrong with it.
    Raises OSError.
    """
    with path.open("rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _tokenizer(data)
        except (_Malformed, struct.error, ValueError, OverflowError, IndexError):
            return Tokenizer()


def _tokenizer(data: mmap.mmap) -> Tokenizer:
    magic, _version, _tensors, keys = _HEAD.unpack_from(data)
    if magic != MAGIC:
        return Tokenizer()
    at, template = _HEAD.size, ""
    parts: dict[bytes, tuple[int, int]] = {}
    for _ in range(keys):
        end = _skip_string(data, at)
        (kind,) = _TYPE.unpack_from(data, end)
        name, value = data[at + _COUNT.size : end], end + _TYPE.size
        at = _skip_value(data, value, kind)
        if at > len(data):
            raise _Malformed
        if name == _TEMPLATE and kind == _STRING:
            text = data[value + _COUNT.size : at]
            template = hashlib.sha256(text).hexdigest() if text else ""
        elif name.startswith(_TOKENIZER):
            parts[name] = (end, at)
    digest = hashlib.sha256()
    for name, (start, stop) in sorted(parts.items()):
        digest.update(_COUNT.pack(len(name)) + name + _COUNT.pack(stop - start))
        digest.update(data[start:stop])
    return Tokenizer(template, digest.hexdigest() if parts else "")


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
