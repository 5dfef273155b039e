"""What a budget counts beside the answers whose price is known, and over all attempts."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.fault_server import RESET, FaultServer, completion, http
from tests.support.openai_server import OpenAIServer, Reply
from tests.support.specs import make_prompt, make_spec, provider_at
from workbench.providers.retry_policy import RetryPolicy
from workbench.runs.engine.engine import start_run
from workbench.runs.spec.values import RunStatus

WAIT_S = 60.0
MODEL = "mock-model"


class Held:
    """Answers some questions and lets the others wait."""

    def __init__(self, free: int, waiting: int) -> None:
        self.free = free
        self.all_wait = threading.Event()
        self.open = threading.Event()
        self._left = waiting
        self._served = 0
        self._lock = threading.Lock()

    def __call__(self, messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply:
        with self._lock:
            self._served += 1
            waits = self._served > self.free and not self.open.is_set()
            self._left -= waits
            if not self._left:
                self.all_wait.set()
        if waits:
            self.open.wait(WAIT_S)
        return Reply(str(messages[-1]["content"]), prompt_tokens=1, completion_tokens=10)


@pytest.mark.parametrize("limit", [20, None])
def test_answers_without_a_count_of_tokens_use_the_budget_up(
    tmp_path: Path, limit: int | None
) -> None:
    def script(number: int, body: bytes) -> list[bytes]:
        reply = completion(json.loads(body)["messages"][-1]["content"])
        del reply["usage"]
        return [http(json.dumps(reply))]

    prices = {MODEL: {"input": 0.0, "output": 100.0}}
    prompt = make_prompt(maxOutputTokens=limit) if limit else make_prompt()
    spec = make_spec(200, concurrency=8, budget_usd=0.051 if limit else 2.0, prompt=prompt)
    store = tmp_path / "runs.db"
    with FaultServer(script) as server:
        open_it = provider_at(server.base_url, prices=prices)
        summary = start_run(spec, open_it, store).wait(WAIT_S)
        assert server.calls <= (25 if limit else 30)
        first = server.calls
        again = start_run(spec, open_it, store, resume=summary.run_id).wait(WAIT_S)
        assert server.calls == first or not limit
    assert summary.status is RunStatus.INCOMPLETE and summary.scored >= 15
    assert summary.cost_usd is None
    assert "guessed for answers without a count of tokens" in summary.reason
    assert again.status is RunStatus.INCOMPLETE and "budget" in again.reason


def test_answers_of_unknown_length_are_asked_one_by_one_until_their_length_is_known(
    tmp_path: Path,
) -> None:
    prices = {MODEL: {"input": 0.0, "output": 10.0}}
    spec = make_spec(60, concurrency=16, budget_usd=1.0)
    store = tmp_path / "runs.db"
    with OpenAIServer(lambda m, o: Reply("x", completion_tokens=50_000), delay_s=0.01) as server:
        open_it = provider_at(server.base_url, prices=prices)
        summary = start_run(spec, open_it, store).wait(WAIT_S)
        assert server.calls * 0.5 <= 1.0
        again = start_run(spec, open_it, store, resume=summary.run_id).wait(WAIT_S)
        assert server.calls * 0.5 <= 1.0
    assert summary.status is again.status is RunStatus.INCOMPLETE
    assert "budget" in summary.reason


def test_a_budget_lets_more_calls_go_at_once_as_lengths_are_seen(tmp_path: Path) -> None:
    prices = {MODEL: {"input": 0.0, "output": 10.0}}
    spec = make_spec(120, concurrency=16, budget_usd=1.0)

    def script(_messages: list[dict[str, Any]], _options: dict[str, Any]) -> Reply:
        if server.calls > 60:
            server.gather(12)
        return Reply("x", completion_tokens=5)

    with OpenAIServer(script) as server:
        open_it = provider_at(server.base_url, prices=prices)
        summary = start_run(spec, open_it, tmp_path / "runs.db").wait(WAIT_S)
        assert server.most_at_once >= 12
    assert summary.status is RunStatus.COMPLETE


def test_aborted_calls_may_be_billed_and_stay_in_the_budget(tmp_path: Path) -> None:
    prices = {MODEL: {"input": 0.0, "output": 100.0}}
    prompt = make_prompt(maxOutputTokens=20)
    spec = make_spec(40, concurrency=4, budget_usd=0.02, prompt=prompt)
    held = Held(free=2, waiting=4)
    store = tmp_path / "runs.db"
    with OpenAIServer(held) as server:
        open_it = provider_at(server.base_url, prices=prices)
        live = start_run(spec, open_it, store)
        assert held.all_wait.wait(WAIT_S)
        live.abort()
        summary = live.wait(WAIT_S)
        held.open.set()
        assert summary.status is RunStatus.CANCELLED
        assert summary.environment["maybe_billed"] == 4
        again = start_run(spec, open_it, store, resume=summary.run_id).wait(WAIT_S)
        known = (server.calls - 4) * 10 * 100.0 / 1e6
    assert "0.0080 of it by calls without an answer that may be billed" in again.reason
    assert again.cost_usd == pytest.approx(known)
    assert again.environment["maybe_billed"] == 4
    assert known > 0.005 and known + 4 * 0.002 <= 0.02


def test_calls_given_up_of_a_free_model_are_not_billed(tmp_path: Path) -> None:
    held = Held(free=0, waiting=4)
    with OpenAIServer(held) as server:
        prices = {MODEL: {"input": 0.0, "output": 0.0}}
        live = start_run(
            make_spec(8), provider_at(server.base_url, prices=prices), tmp_path / "runs.db"
        )
        assert held.all_wait.wait(WAIT_S)
        live.abort()
        assert "maybe_billed" not in live.wait(WAIT_S).environment
        held.open.set()


@pytest.mark.exhaustive
def test_calls_of_a_process_that_was_killed_may_be_billed_and_stay_in_the_budget(
    tmp_path: Path,
) -> None:
    store = tmp_path / "runs.db"
    prices = {MODEL: {"input": 0.0, "output": 100.0}}
    spec = make_spec(40, concurrency=4, prompt=make_prompt(maxOutputTokens=20))
    held = Held(free=2, waiting=4)
    with OpenAIServer(held) as server:
        code = f"""
from pathlib import Path
from tests.support.specs import make_prompt, make_spec, provider_at
from workbench.runs.engine.engine import start_run
spec = make_spec(40, concurrency=4, prompt=make_prompt(maxOutputTokens=20))
live = start_run(spec, provider_at({server.base_url!r}, prices={prices!r}), Path({str(store)!r}))
print(live.run_id, flush=True)
live.wait(60)
"""
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        assert process.stdout is not None
        run_id = process.stdout.readline().strip()
        assert held.all_wait.wait(WAIT_S)
        process.kill()
        process.communicate()
        held.open.set()
        capped = replace(spec, options=replace(spec.run_options, budget_usd=0.02))
        open_it = provider_at(server.base_url, prices=prices)
        summary = start_run(capped, open_it, store, resume=run_id).wait(WAIT_S)
        sent = server.calls * 10 * 100.0 / 1e6
    assert summary.environment["maybe_billed"] == 4
    assert "of it by calls without an answer that may be billed" in summary.reason
    assert sent <= 0.02


def test_retries_do_not_start_beyond_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.providers.retry.POLICY", RetryPolicy(first_backoff_s=0.01))
    prices = {MODEL: {"input": 0.0, "output": 100.0}}
    spec = make_spec(30, concurrency=4, budget_usd=0.0085, prompt=make_prompt(maxOutputTokens=20))
    # Each call reserves 0.002: four may start, and no retry of them.
    with FaultServer(lambda n, body: [http("{", length=50), RESET]) as server:
        summary = start_run(
            spec, provider_at(server.base_url, prices=prices), tmp_path / "runs.db"
        ).wait(WAIT_S)
        assert server.calls == 4
    assert summary.status is RunStatus.INCOMPLETE
    assert "budget" in summary.reason
    assert summary.environment["maybe_billed"] == 4
