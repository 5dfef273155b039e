"""The message of an error is shown whatever JSON carries it, and what it is about is recognised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fault_server import completion
from workbench.errors import ProviderError
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.classify import classify_completion, classify_status
from workbench.providers.openai_chat.error_bodies import is_error, parse_error, read_error


def asked() -> CallContext:
    return CallContext("host", "m")


def refused(status: int, body: Any) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify_status(status, {}, parse_error(raw), asked())


SAID = "the sea is rough"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": SAID}},
        [{"error": {"message": SAID, "code": 500, "status": "INTERNAL"}}],
        {"error": SAID},
        {"message": SAID},
        {"detail": SAID},
        {"detail": {"message": SAID}},
        {"detail": [{"loc": ["body", "messages"], "msg": SAID, "type": "value_error"}]},
        {"detail": {"error": {"message": SAID}}},
        {"errors": [SAID]},
        {"errors": [{"message": SAID}]},
        {"errors": {"message": SAID}},
        {"error": {"message": {"text": {"message": SAID}, "detail": SAID}}},
        {"error": {"message": json.dumps({"error": {"message": SAID}})}},
        {"error": {"error": {"error": {"message": SAID}}}},
        {"error": {"detail": SAID}},
        {"error": True, "message": SAID},
        {"error_description": SAID},
        {"code": 1234, "msg": SAID, "success": False},
        {"title": SAID, "status": 500},
        {"base_resp": {"status_code": 1000, "status_msg": SAID}},
        {"error": {"message": "Provider returned error", "metadata": {"raw": SAID}}},
        {
            "error": {
                "message": "Provider returned error",
                "metadata": {"raw": json.dumps({"error": {"message": SAID}})},
            }
        },
        [[{"message": SAID}]],
        SAID,
        SAID.encode(),
        f"<html><head><title>{SAID}</title></head><body>x</body></html>".encode(),
        f"<h1>{SAID}</h1><script>alert(1)</script>".encode(),
    ],
)
def test_the_message_is_found_in_any_shape(body: Any) -> None:
    error = refused(500, body).error
    assert SAID in error
    assert "<" not in error and "{" not in error


def test_several_messages_are_all_shown_once() -> None:
    body = {"message": "one", "errors": [{"msg": "two"}, {"msg": "one"}]}
    assert read_error(body).message == "one; two"


def test_a_body_without_a_message_is_shown_as_it_is() -> None:
    assert refused(500, {"error": {"answer": 42}}).error == (
        'host answered 500: {"error": {"answer": 42}}'
    )
    assert refused(500, b"").error == "host answered 500"


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    "body",
    [
        [
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid. Please pass a valid API key.",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
        [
            {
                "error": {
                    "code": 400,
                    "message": "no",
                    "details": [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}],
                }
            }
        ],
        {"detail": "Invalid API key"},
        {"detail": {"code": "invalid_api_key"}},
        {"error": "Incorrect API key provided"},
        {"errors": [{"message": "The API key is expired"}]},
        b"invalid api key",
    ],
)
def test_a_wrong_key_ends_the_run_whatever_says_so(status: int, body: Any) -> None:
    with pytest.raises(ProviderError, match="key refused by host"):
        refused(status, body)


@pytest.mark.parametrize("body", [[{"error": "no"}], {"detail": "no"}, b"no", b"", [], "x"])
def test_a_401_is_a_wrong_key_whatever_it_says(body: Any) -> None:
    with pytest.raises(ProviderError, match=r"key refused by host \(401"):
        refused(401, body)


@pytest.mark.parametrize("status", [400, 404, 422])
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "The model `m` does not exist", "code": "model_not_found"}},
        {"object": "error", "message": "The model `m` does not exist.", "code": 404},
        {"detail": "Model not found"},
        [{"error": {"message": "models/m is not found: no such model"}}],
        {"error": "model 'm' not found"},
        {"message": "Invalid model: m", "type": "invalid_model", "code": "1500"},
        {"error": {"message": "m is not a valid model ID", "code": 400}},
        {"error": {"message": "Model Not Exist", "type": "invalid_request_error"}},
        {"error": {"code": "1211", "message": "模型不存在"}},
        {"error": {"code": "DeploymentNotFound", "message": "no deployment"}},
        b"model 'm' not found",
    ],
)
def test_an_unknown_model_ends_the_run_whatever_says_so(status: int, body: Any) -> None:
    with pytest.raises(ProviderError, match="does not know the model m"):
        refused(status, body)


@pytest.mark.parametrize(
    "body",
    [
        b"404 page not found",
        b"<html><title>404 Not Found</title></html>",
        b"",
        {"detail": "Not Found"},
        {"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}},
        {"error": {"code": "404", "message": "Resource not found"}},
        {"error": {"message": "Invalid URL (POST /v1/x)", "type": "invalid_request_error"}},
        {"message": "no Route matched with those values"},
    ],
)
def test_a_wrong_address_is_not_called_an_unknown_model(body: Any) -> None:
    with pytest.raises(ProviderError, match="no chat completions at this address"):
        refused(404, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (402, {"detail": "pay"}),
        (400, {"code": "Arrearage", "message": "Access denied"}),
        (400, {"error": {"message": "Your credit balance is too low to access the API"}}),
        (403, {"error": {"message": "Insufficient balance"}}),
        (429, [{"error": {"code": "insufficient_quota"}}]),
        (429, {"detail": {"type": "insufficient_quota"}}),
        (429, {"error": {"code": "1113", "message": "余额不足"}}),
        (429, {"error": {"message": "You exceeded your current quota, please check"}}),
    ],
)
def test_a_used_up_quota_ends_the_run_whatever_says_so(status: int, body: Any) -> None:
    with pytest.raises(ProviderError, match="the quota at host is used up"):
        refused(status, body)


def test_a_limit_that_passes_is_waited_for_though_it_speaks_of_a_quota() -> None:
    """Gemini says so of its limits by the minute."""
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36.5s"}
    body = [
        {
            "error": {
                "code": 429,
                "message": "You exceeded your current quota",
                "status": "RESOURCE_EXHAUSTED",
                "details": [retry],
            }
        }
    ]
    answer = refused(429, body)
    assert (answer.outcome, answer.retry, answer.retry_after_s) == (
        Outcome.RATE_LIMITED,
        True,
        36.5,
    )


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "no", "param": "temperature"}},
        {"detail": [{"loc": ["body", "temperature"], "msg": "no"}]},
        {"object": "error", "message": {"detail": [{"loc": ["body", "temperature"], "msg": "no"}]}},
        {"message": json.dumps({"detail": [{"loc": ["body", "temperature"], "msg": "no"}]})},
        [{"error": {"param": "temperature", "message": "no"}}],
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_parameter_is_named_wherever_it_stands(status: int, body: Any) -> None:
    with pytest.raises(ProviderError, match="host refuses the parameter temperature: no"):
        refused(status, body)


def test_a_message_that_is_refused_is_rejected_in_any_shape() -> None:
    body = {"detail": [{"loc": ["body", "messages", 0, "content"], "msg": "too long"}]}
    answer = refused(422, body)
    assert (answer.outcome, answer.retry) == (Outcome.REJECTED, False)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
        "the request exceeds the available context size (512 tokens)",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ],
)
def test_a_text_beyond_the_model_is_rejected_by_the_words_of_servers_without_codes(
    message: str,
) -> None:
    assert refused(400, {"error": {"message": message}}).outcome is Outcome.REJECTED


def test_once_a_call_went_well_the_words_of_a_refusal_may_be_its_cases() -> None:
    asking = asked()
    asking.history.answered = True
    body = {"error": {"message": "flagged: 'my invalid API key, model not found, out of credits'"}}
    answer = classify_status(400, {}, body, asking)
    assert (answer.outcome, answer.retry) == (Outcome.PROVIDER_ERROR, False)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([{"error": {"code": 400, "message": "API key not valid."}}], "key refused"),
        ({"detail": "Invalid API key"}, "key refused"),
        ({"error": {"message": "x", "code": "model_not_found"}}, "does not know the model"),
    ],
)
def test_an_error_with_status_200_is_read_in_any_shape(data: Any, words: str) -> None:
    with pytest.raises(ProviderError, match=words):
        classify_completion(data, asked())


@pytest.mark.parametrize(
    "data",
    [
        [{"error": {"message": SAID}}],
        {"detail": SAID},
        {"object": "error", "message": SAID},
        {"errors": [SAID]},
        {"code": 1214, "msg": SAID, "success": False},
        {"base_resp": {"status_code": 2013, "status_msg": SAID}, "choices": None},
    ],
)
def test_an_error_with_status_200_shows_its_message(data: Any) -> None:
    answer = classify_completion(data, asked())
    assert answer.outcome is Outcome.INVALID
    assert answer.error == f"host reported an error with status 200: {SAID}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["error", "errors", "detail", "message", "msg", "code", "loc", "param"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from([400, 403, 404, 422, 429, 500]))
def test_any_json_is_one_safe_line(body: Any, status: int) -> None:
    try:
        line = classify_status(status, {}, body, asked()).error
    except ProviderError as error:
        line = error.message
    assert line.isprintable() and len(line) < 300


def test_a_body_nested_beyond_reason_is_an_error_all_the_same() -> None:
    deep = b'{"error": [' * 500 + b'"boom"' + b"]}" * 500
    assert refused(500, deep).error.startswith("host answered 500")
    assert refused(500, b"[" * 60_000).error.startswith("host answered 500")


NOTHING = st.recursive(
    st.sampled_from([None, "", " ", 0, "0", 200, "200", "ok", "OK", "Success", False]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(NOTHING)
def test_an_error_that_says_nothing_is_none_beside_an_answer(nothing: Any) -> None:
    assert not is_error({**completion("fine"), "error": nothing})


@given(NOTHING, st.sampled_from([1, 500, "x", True, "failed", "overloaded"]))
def test_an_error_that_says_anything_is_one_beside_an_answer(nothing: Any, message: Any) -> None:
    assert is_error({**completion("fine"), "error": {"code": nothing, "message": message}})
