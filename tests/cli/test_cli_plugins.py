"""A plug-in of each sort does its work through the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, make_cli
from tests.support.plugins import install, install_example

SETTINGS = """\
[workspace]
author = "ana"

[providers.words]
kind = "word_list"
options = {words = ["billing", "sales"], otherwise = "none of my words at all"}

[targets.notes]
kind = "plain_text"
uri = "notes/"

[targets.notes.options]
heading = "Approved"
"""
DRAFT = """\
---
name: triage
model: {id: any, provider: words}
inputs: [{name: ticket, kind: string}]
---
user:
{{ ticket }}
"""
SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers:
  - exact_match
  - max_words: {limit: 3}
gate: {rule: threshold, threshold: 0.9}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_example(tmp_path_factory.mktemp("site"))


@pytest.fixture
def cli(tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A workspace whose provider, second scorer and target are the example's."""
    monkeypatch.syspath_prepend(str(site))
    made = make_cli(tmp_path / "w", "http://127.0.0.1:9/v1")
    root = made.root
    (root / "notes").mkdir()
    (root / "workbench.toml").write_text(SETTINGS)
    (root / "prompts" / "triage.prompty").write_text(DRAFT)
    (root / "evals" / "triage" / "suite.yaml").write_text(SUITE)
    rows = [
        {"id": f"c{at}", "inputs": {"ticket": f"{at} is for billing"}, "expected": "billing"}
        for at in range(30)
    ]
    cases = "\n".join(json.dumps(row) for row in rows)
    (root / "evals" / "triage" / "cases.jsonl").write_text(cases)
    assert made.here("trust").code == 0
    return made


def test_a_version_is_judged_by_a_plug_ins_scorer_on_a_plug_ins_provider_and_exported(
    cli: Cli,
) -> None:
    assert cli.here("register", "triage", "-d", "first").code == 0
    judged = cli.here("evaluate", "triage@1.0.0", "--json")
    assert judged.code == 0, judged.err
    assert judged.json["gate"] == "pass"
    assert cli.here("deploy", "triage@1.0.0", "production").code == 0
    sent = cli.here("export", "notes", "triage@production", "--json")
    assert sent.code == 0, sent.err
    path = cli.root / "notes" / "triage-1.0.0.txt"
    assert sent.json["path"] == str(path)
    assert path.read_text() == "Approved\n\nuser:\n{{ ticket }}\n"
    assert [loss["what"] for loss in sent.json["lost"]] == ["model, inputs and tools", "evidence"]
    assert "lost: evidence (the file's name has the version)" in sent.err


def test_the_scores_are_the_plug_ins_and_its_failures_are_missing_answers(cli: Cli) -> None:
    cases = cli.root / "evals" / "triage" / "cases.jsonl"
    rows = [json.loads(line) for line in cases.read_text().splitlines()]
    rows[0]["inputs"]["ticket"] = "0 nothing known"
    rows[1]["inputs"]["ticket"] = "1 crash"
    cases.write_text("\n".join(map(json.dumps, rows)))
    done = cli.here("run", "triage", "--json")
    assert done.code == 4, done.err
    assert (done.json["cases"], done.json["scored"], done.json["errors"]) == (30, 29, 1)
    assert "workbench-example 1.2.0 failed: RuntimeError: it fell over" in done.out + done.err
    assert done.json["cost_usd"] == 0


def test_drafts_are_made_of_a_plug_ins_format(cli: Cli) -> None:
    (cli.root / "hello.txt").write_text("Say hello.\n---\nSay goodbye.\n")
    made = cli.here("import", "hello.txt", "--json")
    assert made.code == 0, made.err
    assert [Path(path).name for path in made.json["drafts"]] == [
        "hello.prompty",
        "hello_2.prompty",
    ]
    assert "Say goodbye." in (cli.root / "prompts" / "hello_2.prompty").read_text()
    assert "lost: the model (add model.id to the draft)" in made.err
    again = cli.here("import", "hello.txt")
    assert (again.code, again.out.count("unchanged: ")) == (0, 2)
    assert "2 prompts" in cli.here("import", "hello.txt", "--as", "other").err
    odd = cli.root / "odd.bin"
    odd.write_text("x")
    assert cli.here("import", "odd.bin", "--format", "plain_text").code == 0
    assert "did you mean 'plain_text'" in cli.here("import", "odd.bin", "--format", "plain").err


def test_the_help_of_export_lists_targets_of_plug_ins_and_of_the_settings(cli: Cli) -> None:
    told = cli.here("export", "--help").out
    assert "  notes       workbench.toml: plain_text notes/\n" in told
    assert "The messages of an approved version as plain text." in told
    assert "workbench-example" in told
    assert "did you mean 'notes'" in cli.here("export", "note", "triage").err


def test_doctor_names_the_plug_ins_and_what_is_wrong_with_a_table_that_uses_one(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "bad"
    install(bad, "workbench-bad", {"workbench.targets": {"bad": "no_module_of_that_name:K"}})
    monkeypatch.syspath_prepend(str(bad))
    settings = cli.root / "workbench.toml"
    wrong = "[targets.wrong]\nkind = 'plain_text'\noptions = {headng = 'x'}\n"
    nobody = "[providers.other]\nkind = 'wordlist'\n"
    settings.write_text(f"{SETTINGS}\n{wrong}\n{nobody}")
    told = cli.here("doctor").out
    assert "workbench-example 1.2.0: scorer max_words" in told
    assert "workbench-example 1.2.0: provider kind word_list" in told
    assert "workbench-example 1.2.0: target kind plain_text" in told
    assert "workbench-example 1.2.0: import format plain_text" in told
    assert "the target kind 'bad' of workbench-bad 1.0 cannot be used" in told
    assert "did you mean 'heading'?" in told
    assert "no provider kind 'wordlist'" in told


def test_a_plug_in_that_fails_while_it_exports_or_imports_is_one_line(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "from workbench.exchange.targets.base import Takes\n"
        "class Target:\n"
        "    summary, takes, options = 'Fails.', Takes.PROMPT, {}\n"
        "    def loses(self, export): return ()\n"
        "    def send(self, export, destination): raise ConnectionError('no route\\nhome')\n"
        "class Importer:\n"
        "    summary, suffixes = 'Fails.', ('.xyz',)\n"
        "    def recognizes(self, path): return path.suffix == '.xyz'\n"
        "    def read(self, path): raise KeyError('prompts')\n"
    )
    groups = {
        "workbench.targets": {"failing": "failing_plugin:Target"},
        "workbench.importers": {"failing": "failing_plugin:Importer"},
    }
    install(tmp_path / "bad", "workbench-failing", groups, {"failing_plugin": source})
    monkeypatch.syspath_prepend(str(tmp_path / "bad"))
    sent = cli.here("export", "failing", "triage")
    assert sent.code == 2
    assert "'failing' of workbench-failing 1.0 failed: ConnectionError: no route (" in sent.err
    (cli.root / "a.xyz").write_text("")
    read = cli.here("import", "a.xyz")
    assert read.code == 2
    assert "'failing' of workbench-failing 1.0 failed: KeyError: 'prompts'" in read.err
