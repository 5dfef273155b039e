"""Differences as rows of a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from workbench.present.diff_rows import MIDDLE, DiffRows, diff_rows, mode_for

A = "label: bug\nreason: the app crashes after the update\nthe same"
B = "label: how-to\nreason: the app is slow after the update\nthe same\nand more"


def lines(diff: DiffRows) -> list[str]:
    return ["".join(piece.text for piece in row) for row in diff.rows]


def test_changed_words_are_marked_without_colour() -> None:
    shown = lines(diff_rows(A, B, 100, "split"))
    assert "[-bug-]" in shown[0]
    assert "{+how-to+}" in shown[0]
    assert "[-crashes-]" in shown[1]
    assert "{+is slow+}" in shown[1]


def test_a_line_of_one_side_only_is_marked_as_a_whole() -> None:
    assert lines(diff_rows(A, B, 100, "split"))[-1].endswith("{+and more+}")
    assert lines(diff_rows(A, B, 100, "unified"))[-1] == "+ and more"


def test_equal_texts_have_no_marks() -> None:
    diff = diff_rows(A, A, 100)
    assert diff.is_same
    assert all(piece.kind in ("same", "note") for row in diff.rows for piece in row)


def test_halves_need_room() -> None:
    assert mode_for(78) == "split"
    assert mode_for(60) == "unified"


def test_context_folds_what_is_equal() -> None:
    a = "\n".join(f"line {n}" for n in range(50))
    shown = lines(diff_rows(a, a.replace("line 25", "line x"), 80, "unified", context=2))
    assert shown[0] == "··· 23 equal lines ···"
    assert shown[-1] == "··· 22 equal lines ···"
    assert len(shown) == 8


def test_long_texts_are_cut_with_a_note() -> None:
    diff = diff_rows("a " * 300_000, "b " * 300_000, 80)
    assert "only the first 200,000 characters are compared" in lines(diff)[0]
    assert diff.note


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(texts, texts, st.integers(20, 120), st.sampled_from(["split", "unified"]))
def test_no_row_is_wider_than_asked(a: str, b: str, width: int, mode: str) -> None:
    diff = diff_rows(a, b, width, "split" if mode == "split" else "unified")
    assert all(cell_len(line) <= width for line in lines(diff))


@given(texts, texts)
def test_nothing_that_drives_a_terminal_comes_through(a: str, b: str) -> None:
    for line in lines(diff_rows(a, b, 100)):
        assert line.isprintable() or not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in line)


def test_both_sides_stand_beside_each_other() -> None:
    first = lines(diff_rows("one", "two", 83, "split"))[0]
    assert first.index(MIDDLE) == (83 - len(MIDDLE)) // 2
