"""Answers as real servers send them: class, text, score, notes and number of calls."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.providers.conformance.answers import ANSWERS
from tests.providers.conformance.gateways import GATEWAYS
from tests.providers.conformance.more_answers import MORE_ANSWERS
from tests.providers.conformance.odd_answers import ODD_ANSWERS
from tests.providers.conformance.refusals import REFUSALS
from tests.providers.conformance.rows import EXPECTED, Row
from tests.support.fault_server import FaultServer
from workbench.datasets.values import Case
from workbench.errors import ProviderError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Request
from workbench.providers.limits import Throttle
from workbench.providers.opening import open_provider
from workbench.providers.retry import Retrier
from workbench.providers.retry_policy import RetryBudget, RetryPolicy
from workbench.scorers.catalog import make_scorer
from workbench.settings import ProviderSettings

ROWS = (*ANSWERS, *MORE_ANSWERS, *ODD_ANSWERS, *REFUSALS, *GATEWAYS)
REQUEST = Request("m", (Message("user", "Where does this go?"),), {"maxOutputTokens": 8})
CASE = Case("1", {"t": "x"}, EXPECTED)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "workbench.providers.retry.POLICY",
        RetryPolicy(first_backoff_s=0.0005, longest_backoff_s=0.001, attempts_in_outage=5),
    )


def ask(base_url: str, shown: list[str] | None) -> Answer:
    """The answer of a run: with its retries, by the key of a local server."""

    async def one() -> Answer:
        settings = ProviderSettings("mine", base_url=base_url, api_key_env="KEY")
        provider = open_provider(settings, environ={"KEY": "a"})
        asking = Retrier(provider, Throttle(1, clock=time.monotonic), 5.0, RetryBudget())
        try:
            answer = await asking.ask(REQUEST, None if shown is None else shown.append)
            assert answer is not None
            return answer
        finally:
            await provider.close()

    return asyncio.run(one())


def ways(row: Row) -> list[bool]:
    """Whether it is streamed: what has no stream of its own is answered to both."""
    if row.events is None:
        return [False, True]
    return [True] if row.body is None else [False, True]


ASKED = [(row, streamed) for row in ROWS for streamed in ways(row)]


@pytest.mark.exhaustive(keep=80)
@pytest.mark.parametrize(
    ("row", "streamed"),
    ASKED,
    ids=[f"{row.id}{' (streamed)' if streamed else ''}" for row, streamed in ASKED],
)
def test_every_servers_answer_is_what_was_answered(row: Row, streamed: bool) -> None:
    shown: list[str] = []
    with FaultServer(lambda number, body: [row.sent(streamed=streamed)]) as server:
        if not row.outcome:
            with pytest.raises(ProviderError) as caught:
                ask(server.base_url, shown if streamed else None)
            assert row.error in caught.value.message
            assert server.calls == row.calls
            return
        answer = ask(server.base_url, shown if streamed else None)
        calls = server.calls
    assert (answer.outcome.value, answer.text, answer.note) == (row.outcome, row.text, row.note)
    assert row.error in answer.error and bool(row.error) == bool(answer.error)
    assert make_scorer("exact_match", {}, "s").score(answer, CASE).value == row.score
    assert (calls, answer.attempts) == (row.calls, row.calls)
    if streamed and answer.outcome.value in ("ok", "truncated", "filtered"):
        assert "".join(shown) == answer.text


def test_there_are_answers_of_every_server_that_people_use() -> None:
    servers = {row.server for row in ROWS}
    assert servers >= {
        *("OpenAI", "Azure", "Gemini", "Mistral", "OpenRouter", "Groq", "vLLM", "llama.cpp"),
        *("Ollama", "LM Studio", "DeepSeek", "GLM"),
    }
    assert len(ROWS) >= 60 and len({row.id for row in ROWS}) == len(ROWS)
