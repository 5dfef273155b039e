"""An answer is the answer to the question that was asked on its connection, and to no other."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.fault_server import FaultServer, Script, Step, answer
from tests.support.specs import make_spec, start
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.opening import open_provider
from workbench.runs.spec.values import RunStatus
from workbench.settings import ProviderSettings

WAIT_S = 60.0


def question(body: bytes) -> str:
    return str(json.loads(body)["messages"][-1]["content"])


def ask_in_turn(script: Script, *texts: str) -> tuple[list[Answer], list[bytes]]:
    """One call after the other by one provider, and the heads that the server got."""

    async def all_of(base_url: str) -> list[Answer]:
        provider = open_provider(ProviderSettings("mock", base_url=base_url), environ={})
        requests = [Request("m", (Message("user", text),), {}) for text in texts]
        try:
            return [await provider.answer(request, timeout_s=60.0) for request in requests]
        finally:
            await provider.close()

    with FaultServer(script) as server:
        return asyncio.run(all_of(server.base_url)), server.heads


def test_a_second_answer_to_one_question_is_not_taken_for_the_next_ones() -> None:
    def script(number: int, body: bytes) -> Sequence[Step]:
        return [answer(question(body)) + answer("an answer that nobody asked for")]

    answers, heads = ask_in_turn(script, "one", "two", "three", "four")
    assert [one.text for one in answers if one.outcome is Outcome.OK] == ["one", "three", "four"]
    assert (answers[1].outcome, answers[1].retry) == (Outcome.PROVIDER_ERROR, True)
    assert "nobody asked for" not in answers[1].error and "more than one answer" in answers[1].error
    closing = [head for head in heads if b"connection: close" in head.lower()]
    assert len(closing) == 2, "its connections are used once from then on"


def test_a_second_answer_that_comes_a_moment_later_is_not_taken_for_the_next_ones() -> None:
    sent = threading.Semaphore(0)

    def script(number: int, body: bytes) -> Iterator[Step]:
        yield answer(question(body))
        yield 0.02
        yield answer("an answer that nobody asked for")
        sent.release()

    async def patient(base_url: str) -> list[str]:
        provider = open_provider(ProviderSettings("mock", base_url=base_url), environ={})
        texts = []
        for text in ("one", "two", "three"):
            request = Request("m", (Message("user", text),), {})
            texts.append((await provider.answer(request, timeout_s=60.0)).text)
            await asyncio.to_thread(sent.acquire)
        await provider.close()
        return texts

    with FaultServer(script) as server:
        assert asyncio.run(patient(server.base_url)) == ["one", "two", "three"]


def test_answers_in_pieces_on_one_connection_are_all_taken() -> None:
    def script(number: int, body: bytes) -> Sequence[Step]:
        whole = answer(question(body)) if number % 2 else answer("x" * 200_000)
        return [whole[:10], 0.01, whole[10:100], 0.01, whole[100:]]

    answers, heads = ask_in_turn(script, *(f"{n}" for n in range(6)))
    assert all(one.outcome is Outcome.OK for one in answers)
    assert not any(b"connection: close" in head.lower() for head in heads)


def test_a_run_at_a_server_that_answers_twice_scores_each_case_by_its_own_answer(
    tmp_path: Path,
) -> None:
    def script(number: int, body: bytes) -> Sequence[Step]:
        return [answer(question(body)) + answer("an answer that nobody asked for")]

    with FaultServer(script) as server:
        live = start(make_spec(40, concurrency=4), server.base_url, tmp_path / "runs.db")
        summary = live.wait(WAIT_S)
    assert (summary.status, summary.score) == (RunStatus.COMPLETE, 1.0), summary.reason
