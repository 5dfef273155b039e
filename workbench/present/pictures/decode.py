"""Decodes an image. Runs in a child process without network, with limits on memory and time."""

import base64
import io
from typing import Any

MAX_PIXELS = 24_000_000
"""Of the whole image: what is small as a file may be large in memory."""
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def small(data: str, columns: int, rows: int) -> list[str]:
    """The rows of the first frame in at most this size, as RRGGBB for each pixel.

    `data` is base64. Raises ValueError for an image of too many pixels, OSError for a broken one.
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    content = base64.b64decode(data)
    with Image.open(io.BytesIO(content), formats=FORMATS) as checked:
        if checked.width * checked.height > MAX_PIXELS:
            raise ValueError(f"it has more than {MAX_PIXELS:,} pixels")
        checked.verify()  # which leaves nothing to read
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        image.draft("RGB", (2 * columns, 2 * rows))  # of a JPEG, decode no more than that
        picture: Any = ImageOps.exif_transpose(image).convert("RGBA")
    picture.thumbnail((columns, rows), reducing_gap=2.0)
    ground = Image.new("RGBA", picture.size, (128, 128, 128, 255))
    shown = Image.alpha_composite(ground, picture).convert("RGB")
    line = 3 * shown.width
    pixels = shown.tobytes()
    return [pixels[at : at + line].hex() for at in range(0, len(pixels), line)]
