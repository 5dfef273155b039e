"""The border: nothing that could act on a terminal passes, and everything else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import FORBIDDEN, PIECES
from workbench.present.safe_text import safe_line, safe_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x1b[2J\x9b31m", "␛[2J\\x9b31m"),
        ("a\x00b\x7fc\x08", "a␀b␡c␈"),
        ("one\r\ntwo\rthree\n", "one\ntwo␍three\n"),
        ("a\tb", "a    b"),
        ("half \ud800", "half ⟨U+D800⟩"),
        ("[/INST] [@click=app.quit]x[/]", "[/INST] [@click=app.quit]x[/]"),
        ("漢字 é 👩‍💻", "漢字 é 👩‍💻"),
    ],
)
def test_what_acts_on_a_terminal_becomes_a_sign(text: str, shown: str) -> None:
    assert safe_text(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abc\u202edef", "abc⟨U+202E⟩def"),
        ("\u2066a\u2069\u200f\u061c", "⟨U+2066⟩a⟨U+2069⟩⟨U+200F⟩⟨U+061C⟩"),
        ("a\u200bb\ufeffc\u00add\U000e0041", "a⟨U+200B⟩b⟨U+FEFF⟩c⟨U+00AD⟩d⟨U+E0041⟩"),
        ("one\u2028two", "one⟨U+2028⟩two"),
    ],
)
def test_what_turns_or_hides_text_is_marked_by_its_number(text: str, shown: str) -> None:
    assert safe_text(text) == safe_line(text) == shown


@given(st.text(st.characters(), max_size=80) | st.sampled_from(list(PIECES.values())))
def test_no_text_passes_with_a_forbidden_character(text: str) -> None:
    line = safe_line(text)
    assert not set(line) & {*FORBIDDEN, "\n", "\r", "\t", "\x1b"}
    assert not set(safe_text(text)) & {*FORBIDDEN, "\r", "\t", "\x1b"}
    assert safe_line(line) == line
    line.encode("utf-8")
