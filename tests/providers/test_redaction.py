"""A key that comes back is kept nowhere, and numbers that no answer can have are none."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fault_server import completion
from workbench.errors import ProviderError
from workbench.providers.classify import Asked, classify_body, classify_completion, classify_status
from workbench.providers.redact import one_line
from workbench.providers.stream import Assembled
from workbench.providers.values import Answer, Outcome

KEY = "canary-9f8e7d6c5b4a3210"
ASKED = Asked("host", "mock-model", (KEY,))
CALL = {"id": KEY, "type": "function", "function": {"name": KEY, "arguments": f'{{"k": "{KEY}"}}'}}


def stored(answer: Answer) -> str:
    return json.dumps(dataclasses.asdict(answer), default=str)


@pytest.mark.parametrize(
    "data",
    [
        completion(f"text {KEY}"),
        completion([{"type": "text", "text": KEY}]),
        completion(model=f"gpt {KEY}", system_fingerprint=f"fp {KEY}"),
        completion(model="m" * 190 + KEY, system_fingerprint="f" * 190 + KEY),
        completion(finish=f"done {KEY}"),
        completion(finish="d" * 30 + KEY),
        completion(message={"content": None, "refusal": f"no, {KEY}"}),
        completion(message={"content": None, "tool_calls": [CALL]}, finish="tool_calls"),
        completion(message={"content": None, "function_call": CALL}, finish="tool_calls"),
        completion(message={"content": None, "tool_calls": [{KEY: float("nan")}]}),
        completion([{"type": KEY}]),
        completion(f"half {KEY}", finish=None),
        completion(f"half {KEY}", finish="error"),
        {"error": {"message": KEY, "code": KEY, "type": KEY}},
        {"error": KEY},
        {KEY: KEY},
    ],
)
def test_a_key_that_comes_back_is_in_no_part_of_the_answer(data: Any) -> None:
    found = classify_completion(data, ASKED, json.dumps(data).encode())
    assert KEY[:8] not in stored(found)


@pytest.mark.parametrize("at", [0, 3990, 5])
def test_a_key_is_not_shown_in_part_where_a_long_text_is_cut(at: int) -> None:
    assert KEY[:6] not in one_line(" " * at + KEY + "x" * 5000, (KEY,))
    assert KEY[:6] not in classify_body(b" " * at + b"<" + KEY.encode() + b"x" * 5000, ASKED).error
    assert KEY[:6] not in one_line("x" * (200 - 5) + KEY, (KEY,))


@pytest.mark.parametrize("status", [400, 403, 404, 422, 500])
def test_no_field_of_an_error_brings_the_key_back(status: int) -> None:
    body = {"error": {"message": KEY, "code": KEY, "type": KEY, "param": KEY}}
    try:
        assert KEY not in stored(classify_status(status, {"location": KEY}, body, ASKED))
    except ProviderError as error:
        assert KEY not in str(error)


@given(st.lists(st.integers(0, 60), max_size=6))
def test_a_streamed_key_is_neither_shown_nor_kept_however_it_is_cut(cuts: list[int]) -> None:
    text = f"so {KEY[:9]} or {KEY}{KEY} ends in {KEY[:12]}"
    shown: list[str] = []
    found = streamed(pieces_of(text, cuts), shown)
    assert found.outcome is Outcome.OK
    assert found.text == "".join(shown) == text.replace(KEY, "[secret]")


def pieces_of(text: str, cuts: Sequence[int]) -> list[str]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


def streamed(pieces: Sequence[str], shown: list[str]) -> Answer:
    assembled = Assembled(ASKED, shown.append)
    for piece in pieces:
        event = {"choices": [{"delta": {"content": piece}, "finish_reason": None}]}
        assembled.feed(f"data: {json.dumps(event)}\n\n".encode())
    end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    assembled.feed(f"data: {json.dumps(end)}\n\n".encode())
    return assembled.answer()


def test_a_stream_holds_back_no_text_that_cannot_become_a_key() -> None:
    shown: list[str] = []
    assembled = Assembled(ASKED, shown.append)
    for piece in ("one ", "two c", "ats"):
        event = {"choices": [{"delta": {"content": piece}}]}
        assembled.feed(f"data: {json.dumps(event)}\n\n".encode())
    assert "".join(shown) == "one two cats"


@pytest.mark.parametrize("number", [2**63, 2**62, 10**12, 10**4000, -1, 1.5, True, "7", None])
@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens"])
def test_a_count_of_tokens_that_no_answer_has_is_unknown(name: str, number: Any) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 1, name: number}
    found = classify_completion(completion(usage=usage), ASKED)
    assert found.outcome is Outcome.OK
    assert getattr(found, name) is None


def test_a_large_count_of_tokens_is_believed() -> None:
    found = classify_completion(completion(usage={"prompt_tokens": 10_000_000}), ASKED)
    assert found.prompt_tokens == 10_000_000
