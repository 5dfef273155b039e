"""Reads the header of a GGUF file without native code.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from array import array
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"GGUF"
_TOKENIZER = b"tokenizer."
_TEMPLATE = b"tokenizer.chat_template"
_TOKENS = b"tokenizer.ggml.tokens"
_TOKEN_TYPES = b"tokenizer.ggml.token_type"
_CONTROL = 3
_STRING, _ARRAY = 8, 9
# Sizes in bytes of the fixed-size types: u8, i8, u16, i16, u32, i32, f32, bool, u64, i64, f64.
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_COUNT = struct.Struct("<Q")
_TYPE = struct.Struct("<I")
_HEAD = struct.Struct("<4sIQQ")
_ITEMS = struct.Struct("<IQ")


class _Malformed(Exception):
    """The header is truncated or invalid."""


_INVALID = (_Malformed, struct.error, ValueError, OverflowError, IndexError)


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
    with _mapped(path) as data:
        try:
            return _tokenizer(data)
        except _INVALID:
            return Tokenizer()


def control_tokens(path: Path) -> tuple[str, ...]:
    """The texts that the tokenizer reads as control tokens wherever they stand, such as
    `<end_of_turn>`; none for an invalid header. Raises OSError.
    """
    with _mapped(path) as data:
        try:
            arrays = {name: value for name, kind, value, _ in _keys(data) if kind == _ARRAY}
            kinds = _numbers(data, arrays[_TOKEN_TYPES])
            return tuple(_strings(data, arrays[_TOKENS], {*_places(kinds, _CONTROL)}))
        except (KeyError, UnicodeDecodeError, *_INVALID):
            return ()


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # an empty file
            yield b""
            return
        with data:
            yield data


def _keys(data: mmap.mmap | bytes) -> Iterator[tuple[bytes, int, int, int]]:
    """Name, kind, and where the value begins and ends, of each key. Raises _INVALID."""
    magic, _version, _tensors, keys = _HEAD.unpack_from(data)
    if magic != MAGIC:
        return
    at = _HEAD.size
    for _ in range(keys):
        end = _skip_string(data, at)
        (kind,) = _TYPE.unpack_from(data, end)
        name, value = data[at + _COUNT.size : end], end + _TYPE.size
        at = _skip_value(data, value, kind)
        if at > len(data):
            raise _Malformed
        yield name, kind, value, at


def _tokenizer(data: mmap.mmap | bytes) -> Tokenizer:
    template = ""
    parts: dict[bytes, tuple[int, int]] = {}
    for name, kind, value, end in _keys(data):
        if name == _TEMPLATE and kind == _STRING:
            text = data[value + _COUNT.size : end]
            template = hashlib.sha256(text).hexdigest() if text else ""
        elif name.startswith(_TOKENIZER):
            parts[name] = (value - _TYPE.size, end)
    digest = hashlib.sha256()
    for name, (start, stop) in sorted(parts.items()):
        digest.update(_COUNT.pack(len(name)) + name + _COUNT.pack(stop - start))
        digest.update(data[start:stop])
    return Tokenizer(template, digest.hexdigest() if parts else "")


def _numbers(data: mmap.mmap | bytes, at: int) -> Sequence[int]:
    """An array of 32-bit integers."""
    inner, count = _ITEMS.unpack_from(data, at)
    if inner not in (4, 5):
        raise _Malformed
    start = at + _ITEMS.size
    return array("i", data[start : start + 4 * count])


def _places(numbers: Sequence[int], wanted: int) -> Iterator[int]:
    return (place for place, number in enumerate(numbers) if number == wanted)


def _strings(data: mmap.mmap | bytes, at: int, places: Collection[int]) -> Iterator[str]:
    """The strings of an array at these places."""
    inner, count = _ITEMS.unpack_from(data, at)
    if inner != _STRING:
        raise _Malformed
    at += _ITEMS.size
    for place in range(count):
        end = _skip_string(data, at)
        if place in places:
            yield data[at + _COUNT.size : end].decode()
        at = end


def _skip_value(data: mmap.mmap | bytes, at: int, kind: int) -> int:
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


def _skip_string(data: mmap.mmap | bytes, at: int) -> int:
    return int(at + _COUNT.size + _COUNT.unpack_from(data, at)[0])
