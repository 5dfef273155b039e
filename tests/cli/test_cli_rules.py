"""Rules that let more through take effect by `rules apply --reason` alone, and leave a mark."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.conftest import Cli

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
    found = cli.here("log", "triage", "production", "--json").json["entries"]
    return [entry for entry in found if entry["action"] == "deploy"]


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
    said = cli.here("log", "triage", "production").out.splitlines()
    assert "ALLOWED BY LOOSENED RULES" in said[0]
    assert "environment production: untested no -> yes  the pilot has no labels yet" in said[1]
    assert cli.here("verify").code == 0


def test_rules_shows_what_the_files_change_and_writes_nothing(fresh_cli: Cli) -> None:
    cli = fresh_cli
    registered(cli)
    assert cli.here("evaluate", "triage@1.0.0").code == 1
    assert cli.here("rules").out == "the files and the registry have the same rules\n"
    write(cli, gate="{threshold: 0.9, margin: 0.2}", rules="approvals = 1")
    before = cli.here("log", "--json").json["entries"]

    found = cli.here("rules", "--json").json
    assert [change["looser"] for change in found["changes"]] == [False, True]
    assert {fact["fact"]: (fact["old"], fact["new"]) for fact in found["changes"][1]["facts"]} == {
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
