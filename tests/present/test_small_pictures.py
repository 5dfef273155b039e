"""Images as small pictures: decoded elsewhere, within limits, and never trusted."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from workbench.present.pictures import small
from workbench.present.pictures.small import SmallPicture, small_picture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def image(form: str = "PNG", size: tuple[int, int] = (80, 40), **options: object) -> bytes:
    """Red on the left, blue on the right."""
    made = Image.new("RGB", size, RED)
    made.paste(BLUE, (size[0] // 2, 0, *size))
    file = io.BytesIO()
    made.save(file, form, **options)
    return file.getvalue()


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("form", ["PNG", "GIF", "JPEG", "WEBP"])
def test_an_image_becomes_rows_of_pixels_of_its_shape(form: str) -> None:
    picture = small_picture(image(form, quality=95), columns=20, rows=12)
    assert (len(picture.pixels[0]), len(picture.pixels)) == (20, 10)
    left, right = (bytes.fromhex(picture.pixels[5][at]) for at in (2, 17))
    assert left[0] > 200 > 60 > left[2]
    assert right[2] > 200 > 60 > right[0]
    assert [len(line) for line in picture.lines()] == [20] * 5


def test_a_picture_is_turned_as_its_camera_was() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = small_picture(image("JPEG", exif=exif), columns=40, rows=12)
    assert len(picture.pixels) == 2 * len(picture.pixels[0])


@pytest.mark.exhaustive
def test_what_is_small_as_a_file_and_large_in_memory_is_not_decoded() -> None:
    bomb = image(size=(6_000, 5_000))
    assert len(bomb) < 200_000
    assert "pixels" in small_picture(bomb).problem


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", image()[:-40], b"%PDF-1.7", image("BMP"), image("PPM")]
)
def test_what_is_no_whole_image_of_a_known_kind_is_said(data: bytes) -> None:
    picture = small_picture(data)
    assert picture.pixels == ()
    assert picture.problem.startswith("it cannot be shown as a picture: ")
    assert "\n" not in picture.problem


def test_without_the_library_a_hint_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small, "can_decode", lambda: False)
    assert small_picture(image()) == SmallPicture(problem=small.HINT)
    assert "[images]" in small.HINT


@pytest.mark.parametrize(
    "answer",
    [
        *(None, "ff0000", [], ["ff00"], ["ff0000", "ff0000ff0000"], ["ff0000"] * 25),
        *(["ff0000" * 41], ["\x1b[31m"], [["ff0000"]], ["ff0000", None]),
    ],
)
def test_an_answer_that_is_no_picture_is_dropped(answer: object) -> None:
    assert small._checked(answer, 40, 24).pixels == ()


def test_the_last_odd_row_has_no_lower_half() -> None:
    picture = SmallPicture((("ff0000",), ("00ff00",), ("0000ff",)))
    assert list(picture.lines()) == [[("ff0000", "00ff00")], [("0000ff", "")]]
