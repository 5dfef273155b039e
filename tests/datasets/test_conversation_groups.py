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
    assert (
        "3 cases are turns of 1 conversation: those of one count as one group, as 2 cases with case"
        " 'a1', whose messages they begin with; if that is wrong, declare the `group` of each"
    ) in list(remarks(CASES, kept))


def test_the_case_that_the_others_begin_with_is_named_wherever_it_stands() -> None:
    kept = distinct(CASES[::-1], [PROMPT])
    assert any("with case 'a1'" in note for note in remarks(CASES[::-1], kept))
    assert {one.id: one.group for one in kept} == {
        one.id: one.group for one in distinct(CASES, [PROMPT])
    }


GREETING = {"role": "assistant", "content": "Hello, how can I help?"}


@pytest.mark.parametrize("alone", [(), (Case("0", {"history": [GREETING]}, "x"),)])
def test_a_greeting_of_the_assistant_joins_no_cases(alone: tuple[Case, ...]) -> None:
    cases = [Case(str(n), {"history": [GREETING, *turn(f"question {n}")]}, n) for n in range(1, 31)]
    kept = distinct([*alone, *cases], [PROMPT])
    assert questions(kept) == 30 + len(alone)
    assert not any("conversation" in note for note in remarks(cases, kept))


def test_a_greeting_beside_the_question_joins_no_cases() -> None:
    inputs = (Input("history", "messages"), Input("question"))
    messages = (Message(SLOT, "history"), Message("user", "{{ question }}"))
    prompt = Prompt("p", messages, inputs=inputs, revision=PARTS_REVISION)
    cases = [Case(str(n), {"history": [GREETING], "question": f"question {n}"}) for n in range(30)]
    assert questions(distinct(cases, [prompt])) == 30


def test_turns_after_a_greeting_are_of_one_conversation() -> None:
    cases = [
        Case("1", {"history": [GREETING, *turn("a mug")]}, 1),
        Case("2", {"history": [GREETING, *turn("a mug", "which?", "red")]}, 2),
    ]
    assert questions(distinct(cases, [PROMPT])) == 1


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
