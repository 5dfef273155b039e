"""Which refusals are about one case, and which about every call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.fault_server import FaultServer, answer, error, http
from workbench.errors import ProviderError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.opening import open_provider
from workbench.settings import ProviderSettings

REQUEST = Request("mock-model", (Message("user", "hello"),), {"temperature": 0})
FLAGGED = error(
    "403 Forbidden",
    code=403,
    message="Your chosen model requires moderation and your input was flagged",
)
BLOCKED = http("<html>Sorry, you have been blocked</html>", "403 Forbidden", kind="text/html")


def ask_all(*replies: bytes) -> list[Answer]:
    """One call for each reply, by one provider. Raises what a call raises."""

    async def all_of(base_url: str) -> list[Answer]:
        provider = open_provider(ProviderSettings("mock", base_url=base_url), environ={})
        try:
            return [await provider.answer(REQUEST, timeout_s=60.0) for _ in replies]
        finally:
            await provider.close()

    with FaultServer(lambda number, body: [replies[number]]) as server:
        return asyncio.run(all_of(server.base_url))


def refused(received: Answer) -> bool:
    return (received.outcome, received.retry) == (Outcome.PROVIDER_ERROR, False)


def test_a_flagged_input_is_the_error_of_its_case_whenever_it_comes() -> None:
    answers = ask_all(*[FLAGGED] * 5, answer())
    assert all(refused(one) for one in answers[:5])
    assert "your input was flagged" in answers[0].error
    assert answers[5].outcome is Outcome.OK


def test_a_403_after_an_answer_is_the_error_of_its_case() -> None:
    answers = ask_all(answer(), *[BLOCKED] * 5, answer())
    assert all(refused(one) for one in answers[1:6])
    assert "answered 403" in answers[1].error


def test_a_403_that_comes_before_the_first_answer_may_be_about_its_case() -> None:
    assert [one.outcome for one in ask_all(BLOCKED, answer(), BLOCKED, BLOCKED, BLOCKED)] == [
        Outcome.PROVIDER_ERROR,
        Outcome.OK,
        *[Outcome.PROVIDER_ERROR] * 3,
    ]


def test_a_403_for_everybody_is_a_refused_key() -> None:
    with pytest.raises(ProviderError, match="key refused"):
        ask_all(BLOCKED, BLOCKED, BLOCKED)


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "no", "code": "invalid_api_key"},
        {"message": "no", "type": "authentication_error"},
        {"message": "Your API key was reported as leaked"},
    ],
)
def test_a_403_that_names_the_key_stops_the_run_at_once(fields: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match="key refused"):
        ask_all(error("403 Forbidden", **fields))


def test_a_401_stops_the_run_after_any_number_of_answers() -> None:
    with pytest.raises(ProviderError, match="key refused"):
        ask_all(answer(), answer(), error("401 Unauthorized", message="revoked"))


@pytest.mark.parametrize(
    "parameter",
    [
        "messages[1].content",
        "messages.[0].content.[1].image_url",
        "messages",
        "body.messages.0.content",
        "input_tokens",
        "prompt",
    ],
)
def test_a_message_that_is_refused_is_rejected(parameter: str) -> None:
    reply = error("400 Bad Request", message="cannot be processed", param=parameter)
    (answers,) = ask_all(reply)
    assert answers.outcome is Outcome.REJECTED and "cannot be processed" in answers.error


def test_a_parameter_that_went_well_before_is_refused_to_its_case_alone() -> None:
    reply = error("400 Bad Request", message="max_tokens is too large", param="max_tokens")
    with pytest.raises(ProviderError, match="refuses the parameter max_tokens"):
        ask_all(reply)
    assert refused(ask_all(answer(), reply)[1])


@pytest.mark.parametrize(
    "fields",
    [
        {"code": 429, "type": "insufficient_quota"},
        {"code": "insufficient_quota", "type": "requests"},
        {"code": None, "type": "insufficient_quota"},
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "200 OK"])
def test_an_exhausted_quota_is_recognised_by_its_code_or_its_type(
    fields: dict[str, Any], status: str
) -> None:
    with pytest.raises(ProviderError, match="quota"):
        ask_all(error(status, message="quota", **fields))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (401, "key refused"),
        ("401", "key refused"),
        (402, "quota"),
        (404, "does not know the model"),
    ],
)
def test_a_refusal_with_status_200_stops_the_run_as_its_status_would(
    code: int | str, words: str
) -> None:
    with pytest.raises(ProviderError, match=words):
        ask_all(error("200 OK", message="No auth credentials found", code=code))


@pytest.mark.parametrize(
    ("code", "outcome", "retry"),
    [
        (429, Outcome.RATE_LIMITED, True),
        (502, Outcome.PROVIDER_ERROR, True),
        (400, Outcome.PROVIDER_ERROR, False),
        (1234, Outcome.INVALID, True),
        (200, Outcome.INVALID, True),
        (True, Outcome.INVALID, True),
        ([], Outcome.INVALID, True),
        ("²²²", Outcome.INVALID, True),
    ],
)
def test_an_error_with_status_200_is_of_the_class_that_its_code_names(
    code: Any, outcome: Outcome, retry: bool
) -> None:
    (answers,) = ask_all(http(json.dumps({"error": {"message": "boom", "code": code}})))
    assert (answers.outcome, answers.retry) == (outcome, retry)
    assert "reported an error with status 200: boom" in answers.error


def test_calls_at_once_do_not_take_one_refusal_for_that_of_the_key() -> None:
    """The refusal of one of many comes first, as nothing has to be computed for it."""

    def script(number: int, body: bytes) -> Sequence[bytes | float]:
        if b"case 5" in body:
            return [BLOCKED]
        return [0.05, answer()]

    async def many(base_url: str) -> list[Answer]:
        provider = open_provider(ProviderSettings("mock", base_url=base_url), environ={})
        requests = [Request("m", (Message("user", f"case {n}"),), {}) for n in range(8)]
        try:
            return await asyncio.gather(*(provider.answer(r, timeout_s=60) for r in requests))
        finally:
            await provider.close()

    with FaultServer(script) as server:
        answers = asyncio.run(many(server.base_url))
    assert [number for number, one in enumerate(answers) if one.outcome.is_error] == [5]


LOGIN = http("<html><title>Sign in to WiFi</title></html>", kind="text/html")


def test_web_pages_in_place_of_every_answer_end_the_run_at_the_third() -> None:
    assert ask_all(LOGIN, LOGIN)[1].error.endswith("sent a web page and no JSON: Sign in to WiFi")
    with pytest.raises(ProviderError, match="a web page and no JSON: Sign in to WiFi") as caught:
        ask_all(LOGIN, LOGIN, LOGIN, answer())
    assert "check base_url" in str(caught.value.hint)


def test_web_pages_after_an_answer_are_the_error_of_their_case() -> None:
    answers = ask_all(answer(), *[LOGIN] * 4, answer())
    assert [(one.outcome, one.retry) for one in answers[1:5]] == [(Outcome.INVALID, False)] * 4
    assert answers[5].outcome is Outcome.OK


ACCOUNT = [
    {"choices": None, "base_resp": {"status_code": 1004, "status_msg": "login fail"}},
    {"error_code": 110, "error_msg": "Access token invalid or no longer valid"},
    {"success": False, "message": "insufficient balance"},
]


@pytest.mark.parametrize("body", ACCOUNT)
def test_words_about_the_account_stop_no_run_in_which_one_call_went_well(body: Any) -> None:
    answers = ask_all(answer(), http(json.dumps(body)), answer())
    assert answers[1].outcome.is_error
    assert answers[2].outcome is Outcome.OK
