"""Rules on the deploys screen: what the files loosen, applied and approved by keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.releasing import rules
from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.errors import RegistryError
from workbench.tui.app import WorkbenchApp
from workbench.tui.dialogs.deploy import open_deploy
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]
SMALL = (80, 24)


def loosen(workspace: Workspace, threshold: str = "0.10") -> None:
    """Let the suite take less than what it took."""
    path = workspace.root / "evals" / PROMPT / "suite.yaml"
    path.write_text(path.read_text().replace("threshold: 0.60", f"threshold: {threshold}"))


def as_person(workspace: Workspace, name: str) -> Workspace:
    """The same workspace in the hands of somebody else."""
    settings = replace(workspace.settings, author=name)
    return replace(workspace, settings=settings)


@pytest.fixture
def guarded(workspace: Workspace) -> Workspace:
    """Production asks for an approval."""
    with (workspace.root / "workbench.toml").open("a") as file:
        file.write("\n[environments.production]\napprovals = 1\n")
    workspace = open_workspace(workspace.root)
    with Session(workspace) as session:
        sync(session)
    return workspace


async def test_a_loosened_rule_is_shown_old_and_new_and_applied_with_a_reason(
    workspace: Workspace,
) -> None:
    loosen(workspace)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "STALE", "threshold 0.6 -> 0.1 · L applies it")
        await until(pilot, lambda: "L Rules…" in screen_text(app).splitlines()[-1])
        await pilot.press("L")
        await until_shown(
            pilot, "looser: suite support_triage of support_triage", "threshold: 0.6 → 0.1"
        )
        await pilot.press("ctrl+s")
        await until_shown(pilot, "! it needs a reason, for the log")
        await pilot.press(*"yaks", "ctrl+s")
        await until_shown(pilot, "applied: 1 rule changed", "LOOSEN")
        await settled(pilot)
        footer = screen_text(app).splitlines()[-1]
        assert "Rules…" not in footer
        assert "Approve rules…" not in footer
    with Session(workspace) as session:
        assert rules.pending(session) == ()
        entry = session.registry.history(PROMPT, "production")[0]
        assert (entry.action, entry.by, entry.reason) == ("loosen", "ana", "yaks")


async def test_a_line_of_the_history_is_shown_whole_where_its_row_has_no_room(
    workspace: Workspace,
) -> None:
    loosen(workspace)
    with Session(workspace) as session:
        rules.apply(session, "the labels of t-007 and t-009 were wrong")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "1.0.0 is STALE: policy changed since it passed support_triage")
        await until_shown(pilot, "LOOSEN")
        assert "0.1" not in screen_text(app)
        await pilot.press("tab")
        await until_shown(
            pilot,
            "LOOSEN by ana: suite support_triage of support_triage: threshold 0.6 -> 0.1:"
            " the labels of t-007 and t-009 were wrong",
        )
        await pilot.press("space")
        await until_shown(
            pilot, "threshold: 0.6 → 0.1", "reason: the labels of t-007 and t-009 were wrong"
        )
        await pilot.press("escape", "down")
        await until_shown(pilot, "deploy – → 1.0.0 by ana: first release")  # noqa: RUF001


async def test_what_was_not_shown_is_not_applied(workspace: Workspace) -> None:
    loosen(workspace)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "L applies it")
        await pilot.press("L")
        await until_shown(pilot, "threshold: 0.6 → 0.1")
        path = workspace.root / "evals" / PROMPT / "suite.yaml"
        path.write_text(path.read_text().replace("threshold: 0.10", "threshold: 0.0"))
        await pilot.press(*"typo", "ctrl+s")
        await until_shown(pilot, "the rules in force were changed meanwhile")
    with Session(workspace) as session:
        (change,) = rules.pending(session)
        assert str(change.facts[0]) == "threshold 0.6 -> 0.0"
        with pytest.raises(RegistryError, match="nothing was applied"):
            rules.apply(session, "typo", expect=())


async def test_another_person_approves_the_loosened_rules_and_no_other_record(
    guarded: Workspace,
) -> None:
    loosen(guarded)
    with Session(guarded) as session:
        rules.apply(session, "wrong labels")
        (first,) = session.registry.waiting_rules()
    loosen_more = guarded.root / "evals" / PROMPT / "suite.yaml"
    loosen_more.write_text(loosen_more.read_text().replace("margin: 0.05", "margin: 0.3"))
    with Session(guarded) as session:
        rules.apply(session, "noise")
        _, second = session.registry.waiting_rules()
    app = WorkbenchApp(as_person(guarded, "bo"))
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until(pilot, lambda: "A Approve rules…" in screen_text(app).splitlines()[-1])
        await pilot.press("A")
        await until_shown(
            pilot,
            f"record {first.seq} by ana: wrong labels",
            "threshold: 0.6 → 0.1",
            f"record {second.seq} by ana: noise",
            "waits in production: 0 of 1 approval",
        )
        await until_shown(pilot, "< all 2 >")
        await pilot.press("right", "ctrl+s")
        await until_shown(pilot, "approved: suite support_triage", "threshold 0.6 -> 0.1")
    with Session(guarded) as session:
        assert [rule.seq for rule in session.registry.waiting_rules()] == [second.seq]


async def test_loosened_rules_are_not_approved_by_their_author(guarded: Workspace) -> None:
    loosen(guarded)
    with Session(guarded) as session:
        rules.apply(session, "wrong labels")
    app = WorkbenchApp(guarded)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until(pilot, lambda: "A Approve rules…" in screen_text(app).splitlines()[-1])
        await pilot.press("A")
        await until_shown(pilot, "You loosened these (ana): another person approves them")
        await pilot.press("ctrl+s", "escape")
        await settled(pilot)
    with Session(guarded) as session:
        assert len(session.registry.waiting_rules()) == 1


async def test_a_loosened_rule_stands_beside_the_environments_where_it_decides(
    workspace: Workspace,
) -> None:
    with (workspace.root / "workbench.toml").open("a") as file:
        file.write("\n[environments.staging]\nuntested = true\n")
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        open_deploy(app, PROMPT, "1.0.1", "staging")
        await until_shown(pilot, "^s Deploy", "rules loosened · tested")
        shown = screen_text(app).splitlines()
        assert not any("production" in line and "loosened" in line for line in shown)
        await pilot.press("ctrl+s")
        await until_shown(pilot, "untested no -> yes")
