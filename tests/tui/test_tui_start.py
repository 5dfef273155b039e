"""What the start of the terminal leaves behind."""

from __future__ import annotations

import gc

import pytest

from tests.support.screens import until
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio


async def test_garbage_is_collected_again_once_the_first_screen_is_up(fresh: Workspace) -> None:
    app = WorkbenchApp(fresh)
    gc.disable()
    try:
        async with app.run_test() as pilot:
            await until(pilot, gc.isenabled)
    finally:
        gc.enable()
