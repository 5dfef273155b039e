"""Answers and refusals in the words of gateways and vendors, beside those of the API itself."""

from __future__ import annotations

import json
from typing import Any

from tests.providers.conformance.odd_answers import chosen, minimax
from tests.providers.conformance.rows import CALL, Row, piece, pieces, whole

OBJECT = {**CALL, "function": {"name": "f", "arguments": {"queue": "billing"}}}
SMILE = json.dumps("😀")


def half(at: slice) -> str:
    """A piece whose text is one half of an emoji's pair, as an event."""
    content = f'"{SMILE[1:-1][at]}"'
    return f'data: {{"choices": [{{"index": 0, "delta": {{"content": {content}}}}}]}}\n\n'


def refused(server: str, name: str, outcome: str, status: int, body: Any, **more: Any) -> Row:
    """A refusal, which says its own words unless it is a filter's."""
    places = (body, body.get("error") or {}, body.get("base_resp") or {})
    message = next(p[k] for p in places for k in ("message", "error_msg", "status_msg") if k in p)
    score = 0.0 if outcome in ("filtered", "rejected") else None
    usual = {"error": "" if outcome == "filtered" else message, "score": score}
    return Row(server, name, outcome, status=status, body=body, **{**usual, **more})


def error(code: Any, message: str = "no") -> dict[str, Any]:
    return {"error": {"message": message, "code": code}}


GATEWAYS = (
    *(
        Row("OpenRouter", f"stop for what its provider calls {native}", outcome, "bil", 0.0,
            body=chosen(message={"content": "bil"}, native_finish_reason=native),
            events=[piece({"content": "bil"}), piece({}, "stop", native_finish_reason=native)])
        for native, outcome in (
            ("MAX_TOKENS", "truncated"), ("SAFETY", "filtered"), ("max_tokens", "truncated")
        )
    ),
    *(
        Row("OpenRouter", f"stop for {native}", "ok", "billing", 1.0,
            body=chosen(native_finish_reason=native),
            events=[piece({"content": "billing"}), piece({}, "stop", native_finish_reason=native)])
        for native in ("STOP", "end_turn", "a_word_of_its_own", None)
    ),
    Row("OpenRouter", "signs of life without anything", "ok", "billing", 1.0,
        events=[": PROCESSING\n\n", "data:\n\n", *pieces("billing"), "data: \n\n"]),
    Row("some server", "an emoji in two halves", "ok", "😀", 0.0,
        events=[half(slice(0, 6)), half(slice(6, 12)), piece({}, "stop")]),
    Row("some server", "one part that is in no list", "ok", "billing", 1.0,
        body=whole({"type": "text", "text": "billing"}),
        events=pieces({"type": "text", "text": "billing"})),
    Row("some server", "arguments that are an object", "tool_call",
        '[{"function":{"arguments":{"queue":"billing"},"name":"f"},"id":"call_1",'
        '"type":"function"}]', 0.0,
        events=[piece({"tool_calls": [OBJECT]}), piece({}, "tool_calls")]),
    Row("some server", "the end in small letters", "ok", "billing", 1.0, done=False,
        events=[*pieces("billing"), "data: [done]\n\n"]),
    Row("some server", "a question that is too long, with status 200", "rejected", score=0.0,
        error="too long",
        body=error("context_length_exceeded", "too long"),
        events=[error("context_length_exceeded", "too long")]),
    refused("OpenAI", "its usage policy", "filtered", 400, error("content_policy_violation")),
    refused("Qwen", "its inspection", "filtered", 400, error("data_inspection_failed")),
    refused("Qwen", "its inspection, natively", "filtered", 400,
            {"code": "DataInspectionFailed", "message": "inappropriate", "request_id": "1"}),
    refused("Qwen", "an account in arrears", "", 400, error("Arrearage"), error="quota"),
    refused("Qwen", "the end of what is free", "", 403, error("AllocationQuota.FreeTierOnly"),
            error="quota"),
    refused("GLM", "its filter", "filtered", 400, error("1301")),
    refused("Volcengine", "its filter of texts", "filtered", 400,
            error("InputTextSensitiveContentDetected")),
    refused("Volcengine", "an overdue account", "", 403, error("AccountOverdueError"),
            error="quota"),
    refused("Volcengine", "a model that is not open", "", 404, error("ModelNotOpen"),
            error="does not know the model"),
    refused("SiliconFlow", "an empty account", "", 403, {
        "code": 30001, "message": "Sorry, your account balance is insufficient", "data": None
    }, error="quota"),
    refused("SiliconFlow", "an unknown model", "", 400, {
        "code": 20012, "message": "Model does not exist. Please check it carefully.", "data": None
    }, error="does not know the model"),
    refused("Moonshot", "too many tokens", "rejected", 400, error(None, "Your request exceeded"
            " model token limit : 8192")),
    refused("Spark", "its filter", "filtered", 200,
            {"code": 10013, "message": "input refused", "sid": "cha1"}),
    refused("Spark", "the calls of the day", "", 200,
            {"code": 11201, "message": "AppIdNoAuthError", "sid": "cha1"}, error="quota"),
    refused("Spark", "too many at once", "rate_limited", 200,
            {"code": 11203, "message": "busy", "sid": "cha1"}, calls=10),
    refused("Spark", "too many tokens", "rejected", 200,
            {"code": 10907, "message": "tokens", "sid": "cha1"}),
    refused("another", "the same number without a sid", "invalid_response", 200,
            {"code": 10013, "message": "something else"}, calls=3),
    refused("Baidu", "a question that is too long", "rejected", 200,
            {"error_code": 336103, "error_msg": "prompt tokens too long"}),
    refused("Baidu", "a service that was not opened", "", 200,
            {"error_code": 6, "error_msg": "No permission to access data"}, error="key refused"),
    refused("MiniMax", "too many invisible characters", "rejected", 200,
            minimax(1042, "invisible character ratio limit")),
    refused("MiniMax", "a rate that grows too fast", "rate_limited", 200,
            minimax(2045, "rate growth limit"), calls=10),
    *(refused("some proxy", f"a status of {status}", "provider_error", status, error(None, "busy"),
              calls=5) for status in (424, 498, 499)),
)  # fmt: skip
