"""What one case's own refusal does to the run that it is in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.fault_server import FaultServer, answer, error
from tests.support.specs import make_spec, start
from workbench.runs.values import RunStatus

WAIT_S = 60.0


@pytest.mark.parametrize(
    "reply",
    [
        error("403 Forbidden", code=403, message="your input was flagged"),
        error("403 Forbidden", message="blocked"),
        error("400 Bad Request", message="cannot be processed", param="messages[1].content"),
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
