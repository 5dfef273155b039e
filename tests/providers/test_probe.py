"""What an endpoint honours."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer, Reply, Script
from tests.support.specs import make_prompt, make_spec, provider_at, start
from workbench.errors import ProviderError
from workbench.providers.base import Request
from workbench.providers.probe import LONG_WORDS, Probe, probe
from workbench.runs.store.store import RunStore


def honest(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
    """A server that honours everything."""
    if "response_format" in options:
        return '{"probe": true}'
    chance = random.Random(options.get("seed"))
    return Reply(f"{chance.random()}", prompt_tokens=len(messages[0]["content"].split()))


def careless(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
    """A server that drops what it does not know."""
    tokens = min(4096, len(messages[0]["content"].split()))
    return Reply(f"the sea {random.random()}", prompt_tokens=tokens)


def probed(script: Script) -> Probe:
    async def ask(url: str) -> Probe:
        provider = provider_at(url)()
        try:
            return await probe(provider, "mock-model", timeout_s=60)
        finally:
            await provider.close()

    with OpenAIServer(script) as server:
        measured = asyncio.run(ask(server.base_url))
        assert measured.calls == server.calls == 4
        assert measured.endpoint == server.base_url
    return measured


def asking(options: dict[str, Any] | None = None, **more: Any) -> Request:
    return Request("m", (), options or {}, **more)


def test_a_server_that_honours_everything_is_known_for_it() -> None:
    measured = probed(honest)
    assert (
        measured.seed
        and measured.response_format
        and measured.stream_usage
        and measured.reads_long_prompts
    )
    assert (measured.prompt_tokens or 0) > LONG_WORDS
    assert measured.ignored(asking({"seed": 1, "temperature": 0}, outputs=[{"name": "a"}])) == ()


def test_a_server_that_drops_things_is_known_for_that() -> None:
    measured = probed(careless)
    assert (measured.seed, measured.response_format, measured.reads_long_prompts) == (
        False,
        False,
        False,
    )
    assert measured.ignored(asking({"seed": 1, "temperature": 0})) == ("seed",)
    shaped = asking({"temperature": 0}, outputs=[{"name": "a"}])
    assert measured.ignored(shaped) == ("response_format",)
    assert measured.ignored(asking(extra={"response_format": {}})) == ("response_format",)


def test_a_refused_option_is_not_honoured() -> None:
    def refuses(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
        if "seed" in options:
            body = {"error": {"message": "no", "param": "seed"}}
            return Reply(status=400, body=body)
        if "response_format" in options:
            return Reply("unknown field", status=422)
        return honest(messages, options)

    measured = probed(refuses)
    assert (measured.seed, measured.response_format, measured.stream_usage) == (False, False, True)


def test_a_server_that_fails_leaves_things_unknown() -> None:
    measured = probed(lambda messages, options: Reply("down", status=500))
    assert (measured.seed, measured.response_format, measured.stream_usage) == (None, None, None)
    assert "500" in measured.error


def test_a_wrong_key_ends_the_probe() -> None:
    with pytest.raises(ProviderError, match="key refused"):
        probed(lambda messages, options: Reply("no", status=401))


def test_a_run_says_which_of_its_options_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with OpenAIServer() as server:
        known = Probe(server.base_url, "mock-model", "2026-01-01T00:00:00Z", seed=False)
        with RunStore(path) as store:
            store.record_probe(known)
            assert store.probe(server.base_url, "mock-model") == known
            assert store.probe(server.base_url, "other") is None
        spec = make_spec(2, prompt=make_prompt(seed=1, temperature=0))
        summary = start(spec, server.base_url, path).wait(120)
    assert summary.environment["ignored"] == ["seed"]


def test_a_prompt_that_the_server_cut_is_noted(tmp_path: Path) -> None:
    prompt = make_prompt("word " * 4000)
    path = tmp_path / "runs.db"
    with OpenAIServer(lambda m, o: Reply("x", prompt_tokens=500)) as server:
        summary = start(make_spec(2, prompt=prompt), server.base_url, path).wait(120)
    (note,) = summary.environment["notes"]
    assert "cut the prompt" in note
