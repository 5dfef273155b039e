"""What a registry of 10,000 prompts with 20 versions each costs the audit and the screens.

    python benchmarks/large.py            about two minutes, most of it to make the registry
    python benchmarks/large.py --quick    1,000 prompts

The floor is what an audit cannot do without: bare sqlite3 reads every row, and hashes it. Keys are
measured in Textual's headless driver. Exits with 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from registry import seed  # noqa: E402
from textual import events  # noqa: E402

from workbench.actions.session import Session  # noqa: E402
from workbench.actions.workspace.doctor import examine  # noqa: E402
from workbench.registry import PromptRegistry  # noqa: E402
from workbench.tui.app import WorkbenchApp  # noqa: E402
from workbench.tui.prompts.queries import read_page, read_prompts  # noqa: E402
from workbench.tui.table.case_table import CaseTable  # noqa: E402
from workbench.workspace import Workspace, open_workspace  # noqa: E402

VERSIONS = 20
DOCTOR_TO_FLOOR, KEY_MS, DEPLOYS_MS = 3.0, 100.0, 500.0
TYPED = (*"p99", "backspace", "7")
SIZE = (120, 40)


def floor(path: Path) -> None:
    """Read and hash every row of the two big tables."""
    connection = sqlite3.connect(path)
    for table in ("versions", "ledger"):
        for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - a name from above
            hashlib.sha256(repr(row).encode()).digest()
    connection.close()


def timed(call: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure(workspace: Workspace) -> dict[str, float]:
    """The floor, and each as seconds and as a multiple of it."""
    path = workspace.registry_path
    bare = min(timed(lambda: floor(path)) for _ in range(3))
    with PromptRegistry(path) as registry:
        verify = min(timed(registry.verify) for _ in range(2))
    doctor = min(timed(lambda: examine(workspace)) for _ in range(2))
    with Session(workspace) as session:
        read_prompts(session)
        listed = timed(lambda: read_prompts(session))
        page = timed(lambda: read_page(session, "p0500"))
    return {
        "floor_s": bare,
        "verify_s": verify,
        "verify_ratio": verify / bare,
        "doctor_s": doctor,
        "doctor_ratio": doctor / bare,
        "prompts_s": listed,
        "page_s": page,
    }


async def screens(workspace: Workspace, prompts: int) -> dict[str, float]:
    """Milliseconds from a key to the drawn list and detail, and until Deploys lists what is live.

    Pilot.press would wait 20 ms at a time until the process is idle, which is no part of a key.
    """
    app = WorkbenchApp(workspace)
    gc.freeze()  # as `main_loop` does
    times = []
    async with app.run_test(size=SIZE) as pilot:

        async def drawn() -> None:
            await pilot.pause(0)
            while any(worker.is_running for worker in app.workers):
                await asyncio.sleep(0.001)
            await pilot.pause(0)

        table = app.screen.query_one("#prompts", CaseTable)
        while len(table.model) < prompts:
            await asyncio.sleep(0.01)
        await pilot.press("slash")
        await pilot.pause()
        typed = ""
        for key in TYPED:
            typed = typed[:-1] if key == "backspace" else typed + key
            started = time.perf_counter()
            app.post_message(events.Key(key, None if key == "backspace" else key))
            while table.model.wanted.text != typed:
                await pilot.pause(0)
            await drawn()
            times.append((time.perf_counter() - started) * 1000)
        await pilot.press("escape", "escape")
        await pilot.pause()
        started = time.perf_counter()
        app.post_message(events.Key("f9", None))
        while not (
            app.screen.query("#live") and len(app.screen.query_one("#live", CaseTable).model)
        ):
            await asyncio.sleep(0.001)
        await pilot.pause(0)
        deploys = (time.perf_counter() - started) * 1000
        await pilot.pause()
    return {"key_median_ms": statistics.median(times), "key_worst_ms": max(times),
            "deploys_ms": deploys}  # fmt: skip


def main() -> int:
    """Measure, print one JSON object, and say which bounds do not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 prompts")
    parser.add_argument("--json", action="store_true", help="what it prints anyway")
    prompts = 1_000 if parser.parse_args().quick else 10_000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "workbench.toml").write_text('[workspace]\nauthor = "bench"\n', encoding="utf-8")
        (root / ".workbench").mkdir(mode=0o700)
        workspace = open_workspace(root)
        seed(workspace.registry_path, prompts, VERSIONS)
        measured = measure(workspace) | asyncio.run(screens(workspace, prompts))
    sys.stdout.write(json.dumps(measured, indent=1) + "\n")
    bounds = {
        "doctor_ratio": DOCTOR_TO_FLOOR,
        "key_median_ms": KEY_MS,
        "deploys_ms": DEPLOYS_MS,
    }
    over = [f"{name} {measured[name]:.2f} > {bound}" for name, bound in bounds.items()
            if measured[name] > bound]  # fmt: skip
    for line in over:
        sys.stderr.write(line + "\n")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main())
