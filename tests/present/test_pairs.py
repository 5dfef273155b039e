"""Two answers stand side by side, or one under the other, within the width and made safe."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.examples import examples
from workbench.present.labels.pairs import BESIDE_FROM, pair_lines, verdict_line, wrapped
from workbench.verdicts.judges.preferences import preferred


@settings(max_examples=examples(60))
@given(st.text(max_size=120), st.integers(2, 60))
def test_wrapped_lines_fit_and_lose_no_word(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "\x1b" not in "".join(lines)
    if text.isascii() and text.isprintable():
        assert "".join("".join(lines).split()) == "".join(text.split())


def test_answers_stand_side_by_side_where_there_is_room() -> None:
    beside = list(pair_lines("one two", "three\nfour", BESIDE_FROM))
    assert "one two" in beside[1]
    assert "three" in beside[1]
    stacked = list(pair_lines("one two", "three\nfour", BESIDE_FROM - 1))
    assert stacked == ["left:", "  one two", "right:", "  three", "  four"]


def test_the_verdict_says_how_many_more_pairs_would_settle_it() -> None:
    assert "nothing is preferred yet" in verdict_line(preferred(["tie"]))
    assert "more pairs would settle it" in verdict_line(preferred(["b", "b", "a"] * 4))
    assert "no end in sight" in verdict_line(preferred(["a", "b"]))
    assert "the candidate is preferred" in verdict_line(preferred(["b"] * 12))
    assert "what is live is preferred" in verdict_line(preferred(["a"] * 12))
