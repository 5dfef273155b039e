"""The index of texts finds what a comparison of all pairs finds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from tests.support.examples import examples
from workbench.datasets import near_texts
from workbench.datasets.near_texts import (
    LEAST_CONTAINED,
    LEAST_NEAR,
    LONG,
    NEAR,
    NearTexts,
    form,
    least_shared,
    pieces,
)

WORDS = st.text("abé z", min_size=8, max_size=180).map(form)


def is_near(text: str, known: str) -> bool:
    """The definition, for one pair."""
    if len(text) < LEAST_NEAR or fuzz.ratio(text, known) < NEAR:
        return False
    shared = sum(piece in known for piece in pieces(text))
    return len(text) < LONG or shared >= least_shared(text, len(known))


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, str]:
    """A text, and the same after a few insertions and deletions."""
    text = draw(WORDS)
    letters = list(text)
    for _ in range(draw(st.integers(0, len(text) // 6))):
        at = draw(st.integers(0, len(letters) - 1)) if letters else 0
        if draw(st.booleans()):
            letters.insert(at, draw(st.sampled_from("abxyz")))
        elif letters:
            del letters[at]
    return text, form("".join(letters))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(edited(), min_size=1, max_size=6), st.lists(WORDS, max_size=6))
def test_the_index_finds_what_all_pairs_find(
    pairs: list[tuple[str, str]], others: list[str]
) -> None:
    known = list(dict.fromkeys([*(text for text, _ in pairs), *others]))
    asked = [copy for _, copy in pairs]
    index = NearTexts(known)
    matches, complete = index.near(asked)
    assert complete
    for text in asked:
        near = [fuzz.ratio(text, one) for one in known if is_near(text, one)]
        assert (matches[text][1] if text in matches else None) == (max(near) if near else None)
        inside = [one for one in known if len(one) >= LEAST_CONTAINED and one in text]
        assert (index.contained(text) in inside) if inside else index.contained(text) is None


NAMES = ("ann", "bob marley", "cleopatra of egypt", "dimitri the elder of moscow")


def test_texts_are_found_in_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_texts, "_BLOCK", 2)
    known = [f"the parcel of customer {name} is late" for name in NAMES]
    asked = [text.replace("parcel", "parcels") for text in known]
    near, _ = NearTexts(known).near(asked)
    assert [near[text][0] for text in asked] == known


def test_what_is_all_but_near_is_compared_to_the_end() -> None:
    """Texts of one template, which share most of their pieces."""
    words = "my order {} has not come and nobody tells me where it is or when it will come to me"
    known = [words.format(f"{number * 7919 % 100_003:x}" * 3) for number in range(3_000)]
    copy = known[-1].replace("nobody", "no body")
    near, complete = NearTexts(known).near([words.format("of twelve white cups"), copy])
    assert complete
    assert list(near) == [copy]
    assert near[copy][1] >= NEAR


@pytest.mark.parametrize(
    "text",
    [
        "\uff43\uff41\uff53\uff45 \uff15\uff15",
        "\uff23ase\u200b \u2075\u2085",
        "\U0001d41c\U0001d41a\U0001d42c\U0001d41e 55!",
    ],
)
def test_letters_in_other_shapes_are_the_same_text(text: str) -> None:
    assert form(text) == form("case 55")
