"""`workbench reproduce` and `workbench canary`: what an evaluation asked is asked again."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer

pytestmark = pytest.mark.exhaustive

Evaluated = tuple[Cli, OpenAIServer]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluated]:
    """1.0.0 is right on 90 of 100 gate cases, and live in production."""
    with OpenAIServer(answer, model="mock-2026-01-01") as server:
        cli = make_cli(tmp_path_factory.mktemp("reproduce") / "workspace", server.base_url)
        cli.say("better")
        for command in (
            ("register", "triage", "-d", "first"),
            ("evaluate", "triage@1.0.0", "--full"),
            ("deploy", "triage@1.0.0", "staging"),
            ("deploy", "triage@1.0.0", "production"),
        ):
            done = cli.here(*command)
            assert done.code == 0, done
        yield cli, server


@pytest.fixture
def evaluated(template: Evaluated, tmp_path: Path) -> Iterator[Evaluated]:
    """The same in a workspace of the test's own, on a server that it may change."""
    cli, server = template
    root = tmp_path / "workspace"
    shutil.copytree(cli.root, root)
    script, model = server.script, server.model
    yield Cli(root, cli.environ), server
    server.script, server.model = script, model
    server.shutdown_dates, server.lists_models = {}, True


def suite_of(cli: Cli) -> Path:
    return cli.root / "evals" / "triage" / "suite.yaml"


def edit_the_cases(cli: Cli) -> None:
    cases = cli.root / "evals" / "triage" / "cases.jsonl"
    cases.write_text(cases.read_text().replace('"case 0"', '"case 0 of 9"'))


def test_the_same_answers_are_found_by_asking_again(evaluated: Evaluated) -> None:
    cli, server = evaluated
    before = server.calls
    done = cli.here("reproduce", "triage@1.0.0", "--json")
    assert done.code == 0, done
    assert (done.json["degree"], done.json["same_answers"]) == ("same_answers", 100)
    assert server.calls == before + 100
    again = cli.here("reproduce", done.json["evaluation"], "--from-cache", "--json")
    assert again.json["degree"] == "same_answers"
    assert server.calls == before + 100


def test_other_answers_of_the_same_verdict_are_told_apart_from_another_verdict(
    evaluated: Evaluated,
) -> None:
    cli, server = evaluated
    server.script = lambda messages, options: (
        "purchasing" if messages[-1]["content"] == "case 9" else answer(messages, options)
    )
    done = cli.here("reproduce", "triage@production", "--json")
    assert done.code == 0, done
    assert (done.json["degree"], done.json["same_answers"]) == ("same_verdict", 99)
    server.script = lambda messages, options: "sales"
    done = cli.here("reproduce", "triage@production", "--json")
    assert done.code == 1
    assert (done.json["degree"], done.json["gate_now"]) == ("other_verdict", "fail")
    assert done.json["scorers"]["exact_match"]["verdict"] == "worse"


@pytest.mark.parametrize(
    ("listed", "problem"),
    [
        ({"mock": "2026-01-31"}, "the model mock was retired on 2026-01-31"),
        ({"a": "", "b": ""}, "the model mock is not among the 3 models that mock lists"),
    ],
)
def test_a_model_that_is_not_to_be_had_is_said_before_any_call(
    evaluated: Evaluated, listed: dict[str, str], problem: str
) -> None:
    cli, server = evaluated
    server.shutdown_dates, before = listed, server.calls
    for command in (("reproduce", "triage@1.0.0"), ("canary", "triage")):
        done = cli.here(*command)
        assert done.code == 4 and problem in done.err, done
    assert server.calls == before
    assert cli.here("reproduce", "triage@1.0.0", "--from-cache").code == 0


def test_a_list_of_models_that_cannot_be_read_is_a_note(evaluated: Evaluated) -> None:
    cli, server = evaluated
    server.lists_models = False
    done = cli.here("reproduce", "triage@1.0.0", "--json")
    assert done.code == 0, done
    (note,) = done.json["notes"]
    assert "lists no models" in note and "is not known" in note


def test_another_answering_model_is_named_first(evaluated: Evaluated) -> None:
    cli, server = evaluated
    server.model = "mock-2026-11-27"
    done = cli.here("reproduce", "triage@1.0.0", "--json")
    assert done.json["differences"][0] == {
        "what": "the model that answered",
        "before": "mock-2026-01-01",
        "now": "mock-2026-11-27",
    }


def test_changed_cases_and_scorers_are_named_and_the_old_ones_asked(evaluated: Evaluated) -> None:
    cli, server = evaluated
    edit_the_cases(cli)
    suite = suite_of(cli)
    suite.write_text(suite.read_text().replace("exact_match]", "exact_match: {strip: false}]"))
    suite.write_text(suite.read_text().replace("margin: 0.1", "margin: 0.2"))
    asked = len(server.requests)
    done = cli.here("reproduce", "triage@1.0.0", "--json")
    assert done.code == 0, done
    assert done.json["degree"] == "same_answers"
    assert [change.split(":")[0] for change in done.json["changes"]] == [
        *("margin", "scorer exact_match", "cases"),
    ]
    assert "case 0" in {body["messages"][-1]["content"] for body in server.requests[asked:]}


@pytest.mark.parametrize(
    ("lose", "words"),
    [
        ("cases", "1 of 100 cases have another content today: 'c000'; ana had them"),
        ("suite", "100 of 100 cases"),
    ],
)
def test_what_is_not_to_be_had_is_said_before_any_call(
    evaluated: Evaluated, lose: str, words: str
) -> None:
    cli, server = evaluated
    for name in ("runs.db", "runs.db-wal", "runs.db-shm"):
        (cli.root / ".workbench" / name).unlink(missing_ok=True)
    if lose == "cases":
        edit_the_cases(cli)
    else:
        shutil.rmtree(cli.root / "evals")
    before = server.calls
    done = cli.here("reproduce", "triage@1.0.0")
    assert (done.code, server.calls) == (4, before)
    assert words in done.err


def test_cases_that_only_a_version_of_the_dataset_has_are_found_there(
    evaluated: Evaluated, tmp_path: Path
) -> None:
    cli, _ = evaluated
    kept = tmp_path / "cases.json"
    exported = cli.here("dataset", "export", "triage", "--snapshot", "1", "--output", str(kept))
    assert exported.code == 0, exported
    edit_the_cases(cli)
    assert cli.here("dataset", "log", "triage").code == 0
    with closing(sqlite3.connect(cli.root / ".workbench" / "runs.db")) as runs, runs:
        runs.execute("UPDATE runs SET case_set = (SELECT max(case_set) FROM runs)")
        runs.execute("DELETE FROM results")
        runs.execute("PRAGMA foreign_keys = OFF")
        runs.execute("DELETE FROM runs")
    done = cli.here("reproduce", "triage@1.0.0", "--json")
    assert done.code == 0, done
    assert done.json["degree"] == "same_answers"


def test_a_provider_that_fails_makes_it_incomplete(evaluated: Evaluated) -> None:
    cli, _ = evaluated
    settings = cli.root / "workbench.toml"
    settings.write_text(settings.read_text().replace("http://127.0.0.1:", "http://127.0.0.1:1/"))
    done = cli.here("reproduce", "triage@1.0.0")
    assert done.code == 4


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("triage@9.9.9", "no version '9.9.9'"),
        ("ffffffffffff", "no evaluation 'ffffffffffff'"),
        ("triage@development", "development"),
    ],
)
def test_an_unknown_evaluation_is_named(evaluated: Evaluated, ref: str, words: str) -> None:
    done = evaluated[0].here("reproduce", ref)
    assert done.code == 2
    assert words in done.err


def test_a_canary_asks_the_same_sample_each_time_and_finds_it_unchanged(
    evaluated: Evaluated,
) -> None:
    cli, server = evaluated
    samples = []
    for _ in range(2):
        before = len(server.requests)
        done = cli.here("canary", "triage", "--sample", "20", "--json")
        assert done.code == 0, done
        assert (done.json["change"], done.json["cases"]) == ("unchanged", 20)
        asked = (body["messages"][-1]["content"] for body in server.requests[before:])
        samples.append(sorted(asked))
    assert samples[0] == samples[1]
    assert len(set(samples[0])) == 20


def test_asking_again_makes_no_version_of_the_dataset(evaluated: Evaluated) -> None:
    cli, _ = evaluated
    before = cli.here("dataset", "log", "triage", "--json").json
    assert cli.here("canary", "triage", "--sample", "20").code == 0
    assert cli.here("reproduce", "triage@1.0.0", "--from-cache").code == 0
    assert cli.here("dataset", "log", "triage", "--json").json == before


def test_a_canary_finds_a_provider_that_changed(evaluated: Evaluated) -> None:
    cli, server = evaluated
    server.script = lambda messages, options: "sales"
    done = cli.here("canary", "triage", "--json")
    assert (done.code, done.json["change"]) == (1, "changed")
    assert "worse" in done.json["reason"]


def test_a_canary_finds_another_model_behind_the_same_name(evaluated: Evaluated) -> None:
    cli, server = evaluated
    server.model = "mock-2026-11-27"
    done = cli.here("canary", "triage", "--sample", "10", "--json")
    assert (done.code, done.json["change"]) == (1, "changed")
    assert "mock-2026-01-01 -> mock-2026-11-27" in done.json["reason"]


def test_a_live_version_reads_drifted_wherever_it_is_shown_after_the_canary(
    evaluated: Evaluated,
) -> None:
    cli, server = evaluated
    server.model = "mock-2026-11-27"
    names = "mock-2026-01-01 -> mock-2026-11-27"
    marked = cli.here("canary", "triage", "--sample", "10", "--json").json["marked"]
    assert marked.startswith("triage@1.0.0 is drifted: ") and names in marked
    assert cli.here("canary", "triage", "--sample", "10", "--json").json["marked"] == ""
    entry = cli.here("log", "triage", "production", "--json").json["entries"][0]
    assert (entry["action"], entry["version"]) == ("observe", "1.0.0")
    lineage = cli.here("lineage", "triage@production", "--json").json
    assert lineage["state"]["production"].startswith("drifted: ")
    suite = next(node for node in lineage["upstream"] if node["kind"] == "suite")
    assert names in suite["warning"]
    settings = cli.root / "workbench.toml"
    settings.write_text(settings.read_text() + 'answering_model = "current"\n')
    cli.here("retire", "triage", "production", "--reason", "to try")
    refused = cli.here("deploy", "triage@1.0.0", "production", "--reason", "again")
    assert refused.code == 5, refused
    assert names in refused.err


def test_a_rollback_to_evidence_of_another_model_says_drifted(evaluated: Evaluated) -> None:
    cli, server = evaluated
    with (cli.root / "workbench.toml").open("a") as settings:
        settings.write('[environments.staging]\nanswering_model = "current"\n')
    cli.say("best")
    for command in (
        ("register", "triage", "-d", "second"),
        ("evaluate", "triage@1.0.1"),
        ("deploy", "triage@1.0.1", "staging"),
    ):
        assert cli.here(*command).code == 0
    server.model = "mock-2026-01-02"
    assert cli.here("canary", "triage", "staging", "--sample", "20").code == 1
    done = cli.here("rollback", "triage", "staging", "--reason", "back")
    assert (done.code, done.out.splitlines()[0]) == (
        0,
        "rolled back: triage in staging: 1.0.1 -> 1.0.0 (its evidence is drifted)",
    )


def test_a_canary_of_few_cases_with_other_answers_decides_nothing(evaluated: Evaluated) -> None:
    cli, server = evaluated
    server.script = lambda messages, options: f"{answer(messages, options)}\n"
    done = cli.here("canary", "triage", "--sample", "10", "--json")
    assert (done.code, done.json["change"]) == (3, "undecided")
    assert "too few cases" in done.json["reason"]


def test_a_canary_of_what_is_not_live_says_so(evaluated: Evaluated) -> None:
    done = evaluated[0].here("canary", "triage", "development")
    assert done.code == 2
    assert "development" in done.err
