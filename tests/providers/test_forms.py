"""A request whose form an endpoint refuses is sent once more in another, which is remembered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer, Reply
from tests.support.specs import make_spec, start
from workbench.errors import ProviderError
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.parameters import api_options
from workbench.providers.opening import open_provider
from workbench.providers.options import build_request
from workbench.providers.probe import probe
from workbench.runs.spec.plan import Plan
from workbench.settings import ProviderSettings

Options = Mapping[str, Any]


def prompt(options: dict[str, Any] | None = None) -> Prompt:
    return Prompt("p", (Message("user", "hi"),), Model("m", "mock", options or {}))


def refusal(status: int, body: Any) -> Reply:
    return Reply(status=status, body=body)


def ask(server: OpenAIServer, options: dict[str, Any] | None = None, **more: Any) -> Answer:
    async def one() -> Answer:
        provider = open_provider(ProviderSettings("mock", base_url=server.base_url), environ={})
        request = build_request(prompt(options), [Message("user", "hi")])
        try:
            return await provider.answer(request, timeout_s=60.0, **more)
        finally:
            await provider.close()

    return asyncio.run(one())


def knows_only(word: str, body: Callable[[str, str], Any]) -> Any:
    """A server that refuses the other word for the token limit by such a body."""
    other = {"max_tokens": "max_completion_tokens"}.get(word, "max_tokens")

    def script(messages: list[dict[str, Any]], options: Options) -> Reply:
        return refusal(*body(other, word)) if other in options else Reply("fine")

    return script


def openai_says(sent: str, wanted: str) -> Any:
    message = f"Unsupported parameter: '{sent}' is not supported with this model."
    error = {"message": f"{message} Use '{wanted}' instead.", "param": sent}
    return 400, {"error": {**error, "code": "unsupported_parameter"}}


def mistral_says(sent: str, wanted: str) -> Any:
    detail = [
        {
            "type": "extra_forbidden",
            "loc": ["body", sent],
            "msg": "Extra inputs are not permitted",
            "input": 8,
        }
    ]
    return 422, {"object": "error", "message": {"detail": detail}, "param": None}


def vllm_says(sent: str, wanted: str) -> Any:
    detail = f"[{{'type': 'extra_forbidden', 'loc': ('body', '{sent}'), 'msg': 'Extra inputs'}}]"
    return 400, {"object": "error", "message": detail, "code": 400}


def plain_says(sent: str, wanted: str) -> Any:
    return 400, {"detail": f"please use {wanted}"}


@pytest.mark.exhaustive(keep=11)
@pytest.mark.parametrize("says", [openai_says, mistral_says, vllm_says, plain_says])
@pytest.mark.parametrize("word", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("streamed", [False, True])
def test_the_other_word_for_the_token_limit_is_tried_once_and_remembered(
    says: Callable[[str, str], Any], word: str, streamed: bool
) -> None:
    other = {"max_tokens": "max_completion_tokens"}.get(word, "max_tokens")
    more = {"on_text": lambda text: None} if streamed else {}
    with OpenAIServer(knows_only(word, says)) as server:
        first = ask(server, {other: 8}, **more)
        again = ask(server, {other: 8}, **more)
        sent = [{k: body[k] for k in (word, other) if k in body} for body in server.requests]
    assert [(a.outcome, a.text, a.attempts) for a in (first, again)] == [
        (Outcome.OK, "fine", 2),
        (Outcome.OK, "fine", 1),
    ]
    assert sent == [{other: 8}, {word: 8}, {word: 8}]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("max_tokens", "max_tokens"),
        ("max_completion_tokens", "max_completion_tokens"),
        ("maxOutputTokens", "max_tokens"),
    ],
)
def test_the_drafts_word_for_the_token_limit_is_sent_as_it_stands(written: str, sent: str) -> None:
    with OpenAIServer(lambda messages, options: "fine") as server:
        ask(server, {written: 8})
        ask(
            server,
            {"additionalProperties": {written: 8}}
            if written != "maxOutputTokens"
            else {written: 8},
        )
    for body in server.requests:
        assert {k: v for k, v in body.items() if "okens" in k} == {sent: 8}


def test_how_the_token_limit_is_spelled_makes_no_other_question(tmp_path: Path) -> None:
    """Answers that were cached when every spelling was sent alike stay valid."""
    spelled = [
        prompt({name: 8})
        for name in ("max_tokens", "max_completion_tokens", "maxOutputTokens", "max_output_tokens")
    ]
    requests = [build_request(one, ()) for one in spelled]
    assert [one.options for one in requests] == [{"maxOutputTokens": 8}] * 4
    assert [api_options(one) for one in requests] == [{"max_completion_tokens": 8}] * 4
    keys = set()
    for one in spelled:
        spec = make_spec(1, prompt=one)
        keys.add(Plan(spec, {"endpoint": "e"}).planned(spec.cases[0], 0).key)
    assert len(keys) == 1


def test_a_limit_that_is_too_high_is_no_matter_of_its_name() -> None:
    error = {
        "message": "max_tokens is too large: 99999. At most 16384 max_completion_tokens.",
        "param": "max_tokens",
    }
    with OpenAIServer(lambda m, o: refusal(400, {"error": error})) as server:
        with pytest.raises(ProviderError, match="refuses the parameter max_tokens"):
            ask(server, {"max_tokens": 99999})
        assert server.calls == 1


def test_a_server_that_knows_neither_word_is_asked_twice_and_not_more() -> None:
    def script(messages: Any, options: Options) -> Reply:
        word = next(k for k in options if "okens" in k)
        return refusal(*openai_says(word, "nothing"))

    with OpenAIServer(script) as server:
        with pytest.raises(ProviderError, match="refuses the parameter max_completion_tokens"):
            ask(server, {"max_tokens": 8})
        assert server.calls == 2


def test_a_run_that_is_stopped_counts_both_calls(tmp_path: Path) -> None:
    def script(messages: Any, options: Options) -> Reply:
        word = next(k for k in options if "okens" in k)
        return refusal(*openai_says(word, "nothing"))

    with OpenAIServer(script) as server:
        asked = Prompt(
            "echo",
            (Message("user", "{{ ticket }}"),),
            Model("m", "mock", {"max_tokens": 8}),
            (Input("ticket"),),
        )
        spec = make_spec(3, prompt=asked, concurrency=1)
        summary = start(spec, server.base_url, tmp_path / "runs.db").wait(120)
        assert summary.calls == server.calls == 2
        assert "refuses the parameter" in summary.reason


STREAM_OPTIONS = [
    {"error": {"message": "Unrecognized request argument supplied: stream_options"}},
    {"error": {"message": "no", "param": "stream_options"}},
    {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]},
    {"detail": [{"loc": ["body", "stream_options", "include_usage"], "msg": "extra"}]},
    {"error": "Bad Request"},
    b"",
]


@pytest.mark.parametrize("body", STREAM_OPTIONS)
@pytest.mark.parametrize("status", [400, 422])
def test_a_server_without_stream_options_is_streamed_from_without_them(
    body: Any, status: int
) -> None:
    def script(messages: Any, options: Options) -> Reply:
        return refusal(status, body) if "stream_options" in options else Reply("it streams")

    pieces: list[str] = []
    with OpenAIServer(script) as server:
        first = ask(server, on_text=pieces.append)
        again = ask(server, on_text=pieces.append)
    assert (first.outcome, first.text, first.attempts) == (Outcome.OK, "it streams", 2)
    assert (again.outcome, again.attempts, first.prompt_tokens) == (Outcome.OK, 1, None)
    assert len(pieces) == 4 and "".join(pieces) == "it streams" * 2
    assert [("stream" in body, "stream_options" in body) for body in server.requests] == [
        (True, True),
        (True, False),
        (True, False),
    ]


@pytest.mark.parametrize(
    ("status", "body", "calls"),
    [
        (400, {"error": {"message": "stream is not supported by this model"}}, 2),
        (400, {"error": {"message": "verify your organization", "param": "stream"}}, 2),
        (501, {"detail": "Streaming not implemented"}, 2),
        (400, {"error": "bad request"}, 3),
    ],
)
def test_a_server_that_does_not_stream_is_asked_for_the_whole_answer(
    status: int, body: Any, calls: int
) -> None:
    def script(messages: Any, options: Options) -> Reply:
        return refusal(status, body) if options.get("stream") else Reply("whole")

    pieces: list[str] = []
    with OpenAIServer(script) as server:
        first = ask(server, on_text=pieces.append)
        again = ask(server, on_text=pieces.append)
        assert server.calls == calls + 1
    assert (first.text, first.attempts, again.attempts) == ("whole", calls, 1)
    assert pieces == ["whole", "whole"] and (first.prompt_tokens or 0) > 0


def test_a_streamed_run_counts_the_calls_that_were_refused(tmp_path: Path) -> None:
    def script(messages: list[dict[str, Any]], options: Options) -> Reply:
        if "stream_options" in options:
            return refusal(400, {"error": {"message": "no", "param": "stream_options"}})
        return Reply(str(messages[-1]["content"]))

    with OpenAIServer(script) as server:
        spec = make_spec(3, concurrency=1, stream=True)
        summary = start(spec, server.base_url, tmp_path / "runs.db").wait(120)
        assert (summary.calls, summary.errors, summary.score) == (4, 0, 1.0)
        assert server.calls == 4


def test_a_whole_refusal_is_not_asked_again_in_other_forms() -> None:
    body = {"error": {"message": "the input is refused", "param": "messages"}}
    with OpenAIServer(lambda m, o: refusal(400, body)) as server:
        answer = ask(server, {"max_tokens": 8}, on_text=lambda text: None)
        assert (answer.outcome, answer.attempts, server.calls) == (Outcome.REJECTED, 1, 1)


def test_what_one_model_takes_says_nothing_of_another() -> None:
    def script(messages: Any, options: Options) -> Reply:
        newer = options["model"] == "new"
        if newer and "max_tokens" in options:
            return refusal(*openai_says("max_tokens", "max_completion_tokens"))
        return Reply(json.dumps(sorted(k for k in options if "okens" in k)))

    async def both(server: OpenAIServer) -> list[str]:
        provider = open_provider(ProviderSettings("mock", base_url=server.base_url), environ={})
        texts = []
        for name in ("new", "old"):
            asked = Prompt("p", (), Model(name, "mock", {"max_tokens": 8}))
            request = build_request(asked, [Message("user", "hi")])
            texts.append((await provider.answer(request, timeout_s=60.0)).text)
        await provider.close()
        return texts

    with OpenAIServer(script) as server:
        assert asyncio.run(both(server)) == ['["max_completion_tokens"]', '["max_tokens"]']


def test_a_probe_of_a_server_without_stream_options_says_what_it_found() -> None:
    def script(messages: Any, options: Options) -> Reply:
        if "stream_options" in options:
            return refusal(400, {"error": {"message": "unknown", "param": "stream_options"}})
        return Reply("OK")

    async def probed(server: OpenAIServer) -> Any:
        provider = open_provider(ProviderSettings("mock", base_url=server.base_url), environ={})
        try:
            return await probe(provider, "m")
        finally:
            await provider.close()

    with OpenAIServer(script) as server:
        measured = asyncio.run(probed(server))
        assert (measured.stream_usage, measured.calls) == (False, server.calls)
