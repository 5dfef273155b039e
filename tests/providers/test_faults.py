"""What endpoints send that is no answer, and what the user sees of it."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
from collections.abc import Callable, Sequence
from email.utils import formatdate
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.fault_server import (
    CLOSE,
    RESET,
    FaultServer,
    Step,
    answer,
    completion,
    error,
    event_bytes,
    http,
    stream,
)
from workbench.datasets.values import Case
from workbench.errors import ProviderError, SettingsError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.endpoint import endpoint_of
from workbench.providers.failures import classify_failure
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.classify import classify_body, classify_completion, retry_after
from workbench.providers.openai_chat.http_client import open_connection
from workbench.providers.openai_chat.stream import Assembled
from workbench.providers.opening import open_provider
from workbench.providers.redact import one_line
from workbench.scorers.catalog import make_scorer
from workbench.settings import ProviderSettings

KEY = "sk-canary-0123456789abcdef"
AHEAD = formatdate(1000 + 3600, usegmt=True)
BEHIND = formatdate(1000 - 3600, usegmt=True)
REQUEST = Request("mock-model", (Message("user", "hello"),), {"temperature": 0})


def ask(
    base_url: str,
    *,
    timeout_s: float = 5.0,
    on_text: Callable[[str], None] | None = None,
    request: Request = REQUEST,
    environ: dict[str, str] | None = None,
) -> Answer:
    async def one() -> Answer:
        settings = ProviderSettings("mock", base_url=base_url, api_key_env="KEY")
        provider = open_provider(settings, environ={"KEY": KEY, **(environ or {})})
        try:
            return await provider.answer(request, timeout_s=timeout_s, on_text=on_text)
        finally:
            await provider.close()

    return asyncio.run(one())


def ask_fault(*steps: Step, streamed: bool = False, timeout_s: float = 5.0) -> Answer:
    on_text = (lambda text: None) if streamed else None
    with FaultServer(lambda number, body: steps) as server:
        return ask(server.base_url, on_text=on_text, timeout_s=timeout_s)


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_refused_key_stops_the_run_and_is_in_no_message(status: str) -> None:
    reply = error(status, message=f"Incorrect API key provided: {KEY}", code="invalid_api_key")
    with pytest.raises(ProviderError, match=r"key refused by 127\.0\.0\.1") as caught:
        ask_fault(reply)
    assert KEY not in str(caught.value)


def test_an_unknown_model_stops_the_run_and_is_named() -> None:
    reply = error("404 Not Found", message="The model does not exist", code="model_not_found")
    with pytest.raises(ProviderError, match="does not know the model mock-model"):
        ask_fault(reply)


def test_a_wrong_path_says_so_instead_of_blaming_the_model() -> None:
    with pytest.raises(ProviderError, match="no chat completions at this address"):
        ask_fault(http("<html>nothing here</html>", "404 Not Found", kind="text/html"))


def test_a_refused_parameter_stops_the_run_and_is_named() -> None:
    reply = error("400 Bad Request", message="Unsupported value", param="temperature")
    with pytest.raises(ProviderError, match="refuses the parameter temperature"):
        ask_fault(reply)


def test_a_prompt_that_is_too_long_is_rejected_in_its_case_alone() -> None:
    reply = error(
        "400 Bad Request", message="too long", param="messages", code="context_length_exceeded"
    )
    received = ask_fault(reply)
    assert (received.outcome, received.retry) == (Outcome.REJECTED, False)


@pytest.mark.parametrize(
    "reply",
    [
        error("402 Payment Required", message="pay"),
        error("429 Too Many Requests", message="quota", code="insufficient_quota"),
    ],
)
def test_an_exhausted_quota_stops_the_run(reply: bytes) -> None:
    with pytest.raises(ProviderError, match="quota"):
        ask_fault(reply)


def test_a_redirect_is_not_followed_and_says_where_to() -> None:
    reply = http("", "307 Temporary Redirect", headers=["location: http://elsewhere.test/v1"])
    with pytest.raises(ProviderError, match=r"redirects to http://elsewhere\.test/v1"):
        ask_fault(reply)


@pytest.mark.parametrize("status", ["500", "502", "503", "524", "529", "408", "409", "425"])
def test_statuses_that_may_pass_are_worth_another_attempt(status: str) -> None:
    received = ask_fault(http("<html>bad gateway</html>", f"{status} Oh", kind="text/html"))
    assert (received.outcome, received.retry) == (Outcome.PROVIDER_ERROR, True)
    assert status in received.error


@pytest.mark.parametrize("status", ["400", "413", "422"])
def test_statuses_that_will_not_pass_are_not_asked_again(status: str) -> None:
    received = ask_fault(http("{}", f"{status} No"))
    assert (received.outcome, received.retry) == (Outcome.PROVIDER_ERROR, False)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": formatdate(1000 + 30, usegmt=True)}, 30.0),
        ({"retry-after": "3600"}, 3600.0),
        ({"retry-after": "2s"}, 2.0),
        ({"retry-after": "1m30s"}, 90.0),
        ({"retry-after": "250 ms"}, 0.25),
        ({"retry-after": formatdate(1000 - 30, usegmt=True)}, None),
        # By the provider's clock, an hour ahead of this one or behind it.
        ({"date": AHEAD, "retry-after": formatdate(1000 + 3602, usegmt=True)}, 2.0),
        ({"date": BEHIND, "retry-after": formatdate(1000 - 3598, usegmt=True)}, 2.0),
        ({"date": AHEAD, "retry-after": formatdate(1000 + 30, usegmt=True)}, None),
        ({"date": "today", "retry-after": formatdate(1000 + 30, usegmt=True)}, 30.0),
        ({"date": AHEAD, "retry-after": "7"}, 7.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "\x00"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, now=1000.0) == seconds


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Rate limit reached for m. Please try again in 20s. Visit us", 20.0),
        ("Limit 6000, used 5900. Please try again in 6m0.5s.", 360.5),
        ("Requests have exceeded the rate. Please retry after 26 seconds.", 26.0),
        ("You exceeded your current quota. Please retry in 34.07s.", 34.07),
        ("Please wait 2 minutes before the next call", 120.0),
        ("try again in 250 milliseconds", 0.25),
        ("try again in a minute", None),
        ("try again in 5 months", None),
        ("it took 20s", None),
    ],
)
def test_an_error_says_in_words_how_long_to_wait(message: str, seconds: float | None) -> None:
    received = ask_fault(error("429 Too Many Requests", message=message))
    assert (received.outcome, received.retry_after_s) == (Outcome.RATE_LIMITED, seconds)


def test_a_rate_limit_carries_how_long_to_wait() -> None:
    received = ask_fault(error("429 Too Many Requests", ["retry-after: 3"], message="slow down"))
    assert (received.outcome, received.retry, received.retry_after_s) == (
        Outcome.RATE_LIMITED,
        True,
        3.0,
    )


def test_a_port_where_nothing_listens_is_named() -> None:
    with socket.socket() as silent:  # bound, so that nobody else listens there
        silent.bind(("127.0.0.1", 0))
        received = ask(f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
    assert (received.outcome, received.retry) == (Outcome.PROVIDER_ERROR, True)
    assert "connection refused" in received.error
    assert not received.maybe_billed


def test_a_host_that_does_not_exist_is_named() -> None:
    received = ask("http://no-such-host.invalid/v1")
    assert "no such host" in received.error


def test_tls_to_a_port_without_it_is_named() -> None:
    with FaultServer(lambda number, body: [answer()]) as server:
        received = ask(server.base_url.replace("http:", "https:"), timeout_s=2.0)
    assert received.outcome is Outcome.PROVIDER_ERROR
    assert "TLS" in received.error or "no connection in time" in received.error


@pytest.mark.parametrize(
    "steps",
    [
        [RESET],
        [CLOSE],
        [answer()[:30], RESET],
        [http(b'{"model": "mock", "cho', length=500), CLOSE],
        [http(b'{"model": "mock", "cho', length=500), RESET],
    ],
)
def test_a_connection_that_breaks_is_an_error_worth_another_attempt(
    steps: Sequence[Step],
) -> None:
    received = ask_fault(*steps)
    assert (received.outcome, received.retry, received.text) == (Outcome.PROVIDER_ERROR, True, "")
    assert received.error
    assert received.maybe_billed


@pytest.mark.parametrize("streamed", [False, True])
def test_the_deadline_is_for_the_whole_call_however_the_bytes_drip(streamed: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    drip: list[Step] = [head]
    for _ in range(1000):  # until the client leaves
        drip += [b": still here\n\n", 0.1]
    received = ask_fault(*drip, streamed=streamed, timeout_s=0.5)
    assert received.outcome is Outcome.TIMED_OUT
    assert received.maybe_billed
    assert received.latency_s is not None and received.latency_s > 0.4


@pytest.mark.parametrize(
    "reply",
    [
        http("<html><b>Sign in to the WiFi</b></html>", kind="text/html"),
        http("null"),
        http("[]"),
        http("{}"),
        http('"text"'),
        http('{"error": {"message": "boom", "type": "server_error"}}'),
        http("", "204 No Content"),
        http(""),
        http('{"choices": []}'),
        http('{"choices": null}'),
        http('{"choices": [null]}'),
        http('{"choices": [{"finish_reason": "stop"}]}'),
        http('{"choices": [{"message": "x", "finish_reason": "stop"}]}'),
        http('{"choices": [{"message": {"content": '),
        http(b"\xff\xfe\x00\x01"),
        http(b'{"model": "\xff"}'),
        http("[" * 200_000),
        answer(17),
        answer({"a": 1}),
        answer([{"type": "image_url"}]),
        answer([{"type": "text", "text": 3}]),
        answer("half an ans", finish=None),
        answer("half an ans", finish=7),
    ],
)
def test_what_only_looks_like_success_is_an_invalid_response(reply: bytes) -> None:
    received = ask_fault(reply, CLOSE)
    assert received.outcome is Outcome.INVALID
    assert received.outcome.is_error
    assert received.error and len(received.error) < 300 and received.error.isprintable()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": "A" * 5000}],
            "sent content that is image_url of 5,0",
        ),
        ([{"type": "\x1b]0;x\x07"}], "sent content that is ]0;x of 30 bytes"),
        (17, "sent content that is int of 2 bytes"),
        ({"a": 1}, "sent content that is no text of 8 bytes"),
        ([{"type": "text", "text": 3}], "sent content that is no text of 29 bytes"),
    ],
)
def test_content_that_is_no_text_is_named_with_its_size(content: Any, message: str) -> None:
    received = ask_fault(answer(content))
    assert received.outcome is Outcome.INVALID
    assert message in received.error
    assert "AAAA" not in received.error and len(received.error) < 150


def test_an_invalid_response_shows_its_first_characters_without_control_codes() -> None:
    received = ask_fault(http("<h1>\x1b]52;c;aGk=\x07 Sign in\u009b2J</h1>\n\n", kind="text/html"))
    assert "Sign in" in received.error
    assert received.error.isprintable()


@pytest.mark.parametrize(
    ("reply", "outcome", "text"),
    [
        (answer("fine"), Outcome.OK, "fine"),
        (answer([{"type": "text", "text": "fi"}, {"text": "ne"}]), Outcome.OK, "fine"),
        (answer("fine", finish="a_new_word"), Outcome.INVALID, "fine"),
        (answer("half", finish="length"), Outcome.TRUNCATED, "half"),
        (answer("", finish="length"), Outcome.TRUNCATED, ""),
        (answer("half", finish="content_filter"), Outcome.FILTERED, "half"),
        (answer(None, finish="content_filter"), Outcome.FILTERED, ""),
        (answer(message={"content": None, "refusal": "I will not"}), Outcome.REFUSED, "I will not"),
        (answer(""), Outcome.EMPTY, ""),
        (answer(None), Outcome.EMPTY, ""),
        (answer(" \n"), Outcome.EMPTY, " \n"),
        (answer(message={"content": None, "audio": {"transcript": "hi"}}), Outcome.EMPTY, ""),
        (answer(message={"text": "fine"}), Outcome.INVALID, ""),
        (
            answer(message={"content": None, "refusal": {"why": "no"}}),
            Outcome.REFUSED,
            '{"why":"no"}',
        ),
        (answer("half", finish="error"), Outcome.PROVIDER_ERROR, "half"),
        (
            answer(
                message={"content": None, "tool_calls": [{"function": {"arguments": "{bro"}}]},
                finish="tool_calls",
            ),
            Outcome.TOOL_CALL,
            '[{"function":{"arguments":"{bro"}}]',
        ),
        (answer("lone \ud800 surrogate"), Outcome.OK, "lone \ufffd surrogate"),
        (answer("null \x00 byte"), Outcome.OK, "null \x00 byte"),
    ],
)
def test_every_answer_gets_its_class(reply: bytes, outcome: Outcome, text: str) -> None:
    received = ask_fault(reply)
    assert (received.outcome, received.text) == (outcome, text)


def test_an_azure_content_filter_is_no_error_of_the_machinery() -> None:
    reply = error("400 Bad Request", message="filtered", code="content_filter", param="prompt")
    assert ask_fault(reply).outcome is Outcome.FILTERED


def test_a_thought_without_an_answer_is_noted() -> None:
    received = ask_fault(answer(message={"content": "", "reasoning_content": "hm"}))
    assert (received.outcome, received.note) == (Outcome.EMPTY, "reasoning only")


def test_more_than_one_choice_is_noted() -> None:
    body = completion("one")
    body["choices"].append(completion("two")["choices"][0])
    received = ask_fault(http(json.dumps(body)))
    assert (received.text, received.note) == ("one", "2 choices came, the first counts")


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "many",
        {"prompt_tokens": "3", "completion_tokens": -1},
        {"prompt_tokens": True},
    ],
)
def test_usage_that_is_none_makes_tokens_and_cost_unknown_not_zero(usage: Any) -> None:
    received = ask_fault(answer(usage=usage))
    assert received.outcome is Outcome.OK
    assert (received.prompt_tokens, received.completion_tokens, received.cost_usd) == (
        None,
        None,
        None,
    )


def test_nan_in_a_response_does_no_harm() -> None:
    raw = json.dumps(completion("fine")).replace('"index": 0', '"index": 0, "logprobs": NaN')
    assert ask_fault(http(raw)).text == "fine"


def test_an_endless_body_is_cut_off() -> None:
    endless: list[Step] = [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"]
    endless += [b"[" * 1_000_000] * 20
    received = ask_fault(*endless, CLOSE)
    assert (received.outcome, received.retry) == (Outcome.INVALID, False)
    assert "more than an answer can hold" in received.error


def test_a_compressed_bomb_is_cut_off() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    received = ask_fault(http(bomb, headers=["content-encoding: gzip"]))
    assert received.outcome is Outcome.INVALID
    assert "more than an answer can hold" in received.error


def test_an_endless_error_body_is_cut_off() -> None:
    endless: list[Step] = [b"HTTP/1.1 500 Oh\r\ncontent-type: text/plain\r\n\r\n"]
    endless += [b"x" * 1_000_000] * 200
    received = ask_fault(*endless, CLOSE)
    assert (received.outcome, received.status) == (Outcome.PROVIDER_ERROR, 500)


def chunk(text: str = "", finish: str | None = None, **more: Any) -> dict[str, Any]:
    delta = more.pop("delta", {"content": text})
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


def test_a_stream_is_put_together_and_shown_as_it_comes() -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
    whole = stream(chunk("fi", model="m1"), chunk("ne"), chunk(finish="stop"), usage, "[DONE]")
    pieces: list[str] = []
    with FaultServer(lambda number, body: [whole]) as server:
        received = ask(server.base_url, on_text=pieces.append)
        sent = json.loads(server.bodies[0])
    assert (received.outcome, received.text, pieces) == (Outcome.OK, "fine", ["fi", "ne"])
    assert (received.prompt_tokens, received.completion_tokens, received.model) == (5, 2, "m1")
    assert received.first_token_s is not None
    assert sent["stream"] is True and sent["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    "steps",
    [
        [stream(chunk("half"))],
        [stream(chunk("half"), "[DONE]")],
        [stream(chunk("half"), event_bytes(chunk("more"))[:25])],
        [stream(chunk("half"), "{broken")],
        [stream(chunk("half"), b'event: error\ndata: {"error": {"message": "boom"}}\n\n')],
        [stream(b"event: error\ndata: {}\n\n")],
        [stream()],
        [stream(b"<html>not a stream</html>")],
        [http("<html>not a stream</html>", kind="text/html")],
    ],
)
def test_a_stream_that_was_cut_is_an_invalid_response_and_never_scored(
    steps: Sequence[Step],
) -> None:
    """Not `truncated`: that says that the model reached its limit, and may be scored."""
    received = ask_fault(*steps, CLOSE, streamed=True)
    assert received.outcome is Outcome.INVALID
    assert received.outcome.is_error
    assert received.error
    case = Case("1", {"t": "x"}, "half")
    assert make_scorer("contains", {}, "suite").score(received, case).value is None


def test_a_stream_that_is_reset_is_an_error() -> None:
    received = ask_fault(stream(chunk("half")), RESET, streamed=True)
    assert received.outcome in (Outcome.INVALID, Outcome.PROVIDER_ERROR)
    assert received.error and received.retry


def test_a_stream_cut_at_any_byte_gives_the_same_answer() -> None:
    whole = stream(chunk("fi"), chunk("né"), chunk(finish="stop"), "[DONE]")
    head, _, rest = whole.partition(b"\r\n\r\n")
    steps: list[Step] = [head + b"\r\n\r\n"]
    for at in range(0, len(rest), 7):
        steps += [rest[at : at + 7].replace(b"\n", b"\n"), 0.001]
    assert ask_fault(*steps, CLOSE, streamed=True).text == "finé"


def test_tool_calls_of_a_stream_are_put_together() -> None:
    first = {"index": 0, "id": "c1", "function": {"name": "route", "arguments": '{"queue"'}}
    rest = {"index": 0, "function": {"arguments": ': "billing"}'}}
    received = ask_fault(
        stream(
            chunk(delta={"tool_calls": [first]}),
            chunk(delta={"tool_calls": [rest]}),
            chunk(finish="tool_calls"),
        ),
        streamed=True,
    )
    assert received.outcome is Outcome.TOOL_CALL
    calls = json.loads(received.text)
    assert json.loads(calls[0]["function"]["arguments"]) == {"queue": "billing"}


def test_an_error_that_repeats_the_key_loses_it() -> None:
    received = ask_fault(error("500 Oh", message=f"header was 'Bearer {KEY}', and sk-{'a' * 30}"))
    assert KEY not in received.error and "sk-aaaa" not in received.error
    assert "[secret]" in received.error


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com/v1",
        " https://api.openai.com/v1",
        "https://api.openai.com/v1 ",
        "https://api.open ai.com/v1",
        "ftp://api.openai.com/v1",
        "https:///v1",
        "https://host/v1?key=1",
        "https://host/v1#x",
        "https://host/v1/chat/completions",
        "https://host/v1/chat/completions/",
        "https://user:secret@host/v1",
        "https://host:99999/v1",
    ],
)
def test_an_address_that_cannot_be_right_is_refused_before_the_first_call(
    url: str,
) -> None:
    with pytest.raises(SettingsError) as caught:
        open_provider(ProviderSettings("mine", base_url=url), environ={})
    assert "[providers.mine]" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["", "  ", "sk-1\n", " sk-1", "sk 1", "sk-\x00", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_refused_before_the_first_call(key: str) -> None:
    settings = ProviderSettings("mine", base_url="https://host/v1", api_key_env="MY_KEY")
    with pytest.raises(SettingsError, match="MY_KEY") as caught:
        open_provider(settings, environ={"MY_KEY": key})
    assert not key.strip() or key.strip() not in str(caught.value)


def test_a_missing_key_names_its_variable() -> None:
    settings = ProviderSettings("mine", base_url="https://host/v1", api_key_env="MY_KEY")
    with pytest.raises(SettingsError, match="MY_KEY is not set"):
        open_provider(settings, environ={})


def test_no_key_means_no_authorization_and_nothing_of_the_environment_goes_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ambient = {
        "OPENAI_API_KEY": "sk-ambient-key",
        "OPENAI_ADMIN_KEY": "sk-ambient-admin",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "OPENAI_ORG_ID": "ambient-org",
        "OPENAI_PROJECT_ID": "ambient-project",
        "OPENAI_CUSTOM_HEADERS": "X-Ambient: yes\nAuthorization: Bearer ambient",
    }
    for name, value in ambient.items():
        monkeypatch.setenv(name, value)

    async def one(url: str) -> Answer:
        provider = open_provider(ProviderSettings("mock", base_url=url))
        try:
            return await provider.answer(REQUEST, timeout_s=60)
        finally:
            await provider.close()

    with FaultServer(lambda number, body: [answer()]) as server:
        assert asyncio.run(one(server.base_url)).outcome is Outcome.OK
        head = server.heads[0].lower()
    assert b"ambient" not in head and b"authorization" not in head
    for told in (b"x-stainless-os", b"x-stainless-arch", b"x-stainless-runtime"):
        assert told not in head, "the endpoint need not know the machine"


def test_openais_own_host_may_have_what_the_environment_names_for_it_and_no_other() -> None:
    environ = {
        "KEY": "sk-mine",
        "OPENAI_ORG_ID": "org-1",
        "OPENAI_PROJECT_ID": "proj-1",
        "OPENAI_CUSTOM_HEADERS": "X-Team: prompts\nAuthorization: Bearer other",
    }

    def headers(base_url: str) -> dict[str, str]:
        settings = ProviderSettings("mine", base_url=base_url, api_key_env="KEY")
        connection = open_connection(endpoint_of(settings, environ))
        return dict(connection.headers)

    own = headers("https://api.openai.com/v1")
    assert own["openai-organization"] == "org-1" and own["openai-project"] == "proj-1"
    assert own["x-team"] == "prompts"
    other = headers("https://elsewhere.example/v1")
    assert not {"openai-organization", "openai-project", "x-team"} & other.keys()
    assert own["authorization"] == other["authorization"] == "Bearer sk-mine"


@pytest.mark.parametrize(
    "named",
    [{"OPENAI_ORG_ID": "orgänisation"}, {"OPENAI_CUSTOM_HEADERS": ": no name"}],
)
def test_a_header_that_http_does_not_allow_is_refused_before_the_first_call(
    named: dict[str, str],
) -> None:
    own = ProviderSettings("mine", base_url="https://api.openai.com/v1")
    with pytest.raises(SettingsError, match="names a header"):
        endpoint_of(own, named)
    elsewhere = ProviderSettings("mine", base_url="https://elsewhere.example/v1")
    assert endpoint_of(elsewhere, named).ambient == ()


def test_other_servers_get_the_parameter_name_that_they_know() -> None:
    request = Request("m", (Message("user", "hi"),), {"max_completion_tokens": 8, "seed": 1})
    with FaultServer(lambda number, body: [answer()]) as server:
        ask(server.base_url, request=request)
        sent = json.loads(server.bodies[0])
    assert sent == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 8,
        "seed": 1,
    }


def test_a_provider_says_who_it_is_without_the_sdk() -> None:
    settings = ProviderSettings("mock", base_url="http://127.0.0.1:9/v1/")
    identity = open_provider(settings, environ={}).identity
    assert identity["endpoint"] == "http://127.0.0.1:9/v1"
    from openai import __version__

    assert identity["sdk"] == f"openai {__version__}"


FIELDS = (
    *("choices", "message", "content", "finish_reason", "usage", "error", "refusal"),
    *("tool_calls", "model", "code", "prompt_tokens", "type", "text", "param"),
)


def chained(*errors: BaseException) -> BaseException:
    for outer, inner in pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (ssl.SSLCertVerificationError("certificate verify failed"), "TLS failed"),
        (ssl.SSLError("WRONG_VERSION_NUMBER"), "TLS failed"),
        (socket.gaierror(-2, "Name or service not known"), "no such host"),
        (ConnectionRefusedError(111, "refused"), "connection refused"),
        (ConnectionResetError(104, "reset"), "reset"),
        (TimeoutError(), "no connection in time"),
        (OSError("something else"), "the call failed (OSError)"),
    ],
)
def test_the_cause_of_a_failure_is_said_in_words(cause: BaseException, words: str) -> None:
    asked = CallContext("host:1", "m")
    received = classify_failure(chained(RuntimeError("Connection error."), cause), asked)
    assert (received.outcome, received.retry) == (Outcome.PROVIDER_ERROR, True)
    assert received.error.startswith("host:1: ") and words in received.error


@settings(max_examples=examples(300), deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(FIELDS),
                inner,
                max_size=5,
            )
        ),
        max_leaves=30,
    )
)
def test_any_json_is_classified_and_its_words_are_safe(data: Any) -> None:
    asked = CallContext("host", "m", (KEY,))
    try:
        received = classify_completion(data, asked, json.dumps(data).encode())
    except ProviderError as error:
        assert str(error).isprintable()
        return
    assert received.error.isprintable() and len(received.error) < 300
    received.text.encode("utf-8")
    assert received.outcome.is_error == bool(received.error)
    assert (received.prompt_tokens or 0) >= 0


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_any_bytes_are_an_error_or_an_answer_never_a_crash(raw: bytes, cuts: list[int]) -> None:
    asked = CallContext("host", "m")
    assert classify_body(raw, asked).outcome.is_error
    assembled = Assembled(asked, lambda text: None)
    edges = [0, *sorted(cut for cut in cuts if cut < len(raw)), len(raw)]
    for start, end in pairwise(edges):
        assembled.feed(raw[start:end])
    assert assembled.answer().outcome.is_error


@settings(max_examples=examples(200), deadline=None)
@given(st.text(alphabet=st.characters(), max_size=400))
@example("\u202e right to left")
@example("\ud800")
def test_one_line_is_one_line_without_the_key(text: str) -> None:
    line = one_line(f"{text}{KEY}{text}", (KEY,))
    assert KEY not in line and line.isprintable()
    assert len(line) <= 200
    line.encode("utf-8")
