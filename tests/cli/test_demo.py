"""The demo's story, with a loopback server in the place of the embedded model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer
from workbench.actions.trust import trust
from workbench.actions.workspace.init import create_workspace, samples_folder
from workbench.cli import demo_walk, main
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.exhaustive

RIGHT_OF_TEN = {0: 0, 1: 6, 2: 9}
"""By the step that asks."""


class Model:
    """Answers the sample's cases right as often as the step's examples deserve."""

    def __init__(self, rights: dict[int, int]) -> None:
        path = samples_folder() / "support_triage" / "cases.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
        self.known = {row["inputs"]["ticket"]: (n, row["expected"]) for n, row in enumerate(rows)}
        self.rights = rights

    def __call__(self, messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
        del options
        text = "\n".join(message["content"] for message in messages)
        ticket = next(known for known in self.known if f"Ticket: {known}\n" in text)
        examples = text.count("Ticket: ")
        number, expected = self.known[ticket]
        step = 0 if examples == 1 else 1 if examples < 20 else 2
        return str(expected) if number % 10 < self.rights[step] else "none"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))

    def at(server: OpenAIServer) -> None:
        def create(folder: Path, sample: str | None = None) -> Workspace:
            root = create_workspace(folder, sample).root
            settings = root / "workbench.toml"
            table = f'\n[providers.local]\nbase_url = "{server.base_url}"\n'
            settings.write_text(settings.read_text() + table)
            workspace = open_workspace(root)
            trust(workspace)
            return workspace

        monkeypatch.setattr(demo_walk, "create_workspace", create)

    return at


def test_the_walk_tells_the_whole_story(
    served: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(Model(RIGHT_OF_TEN)) as server:
        served(server)
        code = main.run(["demo", "--plain", str(tmp_path / "demo"), "--json"])
    told = capsys.readouterr()
    assert code == 0, told.err
    values = json.loads(told.out)
    assert values["ok"]
    commands = [step["command"].split()[1] for step in values["steps"]]
    assert list(dict.fromkeys(commands)) == [
        "try",
        "run",
        "register",
        "evaluate",
        "deploy",
        "compare",
        "diff",
        "rollback",
        "log",
        "verify",
        "export",
    ]
    story = told.err
    assert "FAIL         1.0.0 scores 0.0 %" in story
    assert "cannot go to staging" in story
    live = [line.split(": ")[1] for line in story.splitlines() if line.startswith("app (")]
    assert live == ["1.0.1 is live", "1.0.1 is live", "1.0.2 is live", "1.0.1 is live"]
    assert "everything holds" in story
    assert (tmp_path / "demo" / "prompts.db").is_file()


def test_the_walk_ends_where_its_story_ends(
    served: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(Model({0: 0, 1: 0, 2: 0})) as server:
        served(server)
        code = main.run(["demo", "--plain", str(tmp_path / "demo"), "--json"])
    values = json.loads(capsys.readouterr().out)
    assert code == 4
    assert not values["ok"]
    assert values["steps"][-1] == {
        "command": "workbench evaluate support_triage@1.0.1",
        "exit_code": 1,
    }
