"""New parts of a workspace from the shell: they work at once, and nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from workbench.actions.workspace.init import create_workspace
from workbench.actions.workspace.new_parts.prompt import TEMPLATES
from workbench.prompts.templates.templates import Renderer
from workbench.workspace import open_workspace

CSV = 'ticket,label\n"Charged twice",billing\n"Where is it?",delivery\n'


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    create_workspace(tmp_path / "w")
    (tmp_path / "w" / "tickets.csv").write_text(CSV, encoding="utf-8")
    return Cli(tmp_path / "w", {"WORKBENCH_CONFIG": str(tmp_path / "config")})


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_is_a_draft_that_renders(cli: Cli, template: str) -> None:
    done = cli.here("new", "prompt", "mine", "--template", template, "--json")
    assert done.code == 0, done.err
    prompt = open_workspace(cli.root).draft(Path(done.json["path"])).prompt
    assert prompt.model is not None and prompt.model.provider == "local"
    values = {i.name: [] if i.kind == "messages" else "x" for i in prompt.inputs}
    assert Renderer(prompt).render(values)[-1].role == "user"
    assert cli.here("lint", "mine").code == 0


def test_a_prompt_begins_with_a_text_of_ones_own(cli: Cli) -> None:
    (cli.root / "a.txt").write_text("Translate {{ text }} into {{ language }}.", encoding="utf-8")
    done = cli.here("new", "prompt", "mine", "--text", "a.txt", "--json")
    prompt = open_workspace(cli.root).draft(Path(done.json["path"])).prompt
    assert [item.name for item in prompt.inputs] == ["text", "language"]
    assert prompt.messages[0].content.strip() == "Translate {{ text }} into {{ language }}."


def test_a_suite_takes_the_columns_of_a_file_and_a_rule_that_its_cases_can_decide(
    cli: Cli,
) -> None:
    columns = ("--column", "expected=label", "--column", "text=ticket")
    done = cli.here("new", "suite", "hello", "--cases", "tickets.csv", *columns, "--json")
    assert done.code == 0, done.err
    suite = open_workspace(cli.root).suite("hello")
    assert [(dict(c.inputs), c.expected) for c in suite.dataset.cases] == [
        ({"text": "Charged twice"}, "billing"),
        ({"text": "Where is it?"}, "delivery"),
    ]
    assert suite.gate.rule == "no_regressions", "two cases cannot show a loss of five points"
    assert cli.here("estimate", "hello").code == 0


def test_columns_go_by_their_names_beside_those_that_are_given(cli: Cli) -> None:
    (cli.root / "t.csv").write_text("note,label,queue\na,b,c\n", encoding="utf-8")
    named = cli.here("new", "suite", "hello", "--cases", "t.csv")
    assert "note: input text, label: expected, queue: not used" in named.err
    given = cli.here(
        *("new", "suite", "other", "--prompt", "hello", "--cases", "t.csv"),
        *("--column", "expected=queue"),
    )
    assert "note: input text, label: not used, queue: expected" in given.err


def test_a_scorer_of_ones_own_runs_once_it_is_allowed(cli: Cli) -> None:
    assert cli.here("new", "scorer", "mine").code == 0
    columns = ("--column", "expected=label", "--column", "text=ticket")
    scorer = ("--scorer", "python: {file: scorers/mine.py}")
    done = cli.here("new", "suite", "hello", "--cases", "tickets.csv", *columns, *scorer)
    assert done.code == 0, done.err
    refused = cli.here("run", "hello")
    assert refused.code == 2 and "workbench trust scorers/mine.py" in refused.err


def test_a_provider_is_added_below_what_stands_in_the_settings(cli: Cli) -> None:
    before = (cli.root / "workbench.toml").read_text(encoding="utf-8")
    given = ("--base-url", "https://api.openai.com/v1", "--api-key-env", "OPENAI_API_KEY")
    assert cli.here("new", "provider", "openai", *given).code == 0
    after = (cli.root / "workbench.toml").read_text(encoding="utf-8")
    assert after.startswith(before.rstrip())
    settings = open_workspace(cli.root).settings.provider("openai")
    assert (settings.base_url, settings.api_key_env) == (given[1], given[3])


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("prmpt", "x"), "did you mean 'prompt'?"),
        (("prompt", "hello"), "there is a draft of hello already"),
        (("prompt", "x", "--template", "chta"), "did you mean 'chat'?"),
        (("prompt", "x", "--text", "none.txt"), "none.txt"),
        (("suite", "x"), "a suite begins with cases"),
        (("suite", "x", "--cases", "none.csv"), "no dataset at"),
        (("suite", "x", "--cases", "tickets.csv", "--column", "expected=labl"), "'label'?"),
        (("suite", "x", "--cases", "tickets.csv", "--column", "label"), "names no column"),
        (("suite", "x", "--cases", "tickets.csv", "--scorer", "exact_macth"), "'exact_match'?"),
        (("scorer", "../x"), "is no name for a scorer"),
        (("suite", "../x", "--cases", "tickets.csv"), "is no name for a suite"),
        (("prompt", "../x"), "is no name for a prompt"),
        (("prompt", "x\nmodel: y"), "is no name for a prompt"),
        (("provider", "x]\n[a", "--base-url", "u"), "is no name for a provider"),
        (("provider", "x"), "a provider has an address"),
        (("provider", "x", "--base-url", "u", "--api-key-env", "sk-1"), "name of a variable"),
        (("provider", "local", "--base-url", "u"), "there is a provider local already"),
    ],
)
def test_what_cannot_be_made_is_one_line_and_makes_nothing(
    cli: Cli, argv: tuple[str, ...], message: str
) -> None:
    before = {path: path.stat().st_mtime_ns for path in cli.root.rglob("*")}
    done = cli.here("new", *argv)
    assert done.code == 2 and message in done.err and len(done.err.splitlines()) == 1
    after = {path: path.stat().st_mtime_ns for path in cli.root.rglob("*")}
    assert {p for p in after if p.name != "evals"} == {p for p in before if p.name != "evals"}


def test_a_judge_begins_as_one_of_the_ready_ones(cli: Cli) -> None:
    done = cli.here("new", "judge", "kind_words", "--template", "tone", "--json")
    assert done.code == 0, done.err
    assert Path(done.json["path"]) == cli.root / "judges" / "kind_words.prompty"
    again = cli.here("new", "judge", "kind_words")
    assert again.code == 2 and "is there already" in again.err
    unknown = cli.here("new", "judge", "other", "--template", "ton")
    assert unknown.code == 2 and "did you mean 'tone'?" in unknown.err
