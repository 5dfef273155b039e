"""Few-shot examples among the cases: refused where they decide, a note elsewhere."""

from __future__ import annotations

import pytest

from workbench.datasets import leakage
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


def prompt(*tickets: str) -> Prompt:
    return Prompt("p", (Message("user", "{{ examples }}"),), revision=3, examples=shown(*tickets))


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
    assert [leak.case.id for leak in leaks(shown(ticket), CASES)] == ([case_id] if case_id else [])


def test_a_deciding_case_among_the_examples_is_refused_with_its_place() -> None:
    dataset = Dataset("d", CASES, "cases.jsonl", places={"c2": "line 2"})
    leaking = prompt("new", "My card was debited two times.", "app")
    with pytest.raises(DatasetError) as refused:
        refuse_leaks(leaking, dataset, CASES)
    assert refused.value.message == (
        "cases.jsonl: line 2: example 2 of shots.jsonl is case 'c2', and it decides,"
        " and 1 more example"
    )
    assert "take these rows out" in refused.value.hint
    refuse_leaks(prompt("new"), dataset, CASES)


def test_elsewhere_it_is_a_note() -> None:
    (note,) = leak_notes(prompt("The courier was supposed to come here yesterday."), CASES)
    assert note == "the score flatters p: example 1 of shots.jsonl is nearly (94 %) case 'c1'"
    assert list(leak_notes(Prompt("p", (Message("user", "x"),)), CASES)) == []


def test_near_copies_among_too_many_cases_are_said_to_be_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leakage, "MOST_PAIRS", 3)
    near, equal = "My card was debitted two times", "The courier was supposed to come yesterday."
    notes = list(leak_notes(prompt(near, equal), CASES))
    assert notes[0] == "the score flatters p: example 2 of shots.jsonl is case 'c1'"
    assert "too many to look for near copies" in notes[1]
