"""The drafts of a prompt in the screens: listed, made, opened, promoted, dropped, compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.screens import screen_text, settled, until, until_shown
from workbench.tui.app import WorkbenchApp
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]
NARROW = (80, 24)


def file_of(workspace: Workspace, variant: str = "") -> Path:
    return workspace.root / "prompts" / f"support_triage{variant}.prompty"


async def make(pilot: Pilot[int], name: str) -> None:
    await pilot.press("ctrl+n")
    await until_shown(pilot, "Drafts of support_triage")
    await pilot.press("n")
    await until_shown(pilot, "New variant with the text of")
    await pilot.press(*name, "enter")
    await until_shown(pilot, f"made support_triage@{name}")
    await until_shown(pilot, f"@{name}")


async def test_a_variant_is_made_opened_and_promoted_with_keys_alone(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    before = file_of(workspace).read_text()
    async with app.run_test(size=NARROW) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await make(pilot, "terse")
        assert file_of(workspace, "@terse").read_text() == before
        await pilot.press("enter")
        await until_shown(pilot, "support_triage@terse", "variant of 1.0.1")
        assert (app.selection.ref, app.current_mode) == ("support_triage@terse", "draft")
        await pilot.press("f2")
        await until_shown(pilot, "^n promotes or drops it")
        await settled(pilot)
        await pilot.press("f3")
        await until_shown(pilot, "support_triage@terse", "variant of 1.0.1")
        editor = app.screen.query_one(PromptEditor)
        await until(pilot, lambda: editor.has_focus)
        await pilot.press(*"Terse. ")
        await until(pilot, lambda: "Terse. " in file_of(workspace, "@terse").read_text())
        assert file_of(workspace).read_text() == before
        await pilot.press("ctrl+n")
        await until_shown(pilot, "Drafts of support_triage")
        await pilot.press("p")
        await until_shown(pilot, "@terse is the draft now")
        await until(pilot, lambda: "@terse" not in screen_text(app).split("the draft now")[0])
        await pilot.press("enter")
        await until(pilot, lambda: "Terse. " in app.screen.query_one(PromptEditor).text)
    assert "Terse. " in file_of(workspace).read_text()
    assert not file_of(workspace, "@terse").exists()
    assert [path.read_text() for path in (workspace.state / "drafts").iterdir()] == [before]


async def test_the_variant_that_is_edited_is_what_f5_runs_and_ctrl_s_registers(
    workspace: Workspace,
) -> None:
    file_of(workspace, "@terse").write_text(
        file_of(workspace).read_text().replace("exactly", "Exactly")
    )
    app = WorkbenchApp(workspace)
    async with app.run_test(size=NARROW) as pilot:
        await until_shown(pilot, "= 1.0.1", "@terse")
        await pilot.press("ctrl+n")
        await until_shown(pilot, "Drafts of support_triage")
        await pilot.press("down", "enter")
        await until_shown(pilot, "variant of 1.0.1")
        await pilot.press("f5")
        await until_shown(pilot, "support_triage@terse", "^s starts it")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "@terse on support_triage", "complete")
        await pilot.press("f3")
        await until_shown(pilot, "variant of 1.0.1")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "Register support_triage@terse")


async def test_prompts_lists_variants_and_shows_their_text(workspace: Workspace) -> None:
    file_of(workspace, "@terse").write_text(
        file_of(workspace).read_text().replace("exactly", "tersely")
    )
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "= 1.0.1", "@terse")
        await pilot.press("enter", "down")
        await until_shown(pilot, "variant · support_triage@terse.prompty", "tersely")
        assert app.selection.ref == "support_triage@terse"
        await pilot.press("e")
        await until_shown(pilot, "support_triage@terse · variant of 1.0.1")
        await pilot.press("f2")
        await until_shown(pilot, "variant · support_triage@terse.prompty")


async def test_a_variant_is_compared_and_diffed_with_the_draft(workspace: Workspace) -> None:
    file_of(workspace, "@terse").write_text(
        file_of(workspace).read_text().replace("exactly", "tersely")
    )
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("ctrl+n")
        await until_shown(pilot, "Drafts of support_triage")
        await pilot.press("down", "v")
        await until_shown(pilot, "support_triage (draft) and support_triage@terse", "+1 -1 lines")
        await pilot.press("escape", "c")
        await until(pilot, lambda: app.current_mode == "compare")
        assert app.selection.compare_a == "support_triage"
        assert app.selection.compare_b == "support_triage@terse"
        await until_shown(pilot, "@terse")


async def test_a_dropped_variant_that_is_open_gives_way_to_the_draft(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=NARROW) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await make(pilot, "a")
        await pilot.press("enter")
        await until_shown(pilot, "variant of 1.0.1")
        await pilot.press("ctrl+n")
        await until_shown(pilot, "Drafts of support_triage")
        await pilot.press("X")
        await until_shown(pilot, "--restore brings it back")
        await pilot.press("escape")
        await until_shown(pilot, "support_triage · draft of 1.0.1")
    assert not file_of(workspace, "@a").exists()


async def test_a_name_that_cannot_be_is_refused_in_the_dialog(workspace: Workspace) -> None:
    async with WorkbenchApp(workspace).run_test(size=NARROW) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("ctrl+n")
        await until_shown(pilot, "Drafts of support_triage")
        await pilot.press("n")
        await until_shown(pilot, "New variant")
        await pilot.press(*"staging", "enter")
        await until_shown(pilot, "'staging' is an environment")
