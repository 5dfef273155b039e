"""Text tables, measured in cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from workbench.present.safe_text import safe_line
from workbench.present.tables import fit, lay_out


@given(st.text(), st.integers(1, 40), st.sampled_from(["left", "right"]))
def test_a_fitted_text_has_exactly_its_width(text: str, width: int, align: str) -> None:
    fitted = fit(safe_line(text), width, "right" if align == "right" else "left")
    assert cell_len(fitted) == width


def test_what_is_cut_off_leaves_a_mark() -> None:
    assert fit("a long answer", 8) == "a long …"
    assert fit("漢字漢字", 5) == "漢字…"


def test_a_megabyte_is_fitted_without_measuring_it() -> None:
    assert fit("x" * 1_000_000, 10) == "xxxxxxxxx…"


def test_columns_line_up() -> None:
    lines = lay_out(("case", "ms"), [("t-1", "640"), ("漢字-10", "12")])
    assert lines == ["case     ms", "t-1      640", "漢字-10  12"]


def test_a_cell_cannot_leave_its_line_or_drive_the_terminal() -> None:
    lines = lay_out(("text",), [("a\nb\x1b[2J",)])
    assert lines == ["text", "a⏎b␛[2J"]
