"""Few-shot examples among the cases: refused where they decide, a note elsewhere."""

from __future__ import annotations

import pytest

from workbench.datasets import near_texts
from workbench.datasets.leakage import leak_notes, leaks, refuse_leaks
from workbench.datasets.values import Case, Dataset
from workbench.errors import DatasetError
from workbench.prompts.values import ExampleSet, Message, Prompt

CASES = (
    Case("c1", {"ticket": "The courier was supposed to come yesterday."}, "delivery"),
    Case("c2", {"ticket": "My card was debited two times.", "vip": True}, "invoice"),
    Case("c3", {"other": "I cannot log in."}, "login"),
    Case("c4", {"ticket": "app"}, "app"),
)


def shown(*tickets: str) -> ExampleSet:
    return ExampleSet("", tuple({"inputs": {"ticket": text}} for text in tickets), "shots.jsonl")


DATASET = Dataset("d", CASES, "cases.jsonl", places={"c2": "line 2"})
USED = (Message("user", "{{ examples }}{{ ticket }}"),)


def prompt(*tickets: str) -> Prompt:
    return Prompt("p", USED, revision=3, examples=shown(*tickets))


def given_away(examples: ExampleSet, *cases: Case, text: str = "{{ ticket }}") -> list[str]:
    messages = (Message("user", "{{ examples }}" + text),)
    asking = Prompt("p", messages, revision=3, examples=examples)
    leaking, _ = leaks(asking, Dataset("d", cases), cases)
    return [f"{leak.how} {leak.case.id}" for leak in leaking]


@pytest.mark.parametrize(
    ("ticket", "case_id"),
    [
        ("The courier was supposed to come yesterday.", "c1"),
        ("the courier WAS supposed\nto come  yesterday", "c1"),
        ("The cou\u00adrier was supposed to come yester\u200bday!", "c1"),
        ("The courier was supposed to come here yesterday.", "c1"),
        ("My card was lost two days ago.", None),
        ("My card was debitted two times", "c2"),
        ("I cannot log in.", None),
        ("App", "c4"),
        ("apps", None),
    ],
)
def test_the_same_input_or_nearly_is_a_leak(ticket: str, case_id: str | None) -> None:
    leaking, _ = leaks(prompt(ticket), DATASET, CASES)
    assert [leak.case.id for leak in leaking] == ([case_id] if case_id else [])


@pytest.mark.parametrize(
    ("row", "template"),
    [
        ({"text": "The courier was supposed to come yesterday."}, "{{ text }}"),
        ({"note": {"body": ["x", "The courier was supposed to come yesterday."]}}, ""),
        ({"a": "The courier was supposed", "b": "to come yesterday."}, "{{ a }} {{ b }}"),
        ({"text": "Hello! The courier was supposed to come yesterday. Please help."}, ""),
    ],
)
def test_the_name_of_an_input_and_words_around_it_hide_no_leak(
    row: dict[str, object], template: str
) -> None:
    leaking = given_away(ExampleSet(template, ({"inputs": row},)), *CASES)
    assert [one.split()[-1] for one in leaking] == ["c1"]


def test_a_text_that_many_cases_share_gives_none_of_them_away() -> None:
    policy = "Goods may be returned within thirty days of delivery, unused and in their box."
    cases = [
        Case(f"c{number}", {"policy": policy, "lang": ("en", "de")[number % 2], "ticket": ticket})
        for number, ticket in enumerate(("Where is it?", "It broke", "Wrong size", "Too late"))
    ]
    text = "{{ policy }}{{ lang }}{{ ticket }}"
    other = {"policy": policy, "lang": "en", "ticket": "Refund me"}
    same = {"rules": policy, "text": "It broke"}
    assert given_away(ExampleSet("", ({"inputs": other},)), *cases, text=text) == []
    assert given_away(ExampleSet("", ({"inputs": same},)), *cases, text=text) == ["is c1"]


def test_equal_inputs_without_text_are_a_leak() -> None:
    case = Case("n", {"ticket": 7})
    assert given_away(ExampleSet("", ({"inputs": {"number": 7}},)), case) == ["is n"]
    assert given_away(ExampleSet("", ({"inputs": {"number": 8}},)), case) == []


def test_a_deciding_case_among_the_examples_is_refused_with_its_place() -> None:
    leaking = prompt("new", "My card was debited two times.", "app")
    with pytest.raises(DatasetError) as refused:
        refuse_leaks(leaking, DATASET, CASES)
    assert refused.value.message == (
        "cases.jsonl: line 2: example 2 of shots.jsonl is case 'c2', and it decides,"
        " and 1 more example"
    )
    assert "take these rows out" in refused.value.hint
    assert refuse_leaks(prompt("new"), DATASET, CASES) == ()


def test_elsewhere_it_is_a_note() -> None:
    leaking = prompt("The courier was supposed to come here yesterday.")
    (note,) = leak_notes(leaking, DATASET, CASES)
    assert note == "the score flatters p: example 1 of shots.jsonl is nearly (94 %) case 'c1'"
    assert list(leak_notes(Prompt("p", (Message("user", "x"),)), DATASET, CASES)) == []


def test_near_copies_among_too_many_cases_are_said_to_be_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(near_texts, "MOST_STEPS", 3)
    near, equal = "My card was debitted two times", "The courier was supposed to come yesterday."
    notes = list(leak_notes(prompt(near, equal), DATASET, CASES))
    assert notes[0] == "the score flatters p: example 2 of shots.jsonl is case 'c1'"
    assert "too many to look for all near copies" in notes[1]
