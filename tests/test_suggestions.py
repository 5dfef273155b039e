"""A hint names something else than what was asked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.suggestions import did_you_mean

ALIKE = st.sampled_from("abpP1_\u00e9\u0430\uff41 \u200b")
NAMES = st.text(ALIKE, max_size=6) | st.text(max_size=6)


@given(NAMES, st.lists(NAMES, max_size=6))
def test_a_hint_never_repeats_what_was_asked(name: str, known: list[str]) -> None:
    hint = did_you_mean(name, [*known, name])
    suggested = re.match(r"did you mean (.*)\?", hint, re.DOTALL)
    assert suggested is None or suggested[1] in {repr(one) for one in known if one != name}
    assert hint == did_you_mean(name, [one for one in known if one != name])


@given(st.sets(st.text(st.sampled_from("qrst"), min_size=1, max_size=3), max_size=30))
def test_what_is_not_near_is_listed_without_what_was_asked(known: set[str]) -> None:
    hint = did_you_mean("xyzxyz", {*known, "xyzxyz"})
    listed = hint.removeprefix("known: ").partition(" and ")[0].split(", ") if known else []
    assert listed == sorted(known)[:20]
    assert ("more" in hint) == (len(known) > 20)


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("p", ["p"], "there are none"),
        ("p", [], "there are none"),
        ("p", ["p", "p2"], "did you mean 'p2'?"),
        ("OPENAI", ["openai", "azure"], "did you mean 'openai'?"),
        ("\uff50rod", ["prod"], "did you mean 'prod'? (without U+FF50)"),
        ("ex\u0430ct_match", ["exact_match"], "did you mean 'exact_match'? (without U+0430)"),
        ("exact_match", ["ex\u0430ct_match"], "did you mean 'ex\u0430ct_match'? (with U+0430)"),
        ("cafe\u0301", ["caf\u00e9"], "did you mean 'caf\u00e9'? (without U+0301) (with U+00E9)"),
        ("x", [f"name{n:02d}" for n in range(30)], "and 10 more"),
    ],
)
def test_the_nearest_other_name_is_told_apart(name: str, known: list[str], hint: str) -> None:
    assert did_you_mean(name, known).endswith(hint)


def test_the_beginning_of_one_known_name_alone_is_near_it() -> None:
    known = ("development", "production", "staging")
    assert did_you_mean("prod", known) == "did you mean 'production'?"
    assert did_you_mean("pr", known).startswith("known: ")
    assert did_you_mean("prod", ("production-eu", "production-us")).startswith("known: ")
