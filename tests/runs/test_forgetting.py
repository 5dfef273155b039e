"""What a case says is taken out of runs.db, wherever it was repeated; the rest stays as it was."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer, Reply
from tests.support.specs import make_cases, make_prompt, make_spec, start
from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.runs.forgetting.forgetter import Forgetter
from workbench.runs.store.forgetting import FORGOTTEN, inputs_digest
from workbench.runs.store.store import RunStore
from workbench.scorers.catalog import make_scorer

PERSON = Case(
    "p1",
    {"ticket": "I am Wilhelmina Quaderstein"},
    {"name": "Wilhelmina Quaderstein"},
    group="Quaderstein",
    tool_results={"accounts": [{"holder": "W. Quaderstein"}]},
)
SIBLING = Case("p2", {"ticket": "another ticket"}, "another ticket", group="Quaderstein")
CASES = (*make_cases(3), PERSON, SIBLING)


def refuses(messages: list[dict[str, Any]], options: dict[str, Any]) -> str | Reply:
    """A server whose error repeats what it was asked."""
    question = messages[-1]["content"]
    if "Quaderstein" in question:
        body = {
            "error": {"message": f"no such word in: {question}", "type": "invalid_request_error"}
        }
        return Reply(status=400, body=body)
    return str(question)


def names(path: Path) -> list[str]:
    """Files and packed contents in which the name stands."""
    places = [
        item.name
        for item in path.parent.glob(f"{path.name}*")
        if b"Quaderstein" in item.read_bytes()
    ]
    with closing(sqlite3.connect(path)) as runs:
        for fingerprint, body in runs.execute("SELECT fingerprint, body FROM contents"):
            places += [fingerprint] if b"Quaderstein" in zlib.decompress(body) else []
    return places


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


def forget(path: Path) -> bool:
    with closing(Forgetter(path)) as store:
        removed = store.forget("p1", "echoes", {inputs_digest(PERSON)}, "ana", "asked to")
        assert removed.runs and removed.answers == 1
        assert "I am Wilhelmina Quaderstein" in removed.inputs
        assert "Wilhelmina Quaderstein" in removed.outputs
        return store.erase()


@pytest.mark.parametrize("script", [None, refuses], ids=["answered", "refused"])
def test_no_byte_of_it_is_left_in_answers_errors_reasons_notes_and_groups(
    tmp_path: Path, server: OpenAIServer, script: Any
) -> None:
    path = tmp_path / "runs.db"
    if script:
        server.script = script
    scorers = [make_scorer(kind, {}, "test") for kind in ("exact_match", "json_equals")]
    run = start(make_spec(cases=CASES, scorers=scorers), server.base_url, path).wait()
    with RunStore(path) as store:
        store.label(run.run_id, "p1", 0, "wrong", "Quaderstein again")
        before = {r.case_id: r for r in store.results(run.run_id)}
    assert names(path)

    assert forget(path)

    assert names(path) == []
    with RunStore(path) as store:
        after = {r.case_id: r for r in store.results(run.run_id)}
        assert len(store.altered(run.run_id)) == 1, "it is no evidence any more"
        assert store.labels(run.run_id)[0].label == "wrong"
        cases = {case.id: case for case in store.cases(run.run_id)}
        summary = store.summary(run.run_id)
    assert FORGOTTEN in (after["p1"].answer.text, after["p1"].answer.error)
    for case_id, result in after.items():
        values = {name: score.value for name, score in result.scores.items()}
        assert values == {n: s.value for n, s in before[case_id].scores.items()}
        assert case_id == "p1" or result == before[case_id]
    assert cases["p1"].inputs == {"ticket": FORGOTTEN}
    assert cases["p1"].group == cases["p2"].group != "Quaderstein"
    assert cases["p2"].inputs == SIBLING.inputs
    assert (summary.score, summary.errors, summary.cases) == (run.score, run.errors, run.cases)


def test_the_same_cases_can_be_run_again_and_only_the_forgotten_one_is_asked(
    tmp_path: Path, server: OpenAIServer
) -> None:
    path = tmp_path / "runs.db"
    spec = make_spec(cases=CASES)
    start(spec, server.base_url, path).wait()
    assert forget(path)

    again = start(spec, server.base_url, path).wait()

    assert (again.calls, again.cached) == (1, 4)
    assert again.environment["forgotten_before"][0][:2] == ["p1", "ana"]
    with RunStore(path) as store:
        assert {case.id: case for case in store.cases(again.run_id)}["p1"] == PERSON


def test_what_repeats_a_text_and_is_kept_is_named(tmp_path: Path, server: OpenAIServer) -> None:
    path = tmp_path / "runs.db"
    other = Case("p9", {"ticket": "He said: I am Wilhelmina Quaderstein"}, "x")
    prompt = make_prompt("Never answer: I am Wilhelmina Quaderstein")
    run = start(make_spec(cases=(*CASES, other), prompt=prompt), server.base_url, path).wait()
    assert forget(path)
    with closing(Forgetter(path)) as store:
        named = store.still_in({"I am Wilhelmina Quaderstein"})
    assert named == [f"the prompt of run {run.run_id}", "case 'p9' of echoes"]


def test_nothing_is_taken_from_under_a_run_that_goes_on(
    tmp_path: Path, server: OpenAIServer
) -> None:
    path = tmp_path / "runs.db"
    server.delay_s = 0.2
    live = start(make_spec(cases=CASES, concurrency=1), server.base_url, path)
    with (
        closing(Forgetter(path)) as store,
        pytest.raises(UsageError, match="a run is under way"),
    ):
        store.forget("p1", "echoes", {inputs_digest(PERSON)}, "ana", "asked to")
    live.wait()
    assert forget(path)
