"""Near copies of cases, against comparing every pair."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from tests.support.examples import examples
from workbench.datasets.near_duplicates import between, near_pairs, text_of
from workbench.datasets.near_texts import LEAST_NEAR, NEAR
from workbench.datasets.values import Case

WORDS = st.lists(
    st.sampled_from(["my", "card", "was", "charged", "twice", "today", "help"]), max_size=7
)


def cases(texts: list[list[str]]) -> list[Case]:
    return [Case(str(at), {"ticket": " ".join(words)}) for at, words in enumerate(texts)]


@given(st.lists(WORDS, max_size=12))
@settings(max_examples=examples(60), deadline=None)
def test_every_case_with_a_near_one_is_in_a_pair(texts: list[list[str]]) -> None:
    given_cases = cases(texts)
    pairs, complete = near_pairs(given_cases)
    assert complete
    paired = {case.id for pair in pairs for case in (pair.one, pair.other)}
    for case in given_cases:
        text = text_of(case)
        others = [text_of(other) for other in given_cases if other is not case]
        near = [
            other
            for other in others
            if other == text
            or (min(len(other), len(text)) >= LEAST_NEAR and fuzz.ratio(text, other) >= NEAR)
        ]
        assert bool(near) == (case.id in paired), (text, near)
    assert all(pair.similarity >= NEAR for pair in pairs)


def test_cases_of_one_split_that_stand_in_another_are_named_with_their_copy() -> None:
    gate = [Case("g1", {"t": "my card was charged twice"}), Case("g2", {"t": "something else"})]
    dev = [Case("d1", {"t": "My card was charged twice!"}), Case("d2", {"t": "unlike them all"})]
    pairs, _ = between(gate, dev)
    assert [(pair.one.id, pair.other.id, pair.similarity) for pair in pairs] == [("d1", "g1", 100)]
