"""Embeddings of an endpoint: many texts a call, and what counts as a failure."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.openai_server import OpenAIServer, Reply, letters
from workbench.errors import ProviderError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.embeddings import embeddings_of, read_vectors
from workbench.providers.openai_chat.vectors import packed, unpacked
from workbench.providers.opening import open_provider
from workbench.settings import ProviderSettings

CONTEXT = CallContext("host", "small")


def ask(server: OpenAIServer, *texts: str, **settings: Any) -> list[Answer | BaseException]:
    """The answers to texts that are asked at the same time."""
    mock = ProviderSettings("mock", base_url=server.base_url, **settings)

    async def asked() -> list[Answer | BaseException]:
        embeddings = embeddings_of(open_provider(mock))
        requests = [Request("small", (Message("user", text),)) for text in texts]
        answers = await asyncio.gather(
            *(embeddings.answer(each, timeout_s=20) for each in requests), return_exceptions=True
        )
        await embeddings.close()
        return answers

    return asyncio.run(asked())


def answers_of(given: Sequence[Answer | BaseException]) -> list[Answer]:
    assert all(isinstance(each, Answer) for each in given), given
    return [each for each in given if isinstance(each, Answer)]


def test_texts_asked_together_go_out_in_one_call_and_share_its_tokens() -> None:
    with OpenAIServer() as server:
        prices = {"small": {"input": 20.0, "output": 0.0}}
        answers = answers_of(ask(server, "abc abc", "b", "a a a", prices=prices))
        assert server.embedded == [["abc abc", "b", "a a a"]]
    assert [each.attempts for each in answers] == [1, 0, 0]
    assert sum(each.prompt_tokens or 0 for each in answers) == 6
    assert math.isclose(sum(each.cost_usd or 0 for each in answers), 6 * 20e-6)
    first = unpacked(answers[0].text)
    assert (len(first), round(first[0], 2)) == (26, 2.01)
    assert {each.model for each in answers} == {"small"}


def test_vectors_are_told_apart_by_their_index() -> None:
    def reversed_order(texts: list[str], options: dict[str, Any]) -> Reply:
        body = letters(texts, options).body
        return Reply(body={**body, "data": body["data"][::-1]})

    with OpenAIServer() as server:
        server.embed = reversed_order
        one, other = answers_of(ask(server, "aaa", "zzz"))
    assert unpacked(one.text)[0] > 3 and unpacked(other.text)[25] > 3


def test_a_text_that_is_refused_takes_no_others_with_it() -> None:
    def picky(texts: list[str], options: dict[str, Any]) -> Reply:
        if "long" not in texts:
            return letters(texts, options)
        error = {"message": "input is too long", "code": "context_length_exceeded"}
        return Reply(status=400, body={"error": error})

    with OpenAIServer() as server:
        server.embed = picky
        answers = answers_of(ask(server, "a", "long", "b"))
    assert [a.outcome for a in answers] == [Outcome.OK, Outcome.REJECTED, Outcome.OK]
    assert sum(each.attempts for each in answers) == 4


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply("slow down", status=429), Outcome.RATE_LIMITED),
        (Reply("down", status=503), Outcome.PROVIDER_ERROR),
        (Reply(body=b"<html>"), Outcome.INVALID),
        (Reply(body={"data": []}), Outcome.INVALID),
    ],
)
def test_a_failed_call_is_a_failed_answer_of_each_text_and_counts_once(
    reply: Reply, outcome: Outcome
) -> None:
    with OpenAIServer() as server:
        server.embed = lambda texts, options: reply
        answers = answers_of(ask(server, "a", "b"))
    assert [(each.outcome, each.attempts) for each in answers] == [(outcome, 1), (outcome, 0)]
    assert all(each.error and not each.text for each in answers)


def test_an_endpoint_without_embeddings_or_such_a_model_ends_it_for_all() -> None:
    with OpenAIServer() as server:
        server.embed = lambda texts, options: Reply(status=404, body=b"404 page not found")
        errors = ask(server, "a", "b")
        assert all(isinstance(each, ProviderError) for each in errors)
        assert "has no embeddings at this address" in str(errors[0])
        error = {"message": "no such model", "code": "model_not_found"}
        server.embed = lambda texts, options: Reply(status=404, body={"error": error})
        (unknown,) = ask(server, "a")
    assert isinstance(unknown, ProviderError) and unknown.hint == "check the model of the scorer"


VECTOR = [0.5, -1.0]


def body(*items: Any) -> bytes:
    return json.dumps({"data": items, "model": "m"}).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        body({"index": 0, "embedding": VECTOR}),
        body({"index": 0, "embedding": VECTOR}, {"index": 0, "embedding": VECTOR}),
        body({"index": 0, "embedding": VECTOR}, {"index": 1, "embedding": [1.0]}),
        body({"index": 0, "embedding": VECTOR}, {"index": [1], "embedding": VECTOR}),
        body({"index": 0, "embedding": VECTOR}, {"index": 1, "embedding": [0, 0.0]}),
        body({"index": 0, "embedding": VECTOR}, {"index": 1, "embedding": [True, 1]}),
        body({"index": 0, "embedding": VECTOR}, {"index": 1, "embedding": [math.nan, 1]}),
        body({"index": 0, "embedding": VECTOR}, {"index": 1, "embedding": "AAAA"}),
        body({"index": 0, "embedding": VECTOR}, 7),
        json.dumps({"error": {"message": "no"}}).encode(),
    ],
)
def test_a_response_that_is_not_a_vector_for_each_text_is_invalid(raw: bytes) -> None:
    answer = read_vectors(raw, 2, CONTEXT)
    assert isinstance(answer, Answer)
    assert (answer.outcome, answer.text) == (Outcome.INVALID, "")


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_a_vector_survives_as_the_text_of_an_answer(vector: list[float]) -> None:
    assert unpacked(packed(vector)) == tuple(vector)
