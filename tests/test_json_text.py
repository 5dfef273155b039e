"""JSON in which a number stands as it was written."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.fingerprints import canonical_json, fingerprint
from workbench.json_text import (
    SpelledNumber,
    dumps,
    has_spelling,
    loads,
    with_spelling,
    without_spelling,
)

SPELLINGS = ["1.50", "1e3", "1E-7", "-0", "-0.0", "0.10", "1.0", "12345678901234567890.0"]
NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True
)


@pytest.mark.parametrize("text", SPELLINGS)
def test_a_number_counts_as_what_it_is_and_prints_as_it_was_written(text: str) -> None:
    number = loads(text)
    assert (number, str(number), f"{number}", str([number])) == (
        float(text),
        text,
        text,
        f"[{text}]",
    )
    assert dumps({"a": [number]}) == f'{{"a": [{text}]}}'
    assert type(number * 2) is float or number == 0
    assert type(without_spelling(number)) in (int, float)


@given(NUMBERS)
def test_every_number_of_json_is_written_back_as_it_stood(text: str) -> None:
    for written in (dumps(loads(text)), canonical_json(loads(text))):
        assert written == text
    assert without_spelling(loads(text)) == json.loads(text)


@given(
    st.recursive(
        st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
        lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
        max_leaves=6,
    )
)
def test_what_python_prints_itself_has_the_fingerprint_that_it_had(value: object) -> None:
    usual = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical_json(value) == canonical_json(loads(usual)) == usual
    assert not has_spelling(loads(usual))


def test_another_spelling_is_another_fingerprint() -> None:
    assert fingerprint({"x": loads("1.50")}) != fingerprint({"x": 1.5})
    assert fingerprint({"x": loads("1.5")}) == fingerprint({"x": 1.5})


@pytest.mark.parametrize(("number", "text"), [(0.5, "+.5"), (7, "007"), (5.0, "5.")])
def test_a_spelling_that_is_no_json_is_printed_and_never_put_into_json(
    number: float, text: str
) -> None:
    made = with_spelling(number, text)
    assert str(made) == text
    assert dumps([made]) == canonical_json([made]) == f"[{number!r}]"


@pytest.mark.parametrize("text", ["1.50", "-0"])
def test_a_copy_keeps_the_spelling(text: str) -> None:
    for made in (copy.deepcopy(loads(text)), pickle.loads(pickle.dumps(loads(text)))):
        assert isinstance(made, SpelledNumber)
        assert str(made) == text
