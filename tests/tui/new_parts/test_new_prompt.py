"""Prompts begin in the screens: from a template, a pasted text, or another tool's file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot

from tests.support.screens import screen_text, settled, until, until_shown
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive(keep=4)]
SMALL = (80, 24)
Compare = Callable[[App[int], str], None]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "workbench.toml").write_text('[workspace]\nauthor = "ana"\n')
    return open_workspace(tmp_path / "w")


async def begun(pilot: Pilot[int], *keys: str) -> None:
    """Choose in the list of an empty workspace."""
    await until_shown(pilot, "Begin with:")
    await until(pilot, lambda: pilot.app.focused and pilot.app.focused.id == "beginnings")
    await pilot.press(*keys)
    await settled(pilot)


async def paste(pilot: Pilot[int], text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await settled(pilot)


def prompt_of(workspace: Workspace, name: str) -> str:
    return (workspace.root / "prompts" / f"{name}.prompty").read_text(encoding="utf-8")


async def test_an_empty_workspace_begins_a_prompt_from_a_template(
    empty: Workspace, snapshot: Compare
) -> None:
    app = WorkbenchApp(empty)
    async with app.run_test(size=SMALL) as pilot:
        await begun(pilot)
        snapshot(app, "new-prompt-beginnings")
        await begun(pilot, "down", "enter")
        await until_shown(pilot, "New prompt · enter chooses", "Extract the fields as JSON")
        snapshot(app, "new-prompt")
        await pilot.press(*"facts", "enter")
        await until_shown(pilot, "EDITING · facts")
        await pilot.press("escape", "1")
        await until_shown(pilot, "facts")
        assert "Begin with" not in screen_text(app)
    assert "Extract the fields" in prompt_of(empty, "facts")


async def test_a_pasted_text_says_its_inputs_and_is_kept_until_it_is_a_prompt(
    empty: Workspace,
) -> None:
    text = "system:\nTranslate into {{ language }}.\n\nuser:\n{{ text }} [/b] \x1b]0;x\x07"
    app = WorkbenchApp(empty)
    async with app.run_test(size=SMALL) as pilot:
        await begun(pilot, *["down"] * 5, "enter")
        await until_shown(pilot, "New prompt from a text")
        await paste(pilot, text)
        await until_shown(pilot, "inputs: language, text")
        await pilot.press("escape")
        await settled(pilot)
        await begun(pilot, "enter")
        await until_shown(pilot, "inputs: language, text")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "a name: lower case letters")
        await pilot.press(*"translate", "enter")
        await until_shown(pilot, "EDITING · translate")
        await settled(pilot)
    prompt = empty.read_draft(empty.root / "prompts" / "translate.prompty").prompt
    assert [item.name for item in prompt.inputs] == ["language", "text"]
    assert not list((empty.state / "unfinished").iterdir()), "it is finished"


async def test_an_import_lists_what_it_makes_and_what_is_lost(empty: Workspace) -> None:
    (empty.root / "promptfooconfig.yaml").write_text(
        "prompts: ['Say hello to {{name}}']\n"
        "providers: [openai:gpt-4o-mini]\n"
        "tests:\n- vars: {name: Ana}\n  assert: [{type: javascript, value: output}]\n"
        "- vars: {name: Bo}\n  assert: [{type: contains, value: hello}]\n"
        "outputPath: out.html\n"
    )
    app = WorkbenchApp(empty)
    async with app.run_test(size=SMALL) as pilot:
        await begun(pilot, *["down"] * 6, "enter")
        await until_shown(pilot, "Import · enter shows what it makes", "promptfooconfig.yaml")
        await pilot.press("enter")
        await until_shown(pilot, "makes prompts/", "suite.yaml", "lost:")
        assert not (empty.root / "prompts").exists()
        await pilot.press("ctrl+s")
        await until_shown(pilot, "EDITING")
    (draft,) = (empty.root / "prompts").iterdir()
    assert "Say hello to" in draft.read_text(encoding="utf-8")


async def test_a_name_that_is_taken_is_said_and_nothing_is_lost(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("n")
        await until_shown(pilot, "New prompt · enter chooses")
        await pilot.press("enter", *"support_triage", "enter")
        await until_shown(pilot, "there is a draft of support_triage already")
        assert "support_triage" in screen_text(app)


async def test_a_click_chooses_and_makes(empty: Workspace) -> None:
    app = WorkbenchApp(empty)
    async with app.run_test(size=SMALL) as pilot:
        await begun(pilot)
        await pilot.click("#beginnings", offset=(4, 4))
        await until_shown(pilot, "You are a helpful assistant")
        await pilot.press(*"talk")
        await pilot.click("#yes")
        await until_shown(pilot, "EDITING · talk")
    assert "history" in prompt_of(empty, "talk")


async def test_the_beginnings_fit_a_small_terminal(empty: Workspace, snapshot: Compare) -> None:
    app = WorkbenchApp(empty)
    async with app.run_test(size=(60, 15)) as pilot:
        await begun(pilot)
        snapshot(app, "new-prompt-beginnings-60x15")
        await begun(pilot, "enter")
        await until_shown(pilot, "New prompt")
        snapshot(app, "new-prompt-60x15")
