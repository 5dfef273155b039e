"""An image of a case as a small picture, where the terminal has colours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.pictures import png
from tests.support.screens import screen_text, settled, until_shown
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio


@pytest.fixture
def pictures(workspace: Workspace) -> Workspace:
    draft = workspace.root / "prompts" / "support_triage.prompty"
    text = draft.read_text().replace("{name: ticket, kind: string", "{name: ticket, kind: image")
    draft.write_text(text)
    folder: Path = workspace.root / "evals" / "support_triage"
    (folder / "cat.png").write_bytes(png())
    (folder / "broken.png").write_bytes(png()[:-20])
    rows = [{"id": name, "ticket": f"{name}.png", "expected": "x"} for name in ("cat", "broken")]
    (folder / "cases.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return workspace


@pytest.mark.exhaustive
async def test_an_image_is_shown_below_its_name(
    pictures: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = WorkbenchApp(pictures)
    async with app.run_test(size=(80, 30)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "cat.png · PNG · 2 x 3", "▀▀")
        await pilot.press("down")
        await until_shown(pilot, "broken.png · PNG", "(it cannot be shown as a picture")


async def test_without_colours_its_name_type_and_size_are_shown(
    pictures: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = WorkbenchApp(pictures)
    async with app.run_test(size=(80, 30)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "cat.png · PNG · 2 x 3 · 73 bytes")
        await settled(pilot)
        assert "▀" not in screen_text(app)
