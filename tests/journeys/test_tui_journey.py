"""The main job by keys alone, in one sitting at 80x24: on a loopback endpoint, and on the embedded
model."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.openai_server import OpenAIServer
from tests.support.screens import pick_version, settled, until, until_it_takes_keys, until_shown
from tests.tui.conftest import QUEUES, write_workspace
from workbench.actions.session import Session
from workbench.actions.workspace.init import create_workspace
from workbench.tui.app import WorkbenchApp
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive(keep=0)]
SMALL = (80, 24)
PROMPT = "support_triage"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


async def edit(pilot: Pilot[int], old: str, new: str) -> None:
    """In the editor: put the cursor on `old` and type `new` over it."""
    await pilot.press("f3")
    await until(pilot, lambda: pilot.app.screen.query(PromptEditor))
    editor = pilot.app.screen.query_one(PromptEditor)
    await until(pilot, lambda: old in editor.text and editor.has_focus)
    before = editor.text[: editor.text.index(old)]
    row, column = before.count("\n"), len(before) - before.rfind("\n") - 1
    editor.move_cursor((row, column))
    for _ in old:
        await pilot.press("delete")
    await pilot.press(*new)
    await until_shown(pilot, "autosaved")


async def register(pilot: Pilot[int], version: str, description: str) -> None:
    await pilot.press("ctrl+s")
    await until_shown(pilot, "Register", version)
    await pilot.press(*description, "ctrl+s")
    await until_shown(pilot, f"registered {PROMPT}@{version}")


async def release(
    pilot: Pilot[int], version: str, attempt: int = 1, *, seconds: float = 20.0
) -> None:
    """Gate, evidence on screen, deploy."""
    await pilot.press("f2")
    await pick_version(pilot, version)
    await pilot.press("v")
    await until_shown(pilot, f"Evaluate {PROMPT}@{version} · y starts it", f"attempt {attempt} ")
    await pilot.press("y")
    await until_shown(pilot, f"PASS · {PROMPT}@{version}", seconds=seconds)
    await until_it_takes_keys(pilot)
    await pilot.press("D")
    await until_shown(pilot, "production: ", f"→ {version}", "tested")
    await pilot.press("ctrl+s")
    await until_shown(pilot, f"{PROMPT}@{version} is live in production")


def live_version(workspace: Workspace) -> str:
    with Session(workspace) as session:
        return session.registry.get_active(PROMPT).version


@pytest.mark.timeout(300)
async def test_draft_try_run_stop_resume_compare_register_deploy_roll_back(tmp_path: Path) -> None:
    gate = threading.Event()

    def answer(messages: list[dict[str, str]], options: dict[str, object]) -> str:
        """Right, but for every fifth ticket when the prompt is plain; slow until the gate opens."""
        number = int(re.findall(r"\d+", messages[-1]["content"])[0])
        if number >= 12 and "stream" not in options:
            gate.wait(60)
        if "exactly" not in messages[0]["content"] and number % 5 == 0:
            return "how-to"
        return next(queue for queue in QUEUES if f"about {queue}" in messages[-1]["content"])

    with OpenAIServer(answer, model="gpt-x-mini") as server:
        workspace = write_workspace(tmp_path / "shop", server.base_url)
        app = WorkbenchApp(workspace)
        async with app.run_test(size=SMALL) as pilot:
            await until_shown(pilot, "not registered")
            await edit(pilot, "one queue name", "one known name")
            await pilot.press("ctrl+t")
            await until_shown(pilot, "t-000")
            await until(pilot, lambda: server.calls == 1)

            await pilot.press("f5")
            await until_shown(pilot, "20 calls")
            await pilot.press("ctrl+s")
            await until_shown(pilot, "RUNNING", "12/20")
            await pilot.press("x")
            await until(pilot, lambda: app.runs.progress and app.runs.progress.stopping)
            gate.set()
            await until(pilot, lambda: not app.runs.is_alive)
            asked = server.calls
            await until_shown(pilot, "r")
            if asked < 21:
                await pilot.press("r")
            await until_shown(pilot, "20/20", "complete")
            assert server.calls == 21, "nothing was asked twice"

            await pilot.press("f3")
            await register(pilot, "1.0.0", "a plain instruction")
            await release(pilot, "1.0.0")

            await edit(pilot, "one known name", "exactly one name")
            await pilot.press("f2")
            await until_shown(pilot, "draft")
            await settled(pilot)
            table = app.screen.query_one("#versions")
            table.focus()
            await pilot.press("g", "c")
            await until_shown(pilot, "fixed 3", "broke 0", "[-how-to-]")
            await pilot.press("p")
            await until_shown(pilot, "{+exactly+}")
            await pilot.press("escape")
            await until_shown(pilot, "fixed 3")
            await pilot.press("f3")
            await register(pilot, "1.0.1", "exact names")
            await release(pilot, "1.0.1", 1)
            assert live_version(workspace) == "1.0.1"

            await pilot.press("f9")
            await until_shown(pilot, "R rolls production back to 1.0.0")
            await pilot.press("R")
            await until_shown(pilot, "1.0.1 → 1.0.0")
            await pilot.press("ctrl+s")
            await until_shown(pilot, "back on support_triage@1.0.0", "ROLLBACK")
    assert live_version(workspace) == "1.0.0"


@pytest.mark.timeout(300)
async def test_the_same_on_the_embedded_model(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "shop", sample=PROMPT)
    evals = workspace.root / "evals" / PROMPT
    rows = [json.loads(line) for line in (evals / "cases.jsonl").read_text().splitlines()]
    kept = [row for split in ("dev", "gate") for row in rows if row["split"] == split][:4]
    kept += [row for row in rows if row["split"] == "gate" and "short" in row["tags"]][:12]
    (evals / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept))
    suite = (evals / "suite.yaml").read_text()
    (evals / "suite.yaml").write_text(suite.replace("gate:\n", "gate:\n  min_cases: 12\n"))
    (workspace.root / "workbench.toml").write_text('[workspace]\nauthor = "ana"\n')
    draft = workspace.root / "prompts" / f"{PROMPT}.prompty"
    draft.write_text((evals / "steps" / "2-few-shot.prompty").read_text())
    workspace = open_workspace(workspace.root)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "not registered")
        await pilot.press("f3")
        await until_shown(pilot, "case t-")
        await pilot.press("ctrl+t")
        await until_shown(pilot, " · ok", seconds=90)
        await pilot.press("f5")
        await until_shown(pilot, "4 calls")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "4/4", "complete", seconds=90)
        await pilot.press("f3")
        await register(pilot, "1.0.0", "few-shot")
        await release(pilot, "1.0.0", seconds=90)
    assert live_version(workspace) == "1.0.0"
