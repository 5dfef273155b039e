"""`evaluate --changed`, the files in ci/ that call it, and the pytest plugin."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Cli, make_cli
from tests.support.openai_server import OpenAIServer

CI = Path(__file__).resolve().parents[2] / "ci"


@pytest.fixture
def cli(server: OpenAIServer, tmp_path: Path) -> Cli:
    """A workspace in git, with a prompt that was committed."""
    cli = make_cli(tmp_path / "workspace", server.base_url)
    (cli.root / ".gitignore").write_text(".workbench/\n")
    git(cli, "init", "-q")
    commit(cli)
    return cli


def git(cli: Cli, *arguments: str) -> str:
    who = ("-c", "user.name=ana", "-c", "user.email=ana@example")
    done = subprocess.run(
        ["git", *who, *arguments], cwd=cli.root, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(cli: Cli) -> str:
    git(cli, "add", "-A")
    git(cli, "commit", "-q", "-m", "one")
    return git(cli, "rev-parse", "HEAD")


def test_nothing_is_evaluated_where_nothing_changed(cli: Cli) -> None:
    done = cli.here("evaluate", "--changed", "HEAD", "--json")
    assert (done.code, done.json["suites"]) == (0, [])


def test_a_draft_that_is_no_version_is_not_evaluated_unless_that_is_said(cli: Cli) -> None:
    cli.say("best")
    done = cli.here("evaluate", "--changed", "HEAD")
    assert done.code == 5
    assert "--register" in done.err


@pytest.mark.exhaustive
@pytest.mark.parametrize(("word", "code", "gate"), [("best", 0, "pass"), ("worse", 1, "fail")])
def test_a_changed_draft_is_registered_and_judged(
    cli: Cli, word: str, code: int, gate: str
) -> None:
    cli.say(word)
    done = cli.here("evaluate", "--changed", "HEAD", "--register", "a pull request", "--json")
    assert (done.code, done.json["gate"]) == (code, gate)
    assert [one["prompt_id"] for one in done.json["suites"]] == ["triage"]
    again = cli.here("evaluate", "--changed", "HEAD", "--json")
    assert again.json["version"] == done.json["version"]


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("path", "changed", "what"),
    [
        ("evals/triage/cases.jsonl", True, "suite triage"),
        ("evals/triage/suite.yaml", True, "suite triage"),
        ("evals/triage/README.md", False, ""),
        ("prompts/notes.md", False, ""),
    ],
)
def test_what_decides_a_verdict_counts_and_nothing_else(
    cli: Cli, path: str, changed: bool, what: str
) -> None:
    file = cli.root / path
    before = file.read_text() if file.exists() else "text\n"
    lines = before.splitlines()
    file.write_text("\n".join(lines[1:] if "jsonl" in path else lines).replace("0.8", "0.7"))
    if not changed:
        file.write_text(before + "more\n")
    done = cli.here("evaluate", "--changed", "HEAD", "--register", "x", "--json")
    assert bool(done.json["suites"]) == changed
    assert what in done.err


def test_a_change_is_seen_from_any_revision(cli: Cli) -> None:
    first = git(cli, "rev-parse", "HEAD")
    cli.say("best")
    commit(cli)
    assert cli.here("evaluate", "--changed", "HEAD", "--json").json["suites"] == []
    assert len(cli.here("evaluate", "--changed", first, "--register", "x", "--json").json["suites"])


@pytest.mark.exhaustive
@pytest.mark.parametrize("revision", ["no-such-branch", "--upload-pack=x", ""])
def test_a_revision_that_is_none_is_refused(cli: Cli, revision: str) -> None:
    assert cli.here("evaluate", f"--changed={revision}").code == 2


def test_outside_of_git_it_is_refused(server: OpenAIServer, tmp_path: Path) -> None:
    cli = make_cli(tmp_path / "elsewhere", server.base_url)
    done = cli.here("evaluate", "--changed", "HEAD", GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert done.code == 2


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("word", "settings", "code", "text"),
    [("best", "", 0, "PASS"), ("worse", "", 1, "FAIL"), ("best", "\n# changed\n", 0, "PASS")],
)
def test_the_action_for_github_does_what_it_says(
    cli: Cli, tmp_path: Path, word: str, settings: str, code: int, text: str
) -> None:
    action = yaml.safe_load((CI / "github" / "action.yml").read_text())
    step = next(one for one in action["runs"]["steps"] if one.get("id") == "gate")
    done = in_ci(cli, tmp_path, step["run"], word, settings, JUNIT="gate.xml")
    assert done.returncode == code, done.stderr
    assert f"exit-code={code}" in (tmp_path / "output").read_text()
    assert text in (tmp_path / "summary").read_text()
    assert ElementTree.parse(cli.root / "gate.xml").getroot().tag == "testsuites"
    assert ("you trust" in done.stdout) is not bool(settings)


def test_the_template_for_gitlab_does_what_it_says(cli: Cli, tmp_path: Path) -> None:
    text = (CI / "gitlab" / "workbench.gitlab-ci.yml").read_text()
    script = "\n".join(yaml.safe_load(text)["workbench-gate"]["script"])
    done = in_ci(cli, tmp_path, script, "best", "", CI_PROJECT_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "PASS" in (tmp_path / "workbench-gate.md").read_text()
    assert (tmp_path / "workbench-gate.xml").exists()


def in_ci(
    cli: Cli, folder: Path, script: str, word: str, settings: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the script of a CI system after a commit with that draft and settings."""
    since = git(cli, "rev-parse", "HEAD")
    cli.say(word)
    file = cli.root / "workbench.toml"
    file.write_text(file.read_text() + settings)
    commit(cli)
    programs = folder / "programs"
    programs.mkdir()
    (programs / "workbench").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m workbench "$@"\n')
    (programs / "workbench").chmod(0o755)
    environ = {
        **cli.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "WORKSPACE": ".",
        "WORKBENCH_WORKSPACE": ".",
        "SINCE": since,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": since,
        "TRUST": "unchanged",
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_OUTPUT": str(folder / "output"),
        **variables,
    }
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=cli.root,
        env=environ,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


TESTS = """\
def test_what_is_live(live_prompt):
    assert live_prompt("triage").messages(ticket="x")[0]["content"].startswith("best")
"""


def pytest_in(cli: Cli, *arguments: str) -> Any:
    (cli.root / "test_own.py").write_text(TESTS)
    options = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "workbench.pytest_plugin"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=cli.root,
        env={**cli.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_pytest_runs_the_gate_of_each_suite_as_a_test(cli: Cli) -> None:
    cli.say("best")
    cli.here("register", "triage", "-d", "first")
    cli.here("deploy", "triage@1.0.0", "production", "--override", "--reason", "x")
    done = pytest_in(cli, "--workbench")
    assert "2 passed" in done.stdout, done.stdout
    cli.say("worse")
    done = pytest_in(cli, "--workbench")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "against 1.0.0" in done.stdout
    assert "Traceback" not in done.stdout


def test_pytest_without_the_option_calls_nothing(cli: Cli, server: OpenAIServer) -> None:
    before = server.calls
    done = pytest_in(cli, "--co")
    assert "test_own.py" in done.stdout
    assert "suite.yaml" not in done.stdout
    assert server.calls == before
