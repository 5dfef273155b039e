"""Features from the draft to the app: computed in runs, pinned in versions, stale when changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import SETTINGS, Cli
from tests.support.openai_server import OpenAIServer
from workbench import PromptRegistry, feature_hash

FILE = "features/context.py"
CODE = """\
from features import shelf

FEATURE = {"inputs": ["question"], "output": "string", "nulls": {"give": "nothing known"}}


def context(question):
    if "boom" in question:
        raise ValueError("no shelf for it")
    return shelf.TEXTS.get(question.split()[-1], "nothing known")
"""
SHELF = 'TEXTS = {"0": "zero", "1": "one"}\n'
DRAFT = """\
---
name: answer
model: {id: mock, provider: mock, options: {temperature: 0}}
inputs:
  - {name: question, kind: string}
  - {name: context, kind: string, feature: context}
---
user:
{{ question }} with {{ context }}
"""
SUITE = """\
suite: answer
prompt: answer
dataset: cases.jsonl
scorers: [exact_match]
gate: {rule: threshold, threshold: 0.5, min_cases: 1}
"""


def echo(messages: list[dict[str, object]], options: dict[str, object]) -> str:
    """What was sent as context."""
    del options
    return str(messages[-1]["content"]).partition(" with ")[2]


@pytest.fixture(scope="module")
def echoes() -> Iterator[OpenAIServer]:
    with OpenAIServer(echo) as running:
        yield running


@pytest.fixture
def computing(echoes: OpenAIServer, tmp_path: Path) -> Cli:
    root = tmp_path / "workspace"
    for folder in ("prompts", "features", "evals/answer"):
        (root / folder).mkdir(parents=True)
    (root / "workbench.toml").write_text(SETTINGS.format(url=echoes.base_url))
    (root / "prompts/answer.prompty").write_text(DRAFT)
    (root / FILE).write_text(CODE)
    (root / "features/shelf.py").write_text(SHELF)
    (root / "evals/answer/suite.yaml").write_text(SUITE)
    questions = {
        f"what is {n} {m}": name for n in "abc" for m, name in (("0", "zero"), ("1", "one"))
    }
    write_cases(root, questions)
    home = {"WORKBENCH_CONFIG": str(tmp_path / "config"), "WORKBENCH_STATE": str(tmp_path / "log")}
    return Cli(root, home)


def write_cases(root: Path, expected: dict[str, str]) -> None:
    rows = (
        {"id": str(at), "inputs": {"question": question}, "expected": right}
        for at, (question, right) in enumerate(expected.items())
    )
    (root / "evals/answer/cases.jsonl").write_text("\n".join(map(json.dumps, rows)))


@pytest.mark.exhaustive
def test_an_input_is_computed_by_allowed_code_alone(computing: Cli) -> None:
    for command in (("run", "answer"), ("try", "answer", "--input", "question=what is 0")):
        refused = computing.here(*command)
        assert refused.code == 2, refused
        assert f"{FILE} is code that you have not allowed" in refused.err
    assert computing.here("trust", FILE).code == 0
    done = computing.here("run", "answer", "--json")
    assert (done.code, done.json["score"]) == (0, 1.0)
    tried = computing.here("try", "answer", "--input", "question=what is 1", "--json")
    assert tried.json["text"] == "one"


def test_an_error_is_the_cases_and_a_null_is_as_the_rule_says(computing: Cli) -> None:
    computing.here("trust", FILE)
    write_cases(computing.root, {"boom 0": "zero", "what is 1": "one"})
    cases = computing.root / "evals/answer/cases.jsonl"
    rows = cases.read_text() + '\n{"id": "null", "inputs": {"question": null}, "expected": "x"}'
    cases.write_text(rows)
    draft = computing.root / "prompts/answer.prompty"
    draft.write_text(DRAFT.replace("question, kind: string}", "question, required: false}"))
    done = computing.here("run", "answer", "--json")
    assert (done.code, done.json["errors"], done.json["scored"]) == (4, 1, 2)
    assert "the feature context failed: ValueError: no shelf for it" in done.json["reason"]
    assert f"{FILE} line 8" in done.json["reason"]
    (computing.root / FILE).write_text(CODE.replace('{"give": "nothing known"}', '"error"'))
    computing.here("trust", FILE)
    refused = computing.here("run", "answer")
    assert refused.code == 2
    assert "case 'null': the feature context: the case has no question" in refused.err


@pytest.mark.exhaustive
def test_a_version_pins_its_features_and_a_change_is_said_with_its_lines(computing: Cli) -> None:
    computing.here("trust", FILE)
    assert computing.here("register", "answer", "-d", "first").code == 0
    assert computing.here("evaluate", "answer@1.0.0", "--json").json["gate"] == "pass"
    registry = PromptRegistry(computing.root / ".workbench/registry.db")
    version = registry.get_version("answer", "1.0.0")
    now = feature_hash(computing.root / FILE)
    assert dict(version.features) == {"context": now}
    assert version.check_features({"context": now}) == ()
    assert registry.status("answer", "1.0.0").state == "tested"

    shelf = computing.root / "features/shelf.py"
    shelf.write_text(SHELF.replace("zero", "null"))
    changed = "features/shelf.py (+1 -1 lines)"
    (warning,) = version.check_features({"context": feature_hash(computing.root / FILE)})
    assert "context" in warning
    status = registry.status("answer", "1.0.0")
    assert status.state == "stale"
    assert f"the feature context changed since: {changed}" in status.reason
    lineage = computing.here("lineage", "answer@1.0.0")
    assert changed in lineage.out
    shown = computing.here("diff", "answer@1.0.0", "answer")
    assert f"the feature 'context' changed: {changed}" in shown.out
    assert any("zero" in line and line.startswith("-") for line in shown.out.splitlines())

    # The version computes what it was judged with.
    again = computing.here("run", "answer", "--prompt", "answer@1.0.0", "--json")
    assert (again.code, again.json["score"]) == (0, 1.0)
    refused = computing.here("run", "answer")
    assert refused.code == 2
    assert f"{FILE} is code that you have not allowed" in refused.err
    assert computing.here("trust", FILE).code == 0
    assert computing.here("run", "answer", "--json").json["score"] == 0.5
    assert computing.here("reproduce", "answer@1.0.0", "--json").json["degree"] == "same_answers"
    assert computing.here("register", "answer", "-d", "second").code == 0
    assert registry.status("answer", "1.0.1").reason == (
        f"not evaluated on answer: the feature context ({changed}) changed since 1.0.0,"
        " which passed"
    )


def test_an_app_that_computes_by_another_definition_makes_the_version_read_drifted(
    computing: Cli,
) -> None:
    computing.here("trust", FILE)
    for command in (
        ("register", "answer", "-d", "first"),
        ("evaluate", "answer@1.0.0"),
        ("deploy", "answer@1.0.0", "development"),
    ):
        done = computing.here(*command)
        assert done.code == 0, done
    path = computing.root / ".workbench/registry.db"
    head, now = PromptRegistry(path).head(), feature_hash(computing.root / FILE)
    app = PromptRegistry(path)
    live = app.require_active("answer", "development")
    consumer = {"app": "helpdesk", "environment": "development"}
    assert app.check_features(live, {"context": now}, **consumer) == ()
    assert app.status("answer", "1.0.0", "development").state == "tested"
    (problem,) = app.check_features(live, {"context": "0" * 64}, **consumer)

    status = app.status("answer", "1.0.0", "development")
    assert (status.state, status.tested) == ("drifted", True)
    assert status.reason == f"helpdesk: {problem}"
    assert app.status("answer", "1.0.0", "production").state == "tested"
    assert f"drifted: helpdesk: {problem}" in computing.here("lineage", "answer@1.0.0").out
    assert f"development: helpdesk: {problem}" in computing.here("doctor").out
    assert app.head() == head, "the registry is not written"

    folder = path.with_name("registry.db.apps")
    (kept,) = folder.iterdir()
    for name, text in (("a", "["), ("b", '{"app": 5}'), ("c", '{"app": {}, "hashes": 1}')):
        (folder / f"{name}.json").write_text(text)
    (folder / "d.json").symlink_to(kept)
    assert [one.app for one in app.app_features()] == ["helpdesk"]

    assert app.check_features(live, {"context": now}, **consumer) == ()
    assert app.status("answer", "1.0.0", "development").state == "tested"


def test_an_app_that_can_write_nothing_beside_the_registry_is_warned(
    computing: Cli, tmp_path: Path
) -> None:
    computing.here("trust", FILE)
    computing.here("register", "answer", "-d", "first")
    told: list[str] = []
    path = computing.root / ".workbench/registry.db"
    (path.with_name("registry.db.apps")).write_text("no folder")
    with PromptRegistry(path, on_warning=told.append) as registry:
        version = registry.get_version("answer", "1.0.0")
        assert len(registry.check_features(version, {}, app="helpdesk")) == 1
        assert registry.app_features() == []
    assert len(told) == 1 and "what helpdesk computes by is not kept" in told[0]


@pytest.mark.exhaustive
def test_own_scorers_see_computed_inputs_when_they_judge_and_when_they_judge_again(
    computing: Cli,
) -> None:
    root = computing.root
    (root / "scorers").mkdir()
    scorer = root / "scorers/faithful.py"
    scorer.write_text("def score(answer, case):\n    return answer == case['inputs']['context']\n")
    suite = root / "evals/answer/suite.yaml"
    suite.write_text(SUITE.replace("[exact_match]", "[python: {file: scorers/faithful.py}]"))
    assert computing.here("trust", FILE, "scorers/faithful.py").code == 0
    done = computing.here("run", "answer", "--json")
    assert (done.code, done.json["score"]) == (0, 1.0)
    again = computing.here("rescore", done.json["run_id"], "--json")
    assert again.code == 0
    (run,) = again.json["runs"]
    (judged,) = run["scorers"]
    assert (judged["after"], judged["changed"], judged["missing"]) == (1.0, 0, 0)


@pytest.mark.exhaustive
def test_the_app_gets_the_definition_in_the_bundle_and_no_code_of_a_version_runs_unasked(
    computing: Cli,
) -> None:
    assert computing.here("register", "answer", "-d", "first").code == 0
    registry = PromptRegistry(computing.root / ".workbench/registry.db")
    bundle = registry.get_version("answer", "1.0.0").bundle()
    assert bundle["features"]["context"]["hash"] == feature_hash(computing.root / FILE)
    assert bundle["inputs"][1]["feature"] == "context"
    (computing.root / FILE).unlink()
    refused = computing.here("run", "answer", "--prompt", "answer@1.0.0")
    assert refused.code == 2
    assert "workbench trust" in refused.err
    assert computing.here("trust", "answer@1.0.0").code == 0
    assert computing.here("run", "answer", "--prompt", "answer@1.0.0", "--json").json["score"] == 1
