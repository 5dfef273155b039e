"""`compare --judge` asks a pairwise judge about both answers, blind and in both orders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, Done
from tests.support.judges import SUITE, judge_calls, judged_server, make_workspace, marked_texts

JUDGE = """---
name: preference
model: {id: judge-model, provider: mock, options: {temperature: 0, maxOutputTokens: 200}}
inputs:
  - {name: first, kind: string, required: true}
  - {name: second, kind: string, required: true}
  - {name: question, kind: string, required: true}
---
system:
Which is better?

user:
{{ question }}
{{ first }}
{{ second }}
"""
QUESTIONS = tuple(f"question {n}" for n in range(24))


def run(root: Path, *words: str) -> Done:
    return Cli(root, {}).here(*words, "--json")


def told(done: Done, code: int = 0) -> dict[str, Any]:
    assert done.code == code, done.out + done.err
    return done.json


def verdict(word: str) -> str:
    return json.dumps({"reason": "so", "verdict": word})


def two_versions(root: Path, url: str) -> None:
    make_workspace(root, url, QUESTIONS, suite=SUITE, judge=JUDGE)
    told(run(root, "register", "qa", "-d", "first"))
    draft = root / "prompts" / "qa.prompty"
    draft.write_text(draft.read_text().replace("question }}", "question }} in full"))


def answer(question: str) -> str:
    """The second version's answers are better, but for one in four, which are equal."""
    number = int(question.split()[1])
    if number % 4 == 0:
        return "the same"
    return f"better {number}" if "in full" in question else f"plain {number}"


def test_a_preference_that_survives_the_swap_counts(tmp_path: Path) -> None:
    def judge(texts: dict[str, str]) -> str:
        first, second = texts["first"].startswith("better"), texts["second"].startswith("better")
        return verdict("tie" if first == second else "first" if first else "second")

    with judged_server(judge, answer) as server:
        two_versions(tmp_path, server.base_url)
        words = ("compare", "qa@1.0.0", "qa", "--suite", "qa", "--yes", "--judge", "helpful")
        result = run(tmp_path, *words)
        preference = result.json["preference"]
        assert (preference["won"], preference["lost"], preference["asked"], preference["ties"]) == (
            18,
            0,
            18,
            0,
        )
        assert (preference["verdict"], preference["flips"], preference["missing"]) == (
            "better",
            0,
            0,
        )
        assert preference["calls"] == len(judge_calls(server)) == 36
        sent = json.dumps(judge_calls(server))
        assert not any(word in sent for word in ("1.0.0", "draft", "baseline", "candidate"))
        for body in judge_calls(server):
            assert marked_texts(body["messages"]).keys() == {"first", "second", "question"}
        again = run(tmp_path, *words).json["preference"]
        assert (again["calls"], again["won"]) == (0, 18)


def test_a_judge_that_always_says_first_prefers_nothing_and_is_accused(tmp_path: Path) -> None:
    with judged_server(lambda _: verdict("first"), answer) as server:
        two_versions(tmp_path, server.base_url)
        words = ("compare", "qa@1.0.0", "qa", "--suite", "qa", "--yes", "--judge", "helpful")
        preference = run(tmp_path, *words).json["preference"]
        assert (preference["won"], preference["lost"], preference["flips"]) == (0, 0, 18)
        assert preference["verdict"] != "better"
        assert any("position bias" in warning for warning in preference["warnings"])


def test_an_order_without_a_verdict_leaves_the_case_missing(tmp_path: Path) -> None:
    def judge(texts: dict[str, str]) -> str:
        return "first!" if texts["first"] == "plain 5" else verdict("tie")

    with judged_server(judge, answer) as server:
        two_versions(tmp_path, server.base_url)
        words = ("compare", "qa@1.0.0", "qa", "--suite", "qa", "--yes", "--judge", "helpful")
        preference = run(tmp_path, *words).json["preference"]
        assert (preference["missing"], preference["ties"], preference["calls"]) == (1, 17, 37)


@pytest.mark.parametrize("name", ["max_chars", "nobody"])
def test_only_a_pairwise_judge_compares(tmp_path: Path, name: str) -> None:
    with judged_server(lambda _: verdict("tie"), answer) as server:
        two_versions(tmp_path, server.base_url)
        words = ("compare", "qa@1.0.0", "qa", "--suite", "qa", "--yes", "--judge", name)
        assert run(tmp_path, *words).code == 2


def test_a_pairwise_judge_scores_no_run_and_cannot_be_required(tmp_path: Path) -> None:
    with judged_server(lambda _: verdict("tie"), answer) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS, suite=SUITE, judge=JUDGE)
        done = told(run(tmp_path, "run", "qa", "--yes"))
        assert (done["judge_calls"], done["scorers"]["helpful"]["scored"]) == (0, 0)
        suite = tmp_path / "evals" / "qa" / "suite.yaml"
        suite.write_text(SUITE.replace(", required: false", ""))
        result = run(tmp_path, "run", "qa", "--yes")
        assert result.code == 2
        assert "scores no answer of its own" in result.out


def test_the_ready_judge_of_preferences_compares(tmp_path: Path) -> None:
    with judged_server(lambda _: verdict("second"), answer) as server:
        two_versions(tmp_path, server.base_url)
        (tmp_path / "judges" / "helpful.prompty").unlink()
        told(run(tmp_path, "judge", "new", "preference", "--name", "helpful", "--model",
                 "judge-model", "--provider", "mock"))  # fmt: skip
        words = ("compare", "qa@1.0.0", "qa", "--suite", "qa", "--yes", "--judge", "helpful")
        assert run(tmp_path, *words).json["preference"]["flips"] == 18
