"""A provider in the screens: its address, the variable with its key, a model picked and tried."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.app import App
from textual.widgets import Input

from tests.support.openai_server import OpenAIServer
from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.trust import is_trusted
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive(keep=1)]
SMALL = (80, 24)
Compare = Callable[[App[int], str], None]
TOML = "# mine\n[workspace]\nauthor = 'ana'   # me\n"


@pytest.fixture
def alone(fresh: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A prompt whose provider is not there yet."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    (fresh.root / "workbench.toml").write_text(TOML)
    return open_workspace(fresh.root)


async def test_a_model_of_a_new_provider_is_picked_tried_and_taken_by_the_draft(
    alone: Workspace, snapshot: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-very-secret")
    with OpenAIServer(lambda *_: "ready [/b] \x1b]0;x\x07", model="gpt [/x] \x1b[2J") as server:
        server.shutdown_dates = {f"m-{number}": "2099-01-01" for number in range(30)}
        app = WorkbenchApp(alone)
        async with app.run_test(size=SMALL) as pilot:
            await until(pilot, lambda: app.selection.prompt_id)
            await settled(pilot)
            await pilot.press("P")
            await until_shown(pilot, "New provider", "OPENAI_API_KEY")
            await settled(pilot)
            snapshot(app, "provider")
            await pilot.press("left", "right", "tab", "tab")
            await pilot.press(*"mine", "enter")
            address = app.screen.query_one("#base-url", Input)
            await until(pilot, lambda: address.has_focus)
            await pilot.press(*server.base_url, "enter", *"SOME_KEY")
            await until_shown(pilot, "$SOME_KEY, which is set")
            await pilot.press("enter")
            await until_shown(pilot, "Models of mine", "gpt [/x]")
            assert "sk-very-secret" not in screen_text(app)
            assert (alone.root / "workbench.toml").read_text() == TOML, "nothing is written yet"
            await pilot.press(*"m-29", "enter", "enter")
            await until_shown(pilot, "ok, ", "ready [/b]")
            assert server.requests[-1]["model"] == "m-29"
            await pilot.press("ctrl+s")
            await until_shown(pilot, "saved [providers.mine]", "asks m-29")
    assert server.headers[-1]["authorization"] == "Bearer sk-very-secret"
    changed = open_workspace(alone.root)
    written = (alone.root / "workbench.toml").read_text()
    assert written.startswith(TOML) and "sk-very-secret" not in written
    assert is_trusted(changed)
    model = changed.read_draft(changed.root / "prompts" / f"{PROMPT}.prompty").prompt.model
    assert model is not None
    assert (model.id, model.provider, dict(model.options)) == (
        "m-29",
        "mine",
        {"temperature": 0, "maxOutputTokens": 8},
    )


async def test_an_endpoint_that_cannot_be_reached_is_said_and_the_model_can_be_typed(
    alone: Workspace,
) -> None:
    with OpenAIServer() as server:
        gone = server.base_url
    app = WorkbenchApp(alone)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.selection.prompt_id)
        await settled(pilot)
        await pilot.press("P")
        await until_shown(pilot, "New provider")
        app.screen.query_one("#base-url", Input).value = gone
        app.screen.query_one("#variable", Input).value = "sk-proj-1"
        await settled(pilot)
        await pilot.press("ctrl+s")
        await until_shown(pilot, "is the name of a variable")
        app.screen.query_one("#variable", Input).value = "NO_SUCH_KEY"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "Models of openai", "NO_SUCH_KEY")
        await pilot.press("escape")
        await until_shown(pilot, "$NO_SUCH_KEY, which is NOT set")
        app.screen.query_one("#variable", Input).value = ""
        await pilot.press("ctrl+s")
        await until_shown(pilot, "lists no models")
        await pilot.press(*"some-model", "enter")
        await until(pilot, lambda: app.focused and app.focused.id == "try")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("P")
        await until_shown(pilot, gone)
    assert (alone.root / "workbench.toml").read_text() == TOML


async def test_the_models_of_a_provider_that_is_there_are_listed_and_taken(
    fresh: Workspace,
) -> None:
    app = WorkbenchApp(fresh)
    async with app.run_test(size=SMALL) as pilot:
        await until(pilot, lambda: app.selection.prompt_id)
        await settled(pilot)
        await pilot.press("P")
        await until_shown(pilot, "Providers · enter shows its models", "mock")
        await pilot.press("enter")
        await until_shown(pilot, "Models of mock", "gpt-x-mini")
        await pilot.press(*"gpt-x-maxi", "ctrl+s")
        await until_shown(pilot, "asks gpt-x-maxi")
    assert "id: gpt-x-maxi" in (fresh.root / "prompts" / f"{PROMPT}.prompty").read_text()
