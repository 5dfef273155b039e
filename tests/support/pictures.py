"""Small files of each type that may be sent."""

from __future__ import annotations

import struct
import zlib

GIF = b"GIF89a" + struct.pack("<HH", 3, 2) + b"\0\0\0;"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    b"\xff\xc0\x00\x11\x08\x00\x05\x00\x04\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xd9"
)
WEBP = b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x06\0\0\x07\0\0"
PDF = b"%PDF-1.4\n%%EOF\n"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)


def png(width: int = 2, height: int = 3, red: int = 255) -> bytes:
    """A whole PNG of one colour."""
    rows = (b"\0" + bytes((red, 0, 0)) * width) * height

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
