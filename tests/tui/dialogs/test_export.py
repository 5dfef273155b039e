"""The export dialog says what leaves before it sends it; Deploys shows what did not arrive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.label_server import LabelServer
from tests.support.plugins import install_example
from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.trust import trust
from workbench.tui.app import WorkbenchApp
from workbench.tui.widgets.controls import Choice
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]

TARGET = """
[environments.production]
publish = ["team"]

[targets.team]
kind = "labels"
uri = "{uri}"
"""


@pytest.fixture
def team() -> Iterator[LabelServer]:
    with LabelServer() as server:
        yield server


@pytest.fixture
def publishing(
    workspace: Workspace, team: LabelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    monkeypatch.syspath_prepend(str(install_example(tmp_path / "site")))
    toml = workspace.root / "workbench.toml"
    toml.write_text(toml.read_text() + TARGET.format(uri=team.uri))
    changed = open_workspace(workspace.root)
    trust(changed)
    return changed


async def test_what_leaves_is_shown_and_sent_from_prompts(
    publishing: Workspace, team: LabelServer
) -> None:
    app = WorkbenchApp(publishing)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("E")
        await until_shown(pilot, "^s sends it where the cursor is", "labels http")
        app.screen.query_one("#ref", Choice).choose(f"{PROMPT}@1.0.0")
        await pilot.press("tab", "tab", "tab")
        await until_shown(
            pilot, f"{PROMPT}@1.0.0 → team", "pointers: production", "lost: evidence (in short, as"
        )
        assert team.writes == []
        await pilot.press("ctrl+s")
        await until_shown(pilot, "sent to http", "production → 1")
        assert team.shelf(PROMPT).labels == {"production": "1"}


async def test_what_failed_is_counted_on_deploys_and_sent_again(
    publishing: Workspace, team: LabelServer
) -> None:
    team.always = "503"
    app = WorkbenchApp(publishing)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        # It is live, and was never sent.
        await until_shown(pilot, "2 in the outbox (O)")
        await pilot.press("O")
        await until_shown(pilot, f"team: {PROMPT}@1.0.0: never sent")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "not published: team")
        await settled(pilot)
        await pilot.press("O")
        await until_shown(pilot, "pending after 3 attempts", "answers 503")
        team.always = ""
        await pilot.press("ctrl+s")
        await until_shown(pilot, "published to team")
        await until(pilot, lambda: "in the outbox" not in screen_text(app))
        assert team.shelf(PROMPT).labels == {"production": "1"}
