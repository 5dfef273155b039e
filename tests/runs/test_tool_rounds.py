"""Cases whose tools answer: what is sent, counted, cached and judged."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer, Reply
from tests.support.specs import make_prompt, make_spec, provider_at, start
from workbench.datasets.readers import READERS, dataset_from_rows
from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.prompts.values import Prompt
from workbench.providers.base import Outcome
from workbench.runs.engine.batches import submit_batch
from workbench.runs.engine.engine import start_run
from workbench.runs.engine.tool_rounds import MAX_ROUNDS
from workbench.runs.engine.trial import try_case
from workbench.runs.spec.values import RunStatus
from workbench.runs.store.store import RunStore

TOOLS = [{"name": "weather", "parameters": [{"name": "city", "kind": "string"}]}]
TWO_CITIES = [
    {"tool": "weather", "arguments": {"city": "Ulm"}, "result": {"sky": "clear"}},
    {"tool": "weather", "result": "unknown"},
]


def prompt() -> Prompt:
    return replace(make_prompt(), tools=TOOLS)


def case(results: Any, case_id: str = "c0", expected: str = "clear") -> Case:
    return Case(case_id, {"ticket": "Ulm"}, expected, tool_results=results)


def call(
    city: str = "Ulm", call_id: str = "c1", name: str = "weather", text: str | None = None
) -> Reply:
    function = {"name": name, "arguments": json.dumps({"city": city})}
    message = {
        "role": "assistant",
        "content": text,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }
    return Reply(message=message, finish_reason="tool_calls", prompt_tokens=10, completion_tokens=5)


def weather(messages: list[dict[str, Any]], _options: dict[str, Any]) -> Reply:
    """Calls the tool once, then says what it said."""
    last = messages[-1]
    if last["role"] != "tool":
        return call(last["content"])
    sky = last["content"]
    text = json.loads(sky)["sky"] if sky.startswith("{") else sky
    return Reply(text, prompt_tokens=20, completion_tokens=1)


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_call_is_followed_by_its_result_and_the_final_answer_is_judged(
    tmp_path: Path, stream: bool
) -> None:
    with OpenAIServer(weather) as server:
        spec = make_spec(
            cases=[case({"weather": {"sky": "clear"}})], prompt=prompt(), stream=stream
        )
        summary = start(spec, server.base_url, tmp_path / "runs.db").wait()
        second = server.requests[1]["messages"]
    assert (summary.status, summary.calls, summary.score) == (RunStatus.COMPLETE, 2, 1.0)
    assert (summary.prompt_tokens, summary.completion_tokens) == (30, 6)
    assert second[-2:] == [
        {"role": "assistant", "content": None, "tool_calls": call().message["tool_calls"]},  # type: ignore[index]
        {"role": "tool", "content": '{"sky": "clear"}', "tool_call_id": "c1"},
    ]
    with RunStore(tmp_path / "runs.db") as store:
        (result,) = store.results(summary.run_id)
        assert store.cases(summary.run_id)[0].tool_results == {"weather": {"sky": "clear"}}
    answer = result.answer
    assert (answer.text, answer.attempts, answer.note) == ("clear", 2, "after 1 tool call: weather")


def test_a_recorded_answer_is_found_again_for_the_same_results_alone(tmp_path: Path) -> None:
    with OpenAIServer(weather) as server:
        for results, calls in (("a", 2), ("a", 0), ("b", 2), (None, 1)):
            cases = [case({"weather": results} if results else None)]
            spec = make_spec(cases=cases, prompt=prompt())
            assert start(spec, server.base_url, tmp_path / "runs.db").wait().calls == calls


def test_a_result_is_chosen_by_the_arguments(tmp_path: Path) -> None:
    def two(messages: list[dict[str, Any]], _options: dict[str, Any]) -> Reply:
        if messages[-1]["role"] == "tool":
            return Reply(" / ".join(m["content"] for m in messages if m["role"] == "tool"))
        first, second = call(), call("Bonn", "c2")
        assert first.message and second.message
        calls = [*first.message["tool_calls"], *second.message["tool_calls"]]
        return Reply(message={**first.message, "tool_calls": calls}, finish_reason="tool_calls")

    with OpenAIServer(two) as server:
        spec = make_spec(cases=[case(TWO_CITIES)], prompt=prompt())
        summary = start(spec, server.base_url, tmp_path / "runs.db").wait()
    with RunStore(tmp_path / "runs.db") as store:
        (result,) = store.results(summary.run_id)
    assert result.answer.text == '{"sky": "clear"} / unknown'


@pytest.mark.parametrize(
    ("results", "note"),
    [
        ({"time": "12"}, 'the case has no result for weather({"city": "Ulm"})'),
        (
            [{"tool": "weather", "arguments": {"city": "Bonn"}, "result": "x"}],
            "no result for weather",
        ),
    ],
)
def test_a_call_without_a_result_is_the_models_fault_and_says_so(
    tmp_path: Path, results: Any, note: str
) -> None:
    with OpenAIServer(weather) as server:
        spec = make_spec(cases=[case(results)], prompt=prompt())
        summary = start(spec, server.base_url, tmp_path / "runs.db").wait()
    with RunStore(tmp_path / "runs.db") as store:
        (result,) = store.results(summary.run_id)
    assert (summary.status, summary.calls, summary.score) == (RunStatus.COMPLETE, 1, 0.0)
    assert result.answer.outcome is Outcome.TOOL_CALL and note in result.answer.note


def test_without_recorded_results_a_tool_call_stays_what_it_was(tmp_path: Path) -> None:
    with OpenAIServer(weather) as server:
        spec = make_spec(cases=[case(None)], prompt=prompt())
        summary = start(spec, server.base_url, tmp_path / "runs.db").wait()
    with RunStore(tmp_path / "runs.db") as store:
        (result,) = store.results(summary.run_id)
    assert (summary.calls, result.answer.outcome, result.answer.note) == (1, Outcome.TOOL_CALL, "")


def test_a_model_that_never_stops_calling_is_stopped(tmp_path: Path) -> None:
    with OpenAIServer(lambda _messages, _options: call()) as server:
        spec = make_spec(cases=[case({"weather": "x"})], prompt=prompt())
        summary = start(spec, server.base_url, tmp_path / "runs.db").wait()
    with RunStore(tmp_path / "runs.db") as store:
        (result,) = store.results(summary.run_id)
    assert summary.calls == MAX_ROUNDS + 1
    assert result.answer.outcome is Outcome.TOOL_CALL
    assert f"still calls tools after {MAX_ROUNDS} rounds" in result.answer.note


def test_a_text_beside_the_call_is_sent_back_with_it(tmp_path: Path) -> None:
    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply:
        return (
            weather(messages, options)
            if messages[-1]["role"] == "tool"
            else call(text="Let me see.")
        )

    with OpenAIServer(script) as server:
        spec = make_spec(cases=[case({"weather": "clear"})], prompt=prompt())
        assert start(spec, server.base_url, tmp_path / "runs.db").wait().score == 1.0
        assert server.requests[1]["messages"][-2]["content"] == "Let me see."


def test_a_failure_after_a_tool_call_is_retried_and_every_call_is_counted(tmp_path: Path) -> None:
    failures = iter([True, False])

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply:
        if messages[-1]["role"] == "tool" and next(failures, False):
            return Reply("busy", status=503)
        return weather(messages, options)

    with OpenAIServer(script) as server:
        spec = make_spec(cases=[case({"weather": "clear"})], prompt=prompt())
        summary = start(spec, server.base_url, tmp_path / "runs.db").wait()
        assert (summary.calls, server.calls, summary.score) == (3, 3, 1.0)


def test_the_cost_of_all_calls_counts_and_the_budget_holds_between_them(tmp_path: Path) -> None:
    price = {"mock-model": {"input": 1_000.0, "output": 1_000.0}}
    with OpenAIServer(weather) as server:
        opened = provider_at(server.base_url, prices=price)
        spec = make_spec(cases=[case({"weather": "clear"})], prompt=make_prompt_with(50))
        assert start_run(spec, opened, tmp_path / "a.db").wait().cost_usd == pytest.approx(0.036)
        low = make_spec(
            cases=[case({"weather": "clear"})], prompt=make_prompt_with(50), budget_usd=0.18
        )
        summary = start_run(low, opened, tmp_path / "b.db").wait()
    assert summary.status is RunStatus.INCOMPLETE and "used up" in summary.reason
    assert summary.calls == 1, "the second question could have gone over"


def make_prompt_with(most: int) -> Prompt:
    return replace(make_prompt(maxOutputTokens=most), tools=TOOLS)


def test_a_try_takes_the_recorded_results_too() -> None:
    async def ask(url: str) -> Any:
        provider = provider_at(url)()
        try:
            return await try_case(prompt(), case({"weather": "clear"}), provider)
        finally:
            await provider.close()

    with OpenAIServer(weather) as server:
        answer = asyncio.run(ask(server.base_url))
    assert (answer.text, answer.attempts) == ("clear", 2)


def test_a_batch_of_such_cases_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with OpenAIServer(weather) as server:
        spec = make_spec(cases=[case({"weather": "x"})], prompt=prompt())
        with pytest.raises(UsageError, match="run without --batch"):
            submit_batch(spec, provider_at(server.base_url), tmp_path / "runs.db")
        assert server.calls == 0


def read(row: dict[str, Any]) -> Case:
    return dataset_from_rows("d", READERS[".jsonl"](json.dumps(row), "a.jsonl"), "a.jsonl").cases[0]


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ("sunny", "tool_results are 'sunny': a result by tool, or a list"),
        ([{"tool": "weather"}], "have an item 1 without a result"),
        ([{"result": "x"}], "have an item 1 that names no tool"),
        ([{"tool": "weather", "result": "x", "when": 1}], "item 1 with the key 'when'"),
        ([{"tool": "weather", "result": "x", "arguments": "Ulm"}], "whose arguments are 'Ulm'"),
        ({"": "x"}, "name a tool with an empty name"),
    ],
)
def test_wrong_results_are_refused_with_the_line(results: Any, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read({"id": "1", "inputs": {"ticket": "x"}, "tool_results": results})
    assert caught.value.message.startswith("a.jsonl: line 1: tool_results")
    assert words in caught.value.message


def test_a_flat_row_keeps_its_column_and_a_case_without_results_its_digest() -> None:
    flat = read({"id": "1", "ticket": "x", "tool_results": "kept"})
    assert (flat.inputs["tool_results"], flat.tool_results) == ("kept", None)
    plain = read({"id": "1", "inputs": {"ticket": "x"}})
    with_results = read({"id": "1", "inputs": {"ticket": "x"}, "tool_results": {"f": 1}})
    assert "tool_results" not in plain.content()
    assert plain.digest != with_results.digest
