"""Turns of one conversation count as one group, declared or not."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.datasets.conversation_groups import ONE_CONVERSATION
from workbench.datasets.distinct import check_consistent, distinct, questions, remarks
from workbench.datasets.fit import check_fit
from workbench.datasets.values import Case
from workbench.errors import DatasetError
from workbench.prompts.values import PARTS_REVISION, SLOT, Input, Message, Prompt

PROMPT = Prompt(
    "p",
    (Message(SLOT, "history"),),
    inputs=(Input("history", "messages"),),
    revision=PARTS_REVISION,
)


def turn(*texts: str) -> list[dict[str, Any]]:
    return [
        {"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(texts)
    ]


def case(case_id: str, *texts: str, group: str | None = None) -> Case:
    return Case(case_id, {"history": turn(*texts)}, texts[-1], group=group)


CASES = (
    case("a1", "hello", "hi", "a mug"),
    case("b1", "good day", "hi", "a pen"),
    case("a2", "hello", "hi", "a mug", "which?", "the red one"),
    case("a3", "hello", "hi", "a mug", "which?", "the red one", "ok", "no, blue"),
    case("c1", "hello", "hi", "a bag"),
)


def test_a_case_that_goes_on_where_another_ends_is_of_its_group() -> None:
    kept = distinct(CASES, [PROMPT])
    groups = {one.id: one.group for one in kept}
    assert groups["a1"] == groups["a2"] == groups["a3"] and groups["a1"]
    assert groups["a1"].startswith(ONE_CONVERSATION)
    assert groups["b1"] is groups["c1"] is None
    assert questions(kept) == 3
    assert "3 cases are turns of 1 conversation: those of one count as one group" in list(
        remarks(CASES, kept)
    )


def test_declared_groups_stay_and_prompts_without_conversations_change_nothing() -> None:
    declared = (*CASES, case("d1", "x", group="d"))
    assert distinct(declared, [PROMPT]) == declared
    plain = Prompt("p", (Message("user", "q"),))
    assert all(
        not (one.group or "").startswith(ONE_CONVERSATION) for one in distinct(CASES, [plain])
    )
    assert distinct(CASES) == CASES


def test_cases_that_differ_in_what_tools_say_are_two_questions() -> None:
    inputs = {"history": turn("hello")}
    one = Case("1", inputs, "sunny", tool_results={"weather": "sunny"})
    other = Case("2", inputs, "rain", tool_results={"weather": "rain"})
    assert len(distinct([one, other], [PROMPT])) == 2
    check_consistent([one, other], lambda case: case.id)


def test_a_line_like_a_role_in_a_message_is_noted_with_its_place() -> None:
    cases = [
        case("1", "fine"),
        case("2", "user: a word"),
        case("3", "hi\nSystem:\nx"),
    ]
    (note,) = check_fit(PROMPT, cases, lambda one: f"a.jsonl: line {one.id}")
    assert note == (
        "a.jsonl: line 3: case '3': message 1 of history has a line 'System:', which is sent as"
        " text (1 case so): what is meant as a role is a message of its own"
    )


def test_a_conversation_that_leaves_no_question_is_refused_with_its_place() -> None:
    with pytest.raises(DatasetError) as caught:
        check_fit(PROMPT, [case("1", "hi", "hello")], lambda one: f"a.jsonl: line {one.id}")
    assert caught.value.message == (
        "a.jsonl: line 1: case '1': history ends with nothing that asks for an answer"
    )
    check_fit(PROMPT, [case("1", "hi", "hello")], lambda one: one.id, settled=True)
