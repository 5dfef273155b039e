"""Every kind that asks over HTTP meets the same faults in the same way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.fault_server import RESET, FaultServer, completion, error, http, stream
from workbench.errors import ProviderError, SettingsError, UsageError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.openai_chat.embeddings import embeddings_of
from workbench.providers.opening import open_provider
from workbench.settings import ProviderSettings

KEY = "sk-canary-0123456789abcdef"
REQUEST = Request("m", (Message("system", "Be short."), Message("user", "hello")))


def response(text: str = "fine", status: str = "completed", **more: Any) -> dict[str, Any]:
    """A response of the Responses API."""
    part = {"type": "output_text", "text": text, "annotations": []}
    message = {"type": "message", "role": "assistant", "content": [part]}
    usage = {"input_tokens": 3, "output_tokens": 1}
    return {"status": status, "model": "mock", "output": [message], "usage": usage, **more}


@dataclass(frozen=True)
class Kind:
    name: str
    whole: Any
    """A good answer."""
    path: bytes
    key: bytes
    cut: Any = None
    """An answer that ran into its limit of tokens."""
    options: Mapping[str, Any] = field(default_factory=dict)
    streams: bool = True

    def open(self, base_url: str, **settings: Any) -> Any:
        table = ProviderSettings(
            "mine",
            kind=self.name,
            base_url=base_url,
            api_key_env="KEY",
            options=self.options,
            **settings,
        )
        return open_provider(table, environ={"KEY": KEY, "TEAM_KEY": f"{KEY}-team"})

    def ask(
        self,
        base_url: str,
        on_text: Callable[[str], None] | None = None,
        timeout_s: float = 5.0,
        request: Request = REQUEST,
        **settings: Any,
    ) -> Answer:
        async def one() -> Answer:
            provider = self.open(base_url, **settings)
            try:
                answer: Answer = await provider.answer(
                    request, timeout_s=timeout_s, on_text=on_text
                )
                return answer
            finally:
                await provider.close()

        return asyncio.run(one())


BEARER, API_KEY = f"Authorization: Bearer {KEY}".encode(), f"api-key: {KEY}".encode()
INCOMPLETE = {"incomplete_details": {"reason": "max_output_tokens"}}
KINDS = (
    Kind(
        "openai",
        completion(),
        b"/v1/chat/completions ",
        BEARER,
        completion(finish="length"),
    ),
    Kind(
        "azure",
        completion(),
        b"/v1/openai/deployments/m/chat/completions?api-version=2024-10-21 ",
        API_KEY,
        completion(finish="length"),
        {"api_version": "2024-10-21"},
    ),
    Kind(
        "openai-responses",
        response(),
        b"/v1/responses ",
        BEARER,
        response(status="incomplete", **INCOMPLETE),
    ),
    Kind(
        "http",
        {"data": {"answer": "fine"}, "usage": [3, 1], "by": "mock"},
        b"/v1 ",
        BEARER,
        None,
        {
            "request": {"q": "{{ user }}", "k": [3, "in {{ model }}: {{user}}"]},
            "answer": "$.data.answer",
            "prompt_tokens": "usage[0]",
            "completion_tokens": "usage[1]",
            "model": "by",
        },
        streams=False,
    ),
)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def served(*steps: Any) -> FaultServer:
    return FaultServer(lambda number, body: steps)


@each_kind
def test_a_good_answer_is_read_with_its_tokens_and_its_model(kind: Kind) -> None:
    with served(http(json.dumps(kind.whole))) as server:
        answer = kind.ask(server.base_url)
        (head,) = server.heads
    assert (answer.outcome, answer.text, answer.model) == (Outcome.OK, "fine", "mock")
    assert (answer.prompt_tokens, answer.completion_tokens) == (3, 1)
    assert head.split(b"\r\n")[0].startswith(b"POST " + kind.path)
    assert kind.key.lower() in head.lower()


@each_kind
def test_an_answer_cut_by_its_limit_is_no_answer(kind: Kind) -> None:
    if kind.cut is None:
        return  # an app of one's own has no such word
    with served(http(json.dumps(kind.cut))) as server:
        assert kind.ask(server.base_url).outcome is Outcome.TRUNCATED


@each_kind
def test_a_rate_limit_says_how_long_to_wait(kind: Kind) -> None:
    with served(error("429 Too Many", ["retry-after: 7"], message="slow down")) as server:
        answer = kind.ask(server.base_url)
    assert answer.outcome is Outcome.RATE_LIMITED
    assert (answer.retry, answer.retry_after_s) == (True, 7)


@each_kind
@pytest.mark.parametrize("status", ["500 Oops", "503 Busy"])
def test_a_failure_of_the_server_is_worth_a_retry(kind: Kind, status: str) -> None:
    with served(error(status, message="try later")) as server:
        answer = kind.ask(server.base_url)
    assert (answer.outcome, answer.retry) == (Outcome.PROVIDER_ERROR, True)


@each_kind
def test_a_refused_key_ends_the_run_and_is_in_no_message(kind: Kind) -> None:
    refusal = error("401 Unauthorized", message=f"Incorrect API key provided: {KEY}")
    with served(refusal) as server, pytest.raises(ProviderError, match="key refused") as caught:
        kind.ask(server.base_url)
    assert KEY not in str(caught.value)


@each_kind
def test_a_connection_that_breaks_is_a_failed_call(kind: Kind) -> None:
    with served(RESET) as server:
        answer = kind.ask(server.base_url)
    assert (answer.outcome, answer.retry) == (Outcome.PROVIDER_ERROR, True)


@each_kind
@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "{}", '{"output": 1}', "<html></html>"])
def test_what_is_no_answer_is_never_scored(kind: Kind, body: str) -> None:
    with served(http(body)) as server:
        answer = kind.ask(server.base_url)
    assert answer.outcome.is_error
    assert not answer.text


@each_kind
def test_an_answer_that_does_not_come_in_time_is_timed_out(kind: Kind) -> None:
    with served(http(json.dumps(kind.whole))[:30], 30.0) as server:
        assert kind.ask(server.base_url, timeout_s=0.3).outcome is Outcome.TIMED_OUT


@each_kind
def test_headers_queries_and_more_of_the_body_come_from_the_settings(kind: Kind) -> None:
    with served(http(json.dumps(kind.whole))) as server:
        kind.ask(
            server.base_url,
            headers={"X-Team": "nlp"},
            headers_env={"X-Team-Key": "TEAM_KEY"},
            query={"region": "eu west"},
            extra_body={"user_tag": 7},
        )
        (head,), (body,) = server.heads, server.bodies
    assert b"x-team: nlp" in head.lower()
    assert f"x-team-key: {KEY}-team".encode() in head.lower()
    assert b"region=eu+west" in head or b"region=eu%20west" in head
    assert json.loads(body)["user_tag"] == 7


@each_kind
def test_what_the_settings_add_is_in_the_identity_and_keys_are_not(kind: Kind) -> None:
    plain = kind.open("http://127.0.0.1:9/v1").identity
    added = kind.open(
        "http://127.0.0.1:9/v1",
        headers={"X-Team": "nlp"},
        headers_env={"X-Team-Key": "TEAM_KEY"},
        extra_body={"user_tag": 7},
    ).identity
    assert added == {
        **plain,
        "headers": {"X-Team": "nlp"},
        "secret_headers": ["x-team-key"],
        "extra_body": {"user_tag": 7},
    }
    assert KEY not in json.dumps(added)


@each_kind
@pytest.mark.parametrize(
    "settings",
    [
        {"headers": {"Authorization": "x"}},
        {"headers": {"a b": "x"}},
        {"headers": {"X": "line\nend"}},
        {"extra_body": {"messages": []}},
        {"proxy": "nowhere"},
        {"headers_env": {"X": "NOT_SET"}},
    ],
)
def test_settings_that_cannot_be_right_are_refused(kind: Kind, settings: Any) -> None:
    with pytest.raises(SettingsError):
        kind.open("http://127.0.0.1:9/v1", **settings)


def events(*texts: str) -> list[Any]:
    deltas = [{"type": "response.output_text.delta", "delta": text} for text in texts]
    last = {"type": "response.completed", "response": response("".join(texts))}
    return [{"type": "response.created", "response": {}}, *deltas, last]


RESPONSES = KINDS[2]


def test_a_streamed_response_is_the_same_however_it_is_cut() -> None:
    sent = stream(*events("fi", "ne é"))
    for at in range(100, len(sent), 37):
        shown: list[str] = []
        with served(sent[:at], 0.0, sent[at:]) as server:
            answer = RESPONSES.ask(server.base_url, shown.append)
        assert (answer.outcome, answer.text) == (Outcome.OK, "fine é")
        assert "".join(shown) == "fine é"


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_a_streamed_response_without_its_end_is_no_answer(kept: int) -> None:
    with served(stream(*events("fi", "ne")[:kept]), "close") as server:
        answer = RESPONSES.ask(server.base_url, lambda text: None)
    assert (answer.outcome, answer.retry) == (Outcome.INVALID, True)


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        ({"type": "error", "code": "server_error", "message": "broke"}, Outcome.INVALID),
        (
            {
                "type": "response.failed",
                "response": response("", "failed", error={"code": "x", "message": "broke"}),
            },
            Outcome.PROVIDER_ERROR,
        ),
        (
            {
                "type": "response.incomplete",
                "response": response(
                    "fi", "incomplete", incomplete_details={"reason": "content_filter"}
                ),
            },
            Outcome.FILTERED,
        ),
    ],
)
def test_a_streamed_response_that_fails_is_no_answer(last: Any, outcome: Outcome) -> None:
    with served(stream(*events("fi")[:2], last)) as server:
        assert RESPONSES.ask(server.base_url, lambda text: None).outcome is outcome


@pytest.mark.parametrize(
    ("body", "outcome", "text"),
    [
        (response("", status="queued"), Outcome.INVALID, ""),
        (response("  "), Outcome.EMPTY, "  "),
        (
            response(
                output=[{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]
            ),
            Outcome.REFUSED,
            "no",
        ),
        (
            response(
                output=[
                    {"type": "reasoning", "summary": []},
                    {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a": 1}'},
                ]
            ),
            Outcome.TOOL_CALL,
            None,
        ),
        (response(output=[{"type": "reasoning", "summary": []}]), Outcome.EMPTY, ""),
        (response(output=[]), Outcome.EMPTY, ""),
    ],
)
def test_a_response_is_classified_as_a_chat_completion_is(
    body: Any, outcome: Outcome, text: str | None
) -> None:
    with served(http(json.dumps(body))) as server:
        answer = RESPONSES.ask(server.base_url)
    assert answer.outcome is outcome
    if text is not None:
        assert answer.text == text
    if outcome is Outcome.TOOL_CALL:
        assert [(call.id, call.name, call.arguments) for call in answer.tool_calls] == [
            ("c", "f", '{"a": 1}')
        ]


def test_a_request_is_written_in_the_words_of_the_responses_api() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = (
        *REQUEST.messages,
        Message("assistant", "", more={"tool_calls": [call]}),
        Message("tool", "7", more={"tool_call_id": "c"}),
    )
    request = Request(
        "m",
        messages,
        {"temperature": 0, "maxOutputTokens": 8, "reasoning_effort": "low", "verbosity": "low"},
        outputs=[{"name": "queue", "kind": "string"}],
        tools=[{"name": "f", "kind": "function", "parameters": []}],
    )
    with served(http(json.dumps(response()))) as server:
        RESPONSES.ask(server.base_url, request=request)
        sent = json.loads(server.bodies[0])
    assert sent["input"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "hello"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "7"},
    ]
    assert (sent["max_output_tokens"], sent["store"], sent["temperature"]) == (8, False, 0)
    assert sent["reasoning"] == {"effort": "low"}
    assert sent["text"]["verbosity"] == "low"
    assert sent["text"]["format"]["type"] == "json_schema"
    assert sent["text"]["format"]["schema"]["required"] == ["queue"]
    assert sent["tools"][0]["name"] == "f"
    assert not {"messages", "max_completion_tokens", "response_format"} & set(sent)


def test_a_refused_parameter_is_named() -> None:
    refusal = error("400 Bad", message="Unsupported parameter: 'seed'", param="seed")
    with served(refusal) as server, pytest.raises(ProviderError, match="the parameter seed"):
        RESPONSES.ask(server.base_url, request=Request("m", REQUEST.messages, {"seed": 1}))


@pytest.mark.parametrize(
    ("options", "path", "model"),
    [
        ({}, b"/v1/openai/v1/chat/completions ", "m"),
        ({"deployment": "d"}, b"/v1/openai/v1/chat/completions ", "d"),
        (
            {"deployment": "a/b", "api_version": "v"},
            b"/v1/openai/deployments/a%2Fb/chat/completions?api-version=v ",
            "a/b",
        ),
    ],
)
def test_azure_asks_the_deployment(options: Any, path: bytes, model: str) -> None:
    with served(http(json.dumps(completion()))) as server:
        Kind("azure", None, b"", b"", None, options).ask(server.base_url)
        assert server.heads[0].startswith(b"POST " + path)
        assert json.loads(server.bodies[0])["model"] == model


HTTP = KINDS[3]


def test_what_is_put_into_an_apps_request_is_not_read_again() -> None:
    hostile = '{{ model }} "} {{ options }}'
    with served(http(json.dumps(HTTP.whole))) as server:
        HTTP.ask(server.base_url, request=Request("m", (Message("user", hostile),)))
        assert json.loads(server.bodies[0]) == {"q": hostile, "k": [3, f"in m: {hostile}"]}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"request": {"q": "{{ usr }}"}}, "no placeholder"),
        ({"answer": "a[b"}, "cannot read"),
        ({"asnwer": "a"}, "no option 'asnwer'"),
    ],
)
def test_an_app_that_is_described_wrongly_is_refused(options: Any, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        Kind("http", None, b"", b"", None, options).open("http://127.0.0.1:9/ask")


@pytest.mark.parametrize(
    ("options", "body", "outcome", "text"),
    [
        ({}, "just text", Outcome.OK, "just text"),
        ({}, "data: no stream", Outcome.OK, "data: no stream"),
        ({}, "", Outcome.EMPTY, ""),
        ({"answer": "a"}, '{"a": [1, "é"]}', Outcome.OK, '[1, "é"]'),
        ({"answer": "a"}, '{"a": ""}', Outcome.EMPTY, ""),
        ({"answer": "a"}, '{"a": null}', Outcome.INVALID, ""),
        ({"answer": "a"}, '{"a": "x", "error": {"message": "no"}}', Outcome.INVALID, ""),
        ({"answer": "a", "error": "bad"}, '{"a": "x", "bad": "no"}', Outcome.PROVIDER_ERROR, ""),
        ({"answer": "a"}, '{"a": "x", "error": null}', Outcome.OK, "x"),
    ],
)
def test_the_answer_of_an_app_is_what_stands_at_its_path(
    options: Any, body: str, outcome: Outcome, text: str
) -> None:
    with served(http(body)) as server:
        answer = Kind("http", None, b"", b"", None, options).ask(server.base_url)
    assert (answer.outcome, answer.text) == (outcome, text)


def test_an_app_is_asked_for_no_models_and_no_embeddings() -> None:
    with served(http("{}")) as server:
        provider = HTTP.open(server.base_url)
        assert asyncio.run(provider.models()) == {}
        with pytest.raises(UsageError, match="has no embeddings"):
            embeddings_of(provider)
        assert server.calls == 0


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (KINDS[0], b"/v1/embeddings "),
        (KINDS[1], b"/v1/openai/deployments/m/embeddings?api-version=2024-10-21 "),
        (KINDS[2], b"/v1/embeddings "),
    ],
)
def test_embeddings_stand_beside_the_answers(kind: Kind, path: bytes) -> None:
    async def one(base_url: str) -> Answer:
        provider = embeddings_of(kind.open(base_url))
        try:
            return await provider.answer(REQUEST, timeout_s=5.0)
        finally:
            await provider.close()

    vector = {"data": [{"index": 0, "embedding": [1.0, 2.0]}], "model": "m"}
    with served(http(json.dumps(vector))) as server:
        assert asyncio.run(one(server.base_url)).outcome is Outcome.OK
        assert server.heads[0].startswith(b"POST " + path)


def test_an_app_says_what_a_call_cost() -> None:
    kind = Kind("http", None, b"", b"", None, {"answer": "a", "cost": "usd"})
    with served(http('{"a": "x", "usd": 0.25}')) as server:
        assert kind.ask(server.base_url).cost_usd == 0.25
