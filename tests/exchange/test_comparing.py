"""Two contents are equal by hash exactly where no key differs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.exchange.comparing import changed_keys, content_hash, diff_lines

LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab\n", max_size=4)
KEYS = st.text("abc", min_size=1, max_size=2)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
CONTENTS = st.dictionaries(KEYS, VALUES, max_size=3)


@given(CONTENTS, CONTENTS)
def test_contents_are_equal_by_hash_exactly_where_no_key_differs(
    ours: dict[str, object], theirs: dict[str, object]
) -> None:
    equal = content_hash(ours) == content_hash(theirs)
    assert equal == (not changed_keys(ours, theirs)) == (not diff_lines(ours, theirs))


def test_a_difference_is_shown_by_key_and_long_texts_by_line() -> None:
    ours = {"text": "one\ntwo\nthree\nfour\nfive", "model": {"t": 0, "n": 5}, "tools": None}
    theirs = {"text": "one\ntwo\n3\nfour\nfive", "model": {"t": False, "m": [1]}, "tools": None}
    assert changed_keys(ours, theirs) == ["model.m", "model.n", "model.t", "text"]
    assert diff_lines(ours, theirs) == (
        "+ model.m: [1]",
        "- model.n: 5",
        "- model.t: 0",
        "+ model.t: false",
        "text:",
        "  one",
        "  two",
        "- three",
        "+ 3",
        "  four",
        "  five",
    )


def test_a_long_difference_is_cut_and_says_so() -> None:
    lines = diff_lines({"a": list(range(500))}, {"a": list(range(1, 501))})
    assert (len(lines), lines[-1]) == (201, "... 800 more lines")
