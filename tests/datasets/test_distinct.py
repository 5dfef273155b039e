"""Equal questions count once; contradictions are refused; hidden groups are named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.distinct import check_consistent, distinct, remarks
from workbench.datasets.values import Case
from workbench.errors import DatasetError

LONG = "The invoice of March lists three items and a discount."


def case(name: str, expected: object = "billing", **inputs: object) -> Case:
    return Case(name, inputs, expected)


def test_what_asks_and_expects_the_same_is_one_case() -> None:
    cases = (case("a", t="x"), case("b", t="y"), case("c", t="x"), case("d", t="x", u="1"))
    assert [kept.id for kept in distinct(cases)] == ["a", "b", "d"]
    assert list(remarks(cases)) == [
        "1 case asks and expects the same as another: the two count as one"
    ]


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from([1, "1", True, None]))))
def test_no_two_cases_that_are_left_are_equal_and_none_is_lost(
    rows: list[tuple[str, object]],
) -> None:
    cases = tuple(case(str(i), expected, t=text) for i, (text, expected) in enumerate(rows))
    left = distinct(cases)
    kinds = {(kept.inputs["t"], repr(kept.expected)) for kept in left}
    assert len(kinds) == len(left)
    assert kinds == {(text, repr(expected)) for text, expected in rows}


def test_the_same_question_with_another_answer_is_refused_with_its_place() -> None:
    cases = (case("a", t="x"), case("b", "sales", t="x"))
    with pytest.raises(DatasetError, match=r"line 2: case 'b' asks the same as 'a'") as caught:
        check_consistent(cases, lambda one: f"line {1 + cases.index(one)}")
    assert "expected: [first, second]" in caught.value.hint
    check_consistent((case("a", t="x"), case("b", t="x")), str)


def test_a_text_that_several_cases_share_is_suspected_to_be_a_group() -> None:
    cases = tuple(case(f"{d}-{q}", d=f"{LONG} {d}", q=f"question {q}") for d in "ab" for q in "12")
    (note,) = remarks(cases)
    assert note.startswith("4 cases share their d with another, and no group is declared")
    grouped = tuple(Case(c.id, c.inputs, c.expected, group=c.id[0]) for c in cases)
    assert list(remarks(grouped)) == []


def test_an_instruction_that_all_cases_share_is_no_group() -> None:
    cases = tuple(case(str(i), d=LONG, q=f"question {i}") for i in range(4))
    assert list(remarks(cases)) == []


def test_a_copy_that_nobody_can_tell_from_another_is_one_case() -> None:
    texts = ["caf\u00e9", "cafe\u0301", "ca\u200bf\u00e9\u2060", "caf\u00e9 au lait"]
    cases = [Case(str(n), {"q": text}, "ok") for n, text in enumerate(texts)]
    assert [case.id for case in distinct(cases)] == ["0", "3"]


def test_copies_in_other_dress_are_suspected() -> None:
    texts = ["Refund 3.5 now", "refund 3.5  now.", "Refund 35 now", "Refund 3 5 now"]
    cases = [Case(str(n), {"q": text}, "ok") for n, text in enumerate(texts)]
    assert [note for note in remarks(cases) if note.startswith("2 cases ask what another does")]
    assert not list(remarks(cases[1:]))
    declared = [replace(case, group="g") for case in cases]
    assert not list(remarks(declared))
