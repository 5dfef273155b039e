"""From a draft's options to what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DraftError, SettingsError, UsageError
from workbench.prompts.files.options import NAMES
from workbench.prompts.values import Message, Model, Prompt
from workbench.providers.base import Price
from workbench.providers.endpoint import endpoint_of
from workbench.providers.openai_chat.parameters import api_options, payload, response_format
from workbench.providers.options import build_request, max_output
from workbench.providers.prices import price_of
from workbench.settings import ProviderSettings


def prompt(options: dict[str, Any] | None = None, **more: Any) -> Prompt:
    return Prompt("p", (Message("user", "hi"),), Model("m", "openai", options or {}), **more)


def options_of(asked: Prompt) -> dict[str, Any]:
    return api_options(build_request(asked, ()))


NAMED = st.sampled_from([*NAMES, *NAMES.values(), "min_p", "service_tier", "response_format"])
VALUES = st.none() | st.integers(0, 9) | st.text(max_size=2)
ORDERS = st.dictionaries(NAMED, VALUES, max_size=6)


@given(before=ORDERS, more=ORDERS, after=ORDERS, outputs=st.booleans())
def test_the_key_of_a_cached_answer_names_options_as_the_first_release_did(
    before: dict[str, Any], more: dict[str, Any], after: dict[str, Any], outputs: bool
) -> None:
    options = {**before, "additionalProperties": more, **after}
    expected: dict[str, Any] = {}
    for name, value in options.items():
        expected |= more if name == "additionalProperties" else {NAMES.get(name, name): value}
    shape = [{"name": "a"}] if outputs else None
    if outputs and "response_format" not in expected:
        expected["response_format"] = response_format(shape)
    sent_options = options_of(prompt(options, outputs=shape))
    assert sent_options == {name: value for name, value in expected.items() if value is not None}


def test_a_request_has_the_words_of_drafts_whatever_the_draft_calls_them() -> None:
    draft = {
        "max_tokens": 8,
        "top_p": 0.9,
        "stop": ["\n"],
        "min_p": 0.1,
        "additionalProperties": {"service_tier": "flex"},
    }
    request = build_request(prompt(draft, outputs=[{"name": "a"}], tools=[{"name": "t"}]), ())
    assert request.options == {
        "maxOutputTokens": 8,
        "topP": 0.9,
        "stopSequences": ["\n"],
        "min_p": 0.1,
    }
    assert request.extra == {"service_tier": "flex"}
    assert (request.outputs, request.tools) == ([{"name": "a"}], [{"name": "t"}])
    assert max_output(request) == 8
    raw = build_request(prompt({"additionalProperties": {"max_tokens": 9}}), ())
    assert (raw.options, max_output(raw)) == ({}, 9)


def test_options_get_the_names_of_the_api() -> None:
    options = options_of(
        prompt(
            {
                "temperature": 0,
                "maxOutputTokens": 8,
                "topP": 0.9,
                "seed": 7,
                "stopSequences": ["\n"],
                "frequencyPenalty": 1,
                "min_p": 0.1,
                "additionalProperties": {"service_tier": "flex"},
                "presencePenalty": None,
            }
        )
    )
    assert options == {
        "temperature": 0,
        "max_completion_tokens": 8,
        "top_p": 0.9,
        "seed": 7,
        "stop": ["\n"],
        "frequency_penalty": 1,
        "min_p": 0.1,
        "service_tier": "flex",
    }


@pytest.mark.parametrize("name", ["model", "messages", "stream", "n"])
def test_what_the_workbench_sets_itself_cannot_be_an_option(name: str) -> None:
    with pytest.raises(DraftError, match=name):
        options_of(prompt({name: 1}))


def test_a_prompt_without_a_model_cannot_be_asked() -> None:
    with pytest.raises(UsageError, match="names no model"):
        options_of(Prompt("p", (Message("user", "hi"),)))


def test_an_output_schema_becomes_a_strict_response_format() -> None:
    outputs = [
        {"name": "queue", "kind": "string", "enumValues": ["a", "b"], "required": True},
        {"name": "sure", "kind": "float", "required": False, "description": "0 to 1"},
        {"name": "tags", "kind": "array", "items": {"kind": "integer"}, "required": True},
        {"name": "who", "kind": "object", "properties": [{"name": "id", "kind": "integer"}]},
    ]
    schema = response_format(outputs)["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"] == {
        "type": "object",
        "properties": {
            "queue": {"type": "string", "enum": ["a", "b"]},
            "sure": {"type": ["number", "null"], "description": "0 to 1"},
            "tags": {"type": "array", "items": {"type": "integer"}},
            "who": {
                "type": "object",
                "properties": {"id": {"type": "integer"}},
                "required": ["id"],
                "additionalProperties": False,
            },
        },
        "required": ["queue", "sure", "tags", "who"],
        "additionalProperties": False,
    }


def test_a_json_schema_stays_as_it_is() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert response_format(schema)["json_schema"]["schema"] == schema


def test_a_format_that_the_draft_names_itself_wins() -> None:
    options = options_of(
        prompt({"response_format": {"type": "json_object"}}, outputs=[{"name": "a"}])
    )
    assert options["response_format"] == {"type": "json_object"}


def test_tools_get_the_shape_of_the_api() -> None:
    tools = [
        {
            "name": "route",
            "kind": "function",
            "description": "Route it",
            "parameters": [
                {"name": "queue", "kind": "string", "required": True},
                {"name": "note", "kind": "string", "required": False},
            ],
        },
        {"type": "function", "function": {"name": "ready"}},
    ]
    first, second = options_of(prompt(tools=tools))["tools"]
    assert first["function"]["parameters"] == {
        "type": "object",
        "properties": {"queue": {"type": "string"}, "note": {"type": "string"}},
        "required": ["queue"],
    }
    assert second == tools[1]


def test_the_payload_is_everything_that_is_sent() -> None:
    request = build_request(prompt({"seed": 1}), [Message("user", "hello")])
    assert payload(request) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hello"}],
        "seed": 1,
    }


def test_prices_come_from_the_settings_then_from_the_public_list_else_they_are_unknown() -> None:
    own = ProviderSettings(
        "mine", base_url="https://api.openai.com/v1", prices={"m": {"input": 1, "output": 2.5}}
    )
    assert price_of(own, "m") == Price(1.0, 2.5)
    listed = price_of(own, "gpt-4.1-mini")
    assert listed is not None and 0 < listed.input < listed.output
    assert price_of(own, "no-such-model-anywhere") is None
    assert price_of(ProviderSettings("here", base_url="http://127.0.0.1:8/v1"), "gpt-4.1") is None
    assert price_of(ProviderSettings("local"), "gemma") == Price(0.0, 0.0)


@pytest.mark.parametrize(
    "price", [3, {"input": 1}, {"input": "1", "output": 2}, {"input": -1, "output": 2}, {}]
)
def test_a_price_that_is_none_is_refused(price: Any) -> None:
    settings = ProviderSettings("mine", base_url="https://host/v1", prices={"m": price})
    with pytest.raises(SettingsError, match=r"prices\.m"):
        price_of(settings, "m")


def test_a_cost_is_unknown_when_a_count_is() -> None:
    price = Price(2.0, 4.0)
    assert price.cost(1000, 500) == pytest.approx(0.004)
    assert price.cost(None, 500) is None
    assert Price(0.0, 0.0).cost(None, None) == 0.0


@pytest.mark.parametrize(
    ("url", "name", "unwanted"),
    [
        ("https://api.openai.com/v1", "max_completion_tokens", False),
        ("https://eu.api.openai.com/v1", "max_completion_tokens", False),
        ("https://mine.openai.azure.com/openai/v1", "max_completion_tokens", True),
        ("https://api.openai.com.evil.test/v1", "max_tokens", True),
        ("https://evil.test/api.openai.com/v1", "max_tokens", True),
        ("http://127.0.0.1:8080/v1", "max_tokens", True),
    ],
)
def test_only_openai_itself_gets_what_is_meant_for_it(url: str, name: str, unwanted: bool) -> None:
    environ = {"OPENAI_CUSTOM_HEADERS": "X-Team: a\nAuthorization: Bearer b"}
    endpoint = endpoint_of(ProviderSettings("mine", base_url=url), environ)
    request = build_request(prompt({"maxOutputTokens": 8}), [Message("user", "hi")])
    assert endpoint.body(request)[name] == 8
    assert bool(endpoint.unwanted) is unwanted
    assert not unwanted or "X-Team" in endpoint.unwanted
