"""The draft's screen: checks while typing, saving, changes from outside, trying a case."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.openai_server import OpenAIServer
from tests.support.screens import screen_text, until, until_it_takes_keys, until_shown
from workbench.tui.app import WorkbenchApp
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.services.drafts import DraftChanged, DraftFile, make_draft
from workbench.tui.widgets.controls import Choice
from workbench.tui.widgets.text_view import TextView
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]
WIDE = (160, 36)


def draft_of(workspace: Workspace) -> Path:
    return workspace.root / "prompts" / "support_triage.prompty"


async def open_draft(pilot: Pilot[int]) -> PromptEditor:
    await until_shown(pilot, "= 1.0.1")
    await pilot.press("f3")
    await until_shown(pilot, "expected (not sent): billing")
    editor = pilot.app.screen.query_one(PromptEditor)
    await until(pilot, lambda: editor.has_focus)
    return editor


def title(editor: PromptEditor) -> str:
    return f"{editor.border_title} {editor.border_subtitle}"


async def test_typing_is_checked_and_saved_without_a_key(workspace: Workspace) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        editor = await open_draft(pilot)
        await pilot.press(*"{{ nope }} ")
        await until_shown(pilot, "{{ nope }} is not declared", "undeclared")
        await until(pilot, lambda: "autosaved" in title(editor))
        assert "{{ nope }} " in draft_of(workspace).read_text()


async def test_the_preview_follows_the_case(workspace: Workspace) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        await open_draft(pilot)
        await pilot.press("alt+right")
        await until_shown(pilot, "case t-001 2/20", "Ticket 1: a question about bug")
        await pilot.press("escape", "left_square_bracket", "left_square_bracket")
        await until_shown(pilot, "case t-019 20/20", "Ticket 19")
        assert pilot.app.selection.case_id == "t-019"


async def test_brackets_are_text_in_the_editor(workspace: Workspace) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        editor = await open_draft(pilot)
        await pilot.press("left_square_bracket", "1", "right_square_bracket")
        assert "[1]" in editor.text
        assert "case t-000 1/20" in screen_text(pilot.app)


async def test_undo_takes_an_edit_back(workspace: Workspace) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        editor = await open_draft(pilot)
        before = editor.text
        await pilot.press(*"zz")
        await pilot.press("ctrl+z")
        assert editor.text == before


async def test_one_case_is_tried_and_scored(workspace: Workspace, server: OpenAIServer) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        await open_draft(pilot)
        calls = server.calls
        await pilot.press("ctrl+t")
        await until_shown(pilot, "t-000 · ok", "exact_match 1.00", "expected billing")
        assert server.calls == calls + 1
        assert server.requests[-1]["stream"] is True


async def test_a_provider_that_fails_says_so_in_place(workspace: Workspace) -> None:
    draft = draft_of(workspace)
    draft.write_text(draft.read_text().replace("provider: mock", "provider: mok"))
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        await until_shown(pilot, "not registered")
        await pilot.press("f3")
        await until_shown(pilot, "expected (not sent): billing")
        await pilot.press("ctrl+t")
        await until_shown(pilot, "t-000 · failed", "did you mean 'mock'?")


async def test_a_change_from_outside_is_read_again(workspace: Workspace) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        editor = await open_draft(pilot)
        theirs = editor.text.replace("exactly one", "precisely one")
        draft_of(workspace).write_text(theirs)
        await until_shown(pilot, "precisely one", "changed outside")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "exactly one" in editor.text)


async def test_two_edits_at_once_ask_which_one_stays(workspace: Workspace) -> None:
    async with WorkbenchApp(workspace).run_test(size=(100, 30)) as pilot:
        editor = await open_draft(pilot)
        await pilot.press(*"mine ")
        draft_of(workspace).write_text(editor.text.replace("mine ", "theirs "))
        await until_shown(pilot, "m keeps yours", "theirs")
        await until_it_takes_keys(pilot)
        await pilot.press("t")
        await until(pilot, lambda: "theirs " in editor.text)
        await pilot.press("ctrl+z")
        assert "mine " in editor.text


async def test_leaving_the_screen_saves_at_once(workspace: Workspace) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        await open_draft(pilot)
        await pilot.press(*"left ")
        await pilot.press("f2")
        await until(pilot, lambda: "left " in draft_of(workspace).read_text(), 2)


async def test_an_outside_editor_without_a_terminal_is_refused_in_words(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "no-such-editor --wait")
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        await open_draft(pilot)
        await pilot.press("f4")
        await until_shown(pilot, "$VISUAL names 'no-such-editor --wait'")


async def test_a_draft_that_cannot_be_read_can_still_be_mended(workspace: Workspace) -> None:
    draft = draft_of(workspace)
    draft.write_text(draft.read_text().replace("name: support_triage", "name: [support_triage"))
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        await until_shown(pilot, "! broken")
        await pilot.press("e")
        await until_shown(pilot, "! line 3")
        editor = pilot.app.screen.query_one(PromptEditor)
        assert "[support_triage" in editor.text


async def test_an_outside_editors_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.prompty"
    path.write_text("one")
    file = DraftFile(path, "one")
    file.wanted = "mine"
    path.write_text("theirs")
    with pytest.raises(DraftChanged):
        file.save()
    assert path.read_text() == "theirs"


async def test_a_long_text_is_cut_and_says_so(workspace: Workspace) -> None:
    async with WorkbenchApp(workspace).run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        view = pilot.app.screen.query_one("#text", TextView)
        view.show("x" * 300_000)
        assert len(view.raw) == 300_000
        await pilot.press("tab", "tab", "G")
        await until_shown(pilot, "100,000 more characters are not shown")


def test_a_draft_is_not_made_over_another(workspace: Workspace) -> None:
    from workbench.actions.session import Session
    from workbench.errors import DraftError

    with Session(workspace) as session, pytest.raises(DraftError, match="there already"):
        make_draft(session, "support_triage", "user:\nhello")


async def test_several_models_answer_side_by_side(
    workspace: Workspace, server: OpenAIServer
) -> None:
    async with WorkbenchApp(workspace).run_test(size=(100, 30)) as pilot:
        await open_draft(pilot)
        await pilot.press("f12")
        await until_shown(pilot, "Try this case on several models")
        await pilot.press(*"gpt-x-maxi, nowhere/x", "ctrl+s")
        await until_shown(pilot, "no provider 'nowhere'")
        for _ in "nowhere/x":
            await pilot.press("backspace")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "mock/gpt-x-mini · ok", "mock/gpt-x-maxi · ok")
        asked = {body["model"] for body in server.requests[-2:]}
        assert asked == {"gpt-x-mini", "gpt-x-maxi"}
        await pilot.press("f6")
        await until_shown(pilot, "Preview (rendered)")


async def test_a_version_is_exported_by_the_palette(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        app.action_export()
        await until_shown(pilot, "^s sends it where the cursor is", "json")
        app.screen.query_one("#ref", Choice).choose("support_triage@production")
        app.screen.query_one("#output", Input).value = "live.json"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "live.json")
        await until(pilot, lambda: (workspace.root / "live.json").exists())
        assert '"1.0.0"' in (workspace.root / "live.json").read_text()
