"""Rules that let more through take effect by `rules apply --reason` alone, and leave a mark."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.cli.conftest import Cli
from workbench import PromptRegistry
from workbench.actions.releasing.evaluate import evaluate
from workbench.actions.session import Session
from workbench.errors import GateRefused, RegistryError, RulesLoosened
from workbench.registry.models.records import State
from workbench.verdicts.values import Gate
from workbench.workspace import open_workspace

pytestmark = pytest.mark.exhaustive

SETTINGS = """\
[workspace]
author = "{author}"

[providers.mock]
base_url = "{url}"

[environments.production]
{rules}
"""
SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: {scorers}
gate: {gate}
run: {{concurrency: 8}}
"""
APPLY = "workbench rules apply --reason TEXT"


def write(
    cli: Cli,
    *,
    rules: str | None = None,
    gate: str = "{threshold: 0.8, margin: 0.1}",
    scorers: str = "[exact_match]",
    author: str = "ana",
) -> None:
    """The two files as somebody edits them."""
    toml = cli.root / "workbench.toml"
    url = toml.read_text().split('base_url = "')[1].split('"')[0]
    if rules is not None:
        toml.write_text(SETTINGS.format(author=author, url=url, rules=rules))
    suite = SUITE.format(gate=gate, scorers=scorers)
    (cli.root / "evals" / "triage" / "suite.yaml").write_text(suite)


def registered(cli: Cli, rules: str = "", first_word: str = "worse") -> None:
    write(cli, rules=rules)
    cli.say(first_word)
    assert cli.here("register", "triage", "-d", "first").code == 0


def live(cli: Cli) -> list[Any]:
    entries = cli.here("log", "triage", "production", "--json").json["entries"]
    return [entry for entry in entries if entry["action"] == "deploy"]


def test_two_edited_files_put_nothing_live_until_the_rules_are_applied_openly(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    registered(cli)
    assert cli.here("evaluate", "triage@1.0.0").code == 1

    write(cli, gate="{threshold: 0.0, margin: 0.1}")
    for command in (
        ("evaluate", "triage@1.0.0"),
        ("deploy", "triage@1.0.0", "production"),
        ("deploy", "triage@1.0.0", "production", "--preview"),
    ):
        done = cli.here(*command)
        assert done.code == 5, command
        assert "suite triage of triage: threshold 0.8 -> 0.0" in done.err
        assert APPLY in done.err

    elsewhere = cli.root / "suite-of-mine.yaml"
    suite = (cli.root / "evals" / "triage" / "suite.yaml").rename(elsewhere)
    (cli.root / "cases.jsonl").symlink_to("evals/triage/cases.jsonl")
    write(cli)
    calls = cli.here("runs", "--json").json
    done = cli.here("evaluate", "triage@1.0.0", "--suite", str(suite))
    assert (done.code, "threshold 0.8 -> 0.0" in done.err) == (5, True)
    assert cli.here("runs", "--json").json == calls

    write(cli, rules="untested = true")
    for command in (
        ("evaluate", "triage@1.0.0"),
        ("deploy", "triage@1.0.0", "production"),
        ("deploy", "triage@1.0.0", "production", "--preview"),
    ):
        done = cli.here(*command)
        assert done.code == 5, command
        assert "environment production: untested no -> yes" in done.err
        assert APPLY in done.err
    assert live(cli) == []

    assert cli.here("rules", "apply").code == 2
    done = cli.here("rules", "apply", "--reason", "the pilot has no labels yet")
    assert (done.code, done.out) == (0, "applied: environment production: untested no -> yes\n")
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    lines = cli.here("log", "triage", "production").out.splitlines()
    assert "ALLOWED BY LOOSENED RULES" in lines[0]
    assert "environment production: untested no -> yes  the pilot has no labels yet" in lines[1]
    assert cli.here("verify").code == 0


def test_rules_shows_what_the_files_change_and_writes_nothing(fresh_cli: Cli) -> None:
    cli = fresh_cli
    registered(cli)
    assert cli.here("evaluate", "triage@1.0.0").code == 1
    assert cli.here("rules").out == "the files and the registry have the same rules\n"
    write(cli, gate="{threshold: 0.9, margin: 0.2}", rules="approvals = 1")
    before = cli.here("log", "--json").json["entries"]

    report = cli.here("rules", "--json").json
    assert [change["looser"] for change in report["changes"]] == [False, True]
    assert {fact["fact"]: (fact["old"], fact["new"]) for fact in report["changes"][1]["facts"]} == {
        "margin": ("0.1", "0.2"),
        "threshold": ("0.8", "0.9"),
    }
    assert cli.here("log", "--json").json["entries"] == before


def test_stricter_rules_and_more_cases_need_no_word(fresh_cli: Cli) -> None:
    cli = fresh_cli
    registered(cli, first_word="best")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    write(cli, gate="{threshold: 0.9, margin: 0.05}", rules='approvals = 0\nfrom = "staging"')
    path = cli.root / "evals" / "triage" / "cases.jsonl"
    more = {"id": "c200", "inputs": {"ticket": "case 200"}, "expected": "billing", "split": "gate"}
    path.write_text(f"{path.read_text()}\n{json.dumps(more)}\n")

    assert cli.here("evaluate", "triage@1.0.0").code == 0
    assert cli.here("deploy", "triage@1.0.0", "staging").code == 0
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    assert all(entry["loosened_by"] is None for entry in live(cli))
    assert cli.here("verify").code == 0


def test_removed_and_changed_cases_other_scorers_and_a_removed_suite_stop_before_any_call(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    registered(cli, first_word="best")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    path = cli.root / "evals" / "triage" / "cases.jsonl"
    before = path.read_text()
    runs = cli.here("runs", "--json").json

    def refused(message: str) -> None:
        for command in (("evaluate", "triage@1.0.0"), ("deploy", "triage@1.0.0", "staging")):
            done = cli.here(*command)
            assert (done.code, message in done.err, APPLY in done.err) == (5, True, True), done.err

    path.write_text(before.replace('"case 7"', '"case 17"'))
    refused("cases 100 -> 100 (changed c007)")
    path.write_text("\n".join(before.splitlines()[1:]))
    refused("cases 100 -> 99 (without c000)")
    path.write_text(before)
    write(cli, scorers="[contains, exact_match: {required: false}]")
    refused("scorer exact_match required -> not required")
    write(cli, scorers="[exact_match: {ignore_case: true}]")
    refused('scorer exact_match {"ignore_case":false} -> {"ignore_case":true}')
    write(cli, scorers="[exact_match, contains]")
    refused("scorer contains none -> there")
    write(cli)
    folder = path.parent.rename(cli.root / "evals" / "kept")
    (folder / "suite.yaml").rename(folder / "suite.off")
    refused("suite triage of triage: removed no -> yes")
    assert cli.here("runs", "--json").json == runs

    assert cli.here("rules", "apply", "--reason", "no suite fits any more").code == 0
    done = cli.here("deploy", "triage@1.0.0", "staging")
    assert done.code == 5 and "untested" in done.err
    assert "removed no -> yes" in cli.here("log", "triage", "staging").out


def test_a_second_person_approves_loosened_rules(fresh_cli: Cli) -> None:
    cli = fresh_cli
    registered(cli, rules="approvals = 1", first_word="best")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    write(cli, rules="approvals = 1", gate="{threshold: 0.7, margin: 0.1}")
    assert cli.here("rules", "apply", "--reason", "labels").code == 0
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    write(cli, rules="approvals = 1", gate="{threshold: 0.7, margin: 0.1}", author="ben")
    assert cli.here("register", "triage", "-d", "again").code == 5
    write(cli, rules="approvals = 1", gate="{threshold: 0.7, margin: 0.1}", author="cleo")
    assert cli.here("approve", "triage@1.0.0", "production").code == 0
    write(cli, rules="approvals = 1", gate="{threshold: 0.7, margin: 0.1}")

    done = cli.here("deploy", "triage@1.0.0", "production")
    assert done.code == 5
    assert "ana loosened suite triage of triage: threshold 0.8 -> 0.7 (labels)" in done.err
    assert "workbench rules approve" in done.err
    assert cli.here("rules", "--json").json["waiting"][0]["environments"] == ["production"]
    assert cli.here("rules", "approve").code == 5, "her own"
    assert cli.here("deploy", "triage@1.0.0", "staging").code == 0, "it asks for no approvals"
    write(cli, rules="approvals = 1", gate="{threshold: 0.7, margin: 0.1}", author="ben")
    assert cli.here("rules", "approve", "--reason", "read the labels").code == 0
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    assert live(cli)[0]["loosened_by"] is None, "it passes what was asked before"
    assert cli.here("verify").code == 0


def test_an_evaluation_that_ends_after_another_process_made_the_rules_stricter_is_stale(
    fresh_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = fresh_cli
    registered(cli, first_word="best")
    for name in ("WORKBENCH_CONFIG", "WORKBENCH_STATE"):
        monkeypatch.setenv(name, cli.environ[name])

    def meanwhile(*_: object) -> None:
        write(cli, gate="{threshold: 0.95, margin: 0.1}")
        assert cli("deploy", "triage@1.0.0", "staging", "--preview").code == 0

    with Session(open_workspace(cli.root)) as session:
        (evidence,) = evaluate(session, "triage", "1.0.0", on_run=meanwhile)
    assert evidence.gate is Gate.PASS

    done = cli.here("deploy", "triage@1.0.0", "staging")
    assert done.code == 5 and "stale: policy changed since it passed triage" in done.err
    assert cli.here("rules").out == "the files and the registry have the same rules\n"
    write(cli)
    for command in (("evaluate", "triage@1.0.0"), ("deploy", "triage@1.0.0", "staging")):
        done = cli.here(*command)
        assert (done.code, "threshold 0.95 -> 0.8" in done.err) == (5, True), "files of before"


def test_an_app_sees_a_changed_dataset_as_the_commands_do(fresh_cli: Cli) -> None:
    cli = fresh_cli
    registered(cli, first_word="best")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    path = cli.root / "evals" / "triage" / "cases.jsonl"
    before = path.read_text()
    more = {"id": "c200", "inputs": {"ticket": "case 200"}, "expected": "billing", "split": "gate"}
    with PromptRegistry(cli.root / ".workbench" / "registry.db") as registry:
        assert registry.status("triage", "1.0.0").state is State.TESTED
        head = registry.head()
        path.write_text(before.replace('"case 7"', '"case 17"'))
        status = registry.status("triage", "1.0.0")
        assert (status.state, "changed c007" in status.reason) == (State.STALE, True)
        with pytest.raises(RulesLoosened, match="changed c007"):
            registry.deploy("triage", "1.0.0", "staging", "ana")
        path.write_text(f"{before}\n{json.dumps(more)}\n")
        assert registry.status("triage", "1.0.0").state is State.STALE
        assert registry.head() == head, "a look publishes nothing"
        with pytest.raises(GateRefused, match="stale: dataset"):
            registry.deploy("triage", "1.0.0", "staging", "ana")
        path.write_text("{")
        with pytest.raises(RegistryError, match=r"cases\.jsonl"):
            registry.deploy("triage", "1.0.0", "staging", "ana")
        path.write_text(f"{before}\n{json.dumps(more)}\n")
        assert cli.here("evaluate", "triage@1.0.0").code == 0
        assert registry.deploy("triage", "1.0.0", "staging", "ana").loosened_by is None


def test_two_suites_of_one_name_are_refused_with_both_files(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.here("register", "triage", "-d", "first")
    evals = cli.root / "evals"
    shutil.copytree(evals / "triage", evals / "another")
    for command in (("rules",), ("evaluate", "triage@1.0.0"), ("rules", "apply", "--reason", "x")):
        refused = cli.here(*command)
        assert refused.code == 2
        assert "evals/another/suite.yaml and in" in refused.err
        assert "give one of them another name" in refused.err


def test_a_reason_makes_no_line_of_its_own_in_the_log(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.here("register", "triage", "-d", "first")
    assert cli.here("evaluate", "triage@1.0.0").code in (0, 1)
    suite = cli.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(suite.read_text().replace("margin: 0.1", "margin: 0.2"))
    forged = "fix\n2026-11-27T15:18:52Z  approve     triage@1.0.0 production  by bob"
    for unseen in (" ", "\t", "\u200b"):
        assert cli.here("rules", "apply", "--reason", unseen).code == 2
    assert cli.here("rules", "apply", "--reason", forged).code == 0
    lines = cli.here("log", "triage").out.splitlines()
    assert not [line for line in lines if line.startswith("2026-11-27T15:18:52Z")]
    assert any("fix" in line and "by bob" in line for line in lines)


def test_a_loosened_rule_stops_what_it_decides_and_nothing_else(fresh_cli: Cli) -> None:
    cli = fresh_cli
    registered(cli, 'requires = ["safety"]', first_word="best")
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    write(cli, rules='requires = ["safety"]\nuntested = true')

    assert cli.here("evaluate", "triage@1.0.0").code == 0
    assert cli.here("deploy", "triage@1.0.0", "staging").code == 0
    for preview in ((), ("--preview",)):
        done = cli.here("deploy", "triage@1.0.0", "production", *preview)
        assert (done.code, "untested no -> yes" in done.err) == (5, True)
    # A rule of staging has no say in development.
    toml = cli.root / "workbench.toml"
    toml.write_text(f"{toml.read_text()}\n[environments.staging]\nuntested = true\n")
    assert cli.here("deploy", "triage@1.0.0", "development").code == 0
    assert cli.here("evaluate", "triage@1.0.0").code == 5


def add_easy_cases(cli: Cli, count: int) -> None:
    """Cases that every prompt of the mock gets right."""
    path = cli.root / "evals" / "triage" / "cases.jsonl"
    rows = [
        {"id": f"easy{n}", "inputs": {"ticket": f"case {1000 + 10 * n}"}, "expected": "billing"}
        for n in range(count)
    ]
    more = "\n".join(json.dumps({**row, "split": "gate"}) for row in rows)
    path.write_text(f"{path.read_text().rstrip()}\n{more}\n")


def test_easy_cases_do_not_dilute_a_regression_without_a_reason(fresh_cli: Cli) -> None:
    cli = fresh_cli
    registered(cli, first_word="plain")
    before = cli.here("evaluate", "triage@1.0.0", "--json")
    assert (before.code, before.json["score"]) == (1, 0.5)
    add_easy_cases(cli, 2 * before.json["cases"])

    done = cli.here("evaluate", "triage@1.0.0", "--json")
    assert (done.code, done.json["gate"]) == (5, "pass")
    (sentence,) = [note for note in done.json["notes"] if "cases that were added" in note]
    assert "0.833 on all" in sentence and "0.500 on the" in sentence and APPLY in sentence
    done = cli.here("deploy", "triage@1.0.0", "production")
    assert (done.code, "only with the cases that were added" in done.err) == (5, True)
    assert APPLY in done.err
    assert "only with" in cli.here("deploy", "triage@1.0.0", "production", "--preview").out
    assert "not accepted" in cli.here("rules").out

    done = cli.here("rules", "apply", "--reason", "the users ask other things now")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert "suite triage of triage: cases" in done.out
    assert cli.here("evaluate", "triage@1.0.0").code == 0
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    lines = cli.here("log", "triage", "production").out.splitlines()
    assert "ALLOWED BY LOOSENED RULES" in lines[0]
    assert "the users ask other things now" in lines[1]
    assert cli.here("rules", "apply", "--reason", "x").out == "nothing changed\n"
    assert cli.here("verify").code == 0
