"""Write the compare screen of a workspace as an SVG, as the program itself draws it.

python scripts/screenshot.py WORKSPACE REF_A REF_B docs/compare.svg
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from textual.pilot import Pilot

from workbench.tui.app import WorkbenchApp
from workbench.tui.compare.screen import CompareScreen
from workbench.workspace import open_workspace

SIZE = (112, 34)
LONGEST_S = 600.0
STEP_S = 0.05


async def main(root: Path, ref_a: str, ref_b: str, out: Path) -> None:
    """Open the app without a terminal, compare, and keep what is on the screen."""
    app = WorkbenchApp(open_workspace(root))
    async with app.run_test(size=SIZE) as pilot:
        app.select(prompt_id=ref_a.partition("@")[0])
        app.open_compare(ref_a, ref_b)
        screen = await _compared(app, pilot)
        await pilot.press("n")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert screen.comparing is not None
        out.write_text(app.export_screenshot(title="workbench"), encoding="utf-8")
    print(f"wrote {out}")


async def _compared(app: WorkbenchApp, pilot: Pilot[int]) -> CompareScreen:
    for _ in range(int(LONGEST_S / STEP_S)):
        screen = app.screen
        if isinstance(screen, CompareScreen) and screen.comparing:
            return screen
        await pilot.pause(STEP_S)
    raise SystemExit("the comparison did not come")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])))
