"""A scorer by a provider's embeddings: its calls, their cache, and what cannot be scored."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Cli
from tests.support.openai_server import OpenAIServer, Reply, letters

SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: [{embedding: {provider: mock, model: small, at_least: 0.9}}]
gate: {threshold: 0.4, margin: 0.1}
run: {concurrency: 8}
"""


@pytest.fixture
def near(fresh_cli: Cli, server: OpenAIServer) -> Cli:
    server.embed, server.embedded = letters, []
    (fresh_cli.root / "evals/triage/suite.yaml").write_text(SUITE)
    return fresh_cli


def test_answers_are_near_by_embeddings_that_are_asked_once(
    near: Cli, server: OpenAIServer
) -> None:
    done = near.here("run", "triage", "--json")
    assert (done.code, done.json["score"]) == (0, 0.5), done.err
    asked = [text for texts in server.embedded for text in texts]
    assert sorted(asked) == ["billing", "sales"], "equal texts are one question"
    assert done.json["judge_calls"] == len(server.embedded)
    again = near.here("run", "triage", "--json").json
    assert (again["score"], again["calls"], again["judge_calls"]) == (0.5, 0, 0)
    shown = near.here("runs", done.json["run_id"]).out
    assert "judges and embeddings: " in shown


def test_it_gates_and_its_stored_answers_are_judged_anew_without_a_call(
    near: Cli, server: OpenAIServer
) -> None:
    assert near.here("register", "triage", "-d", "first").code == 0
    done = near.here("evaluate", "triage@1.0.0", "--json")
    assert (done.code, done.json["gate"]) == (0, "pass"), done.err
    calls = (server.calls, len(server.embedded))
    suite = near.root / "evals/triage/suite.yaml"
    suite.write_text(SUITE.replace("at_least: 0.9", "at_least: 0.1"))
    rescored = near.here("rescore", "--suite", "triage", "--json").json
    assert rescored["runs"][0]["scorers"][0]["after"] == 1.0
    assert (server.calls, len(server.embedded)) == calls
    suite.write_text(SUITE)
    again = near.here("reproduce", "triage@1.0.0", "--json")
    assert (again.code, again.json["degree"]) == (0, "same_answers"), again.err


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply("slow down", status=400), "provider error"),
        (Reply(body={"data": []}), "invalid response"),
    ],
)
def test_a_failed_call_leaves_the_score_missing_with_its_class(
    near: Cli, server: OpenAIServer, reply: Reply, reason: str
) -> None:
    server.embed = lambda texts, options: reply
    done = near.here("run", "triage", "--limit", "2", "--json")
    assert (done.code, done.json["scored"], done.json["score"]) == (4, 0, None)
    assert reason in done.json["reason"]
    server.embed = letters
    resumed = near.here("run", "--resume", done.json["run_id"], "--json")
    assert (resumed.code, resumed.json["scored"]) == (0, 2), resumed.err
