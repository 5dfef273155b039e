"""What one case's own refusal does to the run that it is in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.fault_server import FaultServer, answer, error
from tests.support.specs import make_spec, start
from workbench.providers.base import Outcome
from workbench.runs.spec.values import RunStatus
from workbench.runs.store.store import RunStore

WAIT_S = 60.0


@pytest.mark.parametrize(
    "reply",
    [
        error("403 Forbidden", code=403, message="your input was flagged"),
        error("403 Forbidden", message="blocked"),
        error("400 Bad Request", message="cannot be processed"),
    ],
)
def test_a_refused_case_ends_neither_its_run_nor_the_next_attempt(
    tmp_path: Path, reply: bytes
) -> None:
    def script(number: int, body: bytes) -> list[Any]:
        return [reply] if b"ticket 2" in body.replace(b"ticket 12", b"") else [0.02, answer()]

    store = tmp_path / "runs.db"
    spec = make_spec(20, concurrency=8)
    with FaultServer(script) as server:
        first = start(spec, server.base_url, store).wait(WAIT_S)
        assert (first.scored, first.errors, server.calls) == (19, 1, 20)
        assert first.status is RunStatus.INCOMPLETE
        second = start(spec, server.base_url, store, resume=first.run_id).wait(WAIT_S)
        assert (second.scored, second.errors, server.calls) == (19, 1, 21)
    assert second.reason.startswith("1 of 20 have no score") and "key refused" not in second.reason


def test_a_key_that_is_refused_with_403_ends_the_run_with_the_first_calls(
    tmp_path: Path,
) -> None:
    with FaultServer(lambda n, body: [error("403 Forbidden", message="no access")]) as server:
        live = start(make_spec(200, concurrency=4), server.base_url, tmp_path / "runs.db")
        summary = live.wait(WAIT_S)
        assert server.calls <= 8
    assert summary.scored == 0
    assert "key refused" in summary.reason


TOO_LONG = error(
    "400 Bad Request", message="8192 at most", param="messages", code="context_length_exceeded"
)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_content_that_the_endpoint_refuses_counts_as_wrong_beside_other_answers(
    tmp_path: Path, concurrency: int
) -> None:
    def script(number: int, body: bytes) -> list[Any]:
        return [TOO_LONG] if b"ticket 0" in body or b"ticket 7" in body else [answer()]

    store = tmp_path / "runs.db"
    with FaultServer(script) as server:
        spec = make_spec(20, concurrency=concurrency)
        summary = start(spec, server.base_url, store).wait(WAIT_S)
    assert (summary.status, summary.scored, summary.errors) == (RunStatus.COMPLETE, 20, 0)
    with RunStore(store) as runs:
        results = {result.case_id: result for result in runs.results(summary.run_id)}
    rejected = [r for r in results.values() if r.answer.outcome is Outcome.REJECTED]
    assert len(rejected) == 2
    assert all(score.value == 0.0 for r in rejected for score in r.scores.values())
    assert all("8192 at most" in r.answer.error for r in rejected)


def test_contents_that_are_all_refused_are_missing(tmp_path: Path) -> None:
    with FaultServer(lambda number, body: [TOO_LONG]) as server:
        live = start(make_spec(5, concurrency=2), server.base_url, tmp_path / "runs.db")
        summary = live.wait(WAIT_S)
    assert (summary.status, summary.scored, summary.errors) == (RunStatus.INCOMPLETE, 0, 5)


def test_a_rejected_content_is_asked_again_by_another_run(tmp_path: Path) -> None:
    def script(number: int, body: bytes) -> list[Any]:
        return [TOO_LONG] if b"ticket 3" in body else [answer()]

    store = tmp_path / "runs.db"
    with FaultServer(script) as server:
        for calls in (6, 1):
            before = server.calls
            start(make_spec(6), server.base_url, store).wait(WAIT_S)
            assert server.calls - before == calls
