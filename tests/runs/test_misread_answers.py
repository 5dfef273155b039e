"""What an earlier reading took for a whole answer, against its own finish reason, is asked anew."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.specs import make_spec, start
from workbench.providers.openai_chat.finish import READING
from workbench.runs.spec.values import RunSummary
from workbench.runs.store.digests import answer_digest
from workbench.runs.store.store import RunStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def run(server: OpenAIServer, path: Path) -> RunSummary:
    return start(make_spec(3), server.base_url, path).wait(30)


def stored_as(path: Path, finish: str | None, reading: int, outcome: str = "ok") -> None:
    """Every stored answer as a program of that reading would have left it."""
    with sqlite3.connect(path) as db:
        for row in db.execute("SELECT * FROM answers").fetchall():
            columns: list[Any] = list(row[2:17])
            columns[0], columns[11] = outcome, finish
            db.execute(
                "UPDATE answers SET outcome = ?, finish_reason = ?, reading = ?, digest = ?"
                " WHERE id = ?",
                [outcome, finish, reading, answer_digest(row[1], columns), row[0]],
            )


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("finish", ["abort", "sensitive", "max_tokens", "null", "length", "odd"])
def test_an_answer_that_was_taken_for_whole_is_asked_anew(path: Path, finish: str) -> None:
    with OpenAIServer() as server:
        first = run(server, path)
        stored_as(path, finish, reading=1)
        spec = make_spec(3)
        with RunStore(path) as store:
            ids = [case.id for case in spec.cases]
            assert store.find(spec.prompt.fingerprint, spec.suite.parts, ids) is None
            assert store.results(first.run_id)[0].answer.finish_reason == finish, "stays stored"
        again = run(server, path)
        assert (again.calls, again.cached, len(server.requests)) == (3, 0, 6)
        assert run(server, path).cached == 3, "the new ones count"


@pytest.mark.exhaustive(keep=4)
@pytest.mark.parametrize(
    ("finish", "reading", "outcome"),
    [
        ("stop", 1, "ok"),
        ("STOP", 1, "ok"),
        ("end_turn", 1, "ok"),
        (None, 1, "ok"),
        ("length", 1, "truncated"),
        ("content_filter", 1, "filtered"),
        ("stop", READING, "ok"),
    ],
)
def test_every_other_answer_stays_valid(
    path: Path, finish: str | None, reading: int, outcome: str
) -> None:
    with OpenAIServer() as server:
        run(server, path)
        stored_as(path, finish, reading, outcome)
        again = run(server, path)
        assert (again.calls, again.cached, len(server.requests)) == (0, 3, 3)


def test_the_estimate_counts_what_will_be_asked(path: Path) -> None:
    with OpenAIServer() as server:
        run(server, path)
    with sqlite3.connect(path) as db:
        keys = [row[0] for row in db.execute("SELECT key FROM answers")]
        assert {row[0] for row in db.execute("SELECT reading FROM answers")} == {READING}
    with RunStore(path) as store:
        assert store.known_keys(keys) == set(keys)
        stored_as(path, "abort", reading=1)
        assert store.known_keys(keys) == set()
