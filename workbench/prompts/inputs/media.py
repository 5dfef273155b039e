"""Images and documents as inputs: types by content, and the parts of a message that hold them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from workbench.prompts.kinds import FILE, IMAGE, shown

MAX_BYTES = 20_000_000
"""Maximum size of a file that is sent."""
MAX_SIDE = 16_000
"""Maximum width and height of an image in pixels: what is small as a file may fill a memory."""
MAX_URL_CHARS = 8_000

_NAMES = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WebP",
    "application/pdf": "PDF",
}
NEEDED = {
    IMAGE: "a PNG, JPEG, GIF or WebP image",
    FILE: "a PDF document",
}
_KEYS = frozenset({"file", "sha256", "type", "size"})
_DATA_URI = re.compile(r"data:([\w.+/-]*)((?:;[\w.=-]+)*),", re.ASCII)
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype\s+svg|!--|svg\b)", re.IGNORECASE)
_SVG_BYTES = 1000


@dataclass(frozen=True, slots=True)
class FileType:
    """A file's media type by its content; width and height in pixels, 0 for a document."""

    mime: str
    width: int = 0
    height: int = 0


class Attachment(dict[str, Any]):
    """What a case holds of a file: name, digest, type, size in bytes, width and height, as JSON.

    The bytes are read when they are sent, so that neither a run nor runs.db holds them.
    """

    __slots__ = ("_read",)

    def __init__(self, name: str, data: bytes, kind: FileType, read: Callable[[], bytes]) -> None:
        super().__init__(
            file=name,
            sha256=hashlib.sha256(data).hexdigest(),
            type=kind.mime,
            size=len(data),
            **({"width": kind.width, "height": kind.height} if kind.width else {}),
        )
        self._read = read

    def data(self) -> bytes:
        """The bytes. Raises ValueError when they are not those whose digest was taken, OSError."""
        data = self._read()
        if hashlib.sha256(data).hexdigest() != self["sha256"]:
            raise ValueError(f"{self['file']} changed since it was checked")
        return data

    def data_uri(self) -> str:
        """The bytes as a `data:` URI. Raises like `data`."""
        return f"data:{self['type']};base64,{base64.b64encode(self.data()).decode('ascii')}"


def file_type(data: bytes) -> FileType | None:
    """The type of a PNG, JPEG, GIF, WebP or PDF file; None for anything else."""
    for sniff in (_png, _gif, _webp, _jpeg):
        picture = sniff(data)
        if picture:
            return picture if picture.width and picture.height else None
    return FileType("application/pdf") if data.startswith(b"%PDF-") else None


def attach(
    name: str, data: bytes, kind: str, read: Callable[[], bytes] | None = None
) -> Attachment:
    """An attachment for an input of `kind`. Raises ValueError that completes `NAME …`."""
    if len(data) > MAX_BYTES:
        raise ValueError(too_large(len(data)))
    file = file_type(data)
    if file is None or (kind == IMAGE) != bool(file.width):
        raise ValueError(_wrong_type(data, file, kind))
    if max(file.width, file.height) > MAX_SIDE:
        size = f"{file.width:,} x {file.height:,}"
        raise ValueError(f"has {size} pixels, and at most {MAX_SIDE:,} a side are sent")
    return Attachment(name, data, file, read or (lambda: data))


def too_large(size: int) -> str:
    """The end of a sentence about a file of that many bytes."""
    return f"has {size / 1e6:.1f} MB, and at most {MAX_BYTES // 1_000_000} MB are sent"


def _wrong_type(data: bytes, file: FileType | None, kind: str) -> str:
    if not data:
        return f"is empty, and {NEEDED[kind]} is needed"
    if _MARKUP.match(data[:_SVG_BYTES]):
        return f"is SVG or other markup, which may hold scripts, and {NEEDED[kind]} is needed"
    what = f"a {_NAMES[file.mime]} file" if file else "something else by its content"
    return f"is {what}, and {NEEDED[kind]} is needed"


def is_url(value: Any) -> bool:
    """Whether it is meant as an address, a data URI among them, and not as the name of a file."""
    return (
        isinstance(value, str)
        and re.match(r"(?:data:|[a-z][a-z0-9+.-]+://)", value, re.I) is not None
    )


def is_attachment(value: Any) -> bool:
    """Whether it is an attachment, or one that was stored."""
    return isinstance(value, Mapping) and value.keys() >= _KEYS and isinstance(value["file"], str)


def media_of(value: Any, kind: str) -> Attachment | str | Mapping[str, Any]:
    """An attachment, or an https URL, of what is given for an input: an attachment, an https URL,
    a data URI, bytes, or a path object. Of a stored attachment only its description is left.

    Raises ValueError that completes `NAME …`.
    """
    if isinstance(value, Attachment) or is_attachment(value):
        _check_kind(value["type"], kind)
        return value  # type: ignore[no-any-return]
    if isinstance(value, (bytes, bytearray)):
        return attach("", bytes(value), kind)
    if isinstance(value, os.PathLike):
        return attach(os.path.basename(value), _whole(value), kind)  # noqa: PTH119 - apps import no pathlib
    if isinstance(value, str) and value[:5].lower() == "data:":
        return attach("", _decoded(value), kind)
    if is_url(value):
        check_url(value, kind)
        return str(value)
    raise ValueError(
        f"is {shown(value)}, and {NEEDED[kind]} is needed: "
        + ("an https URL, a data URI or bytes" if kind == IMAGE else "a data URI or bytes")
    )


def _check_kind(mime: Any, kind: str) -> None:
    if (kind == IMAGE) != str(mime).startswith("image/"):
        raise ValueError(
            f"is {_NAMES.get(str(mime), 'another')} file, and {NEEDED[kind]} is needed"
        )


def check_url(url: str, kind: str) -> None:
    """Raise ValueError unless it is an https address that an endpoint may be given."""
    if kind == FILE:
        raise ValueError("is a URL, and endpoints take documents by content alone: name a file")
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme.lower() == "https" and bool(parts.hostname)
    except ValueError as error:
        raise ValueError(f"is no URL: {error}") from error
    if not is_whole:
        raise ValueError(f"is {shown(url)}, and only https URLs are sent")
    if parts.username is not None or parts.password is not None:
        raise ValueError("is a URL with a user or password in it, which would be sent")
    if len(url) > MAX_URL_CHARS or not url.isprintable() or " " in url:
        raise ValueError(f"is {shown(url)}, which is no URL: it has blanks, or is too long")


def _decoded(uri: str) -> bytes:
    """The bytes of a data URI. Raises ValueError."""
    head = _DATA_URI.match(uri)
    if head is None or not head[2].lower().endswith(";base64"):
        raise ValueError("is a data URI without base64: data:image/png;base64,… is needed")
    if (len(uri) - head.end()) * 3 // 4 > MAX_BYTES + 3:
        raise ValueError(too_large((len(uri) - head.end()) * 3 // 4))
    try:
        return base64.b64decode(uri[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("is a data URI that is not base64") from error


def read_file(path: str) -> bytes:
    """The bytes of a regular file of a size that is sent; `path` is no link.

    Raises ValueError that completes `NAME …`, OSError.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    # O_NONBLOCK: opening a pipe would block.
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise ValueError("is no regular file")
    with os.fdopen(handle, "rb") as file:
        if status.st_size > MAX_BYTES:
            raise ValueError(too_large(status.st_size))
        return file.read(MAX_BYTES + 1)


def _whole(path: os.PathLike[Any]) -> bytes:
    try:
        return read_file(os.path.realpath(os.fsdecode(path)))
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error


def part_of(media: Attachment | str | Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The part of a message that holds it, in the form of the OpenAI chat API; see `sent`."""
    if kind == IMAGE:
        return {"type": "image_url", "image_url": {"url": media}}
    name = media["file"] if isinstance(media, Mapping) else ""
    return {
        "type": "file",
        "file": {"filename": os.path.basename(name) or "document.pdf", "file_data": media},  # noqa: PTH119
    }


_IMAGE_TOKENS = 3_000
_BYTES_A_TOKEN = 6


def tokens_of(part: Mapping[str, Any]) -> int:
    """A high estimate of the tokens of a part that holds a file; 0 for text."""
    if part["type"] == "image_url":
        return _IMAGE_TOKENS
    held = held_by(part)
    if held is None:
        return 0
    size = held["size"] if isinstance(held, Mapping) else len(held) * 3 // 4
    return _IMAGE_TOKENS + int(size) // _BYTES_A_TOKEN


def held_by(part: Mapping[str, Any]) -> Any:
    """The attachment or URL in a part of `part_of`; None in a text part."""
    held = part.get(part["type"])
    return held.get("url", held.get("file_data")) if isinstance(held, Mapping) else None


def sent(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part with the bytes of its attachment as a data URI. Raises ValueError, OSError."""
    held = held_by(part)
    if not isinstance(held, Mapping):
        return dict(part)
    if not isinstance(held, Attachment):
        raise ValueError(f"{held['file']} is only described here: its bytes are not stored")
    key = "url" if part["type"] == "image_url" else "file_data"
    return {**part, part["type"]: {**part[part["type"]], key: held.data_uri()}}


def words(media: Any) -> str:
    """`cat.png · PNG · 640 x 480 · 12 kB`; a URL is shown as it is."""
    if not is_attachment(media):
        return str(media)
    facts = [media["file"] or "inline", _NAMES.get(media["type"], str(media["type"]))]
    if media.get("width"):
        facts.append(f"{media['width']} x {media['height']}")
    return " · ".join([*facts, _size(media["size"])])


def _size(size: Any) -> str:
    if not isinstance(size, int) or size < 1000:
        return f"{size} bytes"
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1000:.0f} kB"


def _png(data: bytes) -> FileType | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR" or len(data) < 33:
        return None
    return FileType("image/png", _big(data[16:20]), _big(data[20:24]))


def _gif(data: bytes) -> FileType | None:
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 13:
        return None
    return FileType("image/gif", _little(data[6:8]), _little(data[8:10]))


def _webp(data: bytes) -> FileType | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    form = data[12:16]
    if form == b"VP8X":
        return FileType("image/webp", _little(data[24:27]) + 1, _little(data[27:30]) + 1)
    if form == b"VP8L" and data[20] == 0x2F:
        bits = _little(data[21:25])
        return FileType("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if form == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return FileType("image/webp", _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF)
    return None


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG's markers of a frame, whose header has the size of the image."""


def _jpeg(data: bytes) -> FileType | None:
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _FRAMES:
            return FileType("image/jpeg", _big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7]))
        elif marker in (0x01, *range(0xD0, 0xD9)):  # markers without a length
            at += 2
        else:
            at += 2 + max(2, _big(data[at + 2 : at + 4]))
    return None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
