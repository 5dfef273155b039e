"""A comparison that would cost more than the settings let pass asks first."""

from __future__ import annotations

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.screens import settled, until_shown
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.anyio


async def test_a_comparison_asks_before_expensive_calls(
    workspace: Workspace, server: OpenAIServer
) -> None:
    toml = workspace.root / "workbench.toml"
    toml.write_text(toml.read_text().replace("[workspace]", "[workspace]\nconfirm_above = 0.00001"))
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        calls = server.calls
        app.open_compare("support_triage@1.0.0", "support_triage@1.0.1")
        await until_shown(pilot, "y starts it", "40 calls", "more than $0.000010")
        await pilot.press("escape")
        await until_shown(pilot, "not run: its calls were not confirmed")
        await settled(pilot)
        assert server.calls == calls
        await pilot.press("S")
        await until_shown(pilot, "y starts it", "40 calls")
        await pilot.press("y")
        await until_shown(pilot, "NO DECISION", "A 1.0.1")
        assert server.calls == calls + 40
