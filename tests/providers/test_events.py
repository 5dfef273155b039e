"""The same answer however a stream's bytes come, and in whatever dialect of the format."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ProviderError
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.stream import Assembled

ASKED = CallContext("host", "m")


def chunk(delta: Any = None, finish: Any = None, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta or {}, "finish_reason": finish}], **more}


TEXT = chunk({"role": "assistant", "content": "né "}), chunk({"content": "🦊\r\n\n."})
USAGE = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}


def stream(*events: Any, end: str = "\r\n", done: bool = True) -> bytes:
    """The events with lines that end so."""
    lines = [f"data: {json.dumps(event, ensure_ascii=False)}{end}{end}" for event in events]
    return "".join([*lines, f"data: [DONE]{end}{end}" if done else ""]).encode()


def assembled(raw: bytes, cuts: Sequence[int] = ()) -> tuple[Answer, str]:
    """The answer and what was shown of it."""
    shown: list[str] = []
    assembling = Assembled(ASKED, shown.append)
    edges = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    for start, end in itertools.pairwise(edges):
        assembling.feed(raw[start:end])
    return assembling.answer(), "".join(shown)


WHOLE = stream(*TEXT, chunk(finish="stop", model="m1"), USAGE)
EXPECTED = assembled(WHOLE)


def test_the_whole_stream_is_the_answer() -> None:
    answer, shown = EXPECTED
    assert (answer.outcome, answer.text, answer.model) == (Outcome.OK, "né 🦊\r\n\n.", "m1")
    assert shown == answer.text
    assert (answer.prompt_tokens, answer.completion_tokens) == (5, 2)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_cut_at_any_byte_changes_nothing(end: str) -> None:
    raw = stream(*TEXT, chunk(finish="stop", model="m1"), USAGE, end=end)
    assert all(assembled(raw, [at]) == EXPECTED for at in range(len(raw)))


def test_two_cuts_around_any_line_end_change_nothing() -> None:
    ends = [at for at in range(len(WHOLE)) if WHOLE[at : at + 1] in b"\r\n"]
    assert all(assembled(WHOLE, [at, at + 1]) == EXPECTED for at in ends)


def test_byte_by_byte_is_the_same_answer() -> None:
    assert assembled(WHOLE, range(len(WHOLE))) == EXPECTED


@given(st.lists(st.integers(0, len(WHOLE)), max_size=40), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_cuts_give_the_same_answer(cuts: list[int], end: str) -> None:
    raw = stream(*TEXT, chunk(finish="stop", model="m1"), USAGE, end=end)
    assert assembled(raw, cuts) == EXPECTED


PIECES = st.sampled_from(
    [
        *TEXT,
        chunk({"content": [{"type": "text", "text": "part"}]}),
        chunk({"content": [{"type": "thinking", "thinking": "hm"}]}),
        chunk({"reasoning": "hm"}),
        chunk({"content": "other"}, index=1),
        chunk({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f"}}]}),
        chunk({}, "null"),
        chunk({}, "stop"),
        chunk({}, "length"),
        chunk({}, "abort"),
        {"error": {"message": "boom", "code": 502}},
        USAGE,
    ]
)


@given(
    st.lists(PIECES, max_size=8),
    st.lists(st.integers(0, 600), max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_any_cuts_of_any_stream_give_the_same_answer(
    events: list[Any], cuts: list[int], end: str, done: bool
) -> None:
    raw = stream(*events, end=end, done=done)
    assert assembled(raw, cuts) == assembled(stream(*events, done=done))


@given(st.integers(0, len(WHOLE)))
def test_a_stream_that_is_cut_off_is_the_whole_answer_or_none(at: int) -> None:
    answer, _ = assembled(WHOLE[:at])
    if answer.outcome is Outcome.OK:
        assert answer.text == EXPECTED[0].text
    else:
        assert answer.outcome is Outcome.INVALID


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf" + WHOLE,
        WHOLE.replace(b"data: ", b"data:"),
        b": OPENROUTER PROCESSING\r\n\r\n" + WHOLE.replace(b"\r\ndata:", b"\r\n: ping\r\ndata:"),
        WHOLE.replace(b"data: {", b"event: message\r\nid: 7\r\nretry: 10\r\ndata: {"),
        WHOLE.replace(b'data: {"choices"', b'data: {\r\ndata: "choices"'),
        WHOLE.replace(b"\r\n\r\n", b"\r\n"),
        WHOLE.replace(b"data: [DONE]\r\n\r\n", b""),
        WHOLE.removesuffix(b"\r\n\r\n"),
        WHOLE + b'data: {"choices": [{"index": 0, "delta": {"content": "more"}}]}\r\n\r\n',
    ],
    ids=[
        *("byte order mark", "no space", "comments", "other fields", "data on several lines"),
        *("no blank lines", "no [DONE]", "no blank line at the end", "more after [DONE]"),
    ],
)
def test_dialects_of_the_format_are_the_same_answer(raw: bytes) -> None:
    assert assembled(raw) == EXPECTED
    assert assembled(raw, range(0, len(raw), 3)) == EXPECTED


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("word", ["null", "NULL", "None", "", None])
def test_a_stream_in_which_nothing_says_why_it_ended_is_no_answer(done: bool, word: Any) -> None:
    pieces = [chunk({"content": "half"}, word), chunk({}, word)]
    answer, _ = assembled(stream(*pieces, done=done))
    assert answer.outcome is Outcome.INVALID
    assert "ended before the answer did" in answer.error


def test_a_null_in_every_piece_does_not_hide_the_reason_at_the_end() -> None:
    answer, _ = assembled(stream(chunk({"content": "fine"}, "null"), chunk({}, "stop")))
    assert (answer.outcome, answer.text, answer.finish_reason) == (Outcome.OK, "fine", "stop")


FINISHES = (
    "stop",
    "end_turn",
    "null",
    "length",
    "content_filter",
    "refusal",
    "abort",
    "unheard_of",
)


@given(st.lists(st.sampled_from(FINISHES), min_size=1, max_size=5))
def test_the_first_reason_that_is_no_good_one_stands_wherever_it_comes(words: list[str]) -> None:
    raw = stream(chunk({"content": "fine"}), *(chunk({}, word) for word in words))
    reasons = [word for word in words if word != "null"]
    bad = [word for word in reasons if word not in ("stop", "end_turn")]
    alone = bad[:1] or reasons[-1:]
    assert assembled(raw) == assembled(
        stream(chunk({"content": "fine"}), *(chunk({}, word) for word in alone))
    )
    assert (assembled(raw)[0].outcome is Outcome.OK) == (bool(reasons) and not bad)


def test_what_was_thought_is_no_part_of_the_answer() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "so"}]}
    pieces = [
        chunk({"content": [thinking]}),
        chunk({"content": [{"type": "text", "text": "fi"}]}),
        chunk({"reasoning": "hm", "content": "ne"}),
        chunk({}, "stop"),
    ]
    assert assembled(stream(*pieces)) == assembled(
        stream(chunk({"content": "fi"}), chunk({"content": "ne"}), chunk({}, "stop"))
    )


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning": "hm"},
        {"reasoning_content": "hm"},
        {"thinking": "hm"},
        {"reasoning_details": [{"text": "hm"}]},
        {"content": [{"type": "thinking", "thinking": "hm"}]},
    ],
)
def test_thoughts_without_an_answer_are_noted(delta: dict[str, Any]) -> None:
    answer, shown = assembled(stream(chunk(delta), chunk(delta), chunk({}, "stop")))
    assert (answer.outcome, answer.note, shown) == (Outcome.EMPTY, "reasoning only", "")


def call(index: Any, name: str = "", arguments: str = "", id: Any = None) -> dict[str, Any]:
    given = {} if index is None else {"index": index}
    return {**given, "id": id, "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize(
    "calls",
    [
        [call(0, "f", '{"a"', "c1"), call(0, "", ":1}"), call(1, "g", "{}", "c2")],
        [call(0, "f", '{"a":1}', "c1"), call(0, "g", "{}", "c2")],
        [call(None, "f", '{"a":1}', "c1"), call(None, "g", "{}", "c2")],
        [call(None, "f", '{"a"', "c1"), call(None, "", ":1}"), call(None, "g", "{}", "c2")],
        [call(1, "g", "{}", "c2"), call(0, "f", '{"a":1}', "c1")],
    ],
    ids=["as told", "all numbered 0", "not numbered", "not numbered, in pieces", "the other first"],
)
def test_tool_calls_are_put_together_as_servers_number_them(calls: list[dict[str, Any]]) -> None:
    pieces = [chunk({"content": " \n", "tool_calls": [one]}) for one in calls]
    answer, _ = assembled(stream(*pieces, chunk({}, "tool_calls")))
    assert answer.outcome is Outcome.TOOL_CALL
    arguments = {c["function"]["name"]: c["function"]["arguments"] for c in json.loads(answer.text)}
    assert arguments == {"f": '{"a":1}', "g": "{}"}


def test_a_function_call_of_the_old_kind_is_one() -> None:
    pieces = [{"function_call": {"name": "f"}}, {"function_call": {"arguments": "{}"}}]
    answer, _ = assembled(stream(*map(chunk, pieces), chunk({}, "function_call")))
    assert answer.outcome is Outcome.TOOL_CALL
    assert json.loads(answer.text)[0]["function"] == {"name": "f", "arguments": "{}"}


def test_answers_that_come_interleaved_are_told_apart_and_the_first_counts() -> None:
    pieces = [
        chunk({"content": "other"}, index=1),
        chunk({"content": "fi"}),
        chunk({}, "length", index=1),
        chunk({"content": "ne"}),
        chunk({}, "stop"),
    ]
    answer, shown = assembled(stream(*pieces))
    assert (answer.outcome, answer.text, shown) == (Outcome.OK, "fine", "fine")
    assert answer.note == "2 choices came, the first counts"


def test_an_error_in_the_middle_may_be_billed() -> None:
    error = {"error": {"message": "upstream reset", "code": 502}}
    answer, _ = assembled(stream(*TEXT, error))
    assert (answer.outcome, answer.retry) == (Outcome.PROVIDER_ERROR, True)
    assert answer.maybe_billed and "upstream reset" in answer.error
    inside = {
        "choices": [
            {
                "index": 0,
                "delta": {},
                "finish_reason": "error",
                "error": {"message": "upstream reset", "code": 502},
            }
        ]
    }
    answer, _ = assembled(stream(*TEXT, inside))
    assert answer.outcome is Outcome.PROVIDER_ERROR
    assert answer.maybe_billed and "upstream reset" in answer.error


def test_an_error_event_is_an_error_whatever_is_in_it() -> None:
    raw = stream(*TEXT, done=False) + b'event: error\r\ndata: {"message": "boom"}\r\n\r\n'
    answer, _ = assembled(raw)
    assert answer.outcome.is_error and "boom" in answer.error and answer.maybe_billed


def test_a_used_up_quota_in_the_middle_stops_the_run() -> None:
    error = {"error": {"message": "no", "code": "insufficient_quota"}}
    with pytest.raises(ProviderError, match="quota"):
        assembled(stream(*TEXT, error))


def test_a_message_in_place_of_a_delta_is_read_once() -> None:
    whole = {"choices": [{"index": 0, "message": {"content": "fine"}, "finish_reason": "stop"}]}
    assert assembled(stream(whole))[0].text == "fine"
    assert assembled(stream(chunk({"content": "fine"}), whole))[0].text == "fine"
