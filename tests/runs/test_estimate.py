"""What a run will take, and one case tried alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.specs import make_cases, make_prompt, make_spec, provider_at, start
from workbench.datasets.values import Case
from workbench.errors import TemplateError
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.estimate import estimate_run
from workbench.runs.engine.trial import try_case
from workbench.runs.store.store import RunStore
from workbench.settings import ProviderSettings


def test_an_estimate_counts_calls_money_and_time_and_leaves_out_the_cached(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    prompt = make_prompt("x" * 388, maxOutputTokens=10)
    spec = make_spec(10, prompt=prompt, concurrency=5)
    with OpenAIServer(delay_s=0.02) as server:
        priced = ProviderSettings(
            "mock", base_url=server.base_url, prices={"mock-model": {"input": 4.0, "output": 10.0}}
        )
        with RunStore(path) as store:
            before = estimate_run(spec, priced, store)
            summary = start(make_spec(8, prompt=prompt), server.base_url, path).wait(60)
            after = estimate_run(spec, priced, store)
            elsewhere = estimate_run(
                spec, ProviderSettings("other", base_url=server.base_url), store
            )
        unpriced = estimate_run(spec, ProviderSettings("mock", base_url=server.base_url))
    assert (before.calls, before.cached, before.seconds) == (10, 0, None)
    assert before.usd == pytest.approx(10 * (99 * 4.0 + 10 * 10.0) / 1e6, rel=0.02)
    assert (after.calls, after.cached) == (2, 8)
    assert after.seconds is not None and 0.005 < after.seconds <= summary.seconds
    assert unpriced.usd is None
    assert elsewhere.seconds is None, "how long another provider takes says nothing"


def test_a_run_that_is_all_cached_costs_nothing_whatever_the_price(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with OpenAIServer() as server, RunStore(path) as store:
        start(make_spec(3), server.base_url, path).wait(30)
        settings = ProviderSettings("mock", base_url=server.base_url)
        estimate = estimate_run(make_spec(3), settings, store)
    assert (estimate.calls, estimate.cached, estimate.usd, estimate.seconds) == (0, 3, 0.0, 0.0)


def test_one_case_is_tried_and_shown_as_it_comes() -> None:
    pieces: list[str] = []

    async def tried(url: str) -> Answer:
        provider = provider_at(url)()
        try:
            return await try_case(make_prompt(), make_cases(1)[0], provider, on_text=pieces.append)
        finally:
            await provider.close()

    with OpenAIServer() as server:
        answer = asyncio.run(tried(server.base_url))
    assert (answer.outcome, answer.text) == (Outcome.OK, "ticket 0")
    assert "".join(pieces) == "ticket 0" and answer.first_token_s is not None


def test_a_case_that_does_not_fit_is_not_asked() -> None:
    async def tried(url: str) -> Answer:
        return await try_case(make_prompt(), Case("x", {"other": 1}), provider_at(url)())

    with OpenAIServer() as server:
        with pytest.raises(TemplateError, match="ticket"):
            asyncio.run(tried(server.base_url))
        assert server.calls == 0
