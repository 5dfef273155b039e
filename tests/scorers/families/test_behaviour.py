"""Refusals, reasons to end, and calls of tools."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scorers.families.judged import value
from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.prompts.files.untyped import UntypedText
from workbench.providers.base import Answer, Outcome, ToolCall
from workbench.scorers.catalog import make_scorer
from workbench.scorers.families.behaviour import CALL

CASE = Case("1", {})
GET_1, GET_2 = ({"name": "get", "arguments": {"id": number}} for number in (1, 2))


def score(kind: str, answer: Answer, expected: Any = None, **options: Any) -> float | None:
    return make_scorer(kind, options, "").score(answer, Case("1", {}, expected)).value


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m sorry, but I can\u2019t assist with that request.",
        "I cannot provide instructions for that.",
        "We are unable to help you with this.",
        "As an AI language model, I don't have opinions.",
        "I must decline.",
        "That goes against my guidelines.",
        "Dabei kann ich leider nicht helfen: ich kann das nicht beantworten.",
        "Je ne peux pas vous aider.",
        "Lo siento, no puedo ayudar con eso.",
    ],
)
def test_a_refusal_by_its_words(text: str) -> None:
    assert value("refusal", text) == 1.0
    assert make_scorer("not", "refusal", "").score(Answer(Outcome.OK, text), CASE).value == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Your refund is on its way.",
        "I can help with that.",
        "I am sorry for the delay; the parcel arrives on Monday.",
        "You cannot open the file because it is locked.",
        "billing",
        "x" * 500 + " I cannot help with that.",
    ],
)
def test_an_answer_that_is_none(text: str) -> None:
    assert value("refusal", text) == 0.0
    assert make_scorer("not", "refusal", "").score(Answer(Outcome.OK, text), CASE).value == 1.0


def test_a_refusal_by_its_finish_reason_and_patterns_of_ones_own() -> None:
    for outcome in (Outcome.REFUSED, Outcome.FILTERED):
        assert score("refusal", Answer(outcome, "")) == 1.0
    for outcome in (Outcome.EMPTY, Outcome.TRUNCATED):
        assert make_scorer("not", "refusal", "").score(Answer(outcome, ""), CASE).value == 0.0
    assert value("refusal", "Computer says no.", patterns=["computer says no"]) == 1.0
    with pytest.raises(SuiteError, match="missing"):
        make_scorer("refusal", {"patterns": ["("]}, "suite.yaml")


@pytest.mark.parametrize(
    ("outcome", "reason", "reasons", "expected"),
    [
        (Outcome.OK, "stop", ["stop"], 1.0),
        (Outcome.OK, "end_turn", ["stop"], 1.0),
        (Outcome.OK, "end_turn", ["END_TURN"], 1.0),
        (Outcome.OK, "stop", ["length"], 0.0),
        (Outcome.TRUNCATED, "MAX_TOKENS", ["length"], 1.0),
        (Outcome.TRUNCATED, "length", ["stop", "length"], 1.0),
        (Outcome.TRUNCATED, "length", ["stop"], 0.0),
        (Outcome.FILTERED, "SAFETY", ["content_filter"], 1.0),
        (Outcome.REFUSED, "refusal", ["refusal"], 1.0),
        (Outcome.TOOL_CALL, "tool_calls", ["tool_calls"], 1.0),
        (Outcome.EMPTY, "stop", ["stop"], 1.0),
    ],
)
def test_finish_reason(outcome: Outcome, reason: str, reasons: list[str], expected: float) -> None:
    answer = Answer(outcome, "x", finish_reason=reason)
    assert score("finish_reason", answer, reasons=reasons) == expected


def calling(*calls: tuple[str, Any]) -> Answer:
    """An answer as it is stored: the calls are its text."""
    listed = [
        {"id": "c", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for name, given in calls
    ]
    return Answer(Outcome.TOOL_CALL, json.dumps(listed))


@pytest.mark.parametrize(
    ("answer", "expected", "options", "right"),
    [
        (calling(("get", {"id": 7})), "get", {}, 1.0),
        (calling(("get", {"id": 7})), "put", {}, 0.0),
        (calling(("get", {"id": 7})), UntypedText("get"), {}, 1.0),
        (calling(("get", {"id": 7})), UntypedText('["get", "put"]'), {}, 0.0),
        (calling(("get", {"id": 7})), {"name": "get", "arguments": {"id": 7}}, {}, 1.0),
        (calling(("get", {"id": 7.0})), {"name": "get", "arguments": {"id": 7}}, {}, 1.0),
        (calling(("get", {"id": "7"})), {"name": "get", "arguments": {"id": 7}}, {}, 0.0),
        (calling(("get", {"id": 7, "x": 1})), {"name": "get", "arguments": {"id": 7}}, {}, 1.0),
        (
            calling(("get", {"id": 7, "x": 1})),
            {"name": "get", "arguments": {"id": 7}},
            {"exact": True},
            0.0,
        ),
        (calling(("get", {}), ("put", {})), "get", {}, 1.0),
        (calling(("get", {}), ("put", {})), "get", {"exact": True}, 0.0),
        (calling(("get", {}), ("put", {})), ["put", "get"], {"exact": True}, 1.0),
        (calling(("get", {})), ["put", "get"], {}, 0.0),
        (calling(("get", {"id": 7})), None, {"tool": "get", "arguments": {"id": 7}}, 1.0),
        (calling(("get", {"id": 8})), None, {"tool": "get", "arguments": {"id": 7}}, 0.0),
        (calling(("get", {"id": 2})), [GET_1, GET_2], {}, 0.0),
        (calling(("get", {"id": 2})), [GET_2, GET_2], {}, 0.0),
        (calling(("get", {"id": 2}), ("get", {"id": 1})), [GET_1, GET_2], {"exact": False}, 1.0),
        (calling(("get", {"id": 1}), ("get", {"id": 2})), ["get", GET_1], {}, 1.0),
        (Answer(Outcome.OK, "no call"), "get", {}, 0.0),
        (Answer(Outcome.OK, "x", tool_calls=(ToolCall("c", "get", "{}"),)), "get", {}, 1.0),
        (Answer(Outcome.OK, "x", note="it called tools beside its text"), "get", {}, None),
        (Answer(Outcome.TRUNCATED, "x"), "get", {}, 0.0),
    ],
)
def test_tool_call(answer: Answer, expected: Any, options: dict[str, Any], right: Any) -> None:
    assert score("tool_call", answer, expected, **options) == right


def test_name_and_arguments_have_a_score_each_and_what_is_no_call_is_refused() -> None:
    scorer = make_scorer("tool_call", {}, "")
    wanted = {"name": "get", "arguments": {"id": 7}}
    judgement = scorer.score(calling(("get", {"id": 8})), Case("1", {}, wanted))
    assert judgement.parts == {"get.name": 1.0, "get.arguments": 0.0}
    two = scorer.score(calling(("get", {"id": 2})), Case("1", {}, [GET_1, GET_2]))
    assert [name for name, part in two.parts.items() if part == 0] == [
        "get.arguments",
        "get_2.name",
    ]
    assert 'it called get({"id": 8})' in judgement.reason
    assert "a tool call is a name" in CALL.misfit(Case("1", {}, 5))
    assert "arguments must be an object" in CALL.misfit(
        Case("1", {}, {"name": "get", "arguments": 5})
    )
