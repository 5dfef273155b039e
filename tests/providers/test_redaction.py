"""An answer is what the model said; a key is in no words of ours."""

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
from workbench.prompts.key_like import key_in
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.classify import (
    classify_body,
    classify_completion,
    classify_status,
)
from workbench.providers.openai_chat.stream import Assembled
from workbench.providers.redact import one_line

KEY = "canary-9f8e7d6c5b4a3210"
ASKED = CallContext("host", "mock-model", (KEY,))
CALL = {"id": KEY, "type": "function", "function": {"name": KEY, "arguments": f'{{"k": "{KEY}"}}'}}


def stored(answer: Answer) -> str:
    return json.dumps(dataclasses.asdict(answer), default=str)


SHORT_KEYS = ("a", "test", "none", "EMPTY", "lm-studio", "not-needed", "anything")


@pytest.mark.parametrize("key", [KEY, *SHORT_KEYS])
@pytest.mark.parametrize("text", ["a test cart, none EMPTY", "lm-studio is not-needed: anything"])
def test_an_answer_is_never_rewritten_whatever_the_key_is(key: str, text: str) -> None:
    asked = CallContext("host", "a-model", (key,))
    content = f"{text} {key}"
    call = {"id": key, "function": {"name": key, "arguments": f'{{"k": "{content}"}}'}}
    answer = classify_completion(
        completion(content, model=f"a test {key}", system_fingerprint=f"fp-{key}"), asked
    )
    assert (answer.outcome, answer.text) == (Outcome.OK, content)
    assert (answer.model, answer.system_fingerprint) == (f"a test {key}", f"fp-{key}")
    parts = classify_completion(completion([{"type": "text", "text": content}]), asked)
    assert parts.text == content
    refusal = classify_completion(completion(message={"content": None, "refusal": content}), asked)
    assert (refusal.outcome, refusal.text) == (Outcome.REFUSED, content)
    calls = classify_completion(
        completion(message={"content": None, "tool_calls": [call]}, finish="tool_calls"), asked
    )
    assert json.loads(calls.text) == [call]
    half = classify_completion(completion(content, finish="error"), asked)
    assert half.text == content and half.outcome is Outcome.PROVIDER_ERROR


def test_an_answer_that_repeats_a_real_key_is_noted_and_kept() -> None:
    answer = classify_completion(completion(f"your key is {KEY}"), ASKED)
    assert answer.text == f"your key is {KEY}"
    assert answer.note == "it repeats the provider's key" and answer.error == ""
    word = classify_completion(completion("a test"), CallContext("host", "m", ("a",)))
    assert word.note == ""


@pytest.mark.parametrize(
    "data",
    [
        completion(finish=f"done {KEY}"),
        completion(finish="d" * 30 + KEY),
        completion([{"type": KEY}]),
        {"error": {"message": KEY, "code": KEY, "type": KEY}},
        {"error": KEY},
        {"detail": [{"loc": ["body", KEY], "msg": f"no {KEY}"}]},
        [{"error": {"message": json.dumps({"error": {"message": KEY}})}}],
        {KEY: KEY},
    ],
)
def test_a_key_that_comes_back_in_place_of_an_answer_is_shown_nowhere(data: Any) -> None:
    answer = classify_completion(data, ASKED, json.dumps(data).encode())
    assert answer.outcome.is_error
    assert KEY[:8] not in stored(answer)


@pytest.mark.parametrize("key", SHORT_KEYS)
def test_a_key_that_could_be_a_word_mangles_no_error(key: str) -> None:
    message = f"a test: none of the EMPTY models at lm-studio is not-needed, anything {key}"
    assert one_line(message, (key,)) == message
    body = {"error": {"message": message}}
    error = classify_status(500, {}, body, CallContext("host", "a-model", (key,))).error
    assert error == f"host answered 500: {message}"
    with pytest.raises(ProviderError, match="does not know the model a-test-model"):
        classify_status(404, {}, {"error": "model 'x' not found"}, asked_for("a-test-model", key))


def asked_for(model: str, key: str) -> CallContext:
    return CallContext("host", model, (key,))


@pytest.mark.parametrize("key", SHORT_KEYS)
@pytest.mark.parametrize(
    "message", ["header was Bearer {}", "Incorrect API key provided: {}.", "the key '{}' is wrong"]
)
def test_a_short_key_is_hidden_where_the_error_itself_says_that_it_is_the_key(
    key: str, message: str
) -> None:
    assert one_line(message.format(key), (key,)) == message.format("[secret]")


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-abcDEF0123456789abcdefXYZ",
        "ghp_abcdefghijklmnop1234",
        "xoxb-1234567890-abc",
        "sk_live_abcdefgh12345678",
        "AKIAIOSFODNN7EXAMPLE",
        "AIza" + "a1" * 18,
        "0123456789abcdef" * 2 + ".abcDEF0123456789",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlMDEyMw",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpQIBAAKCAQEA1\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_every_known_shape_of_a_key_is_found_in_a_prompt_and_hidden_in_an_error(key: str) -> None:
    assert key_in(f"use {key} here")
    line = one_line(f"use {key} here")
    assert line == "use [secret] here"


def test_the_password_of_an_address_is_hidden_and_its_host_is_not() -> None:
    assert one_line("at postgres://ana:s3cret@db/x") == "at [secret]db/x"


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


@given(st.lists(st.integers(0, 60), max_size=6), st.sampled_from([KEY, *SHORT_KEYS]))
def test_a_streamed_answer_is_shown_and_kept_as_it_was_said(cuts: list[int], key: str) -> None:
    text = f"so {key[:9]} or {key}{key} ends in a {key[:12]}"
    shown: list[str] = []
    answer = streamed(pieces_of(text, cuts), shown, CallContext("host", "m", (key,)))
    assert answer.outcome is Outcome.OK
    assert answer.text == "".join(shown) == text


def pieces_of(text: str, cuts: Sequence[int]) -> list[str]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


def streamed(pieces: Sequence[str], shown: list[str], asked: CallContext) -> Answer:
    assembled = Assembled(asked, shown.append)
    for piece in pieces:
        event = {"choices": [{"delta": {"content": piece}, "finish_reason": None}]}
        assembled.feed(f"data: {json.dumps(event)}\n\n".encode())
    end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
    assembled.feed(f"data: {json.dumps(end)}\n\n".encode())
    return assembled.answer()


def test_a_stream_holds_back_no_text() -> None:
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
    answer = classify_completion(completion(usage=usage), ASKED)
    assert answer.outcome is Outcome.OK
    assert getattr(answer, name) is None


def test_a_large_count_of_tokens_is_believed() -> None:
    answer = classify_completion(completion(usage={"prompt_tokens": 10_000_000}), ASKED)
    assert answer.prompt_tokens == 10_000_000
