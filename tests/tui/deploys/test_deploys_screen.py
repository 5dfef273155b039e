"""The deploys screen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.screens import cells, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.releasing.deploy import deploy
from workbench.actions.session import Session
from workbench.registry import PromptVersion
from workbench.tui.app import WorkbenchApp
from workbench.tui.deploys import queries, screen
from workbench.tui.deploys.registry_watch import RegistryWatch
from workbench.tui.deploys.screen import DeploysScreen
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.table_model import TableRow
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio


@pytest.mark.exhaustive
async def test_a_deployment_from_a_shell_is_seen_while_deploys_is_open(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f9")
        await until_shown(pilot, "production", "1.0.0 is live for")
        screen = app.screen
        assert isinstance(screen, DeploysScreen)
        read: list[object] = []
        reload = screen.reload
        screen.reload = lambda: (read.append(1), reload())
        screen._look()
        # What the screen reads itself is no change.
        await settled(pilot)
        screen._look()
        assert not read
        with Session(workspace) as session:
            deploy(session, PROMPT, "1.0.1", "production", reason="better")
        await until_shown(pilot, "1.0.1", "R rolls production back to 1.0.0")
        assert read


def test_a_registry_that_comes_goes_or_is_replaced_is_noticed(workspace: Workspace) -> None:
    path = workspace.registry_path
    aside = path.with_name("aside.db")
    path.rename(aside)
    watch = RegistryWatch(path)
    assert [watch.changed(), watch.changed()] == [False, False]
    aside.rename(path)
    assert [watch.changed(), watch.changed()] == [True, False]
    with Session(workspace) as session:
        deploy(session, PROMPT, "1.0.1", "production", reason="better")
    assert [watch.changed(), watch.changed()] == [True, False]
    watch.close()
    path.write_bytes(b"no database")
    assert [watch.changed(), watch.changed()] == [False, False]


async def test_what_is_live_is_listed_before_every_status_was_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session(workspace) as session:
        deploy(session, PROMPT, "1.0.0", "development", reason="to try")
        monkeypatch.setattr(queries, "IN_SIGHT", 1)
        rows = queries.read_live(session, session.registry.prompts())
    live = [row for row in rows if row.deployment]
    assert len(live) == 2
    assert [row.status is None for row in live] == [False, True]
    monkeypatch.setattr(screen, "STATUSES_AT_ONCE", 1)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.press("f9")
        await until(pilot, lambda: app.screen.query("#live"))
        table = app.screen.query_one("#live", CaseTable)

        def states() -> list[str]:
            return [state for state, since in cells(table, "evidence", "since") if since]

        await until(pilot, lambda: len(states()) == 2 and all(states()))
        assert set(states()) <= {"tested", "UNTESTED", "STALE", "FAILING"}


async def test_the_first_prompts_are_listed_before_all_are_and_keys_find_the_last(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session(workspace) as session:
        session.registry.register(PromptVersion("zulu", "1.0.0", "text", "d", "ana"))
    monkeypatch.setattr(screen, "FIRST_PROMPTS", 1)
    loaded: list[int] = []
    load = CaseTable.load

    def counted(table: CaseTable, rows: Sequence[TableRow], *, cursor: str = "") -> None:
        if table.id == "live":
            loaded.append(len(rows))
        load(table, rows, cursor=cursor)

    monkeypatch.setattr(CaseTable, "load", counted)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 24)) as pilot:
        app.select(prompt_id="zulu")
        await pilot.press("f9")
        await until(pilot, lambda: len(loaded) == 2)
        table = app.screen.query_one("#live", CaseTable)
        assert loaded[1] == 2 * loaded[0] == len(table.model)
        assert table.cursor_key.startswith("zulu"), "the cursor is on what is selected elsewhere"
