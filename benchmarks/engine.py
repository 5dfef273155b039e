"""What a run costs: ours beside raw sockets, a bare asyncio + openai loop and the ideal, in one go.

    python benchmarks/engine.py                 1,000 and 10,000 cases at 0, 50 and 500 ms
    python benchmarks/engine.py --cases 1000 --delays 0 0.05

Each row is a process of its own: wall and CPU count everything from the interpreter's start to
its end; the peak of memory is the process's. `again` is the same run a second time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks" / "support"))

from engine_child import CONCURRENCY  # noqa: E402 - the path comes first
from mock_server import running  # noqa: E402

CHILD = ROOT / "benchmarks" / "support" / "engine_child.py"


@dataclass(frozen=True)
class Measured:
    """One process."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    inner_s: float
    calls: int


def measure(*arguments: str) -> Measured:
    """A program of engine_child.py, from the interpreter's start to its end."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(CHILD), *arguments], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise SystemExit(f"{arguments} failed")
    inner = json.loads(output)
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(wall, cpu, usage.ru_maxrss / 1024, inner["inner_s"], int(inner["calls"]))


def compare(cases: int, delay: float) -> tuple[dict[str, Measured], float, int]:
    """By name what was measured, the ideal time in seconds, and the bytes stored.

    Four processes against one mock server, and what they cost beside one another."""
    ideal = cases * delay / CONCURRENCY
    with tempfile.TemporaryDirectory() as folder, running(delay) as base_url:
        store = Path(folder) / "runs.db"
        rows = {
            "raw sockets": measure("raw", base_url, str(cases)),
            "bare openai loop": measure("bare", base_url, str(cases)),
            "ours": measure("ours", base_url, str(cases), str(store)),
            "ours, again": measure("ours", base_url, str(cases), str(store)),
        }
        size = sum(path.stat().st_size for path in Path(folder).glob("runs.db*"))
    return rows, ideal, size


def show(rows: dict[str, Measured], cases: int, delay: float, ideal: float, size: int) -> None:
    """Print the table of one size and delay."""
    print(f"\n{cases:,} cases, {delay * 1000:g} ms, {CONCURRENCY} at once; ideal {ideal:.2f} s")
    heads = [f"{head:>9}" for head in ("wall s", "x ideal", "run s", "CPU s", "ms/case")]
    print(f"{'':20}{''.join(heads)}{'MB':>7}{'calls':>8}")
    for name, row in rows.items():
        ratio = f"{row.wall_s / ideal:9.2f}" if ideal else f"{'':9}"
        print(
            f"{name:20}{row.wall_s:9.2f}{ratio}{row.inner_s:9.2f}{row.cpu_s:9.2f}"
            f"{row.cpu_s / cases * 1000:9.2f}{row.peak_mb:7.0f}{row.calls:8}"
        )
    share = rows["ours"].cpu_s / rows["bare openai loop"].cpu_s
    print(f"ours / bare: CPU {share:.2f}; stored {size / cases:.0f} bytes a result, text included")


def figures(rows: dict[str, Measured], ideal: float) -> dict[str, float]:
    """What is worth comparing with an earlier run: ratios, and memory."""
    ours, bare, again = rows["ours"], rows["bare openai loop"], rows["ours, again"]
    return {
        "wall_to_raw": ours.wall_s / rows["raw sockets"].wall_s,
        "cpu_ms_a_call": 1000 * ours.cpu_s / ours.calls,
        "wall_to_bare": ours.wall_s / bare.wall_s,
        "cpu_to_bare": ours.cpu_s / bare.cpu_s,
        "again_s": again.inner_s,
        "peak_mb": ours.peak_mb,
        **({"wall_to_ideal": ours.wall_s / ideal} if ideal else {}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--delays", type=float, nargs="*", default=[0.0, 0.05, 0.5])
    parser.add_argument("--quick", action="store_true", help="1,000 cases at 0 and 50 ms")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    by_size = {}
    for cases in given.cases[:1] if given.quick else given.cases:
        for delay in given.delays[:2] if given.quick else given.delays:
            rows, ideal, size = compare(cases, delay)
            by_size[f"{cases} cases, {delay * 1000:g} ms"] = figures(rows, ideal)
            if not given.json:
                show(rows, cases, delay, ideal, size)
    if given.json:
        print(json.dumps(by_size))


if __name__ == "__main__":
    main()
