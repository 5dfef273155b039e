"""What a screen shows of files is what they say now, whoever changed them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec, start
from workbench.actions.session import Session
from workbench.registry import PromptRegistry
from workbench.runs.spec.values import RunSummary
from workbench.tui.app import WorkbenchApp
from workbench.tui.base.screen import ModeScreen
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.services.files_watch import FilesWatch, files_of_suites
from workbench.tui.widgets.case_detail import CaseScreen
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


def cases_of(workspace: Workspace) -> Path:
    return workspace.root / "evals" / PROMPT / "cases.jsonl"


def draft_of(workspace: Workspace) -> Path:
    return workspace.root / "prompts" / f"{PROMPT}.prompty"


def run_of_the_draft(workspace: Workspace) -> RunSummary:
    draft_of(workspace).write_text(draft_of(workspace).read_text() + "\nBe brief.\n")
    with Session(workspace) as session:
        source = resolve(session, f"{PROMPT}@draft")
        return start(session, make_spec(source, workspace.suite_for(PROMPT), split="dev")).wait(60)


async def edit_and_come_back(pilot: Pilot[int], key: str) -> None:
    await pilot.press("f3")
    editor = pilot.app.screen.query_one(PromptEditor)
    await until(pilot, lambda: editor.has_focus)
    await pilot.press(*"Now: ", "escape", key)


async def test_evidence_is_stale_on_deploys_when_a_case_of_the_gate_was_edited(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.tui.base.screen.LOOK_EVERY_S", 0.1)
    cases, suite = cases_of(workspace), cases_of(workspace).with_name("suite.yaml")
    before, policy = cases.read_text(), suite.read_text()
    with PromptRegistry(workspace.registry_path) as registry:
        head = registry.head()
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f9")
        await until_shown(pilot, "1.0.0 is live for", "tested")
        cases.write_text(before.replace("Ticket 70:", "Ticket 71:"))
        await until_shown(pilot, "STALE")
        cases.write_text(before)
        await until_shown(pilot, "tested")
        suite.write_text(policy.replace("threshold: 0.60", "threshold: 0.61"))
        await until_shown(pilot, "STALE")
        suite.write_text(policy.replace("threshold: 0.60", "threshold: 0.59"))
        await until_shown(pilot, "STALE", "the files would let more through")
        suite.write_text("suite: [")
        await until_shown(pilot, f"! evals/{PROMPT}/suite.yaml: line 1")
        assert app.screen.query_one("#live")
        suite.write_text(policy)
        await until_shown(pilot, "tested", "the suites can be read again")
    with PromptRegistry(workspace.registry_path) as registry:
        assert registry.head() == head, "a look tells the registry of nothing"


async def test_cases_that_were_edited_outside_show_on_datasets(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "Ticket 0:", "80 cases")
        await pilot.press("j", "j")
        await until_shown(pilot, "> t-002")
        path = cases_of(workspace)
        path.write_text(path.read_text().replace("Ticket 0:", "Edited 0:"))
        # The cursor stays on its case.
        await until_shown(pilot, "Edited 0:", "> t-002")


async def test_unchanged_files_are_not_read_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "Ticket 0:")
        screen = app.screen
        assert isinstance(screen, ModeScreen) and screen._files
        looks: list[bool] = []
        looked = screen._files.changed

        def look() -> bool:
            looks.append(looked())
            return looks[-1]

        monkeypatch.setattr(screen._files, "changed", look)
        monkeypatch.setattr(screen, "files_changed", lambda: read.append("again"))
        for _ in range(2):
            screen._look_at_files()
            await settled(pilot)
        assert looks and not any(looks)
        assert not read


def test_a_file_of_the_same_size_and_time_that_took_anothers_place_is_seen(
    workspace: Workspace,
) -> None:
    path = cases_of(workspace)
    watch = FilesWatch(lambda: files_of_suites(workspace))
    assert [watch.changed(), watch.changed()] == [False, False]
    stat = path.stat()
    other = path.with_name("other")
    other.write_text(path.read_text().replace("Ticket 1:", "Ticket 2:"))
    other.replace(path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert [watch.changed(), watch.changed()] == [True, False]
    path.unlink()
    assert [watch.changed(), watch.changed()] == [True, False]


def test_a_suite_in_the_workspaces_own_folder_brings_no_walk_through_all_of_it(
    workspace: Workspace,
) -> None:
    (workspace.root / "suite.yaml").write_text("suite: own\n")
    paths = {path.relative_to(workspace.root).as_posix() for path in files_of_suites(workspace)}
    assert {"suite.yaml", f"evals/{PROMPT}/cases.jsonl"} <= paths
    assert not any(path.startswith(".workbench/") for path in paths)


async def test_a_run_of_the_draft_says_that_the_draft_was_edited_since(
    workspace: Workspace,
) -> None:
    run_id = run_of_the_draft(workspace).run_id
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.selection.prompt_id)
        app.select(run_id=run_id)
        await pilot.press("3")
        await until_shown(pilot, f"{PROMPT} draft on", "20/20")
        await settled(pilot)
        assert "edited since" not in screen_text(app)
        await edit_and_come_back(pilot, "3")
        await until_shown(pilot, f"{PROMPT} draft (edited since) on")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        await until_shown(pilot, "draft, edited since")
        await pilot.press("escape")
        # Whoever edits it, and wherever: what it says again is what was run.
        path = draft_of(workspace)
        path.write_text(path.read_text().replace("Now: ", ""))
        await until_shown(pilot, f"{PROMPT} draft on")


async def test_a_comparison_says_which_side_is_of_the_draft_before_it_was_edited(
    workspace: Workspace,
) -> None:
    run_id = run_of_the_draft(workspace).run_id
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.selection.prompt_id)
        app.open_compare(f"{PROMPT}@1.0.0", run_id)
        await until_shown(pilot, "B draft", "fixed")
        await settled(pilot)
        assert "edited" not in screen_text(app)
        await edit_and_come_back(pilot, "4")
        await until_shown(
            pilot, "~ B: answers of the draft before it was edited", "B draft (edited since)"
        )
        assert "A 1.0.0 (" not in screen_text(app)
