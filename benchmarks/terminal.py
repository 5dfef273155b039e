"""What the terminal costs, beside the smallest Textual program, in one run.

First useful frame and memory in a real pseudo-terminal; key to paint, loading and live results in
Textual's own headless driver, so that they measure this program and not the terminal.

    python benchmarks/terminal.py            all of it, about a minute
    python benchmarks/terminal.py --json     one JSON object
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from textual.app import App, ComposeResult  # noqa: E402

from tests.support.pty_session import Terminal  # noqa: E402
from workbench.datasets.values import Case  # noqa: E402
from workbench.providers.base import Answer, Outcome  # noqa: E402
from workbench.runs.spec.values import Result  # noqa: E402
from workbench.scorers.base import Score  # noqa: E402
from workbench.tui.table.case_rows import (  # noqa: E402
    RESULT_COLUMNS,
    ResultRow,
    answered,
    waiting_rows,
)
from workbench.tui.table.column_table import ColumnTable  # noqa: E402
from workbench.tui.table.filters import parse_filter  # noqa: E402
from workbench.tui.widgets.case_pane import CasePane  # noqa: E402

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("n New draft")
Bare().run()
"""
MARK = "n New draft"
LIMIT_KEY_MS = 50.0
LIMIT_FRAME = 2.5
LIMIT_MEMORY_MB = 60.0


@dataclass(frozen=True)
class Start:
    """One start in a pseudo-terminal."""

    first_frame_s: float
    memory_mb: float
    """Proportional set size two seconds later; resident size where the kernel has none."""
    resident_mb: float
    idle_share: float
    """CPU of one core while nothing happens."""


class Cases(App[None]):
    """The run screen's table alone."""

    def __init__(self, rows: Sequence[ResultRow]) -> None:
        super().__init__()
        self.rows = rows
        self.animation_level = "none"

    def compose(self) -> ComposeResult:
        yield CasePane(ColumnTable(RESULT_COLUMNS), "Cases")

    @property
    def table(self) -> ColumnTable:
        return self.query_one(ColumnTable)


def start(argv: Sequence[str], env: dict[str, str], mark: str) -> Start:
    """Time from exec to the mark on the screen, then memory and idle CPU."""
    begun = time.perf_counter()
    with Terminal(argv, env, columns=120, rows=40) as terminal:
        while mark.encode() not in terminal.seen:
            terminal.read(quiet_s=0.005, most_s=0.02)
            if time.perf_counter() - begun > 60:
                raise RuntimeError(f"{mark!r} never came: {terminal.seen[-500:]!r}")
        first = time.perf_counter() - begun
        terminal.read(quiet_s=2.0, most_s=2.0)
        memory, resident = _memory(terminal.pid)
        cpu = _cpu_s(terminal.pid)
        terminal.read(quiet_s=3.0, most_s=3.0)
        idle = (_cpu_s(terminal.pid) - cpu) / 3.0
        os.kill(terminal.pid, signal.SIGTERM)
    return Start(first, memory, resident, idle)


async def keys(count: int, presses: int = 60) -> dict[str, float]:
    """Key to paint in milliseconds with `count` results loaded, and what loading cost."""
    cases = tuple(_case(number) for number in range(count))
    rows = list(answered({r.key: r for r in waiting_rows(cases, 1, "s")}, map(_result, cases)))
    app = Cases(rows)
    async with app.run_test(size=(120, 40)) as pilot:
        loaded = time.perf_counter()
        app.table.load(rows)
        await app.workers.wait_for_complete()
        await pilot.pause()
        load_s = time.perf_counter() - loaded
        app.table.focus()
        times = []
        for number in range(presses):
            key = ("j", "ctrl+d", "k", "pagedown", "G", "g", "l", "h")[number % 8]
            times.append(await _press(app, key))
        lag = await _worst_lag(app, "output 3")
    return {
        "load_s": load_s,
        "median_ms": statistics.median(times),
        "p95_ms": _p95(times),
        "filter_lag_ms": lag,
    }


async def live(rate: float = 400.0, seconds: float = 5.0) -> dict[str, float]:
    """Results coming in at `rate`, drained ten times a second, while keys are pressed."""
    cases = tuple(_case(number) for number in range(int(rate * seconds)))
    waiting = waiting_rows(cases, 1, "s")
    app = Cases(waiting)
    async with app.run_test(size=(120, 40)) as pilot:
        app.table.load(waiting)
        await pilot.pause()
        app.table.focus()
        index = {row.key: row for row in waiting}
        idle = await _cpu_while(app, seconds / 2)
        begun, cpu = time.perf_counter(), time.process_time()
        sent, worst, times = 0, 0.0, []
        while sent < len(cases):
            due = min(len(cases), int((time.perf_counter() - begun) * rate))
            app.table.put(answered(index, map(_result, cases[sent:due])))
            sent = due
            times.append(await _press(app, "j"))
            slept = time.perf_counter()
            await asyncio.sleep(0.1)
            worst = max(worst, time.perf_counter() - slept - 0.1)
        spent = time.process_time() - cpu - idle * (time.perf_counter() - begun)
    return {
        "cpu_ms_a_result": 1000 * spent / len(cases),
        "worst_lag_ms": 1000 * worst,
        "key_p95_ms": _p95(times),
    }


async def _press(app: App[Any], key: str) -> float:
    """Milliseconds until the key was handled and the screen drawn again."""
    begun = time.perf_counter()
    app.simulate_key(key)
    painted = asyncio.Event()
    await asyncio.sleep(0)
    app.screen.focused.call_after_refresh(painted.set) if app.screen.focused else painted.set()
    await painted.wait()
    return 1000 * (time.perf_counter() - begun)


async def _worst_lag(app: Cases, typed: str) -> float:
    """The longest the loop was held up while a filter over all rows was applied."""
    app.table.find(parse_filter(typed))
    worst, begun = 0.0, time.perf_counter()
    while time.perf_counter() - begun < 3.0:
        slept = time.perf_counter()
        await asyncio.sleep(0.005)
        worst = max(worst, time.perf_counter() - slept - 0.005)
        if not app.workers and time.perf_counter() - begun > 0.5:
            break
    return 1000 * worst


async def _cpu_while(app: App[Any], seconds: float) -> float:
    """CPU a second of the app while nothing comes in."""
    del app
    cpu, begun = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (time.process_time() - cpu) / (time.perf_counter() - begun)


def _case(number: int) -> Case:
    return Case(f"t-{number}", {"ticket": f"ticket {number}: the app does not open"}, "bug")


def _result(case: Case) -> Result:
    number = int(case.id[2:])
    score = Score(float(number % 7 != 0), "want: bug")
    text = f"output {number % 10} " + "because of the update " * 3
    return Result(case.id, 0, Answer(Outcome.OK, text=text, latency_s=0.2), {"s": score})


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[max(0, round(0.95 * len(times)) - 1)]


def _memory(pid: int) -> tuple[float, float]:
    """Proportional and resident set size in MB."""
    resident = shared = 0.0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            resident = int(line.split()[1]) / 1024
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                shared = int(line.split()[1]) / 1024
    return shared or resident, resident


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _workspace(root: Path) -> Path:
    """An empty workspace: its first screen says what fills it."""
    (root / "workbench.toml").write_text('[workspace]\nauthor = "bench"\n')
    (root / "prompts").mkdir()
    return root


def measure(rounds: int) -> dict[str, Any]:
    """All figures; the two programs take turns, so that both see the same machine."""
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    env |= {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        root = _workspace(Path(folder))
        env["WORKBENCH_CONFIG"] = folder
        ours, bare = [], []
        for _ in range(rounds):
            bare.append(start([sys.executable, "-c", BARE], env, MARK))
            ours.append(start([sys.executable, "-m", "workbench.tui", str(root)], env, MARK))
    figures: dict[str, Any] = {
        "first_frame_s": min(s.first_frame_s for s in ours),
        "bare_first_frame_s": min(s.first_frame_s for s in bare),
        "memory_mb": min(s.memory_mb for s in ours),
        "resident_mb": min(s.resident_mb for s in ours),
        "bare_memory_mb": min(s.memory_mb for s in bare),
        "idle_cpu": min(s.idle_share for s in ours),
    }
    figures["first_frame_ratio"] = figures["first_frame_s"] / figures["bare_first_frame_s"]
    for count in (10_000, 100_000):
        figures[f"rows_{count}"] = asyncio.run(keys(count))
    figures["live_400"] = asyncio.run(live())
    return figures


def lines(figures: dict[str, Any]) -> list[str]:
    """The figures, each beside its limit."""
    ratio = figures["first_frame_ratio"]
    out = [
        f"first useful frame   {figures['first_frame_s']:.3f} s, one Static"
        f" {figures['bare_first_frame_s']:.3f} s: {ratio:.2f} x (limit {LIMIT_FRAME} x)",
        f"memory               {figures['memory_mb']:.0f} MB proportional,"
        f" {figures['resident_mb']:.0f} MB resident, one Static {figures['bare_memory_mb']:.0f} MB"
        f" (limit {LIMIT_MEMORY_MB:.0f} MB)",
        f"idle CPU             {100 * figures['idle_cpu']:.1f} % of a core",
    ]
    for count in (10_000, 100_000):
        rows = figures[f"rows_{count}"]
        out.append(
            f"{count:>7,} results      key to paint {rows['median_ms']:.1f} ms, 95th percentile"
            f" {rows['p95_ms']:.1f} ms (limit {LIMIT_KEY_MS:.0f} ms), loaded in"
            f" {rows['load_s']:.2f} s, longest hold-up by a filter {rows['filter_lag_ms']:.0f} ms"
        )
    flow = figures["live_400"]
    out.append(
        f"400 results a second CPU {flow['cpu_ms_a_result']:.2f} ms a result, key to paint 95th"
        f" percentile {flow['key_p95_ms']:.1f} ms, worst lag {flow['worst_lag_ms']:.0f} ms"
    )
    return out


def main() -> int:
    """Exit code 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="two rounds")
    options = parser.parse_args()
    figures = measure(2 if options.quick else options.rounds)
    sys.stdout.write((json.dumps(figures) if options.json else "\n".join(lines(figures))) + "\n")
    kept = (
        figures["first_frame_ratio"] <= LIMIT_FRAME
        and figures["memory_mb"] <= LIMIT_MEMORY_MB
        and all(figures[f"rows_{n}"]["p95_ms"] <= LIMIT_KEY_MS for n in (10_000, 100_000))
        and figures["live_400"]["key_p95_ms"] <= LIMIT_KEY_MS
    )
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
