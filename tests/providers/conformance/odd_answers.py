"""Answers whose parts say different things, and errors that come with status 200."""

from __future__ import annotations

from typing import Any

from tests.providers.conformance.rows import CALL, Row, error, piece, pieces, whole

TOOK_HOLD = "the filter took hold, though the finish is stop"
UNCALLED = "its finish reason names tool calls, and none came"
HATE = {"content_filter_results": {"hate": {"filtered": True, "severity": "high"}}}
SAFE = {"content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}
NO_ERROR = {"message": "", "type": "", "param": "", "code": None}


def chosen(**choice: Any) -> dict[str, Any]:
    """A good answer whose choice has further fields."""
    (first,) = whole()["choices"]
    return {**whole(), "choices": [{**first, **choice}]}


def minimax(code: int, message: str, **more: Any) -> dict[str, Any]:
    return {"choices": None, "base_resp": {"status_code": code, "status_msg": message}, **more}


FINISHES = (
    Row(
        "vLLM",
        "length, then stop",
        "truncated",
        "billing",
        0.0,
        events=[piece({"content": "billing"}, "length"), piece({"content": ""}, "stop")],
    ),
    Row(
        "Azure",
        "content_filter, then stop",
        "filtered",
        "billing",
        0.0,
        events=[piece({"content": "billing"}, "content_filter"), piece({}, "stop")],
    ),
    Row(
        "OpenRouter",
        "stop, then length",
        "truncated",
        "billing",
        0.0,
        events=[piece({"content": "billing"}, "stop"), piece({}, "length")],
    ),
    Row(
        "SGLang",
        "abort, then stop",
        "provider_error",
        "billing",
        calls=5,
        error="the answer: abort",
        events=[piece({"content": "billing"}, "abort"), piece({}, "stop")],
    ),
    Row(
        "llama.cpp",
        "tool_calls without a call",
        "ok",
        "billing",
        1.0,
        note=UNCALLED,
        body=whole(finish="tool_calls"),
        events=pieces("billing", finish="tool_calls"),
    ),
    Row(
        "llama.cpp",
        "tool_calls without anything",
        "empty",
        "",
        0.0,
        note=UNCALLED,
        body=whole(None, "tool_calls", {"tool_calls": []}),
        events=pieces(None, finish="tool_calls"),
    ),
)
SHAPES = (
    Row(
        "OpenAI",
        "choices in another order",
        "ok",
        "billing",
        1.0,
        note="2 choices came, the first counts",
        body={
            **whole(),
            "choices": [{**whole("x")["choices"][0], "index": 1}, *whole()["choices"]],
        },
    ),
    Row(
        "TGI",
        "text of completions that are no chat",
        "ok",
        "billing",
        1.0,
        body={**whole(), "choices": [{"index": 0, "text": "billing", "finish_reason": "stop"}]},
        events=[
            {"choices": [{"index": 0, "text": "bil", "finish_reason": None}]},
            {"choices": [{"index": 0, "text": "ling", "finish_reason": "stop"}]},
        ],
    ),
    Row(
        "some proxy",
        "a whole message beside an empty delta",
        "ok",
        "billing",
        1.0,
        events=[piece({}, "stop", message={"role": "assistant", "content": "billing"})],
    ),
    Row(
        "some proxy",
        "a whole message beside a delta of the role",
        "ok",
        "billing",
        1.0,
        events=[
            piece({"role": "assistant", "content": ""}),
            piece({"role": "assistant"}, "stop", message={"content": "billing"}),
        ],
    ),
    Row(
        "some proxy",
        "the whole message once more at the end",
        "ok",
        "billing",
        1.0,
        events=[*pieces("bil", "ling")[:-1], piece({}, "stop", message={"content": "billing"})],
    ),
    Row(
        "some proxy",
        "a whole message with a call",
        "tool_call",
        '[{"function":{"arguments":"{\\"queue\\":\\"billing\\"}","name":"route"},'
        '"id":"call_1","type":"function"}]',
        0.0,
        events=[piece({}, "tool_calls", message={"content": None, "tool_calls": [CALL]})],
    ),
)
THOUGHTS = (
    Row(
        "vLLM",
        "thoughts and no content at all",
        "empty",
        "",
        0.0,
        note="reasoning only",
        body={
            **whole(),
            "choices": [{"message": {"reasoning": "shipping? no"}, "finish_reason": "stop"}],
        },
        events=[piece({"reasoning": "shipping? no"}), piece({}, "stop", message={"content": ""})],
    ),
    Row(
        "vLLM",
        "blanks alone",
        "empty",
        " \n",
        0.0,
        body=whole(" \n"),
        events=pieces(" ", "\n"),
    ),
    Row(
        "some proxy",
        "a refusal beside whole messages of nothing",
        "refused",
        "No way",
        0.0,
        events=[
            piece({"refusal": "No "}, message={}),
            piece({"refusal": "way"}, message={}),
            piece({}, "stop", message={"content": None}),
        ],
    ),
)
FILTERED = (
    Row(
        "Azure",
        "a filter that took hold behind stop",
        "filtered",
        "billing",
        0.0,
        note=TOOK_HOLD,
        body=chosen(**HATE),
        events=[*pieces("billing"), piece({}, **HATE), piece({}, **SAFE)],
    ),
    Row(
        "Azure",
        "a filter that took hold of the prompt",
        "filtered",
        "billing",
        0.0,
        note=TOOK_HOLD,
        body=whole(prompt_filter_results=[{"prompt_index": 0, **HATE}]),
        events=[
            {"choices": [], "prompt_filter_results": [{"prompt_index": 0, **HATE}]},
            *pieces("billing"),
        ],
    ),
    Row(
        "Azure",
        "filters that found nothing",
        "ok",
        "billing",
        1.0,
        body={**chosen(**SAFE), "prompt_filter_results": [{"prompt_index": 0, **SAFE}]},
        events=[piece({"content": "billing"}, **SAFE), piece({}, "stop", **SAFE)],
    ),
    Row(
        "MiniMax",
        "a sensitive input beside an answer",
        "filtered",
        "billing",
        0.0,
        note=TOOK_HOLD,
        body=whole(base_resp={"status_code": 1026, "status_msg": "input sensitive"}),
        events=[
            *pieces("billing"),
            {"choices": [], "base_resp": {"status_code": 1026, "status_msg": "input sensitive"}},
        ],
    ),
    Row(
        "MiniMax",
        "a sensitive output",
        "filtered",
        "billing",
        0.0,
        note=TOOK_HOLD,
        body=whole(output_sensitive=True, base_resp={"status_code": 0, "status_msg": ""}),
    ),
    Row(
        "MiniMax",
        "a sensitive input and no answer",
        "filtered",
        body=minimax(1027, "output sensitive"),
        score=0.0,
    ),
    Row(
        "MiniMax",
        "an answer and code 0",
        "ok",
        "billing",
        1.0,
        body=whole(base_resp={"status_code": 0, "status_msg": "success"}, input_sensitive=False),
        events=[
            *pieces("billing"),
            {"choices": [], "base_resp": {"status_code": 0, "status_msg": ""}},
        ],
    ),
)
ERRORS = (
    *(
        Row("One API", name, "ok", "billing", 1.0, body=whole(error=none),
            events=[*pieces("billing"), {"choices": [], "error": none}])
        for name, none in (
            ("an error of blanks", NO_ERROR),
            ("an error with code 0", {"code": 0, "message": "ok"}),
            ("an error with code 200", {"code": "200", "message": "Success", "details": []}),
            ("an error that is false", False),
            ("an error of no kind", {}),
        )
    ),
    Row("One API", "an error of blanks in the choice", "ok", "billing", 1.0,
        body=chosen(error=NO_ERROR),
        events=[piece({"content": "billing"}, error=NO_ERROR), piece({}, "stop")]),
    Row("One API", "an error of blanks and no answer", "invalid_response", calls=3,
        error="without choices", body={"error": NO_ERROR}),
    Row("OpenRouter", "an error inside a message", "provider_error", "billing", calls=5,
        error="upstream broke", body=whole(message={"error": {"message": "upstream broke"}}),
        events=[piece({"content": "billing", "error": {"message": "upstream broke"}}, "stop")]),
    Row("MiniMax", "an empty account", "", error="is used up (status 200: insufficient balance)",
        body=minimax(1008, "insufficient balance")),
    Row("MiniMax", "an empty account beside a choice", "", error="quota",
        body=whole("", base_resp={"status_code": 1008, "status_msg": "insufficient balance"})),
    Row("MiniMax", "a wrong key", "", error="key refused", body=minimax(1004, "login fail")),
    Row("MiniMax", "a rate", "rate_limited", calls=10, error="rate limit",
        body=minimax(1002, "rate limit")),
    Row("Baidu", "a token that is invalid", "", error="key refused",
        body={"error_code": 110, "error_msg": "Access token invalid or no longer valid"}),
    Row("Baidu", "a token that is expired", "", error="Access token expired",
        body={"error_code": "111", "error_msg": "Access token expired"}),
    Row("Baidu", "the calls of the day", "", error="quota",
        body={"error_code": 17, "error_msg": "Open api daily request limit reached"}),
    Row("Baidu", "too many calls a second", "rate_limited", calls=10, error="qps",
        body={"error_code": 18, "error_msg": "Open api qps request limit reached"}),
    Row("some proxy", "no success for the key", "", error="key refused",
        body={"success": False, "message": "Invalid API key"}),
    Row("some proxy", "no success for the money", "", error="quota",
        body={"success": False, "msg": "your credit balance is too low"}),
    Row("some proxy", "no success for the model", "", error="does not know the model",
        body={"success": False, "message": "model m not found"}),
    Row("some proxy", "no success for the moment", "invalid_response", calls=3,
        error="status 200: model overloaded",
        body={"success": False, "message": "model overloaded"}),
    Row("some proxy", "an unknown word of an error", "invalid_response", calls=3,
        error="the sea is rough", body=error("the sea is rough")),
)  # fmt: skip
PAGES = (
    Row(
        "some proxy",
        "a login page",
        "invalid_response",
        error="sent a web page and no JSON: Sign in to WiFi",
        body=b"\n<!DOCTYPE html><html><head><title>Sign in to WiFi</title></head></html>",
    ),
    Row(
        "some proxy",
        "a page without a title",
        "invalid_response",
        error="sent a web page and no JSON: Sign in",
        body=b"<html><body>Sign in</body></html>",
    ),
)

ODD_ANSWERS = (*FINISHES, *SHAPES, *THOUGHTS, *FILTERED, *ERRORS, *PAGES)
