"""A run from its first case to its summary."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.fault_server import CLOSE, RESET, FaultServer, answer, completion, error, http
from tests.support.openai_server import OpenAIServer, Reply
from tests.support.specs import make_cases, make_prompt, make_spec, provider_at, start
from workbench.datasets.values import Case
from workbench.errors import SettingsError, TemplateError, UsageError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome
from workbench.providers.retry_policy import RetryPolicy
from workbench.runs.engine.engine import start_run
from workbench.runs.spec.values import Result, RunStatus
from workbench.runs.store.store import RunStore
from workbench.scorers.base import Kind, Score, Scorer
from workbench.scorers.catalog import make_scorer
from workbench.scorers.faults import FaultScore

WAIT_S = 60.0


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def question(body: bytes) -> str:
    """The last message of a request."""
    return str(json.loads(body)["messages"][-1]["content"])


def stored(path: Path, run_id: str) -> list[Result]:
    with RunStore(path, create=False) as opened:
        return opened.results(run_id)


def test_a_run_asks_scores_and_stores_every_case(store: Path) -> None:
    with OpenAIServer() as server:
        live = start(make_spec(50, concurrency=8), server.base_url, store)
        summary = live.wait(WAIT_S)
        assert server.calls == 50
        assert server.most_at_once <= 8
    assert summary.status is RunStatus.COMPLETE
    assert (summary.scored, summary.errors, summary.score) == (50, 0, 1.0)
    assert (summary.calls, summary.cached) == (50, 0)
    assert {result.case_id for result in live.drain()} == {f"c{n}" for n in range(50)}
    assert live.drain() == []
    assert len(stored(store, live.run_id)) == 50


def test_what_is_drained_is_already_stored(store: Path) -> None:
    with OpenAIServer(delay_s=0.02) as server:
        live = start(make_spec(40), server.base_url, store)
        seen: list[Result] = []
        with RunStore(store) as opened:
            while not live.done:
                live.wait_for_results(0.05)
                seen += live.drain()
                have = {result.case_id for result in opened.results(live.run_id)}
                assert {result.case_id for result in seen} <= have
        seen += live.drain()
    assert len(seen) == 40


@pytest.mark.exhaustive
def test_a_second_run_makes_no_call_and_imports_no_sdk(store: Path) -> None:
    spec = make_spec(30)
    with OpenAIServer() as server:
        first = start(spec, server.base_url, store).wait(WAIT_S)
        code = f"""
import sys
from pathlib import Path
from tests.support.specs import make_spec, start
summary = start(make_spec(30), {server.base_url!r}, Path({str(store)!r})).wait(30)
assert summary.cached == 30 and summary.calls == 0 and summary.score == 1.0, summary
for name in ("openai", "httpx2", "aiohttp", "genai_prices"):
    assert name not in sys.modules, name
"""
        subprocess.run([sys.executable, "-c", code], check=True, cwd=Path.cwd(), timeout=60)
        assert server.calls == 30
    assert first.calls == 30


def test_fresh_ignores_the_cache(store: Path) -> None:
    with OpenAIServer() as server:
        start(make_spec(5), server.base_url, store).wait(WAIT_S)
        again = start(make_spec(5, fresh=True), server.base_url, store).wait(WAIT_S)
        assert server.calls == 10
    assert (again.calls, again.cached) == (5, 0)


@pytest.mark.parametrize(
    "changed",
    [
        make_spec(5, prompt=make_prompt("Say it once more.")),
        make_spec(5, prompt=make_prompt(temperature=0.5)),
        make_spec(5, prompt=replace(make_prompt(), tools=[{"name": "route"}])),
        make_spec(5, prompt=replace(make_prompt(), outputs={"type": "object"})),
    ],
)
def test_a_changed_request_is_not_answered_from_the_cache(store: Path, changed: Any) -> None:
    with OpenAIServer() as server:
        start(make_spec(5), server.base_url, store).wait(WAIT_S)
        again = start(changed, server.base_url, store).wait(WAIT_S)
    assert (again.calls, again.cached) == (5, 0)


def test_another_endpoint_is_not_answered_from_the_cache(store: Path) -> None:
    with OpenAIServer() as one, OpenAIServer() as other:
        start(make_spec(5), one.base_url, store).wait(WAIT_S)
        again = start(make_spec(5), other.base_url, store).wait(WAIT_S)
    assert (again.calls, again.cached) == (5, 0)


def test_other_scorers_judge_the_stored_answers_without_a_call(store: Path) -> None:
    strict = make_scorer("exact_match", {}, "test")
    lenient = make_scorer("contains", {}, "test")
    with OpenAIServer(lambda messages, options: f"Well: {messages[-1]['content']}") as server:
        first = start(make_spec(5, scorers=[strict]), server.base_url, store).wait(WAIT_S)
        again = start(make_spec(5, scorers=[lenient]), server.base_url, store).wait(WAIT_S)
    assert (first.score, first.calls) == (0.0, 5)
    assert (again.score, again.calls, again.cached) == (1.0, 0, 5)


def test_each_repeat_asks_for_itself(store: Path) -> None:
    with OpenAIServer() as server:
        first = start(make_spec(5, repeats=3), server.base_url, store).wait(WAIT_S)
        second = start(make_spec(5, repeats=4), server.base_url, store).wait(WAIT_S)
    assert (first.scored, first.calls) == (15, 15)
    assert (second.calls, second.cached) == (5, 15)


def test_an_error_is_never_a_score_and_the_run_is_incomplete(store: Path) -> None:
    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
        text = messages[-1]["content"]
        return Reply("no", status=400) if text == "ticket 3" else text

    with OpenAIServer(script) as server:
        summary = start(make_spec(10), server.base_url, store).wait(WAIT_S)
    assert summary.status is RunStatus.INCOMPLETE
    assert (summary.scored, summary.errors, summary.score) == (9, 1, 1.0)
    assert "1 of 10" in summary.reason and "400" in summary.reason
    failed = next(r for r in stored(store, summary.run_id) if r.case_id == "c3")
    assert failed.answer.outcome is Outcome.PROVIDER_ERROR
    assert failed.scores["exact_match"].value is None


def test_what_the_model_spoilt_is_counted_apart_and_scores_as_the_suite_says(
    store: Path,
) -> None:
    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
        text = messages[-1]["content"]
        return Reply(text, finish_reason="length") if text == "ticket 3" else text

    lenient = replace(
        make_scorer("exact_match", {}, "test"), faults={Outcome.TRUNCATED: FaultScore.MISSING}
    )
    with OpenAIServer(script) as server:
        wrong = start(make_spec(5), server.base_url, store)
        assert wrong.wait(WAIT_S).score == 0.8
        assert wrong.progress().faults == 1
        missing = start(make_spec(5, scorers=[lenient]), server.base_url, store).wait(WAIT_S)
    assert missing.status is RunStatus.COMPLETE
    assert (missing.scored, missing.errors, missing.score) == (4, 0, 1.0)
    with RunStore(store) as opened:
        assert opened.outcomes(missing.run_id) == {Outcome.OK: 4, Outcome.TRUNCATED: 1}


def test_an_error_is_not_kept_in_the_cache(store: Path) -> None:
    broken = [True]

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
        return Reply("no", status=400) if broken else str(messages[-1]["content"])

    with OpenAIServer(script) as server:
        start(make_spec(5), server.base_url, store).wait(WAIT_S)
        broken.clear()
        again = start(make_spec(5), server.base_url, store).wait(WAIT_S)
    assert (again.status, again.calls) == (RunStatus.COMPLETE, 5)


def test_a_refused_key_stops_the_run_after_the_calls_under_way(store: Path) -> None:
    with FaultServer(lambda n, body: [error("401 Unauthorized", message="bad key")]) as server:
        summary = start(make_spec(500, concurrency=4), server.base_url, store).wait(WAIT_S)
        assert server.calls <= 8
    assert summary.status is RunStatus.INCOMPLETE
    assert summary.scored == 0
    assert "key refused by 127.0.0.1" in summary.reason


def test_an_endpoint_that_is_not_there_stops_the_run_soon(store: Path) -> None:
    with OpenAIServer() as server:
        gone = server.base_url
    summary = start(make_spec(500, concurrency=16), gone, store).wait(WAIT_S)
    assert summary.status is RunStatus.INCOMPLETE
    assert "connection refused" in summary.reason and "base_url" in summary.reason
    assert summary.calls < 40


def test_when_everything_fails_the_run_does_not_go_through_all_cases(store: Path) -> None:
    with FaultServer(lambda n, body: [http("{}", "400 No")]) as server:
        summary = start(make_spec(500, concurrency=4), server.base_url, store).wait(WAIT_S)
        assert server.calls < 30
    assert "cases in a row failed" in summary.reason


def test_statuses_that_pass_are_retried_until_they_do(store: Path) -> None:
    seen: dict[str, int] = {}
    lock = threading.Lock()

    def script(number: int, body: bytes) -> list[bytes]:
        text = question(body)
        with lock:
            seen[text] = seen.get(text, 0) + 1
            first = seen[text] == 1
        if first:
            return [error("503 Busy", ["retry-after-ms: 5"], message="busy")]
        return [answer(text)]

    with FaultServer(script) as server:
        summary = start(make_spec(12), server.base_url, store).wait(WAIT_S)
    assert (summary.status, summary.score) == (RunStatus.COMPLETE, 1.0)
    assert summary.calls == 24
    assert all(result.answer.attempts == 2 for result in stored(store, summary.run_id))


@pytest.mark.exhaustive
def test_retry_after_holds_the_whole_run(store: Path) -> None:
    arrivals: list[float] = []
    lock = threading.Lock()

    def script(number: int, body: bytes) -> list[bytes]:
        with lock:
            arrivals.append(time.monotonic())
        if number == 0:
            return [error("429 Slow", ["retry-after: 1.5"], message="slow down")]
        return [answer(question(body))]

    spec = make_spec(30, concurrency=1)
    with FaultServer(script) as server:
        live = start(spec, server.base_url, store)
        waits = []
        while not live.done:
            waits.append(live.progress().retry_in_s or 0.0)
            live.wait_for_results(0.05)
        summary = live.wait(WAIT_S)
    assert summary.status is RunStatus.COMPLETE
    assert arrivals[1] - arrivals[0] >= 1.45
    assert 0.1 < max(waits) <= 1.5


def test_a_provider_that_asks_to_wait_for_an_hour_is_not_waited_for(store: Path) -> None:
    reply = error("429 Slow", ["retry-after: 3600"], message="come back later")
    with FaultServer(lambda n, body: [reply]) as server:
        summary = start(make_spec(50), server.base_url, store).wait(WAIT_S)
    assert summary.status is RunStatus.INCOMPLETE
    assert "3600 s" in summary.reason and "resume" in summary.reason


def test_no_cases_no_repeats_and_double_ids_are_refused(store: Path) -> None:
    provider = provider_at("http://127.0.0.1:9/v1")
    for spec in (
        make_spec(0),
        make_spec(3, repeats=0),
        make_spec(cases=[*make_cases(2), *make_cases(1)]),
    ):
        with pytest.raises(UsageError):
            start_run(spec, provider, store)


def test_a_prompt_that_does_not_fit_is_refused_before_anything_is_stored(
    store: Path,
) -> None:
    prompt = replace(make_prompt(), messages=(Message("user", "{{ tickt }}"),))
    with pytest.raises(TemplateError, match="tickt"):
        start(make_spec(3, prompt=prompt), "http://127.0.0.1:9/v1", store)


def test_a_wrong_setting_is_refused_before_anything_is_stored(store: Path) -> None:
    with pytest.raises(SettingsError):
        start(make_spec(3), "not an address", store)
    assert not store.exists()


def test_a_case_that_the_prompt_does_not_fit_is_an_error_of_its_own(store: Path) -> None:
    cases = [*make_cases(3), Case("odd", {"other": 1}, "x")]
    with OpenAIServer() as server:
        summary = start(make_spec(cases=cases), server.base_url, store).wait(WAIT_S)
        assert server.calls == 3
    assert (summary.scored, summary.errors, summary.calls) == (3, 1, 3)
    odd = next(r for r in stored(store, summary.run_id) if r.case_id == "odd")
    assert odd.answer.outcome is Outcome.UNSENT


def broken_scorer(value: Any) -> Scorer:
    def score(answer: Answer, case: Case, options: Any) -> Score:
        if isinstance(value, Exception):
            raise value
        return Score(value)

    return Scorer(Kind("broken", "for the test", score))


@pytest.mark.parametrize(
    "value", [ValueError("boom"), float("nan"), float("inf"), 1.5, -0.1, "1", True, [1]]
)
def test_a_scorer_that_fails_leaves_the_score_missing(store: Path, value: Any) -> None:
    spec = make_spec(3, scorers=[broken_scorer(value)])
    with OpenAIServer() as server:
        summary = start(spec, server.base_url, store).wait(WAIT_S)
    assert (summary.status, summary.scored, summary.errors) == (RunStatus.INCOMPLETE, 0, 3)
    assert summary.score is None and "broken" in summary.reason
    assert all(r.scores["broken"].value is None for r in stored(store, summary.run_id))


def test_stop_lets_calls_under_way_finish_and_resume_asks_only_the_rest(store: Path) -> None:
    spec = make_spec(60, concurrency=4)
    with OpenAIServer(delay_s=0.05) as server:
        live = start(spec, server.base_url, store)
        while live.progress().done < 10:
            live.wait_for_results(0.05)
        live.stop()
        assert live.progress().stopping
        first = live.wait(WAIT_S)
        assert first.status is RunStatus.INCOMPLETE and "stopped" in first.reason
        assert first.scored == server.calls  # what was paid is stored
        assert 10 <= first.scored < 60

        second = start(spec, server.base_url, store, resume=first.run_id).wait(WAIT_S)
        assert server.calls == 60
    assert second.run_id == first.run_id
    assert (second.status, second.scored, second.calls) == (RunStatus.COMPLETE, 60, 60)
    assert second.seconds > first.seconds
    assert len(stored(store, first.run_id)) == 60


def test_abort_ends_at_once_and_loses_only_the_calls_under_way(store: Path) -> None:
    over = threading.Event()

    def script(number: int, body: bytes) -> list[bytes]:
        over.wait()
        return [CLOSE]

    with FaultServer(script) as server:
        live = start(make_spec(60, concurrency=4), server.base_url, store)
        while server.calls < 4:
            live.wait_for_results(0.05)
        live.stop()
        live.abort()
        summary = live.wait(WAIT_S)
        over.set()
    assert summary.status is RunStatus.CANCELLED


def test_stop_ends_a_long_wait(store: Path) -> None:
    reply = error("429 Slow", ["retry-after: 600"], message="wait")
    with FaultServer(lambda n, body: [reply]) as server:
        live = start(make_spec(10), server.base_url, store)
        while not live.progress().retry_in_s:
            live.wait_for_results(0.05)
        assert 500 < (live.progress().retry_in_s or 0) <= 600
        live.stop()
        assert live.wait(WAIT_S).status is RunStatus.INCOMPLETE


def test_resume_asks_again_what_failed_and_counts_it_once(store: Path) -> None:
    broken = {"ticket 2", "ticket 5"}

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
        text = messages[-1]["content"]
        return Reply("no", status=400) if text in broken else text

    spec = make_spec(10)
    with OpenAIServer(script) as server:
        first = start(spec, server.base_url, store).wait(WAIT_S)
        assert (first.scored, first.errors) == (8, 2)
        broken.remove("ticket 2")
        second = start(spec, server.base_url, store, resume=first.run_id).wait(WAIT_S)
        assert (second.scored, second.errors, second.calls) == (9, 1, 12)
        broken.clear()
        third = start(spec, server.base_url, store, resume=first.run_id).wait(WAIT_S)
        assert (third.status, third.scored, third.errors) == (RunStatus.COMPLETE, 10, 0)
        fourth = start(spec, server.base_url, store, resume=first.run_id).wait(WAIT_S)
        assert server.calls == 13
    assert (fourth.status, fourth.scored, fourth.calls) == (RunStatus.COMPLETE, 10, 13)
    assert fourth.prompt_tokens == third.prompt_tokens
    results = stored(store, first.run_id)
    assert sorted(r.case_id for r in results) == sorted(f"c{n}" for n in range(10))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (make_spec(10, prompt=make_prompt("Otherwise.")), "the prompt"),
        (make_spec(9), "the cases"),
        (make_spec(10, repeats=2), "repeats"),
        (make_spec(10, scorers=[broken_scorer(1.0)]), "the scorers"),
    ],
)
def test_resume_of_something_else_is_refused(store: Path, changed: Any, named: str) -> None:
    with OpenAIServer() as server:
        first = start(make_spec(10), server.base_url, store).wait(WAIT_S)
        with pytest.raises(UsageError, match=named) as caught:
            start(changed, server.base_url, store, resume=first.run_id)
    assert "new run" in str(caught.value)


def test_resume_at_another_endpoint_is_refused(store: Path) -> None:
    with OpenAIServer() as one, OpenAIServer() as other:
        first = start(make_spec(3), one.base_url, store).wait(WAIT_S)
        with pytest.raises(UsageError, match="the provider"):
            start(make_spec(3), other.base_url, store, resume=first.run_id)


@pytest.mark.exhaustive
def test_a_run_under_way_cannot_be_resumed_by_anybody_else(store: Path) -> None:
    with OpenAIServer(delay_s=0.2) as server:
        live = start(make_spec(2000), server.base_url, store)
        with pytest.raises(UsageError, match="being worked on"):
            start(make_spec(2000), server.base_url, store, resume=live.run_id)
        code = f"""
from pathlib import Path
from tests.support.specs import make_spec, start
from workbench.errors import UsageError
try:
    start(make_spec(2000), {server.base_url!r}, Path({str(store)!r}), resume={live.run_id!r})
except UsageError as error:
    assert "being worked on" in str(error)
else:
    raise SystemExit("resumed")
"""
        subprocess.run([sys.executable, "-c", code], check=True, cwd=Path.cwd(), timeout=60)
        live.abort()
        live.wait(WAIT_S)


def test_a_budget_ends_the_run_before_it_is_exceeded(store: Path) -> None:
    prices = {"mock-model": {"input": 10.0, "output": 100.0}}
    spec = make_spec(200, concurrency=8, budget_usd=0.01, prompt=make_prompt(maxOutputTokens=5))

    with OpenAIServer(lambda m, o: Reply("x", prompt_tokens=10, completion_tokens=5)) as server:
        live = start_run(spec, provider_at(server.base_url, prices=prices), store)
        summary = live.wait(WAIT_S)
        paid = server.calls * (10 * 10.0 + 5 * 100.0) / 1e6
    assert summary.status is RunStatus.INCOMPLETE
    assert "budget" in summary.reason
    assert summary.cost_usd == pytest.approx(paid)
    assert 0.005 < paid <= 0.01


def test_a_budget_holds_calls_back_rather_than_ending_a_run_that_it_covers(
    store: Path,
) -> None:
    # One call may cost 0.11 USD by the estimate, and costs 0.001: eight at once do not fit.
    prices = {"mock-model": {"input": 0.0, "output": 100.0}}
    spec = make_spec(60, concurrency=8, budget_usd=0.3)

    def script(_messages: object, _options: object) -> Reply:
        if server.calls > 30:
            server.gather(2)
        return Reply("x", completion_tokens=10)

    with OpenAIServer(script) as server:
        live = start_run(spec, provider_at(server.base_url, prices=prices), store)
        summary = live.wait(WAIT_S)
        assert server.most_at_once >= 2
    assert summary.status is RunStatus.COMPLETE, summary.reason
    assert summary.cost_usd == pytest.approx(0.06)


def test_calls_that_broke_off_may_be_billed_and_count_against_the_budget(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.providers.retry.POLICY", RetryPolicy(first_backoff_s=0.01))
    prices = {"mock-model": {"input": 0.0, "output": 100.0}}
    spec = make_spec(30, concurrency=1, budget_usd=0.01, prompt=make_prompt(maxOutputTokens=20))
    broken = {"ticket 1", "ticket 2"}

    def script(number: int, body: bytes) -> list[Any]:
        if question(body) in broken:
            broken.remove(question(body))
            return [answer("half of it")[:60], RESET]
        reply = completion(question(body))
        reply["usage"] = {"prompt_tokens": 1, "completion_tokens": 10}
        return [http(json.dumps(reply))]

    with FaultServer(script) as server:
        open_it = provider_at(server.base_url, prices=prices)
        summary = start_run(spec, open_it, store).wait(WAIT_S)
        paid = (server.calls - 2) * 10 * 100.0 / 1e6
        assert summary.environment["maybe_billed"] == 2
        assert summary.cost_usd == pytest.approx(paid)
        assert paid + 2 * 0.002 <= 0.01
        assert "0.0040 of it by calls without an answer that may be billed" in summary.reason
        broken.add("ticket 20")
        more = replace(spec, options=replace(spec.run_options, budget_usd=1.0))
        whole = start_run(more, open_it, store, resume=summary.run_id).wait(WAIT_S)
    assert whole.status is RunStatus.COMPLETE
    assert whole.environment["maybe_billed"] == 3


def test_calls_that_reached_nobody_are_not_billed(store: Path) -> None:
    with OpenAIServer() as server:
        gone = server.base_url
    summary = start(make_spec(3), gone, store).wait(WAIT_S)
    assert "connection refused" in summary.reason
    assert "maybe_billed" not in summary.environment


def test_a_budget_without_a_known_price_makes_no_call(store: Path) -> None:
    with OpenAIServer() as server:
        summary = start(make_spec(5, budget_usd=1.0), server.base_url, store).wait(WAIT_S)
        assert server.calls == 0
    assert summary.status is RunStatus.INCOMPLETE and "no price is known" in summary.reason


def test_an_unknown_price_is_unknown_and_a_known_one_is_counted(store: Path) -> None:
    prices = {"mock-model": {"input": 1.0, "output": 2.0}}
    with OpenAIServer() as server:
        unknown = start(make_spec(4), server.base_url, store).wait(WAIT_S)
        known = start_run(
            make_spec(4, fresh=True), provider_at(server.base_url, prices=prices), store
        ).wait(WAIT_S)
        again = start_run(make_spec(4), provider_at(server.base_url, prices=prices), store)
        cached = again.wait(WAIT_S)
    assert unknown.cost_usd is None
    tokens_in, tokens_out = known.prompt_tokens or 0, known.completion_tokens or 0
    assert known.cost_usd == pytest.approx((tokens_in * 1.0 + tokens_out * 2.0) / 1e6)
    assert (cached.cost_usd, cached.cached) == (0.0, 4)


def test_when_results_cannot_be_stored_the_calls_stop(store: Path) -> None:
    with OpenAIServer(delay_s=0.05) as server:
        live = start(make_spec(2000, concurrency=4), server.base_url, store)
        while live.progress().done < 4:
            live.wait_for_results(0.05)
        with sqlite3.connect(store) as other:
            other.execute("DROP TABLE results")
        summary = live.wait(WAIT_S)
        calls = server.calls
    assert summary.status is RunStatus.INCOMPLETE
    assert "cannot be stored" in summary.reason
    assert calls < 200


def test_a_full_disk_stops_the_run_which_can_be_resumed(store: Path) -> None:
    spec = make_spec(60, prompt=make_prompt("x" * 20_000))
    with OpenAIServer(lambda messages, options: "y" * 20_000) as server:
        start(make_spec(1), server.base_url, store).wait(WAIT_S)
        code = f"""
import resource, signal
from pathlib import Path
from tests.support.specs import make_prompt, make_spec, start
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
spec = make_spec(60, prompt=make_prompt("x" * 20_000))
summary = start(spec, {server.base_url!r}, Path({str(store)!r})).wait(30)
assert summary.status == "incomplete", summary
assert "results cannot be stored: " in summary.reason, summary.reason
print(summary.run_id)
"""
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            cwd=Path.cwd(),
            timeout=60,
            capture_output=True,
            text=True,
        )
        kept = len(stored(store, done.stdout.strip()))
        assert kept < 60
        before = server.calls
        again = start(spec, server.base_url, store, resume=done.stdout.strip()).wait(WAIT_S)
    assert (again.status, again.scored) == (RunStatus.COMPLETE, 60)
    assert server.calls - before == 60 - kept


@pytest.mark.exhaustive
def test_a_run_that_was_stopped_and_goes_on_has_every_case(store: Path) -> None:
    code = f"""
import os, signal, sys, threading, time
from pathlib import Path
from tests.support.specs import make_spec, start
wall = time.time
live = start(make_spec(30, timeout_s=2.0), sys.argv[1], Path({str(store)!r}))
while live.progress().done < 5:
    live.wait_for_results(0.02)
time.time = lambda: wall() + 86_400  # the machine slept for a day, as its clock says
print("stopping", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
summary = live.wait(30)
assert (summary.status, summary.scored) == ("complete", 30), summary
"""
    with OpenAIServer(delay_s=0.02) as server:
        command = [sys.executable, "-c", code, server.base_url]
        with subprocess.Popen(command, cwd=Path.cwd(), stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"stopping\n"
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            process.send_signal(signal.SIGCONT)
            assert process.wait(60) == 0


def test_a_mixed_run_says_so(store: Path) -> None:
    def script(number: int, body: bytes) -> list[bytes]:
        return [answer(question(body), model=f"mock-{number % 2}", system_fingerprint="fp")]

    with FaultServer(script) as server:
        summary = start(make_spec(8), server.base_url, store).wait(WAIT_S)
    assert summary.environment["answered_by"] == ["mock-0", "mock-1"]
    assert summary.environment["mixed"] is True


def test_a_run_remembers_what_it_was_made_with(store: Path) -> None:
    prompt = make_prompt(temperature=0, seed=7)
    with OpenAIServer() as server:
        summary = start(make_spec(3, prompt=prompt), server.base_url, store).wait(WAIT_S)
    environment = summary.environment
    assert environment["parameters"] == {"temperature": 0, "seed": 7}
    assert environment["identity"]["endpoint"] == server.base_url
    assert environment["system_fingerprints"] == ["fp_mock"]
    assert {"workbench", "httpx2", "openai", "python"} <= environment.keys()
    with RunStore(store) as opened:
        assert opened.prompt(summary.run_id).fingerprint == prompt.fingerprint
        assert opened.cases(summary.run_id) == make_cases(3)


@pytest.mark.parametrize("stream", [True, False])
def test_the_first_token_is_timed_where_the_suite_asks_for_streams(
    store: Path, stream: bool
) -> None:
    with OpenAIServer() as server:
        live = start(make_spec(6, stream=stream), server.base_url, store)
        summary = live.wait(WAIT_S)
        progress = live.progress()
        again = start(make_spec(6, stream=not stream), server.base_url, store).wait(WAIT_S)
    assert (summary.status, summary.scored, again.calls) == (RunStatus.COMPLETE, 6, 0)
    assert (progress.first_token_s is not None) is stream
    with RunStore(store) as opened:
        answers = [result.answer for result in opened.results(summary.run_id)]
    assert all((answer.first_token_s is not None) is stream for answer in answers)
    assert all(answer.prompt_tokens for answer in answers)
    times = summary.environment
    assert times["latency_s"]["p50"] <= times["latency_s"]["p95"]
    assert ("first_token_s" in times) is stream


def test_a_key_is_in_no_file_and_no_summary_however_errors_repeat_it(store: Path) -> None:
    key = "sk-canary-9876543210fedcba"

    def script(number: int, body: bytes) -> list[bytes]:
        if number % 3 == 0:
            return [http(json.dumps([{"error": {"message": {"detail": f"echo {key}"}}}]))]
        if number % 3 == 1:
            return [error("400 No", message=f"bad header Bearer {key}")]
        return [http(f"<p>{key}</p>", kind="text/html")]

    with FaultServer(script) as server:
        open_it = provider_at(server.base_url, environ={"KEY": key}, api_key_env="KEY")
        assert key not in repr(open_it())
        summary = start_run(make_spec(12), open_it, store).wait(WAIT_S)
        assert any(key.encode() in head for head in server.heads)
    assert key not in repr(summary)
    for path in store.parent.iterdir():
        assert key.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("key", ["a", "test", "case", "sk-canary-9876543210fedcba"])
def test_a_run_scores_and_stores_what_was_said_whatever_the_key_is(store: Path, key: str) -> None:
    cases = [
        Case(f"c{n}", {"ticket": f"a test {n} of {key}"}, f"a test {n} of {key}") for n in range(4)
    ]
    with OpenAIServer() as server:
        open_it = provider_at(server.base_url, environ={"KEY": key}, api_key_env="KEY")
        summary = start_run(make_spec(cases=cases), open_it, store).wait(WAIT_S)
    assert (summary.status, summary.score) == (RunStatus.COMPLETE, 1.0)
    with RunStore(store) as opened:
        texts = {result.answer.text for result in opened.results(summary.run_id)}
    assert texts == {case.expected for case in cases}


def test_a_sleeping_watcher_misses_nothing(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.runs.engine.result_queue.MOST", 10)
    queue = "workbench.runs.engine.result_queue.ResultQueue"
    monkeypatch.setattr(f"{queue}.__init__.__defaults__", (10,))
    with OpenAIServer() as server:
        live = start(make_spec(80, concurrency=8), server.base_url, store)
        live.wait(WAIT_S)
    results = live.drain()
    assert sorted(r.case_id for r in results) == sorted(f"c{n}" for n in range(80))
    assert live.drain() == []


@pytest.mark.exhaustive
def test_progress_adds_up(store: Path) -> None:
    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
        text = str(messages[-1]["content"])
        return text if text.endswith(("0", "2", "4", "6", "8")) else "wrong"

    with OpenAIServer(script, delay_s=0.01) as server:
        live = start(make_spec(100, concurrency=8), server.base_url, store)
        while not live.done:
            progress = live.progress()
            assert progress.done == progress.passed + progress.failed + progress.errors
            assert 0 <= progress.in_flight <= 8
            live.wait_for_results(0.02)
    progress = live.progress()
    assert (progress.done, progress.total, progress.passed, progress.failed) == (100, 100, 50, 50)
    assert progress.score == 0.5
    assert progress.prompt_tokens > 0 and progress.status is RunStatus.COMPLETE


def test_a_resumed_run_shows_what_was_there_before(store: Path) -> None:
    broken = [True]

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
        text = str(messages[-1]["content"])
        if broken and text in ("ticket 8", "ticket 9"):
            return Reply("no", status=400)
        return "wrong" if text == "ticket 0" else text

    prices = {"mock-model": {"input": 1.0, "output": 1.0}}
    with OpenAIServer(script, delay_s=0.2) as server:
        open_it = provider_at(server.base_url, prices=prices)
        first = start_run(make_spec(10, concurrency=10), open_it, store).wait(WAIT_S)
        broken.clear()
        live = start_run(make_spec(10, concurrency=10), open_it, store, resume=first.run_id)
        before = live.progress()
        summary = live.wait(WAIT_S)
    assert (before.done, before.passed, before.failed, before.errors) == (8, 7, 1, 0)
    assert before.cost_usd == pytest.approx(first.cost_usd)
    after = live.progress()
    assert (after.done, after.passed, after.failed, after.score) == (10, 9, 1, 0.9)
    assert len(live.drain()) == 2
    assert summary.cost_usd == after.cost_usd and (after.cost_usd or 0) > (first.cost_usd or 0)
    assert summary.calls == first.calls + 2
    assert (summary.prompt_tokens or 0) > (first.prompt_tokens or 0)
    assert summary.seconds > first.seconds


def test_a_run_that_was_taken_over_stops_writing(store: Path) -> None:
    with OpenAIServer(delay_s=0.05) as server:
        live = start(make_spec(500), server.base_url, store)
        while live.progress().done < 4:
            live.wait_for_results(0.05)
        with sqlite3.connect(store) as other:
            other.execute("UPDATE sessions SET ended_at = 1.0")
        summary = live.wait(WAIT_S)
        assert server.calls < 100
    assert summary.status is RunStatus.INCOMPLETE
    assert "another process took the run over" in summary.reason


@pytest.mark.parametrize("how", ["stop", "abort"])
def test_a_run_can_be_ended_before_it_has_begun(store: Path, how: str) -> None:
    with OpenAIServer(delay_s=0.05) as server:
        live = start(make_spec(500), server.base_url, store)
        getattr(live, how)()
        summary = live.wait(WAIT_S)
        assert server.calls <= 8
    assert summary.status is (RunStatus.INCOMPLETE if how == "stop" else RunStatus.CANCELLED)


def test_who_stops_a_run_can_say_why(store: Path) -> None:
    with OpenAIServer(delay_s=0.05) as server:
        live = start(make_spec(500), server.base_url, store)
        live.stop("the gate has decided")
        assert live.wait(WAIT_S).reason == "the gate has decided"


def test_waiting_too_short_says_so(store: Path) -> None:
    with OpenAIServer(delay_s=0.3) as server:
        live = start(make_spec(4), server.base_url, store)
        with pytest.raises(TimeoutError, match=live.run_id):
            live.wait(0.05)
        live.abort()
        live.wait(WAIT_S)


@pytest.mark.exhaustive
def test_two_runs_at_once_share_a_store(store: Path) -> None:
    with OpenAIServer(delay_s=0.01) as server:
        runs = [
            start(make_spec(40, prompt=make_prompt(f"Number {n}.")), server.base_url, store)
            for n in range(4)
        ]
        summaries = [live.wait(WAIT_S) for live in runs]
    assert [summary.scored for summary in summaries] == [40] * 4
    assert len({summary.run_id for summary in summaries}) == 4


@pytest.mark.exhaustive
def test_a_slow_answer_is_timed_out_and_asked_once_more(store: Path) -> None:
    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply | str:
        text = str(messages[-1]["content"])
        return Reply(text, delay_s=9.0) if text == "ticket 1" else text

    with OpenAIServer(script) as server:
        summary = start(make_spec(3, timeout_s=3.0), server.base_url, store).wait(WAIT_S)
    assert (summary.scored, summary.errors, summary.calls) == (2, 1, 4)
    assert "did not finish within 3 s" in summary.reason


@pytest.mark.exhaustive
def test_concurrency_finds_the_level_that_a_provider_takes(store: Path) -> None:
    lock = threading.Lock()
    counts = {"now": 0, "refused": 0}

    def script(number: int, body: bytes) -> list[bytes | float]:
        with lock:
            if counts["now"] >= 4:
                counts["refused"] += 1
                return [error("429 Slow", ["retry-after-ms: 20"], message="too many at once")]
            counts["now"] += 1
        time.sleep(0.02)
        with lock:
            counts["now"] -= 1
        return [answer(question(body))]

    with FaultServer(script) as server:
        summary = start(make_spec(200, concurrency=32), server.base_url, store).wait(60)
    assert (summary.status, summary.scored) == (RunStatus.COMPLETE, 200)
    assert counts["refused"] < 200
    assert summary.calls == 200 + counts["refused"]


@pytest.mark.exhaustive
def test_requests_a_minute_of_a_provider_are_kept(store: Path) -> None:
    spec = make_spec(25, concurrency=16)
    with OpenAIServer() as server:
        open_it = provider_at(server.base_url, requests_per_minute=600)
        started = time.monotonic()
        summary = start_run(spec, open_it, store).wait(WAIT_S)
        assert time.monotonic() - started >= 1.3  # ten at once, then ten a second
    assert summary.status is RunStatus.COMPLETE


def test_what_is_cached_is_not_asked_when_more_cases_come(store: Path) -> None:
    with OpenAIServer() as server:
        start(make_spec(100, concurrency=16), server.base_url, store).wait(WAIT_S)
        live = start(make_spec(150, concurrency=16), server.base_url, store)
        summary = live.wait(WAIT_S)
    assert (summary.calls, summary.cached, summary.scored) == (50, 100, 150)
    assert len(live.drain()) == 150


def test_text_that_is_no_unicode_is_asked_and_stored_without_harm(store: Path) -> None:
    cases = [
        Case("odd", {"ticket": "half \ud83d a smile"}, "x"),
        Case("nul", {"ticket": "a\x00b"}, "a\x00b"),
        Case("esc", {"ticket": "\x1b[31mred\u202e"}, "\x1b[31mred\u202e"),
    ]
    with OpenAIServer() as server:
        summary = start(make_spec(cases=cases), server.base_url, store).wait(WAIT_S)
        again = start(make_spec(cases=cases), server.base_url, store).wait(WAIT_S)
    assert (summary.scored, summary.errors, again.cached) == (3, 0, 3)
    texts = {r.case_id: r.answer.text for r in stored(store, summary.run_id)}
    assert texts["nul"] == "a\x00b" and texts["esc"] == "\x1b[31mred\u202e"
    with RunStore(store) as opened:
        assert opened.cases(summary.run_id) == tuple(cases)


def test_a_case_id_that_is_no_unicode_is_refused(store: Path) -> None:
    with pytest.raises(UsageError, match="cannot be stored"):
        start(make_spec(cases=[Case("\ud83d", {"ticket": "x"})]), "http://127.0.0.1:9/v1", store)


def test_a_talkative_scorer_is_cut_short(store: Path) -> None:
    def score(answer: Answer, case: Case, options: Any) -> Score:
        return Score(0.5, "why \ud800 " * 1000)

    spec = make_spec(1, scorers=[Scorer(Kind("wordy", "for the test", score))])
    with OpenAIServer() as server:
        summary = start(spec, server.base_url, store).wait(WAIT_S)
    (result,) = stored(store, summary.run_id)
    assert result.scores["wordy"].value == 0.5
    assert len(result.scores["wordy"].reason) == 500


def test_a_fresh_run_goes_on_fresh(store: Path) -> None:
    with OpenAIServer(delay_s=0.02) as server:
        start(make_spec(30), server.base_url, store).wait(WAIT_S)
        live = start(make_spec(30, fresh=True), server.base_url, store)
        while live.progress().done < 4:
            live.wait_for_results(0.02)
        live.stop()
        stopped = live.wait(WAIT_S)
        assert stopped.scored < 30
        live = start(make_spec(30), server.base_url, store, resume=stopped.run_id)
        summary = live.wait(WAIT_S)
    assert (summary.scored, summary.calls, summary.cached) == (30, 30, 0)


def test_cases_that_the_template_does_not_fit_do_not_end_a_run(store: Path) -> None:
    cases = [Case(f"x{n}", {"other": 1}) for n in range(40)]
    with OpenAIServer() as server:
        summary = start(
            make_spec(cases=[*make_cases(3), *cases, *make_cases(30)[3:]]), server.base_url, store
        ).wait(WAIT_S)
        assert server.calls == 30
    assert (summary.scored, summary.errors) == (30, 40)
    assert "40 of 70 have no score" in summary.reason
