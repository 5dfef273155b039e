"""Files as inputs: types by content, addresses, and what is sent of them."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.pictures import GIF, JPEG, PDF, SVG, WEBP, png
from workbench.errors import PromptInputError
from workbench.prompts.inputs.media import (
    MAX_BYTES,
    Attachment,
    attach,
    file_type,
    media_of,
    part_of,
    sent,
    words,
)
from workbench.prompts.kinds import FILE, IMAGE
from workbench.prompts.values import Input, Message, Prompt
from workbench.registry.models.values import PromptVersion

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("data", "mime", "size"),
    [
        (png(7, 5), "image/png", (7, 5)),
        (GIF, "image/gif", (3, 2)),
        (JPEG, "image/jpeg", (4, 5)),
        (WEBP, "image/webp", (7, 8)),
        (PDF, "application/pdf", (0, 0)),
    ],
)
def test_a_type_and_its_dimensions_are_found_by_content(
    data: bytes, mime: str, size: tuple[int, int]
) -> None:
    detected = file_type(data)
    assert detected and (detected.mime, (detected.width, detected.height)) == (mime, size)


def test_other_forms_of_webp_have_dimensions_too() -> None:
    lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + (6 | 4 << 14).to_bytes(4, "little") + b"\0" * 9
    detected = file_type(lossless)
    assert detected and (detected.width, detected.height) == (7, 5)
    lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x07\0\x05\0"
    detected = file_type(lossy)
    assert detected and (detected.width, detected.height) == (7, 5)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_sniffing_fail(data: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\xff\xd8\xff"):
        detected = file_type(start + data)
        assert detected is None or (detected.width > 0) == detected.mime.startswith("image/")


@given(st.integers(0, 60))
def test_a_picture_that_was_cut_is_none_or_whole(length: int) -> None:
    for data in (png(), GIF, JPEG, WEBP):
        detected = file_type(data[:length])
        assert detected is None or detected == file_type(data)


@pytest.mark.parametrize("data", [SVG, b"<svg onload=alert(1)>", b"\xef\xbb\xbf <!DOCTYPE svg>"])
def test_svg_is_refused_as_what_may_run(data: bytes) -> None:
    with pytest.raises(ValueError, match="SVG or other markup, which may hold scripts"):
        attach("a.png", data, IMAGE)


def test_a_document_is_no_image_and_an_image_no_document() -> None:
    with pytest.raises(ValueError, match="is a PDF file, and a PNG, JPEG, GIF or WebP image"):
        attach("a.pdf", PDF, IMAGE)
    with pytest.raises(ValueError, match="is a PNG file, and a PDF document"):
        attach("a.png", png(), FILE)


def test_the_size_is_limited_for_each_way_to_give_a_file(tmp_path: Path) -> None:
    big = png() + b"\0" * MAX_BYTES
    path = tmp_path / "big.png"
    path.write_bytes(big)
    uri = "data:image/png;base64," + base64.b64encode(big).decode()
    for value in (big, path, uri):
        with pytest.raises(ValueError, match=r"has 20\.\d MB, and at most 20 MB are sent"):
            media_of(value, IMAGE)


def test_an_app_s_path_is_read_like_the_file_of_a_dataset(tmp_path: Path) -> None:
    prompt = Prompt("p", (Message("user", "{{ x }}"),), inputs=(Input("x", IMAGE),), revision=3)
    version = PromptVersion.of(prompt, "1.0.0")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    with (tmp_path / "big.png").open("wb") as file:
        file.write(png())
        file.truncate(40_000_000)
    no_file = "is no regular file"
    for name, problem in (
        ("pipe", no_file),
        ("link", no_file),
        (".", no_file),
        ("big.png", r"has 40\.0 MB, and at most 20 MB are sent"),
        ("none", "cannot be read: No such file or directory"),
    ):
        with pytest.raises(PromptInputError, match=problem):
            version.messages(x=tmp_path / name)
    (tmp_path / "good.png").write_bytes(png())
    (tmp_path / "good").symlink_to("good.png")
    assert version.messages(x=tmp_path / "good") == version.messages(x=png())


def test_an_image_of_too_many_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"has 70,000 x 3 pixels, and at most 16,000 a side"):
        attach("a.png", png()[:16] + (70_000).to_bytes(4, "big") + png()[20:], IMAGE)


def test_a_file_is_sent_as_a_data_uri_in_the_form_of_the_api() -> None:
    picture = attach("a/cat.png", png(), IMAGE)
    uri = "data:image/png;base64," + base64.b64encode(png()).decode()
    assert sent(part_of(picture, IMAGE)) == {"type": "image_url", "image_url": {"url": uri}}
    document = attach("a/paper.pdf", PDF, FILE)
    uri = "data:application/pdf;base64," + base64.b64encode(PDF).decode()
    file = {"filename": "paper.pdf", "file_data": uri}
    assert sent(part_of(document, FILE)) == {"type": "file", "file": file}


def test_a_data_uri_comes_back_as_it_was_given() -> None:
    uri = "data:image/png;base64," + base64.b64encode(png()).decode()
    held = media_of(uri, IMAGE)
    assert isinstance(held, Attachment) and held.data_uri() == uri
    assert "iVBOR" not in str(dict(held)), "a case does not hold the bytes"


def test_a_file_that_is_another_when_it_is_sent_is_refused() -> None:
    held = attach("cat.png", png(), IMAGE, lambda: png(9))
    with pytest.raises(ValueError, match=r"cat\.png changed since it was checked"):
        sent(part_of(held, IMAGE))


def test_a_stored_description_is_shown_and_never_sent() -> None:
    stored = dict(attach("cat.png", png(), IMAGE))
    assert words(stored) == "cat.png · PNG · 2 x 3 · 73 bytes"
    with pytest.raises(ValueError, match="only described"):
        sent(part_of(media_of(stored, IMAGE), IMAGE))


def test_an_app_that_gives_a_stored_description_is_told_so() -> None:
    prompt = Prompt("p", (Message("user", "{{ x }}"),), inputs=(Input("x", IMAGE),), revision=3)
    stored = dict(attach("cat.png", png(), IMAGE))
    with pytest.raises(PromptInputError, match=r"cannot be sent: cat\.png is only described"):
        PromptVersion.of(prompt, "1.0.0").messages(x=stored)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("cat.png", "is 'cat.png', and a PNG, JPEG, GIF or WebP image is needed"),
        ("ftp://example.com/a.png", "only https URLs are sent"),
        ("https://", "only https URLs are sent"),
        ("https://example.com/a b.png", "no URL"),
        ("https://[::1/a.png", "is no URL"),
        ("javascript://example.com/%0aalert(1)", "only https URLs are sent"),
        (3, "is 3, and"),
        ([png()], "and a PNG"),
    ],
)
def test_what_is_no_image_is_refused_in_words(value: object, problem: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        media_of(value, IMAGE)
    assert problem in str(caught.value) and "\n" not in str(caught.value)


def test_a_document_is_not_named_by_a_url() -> None:
    with pytest.raises(ValueError, match="documents by content alone"):
        media_of("https://example.com/a.pdf", FILE)


def test_an_app_that_sends_a_picture_imports_jinja2_and_nothing_else() -> None:
    code = """
import json, sys
known = set(sys.modules)
from tests.support.pictures import png
from workbench.registry.models.values import PromptVersion
inputs = [{"name": "p", "kind": "image", "required": True, "default": None, "description": ""}]
body = {"revision": 3, "messages": [{"role": "user", "content": "{{ p }}"}], "template": "jinja2",
        "model": None, "inputs": inputs, "outputs": None, "tools": None, "description": "",
        "extra": {}}
version = PromptVersion("a", "1.0.0", "x", body=json.dumps(body))
assert version.messages(p=png())[0]["content"][0]["type"] == "image_url"
tops = {name.partition(".")[0] for name in set(sys.modules) - known}
print(sorted(tops - sys.stdlib_module_names))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.stdout.strip() == "['jinja2', 'markupsafe', 'tests', 'workbench']", done.stderr
