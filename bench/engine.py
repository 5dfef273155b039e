"""What a run costs: ours beside a bare asyncio + openai loop and beside the ideal, in one go.

    python bench/engine.py                 1,000 and 10,000 cases at 0, 50 and 500 ms
    python bench/engine.py --cases 1000 --delays 0 0.05

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
sys.path[:0] = [str(ROOT), str(ROOT / "bench" / "support")]

CONCURRENCY = 50
TICKET = "My invoice number {n} shows the amount twice, please have a look at it."
SYSTEM = "Answer with one queue name only: billing, shipping, account, returns, technical, other."


@dataclass(frozen=True)
class Measured:
    """One process."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    inner_s: float
    calls: int


def bare(base_url: str, cases: int) -> dict[str, float]:
    """What everybody writes first: a semaphore, gather, exact match, results in a list."""
    import asyncio

    from openai import AsyncOpenAI

    async def main() -> int:
        gate = asyncio.Semaphore(CONCURRENCY)
        async with AsyncOpenAI(base_url=base_url, api_key="bench") as client:

            async def one(n: int) -> bool:
                async with gate:
                    completion = await client.chat.completions.create(
                        model="mock-model",
                        messages=[
                            {"role": "system", "content": SYSTEM},
                            {"role": "user", "content": TICKET.format(n=n)},
                        ],
                        temperature=0,
                    )
                return completion.choices[0].message.content == "billing"

            right = await asyncio.gather(*(one(n) for n in range(cases)))
        return sum(right)

    started = time.perf_counter()
    assert asyncio.run(main()) == cases
    return {"inner_s": time.perf_counter() - started, "calls": cases}


def ours(base_url: str, cases: int, store: str) -> dict[str, float]:
    """The engine with scoring, storing, caching and progress."""
    from workbench.datasets.values import Case, Dataset
    from workbench.prompts.values import Input, Message, Model, Prompt
    from workbench.runs.engine import start_run
    from workbench.runs.suite import GatePolicy, RunOptions, Suite
    from workbench.runs.values import RunSpec, RunStatus
    from workbench.scorers.catalog import make_scorer
    from workbench.settings import ProviderSettings

    dataset = Dataset(
        "bench",
        tuple(Case(f"t{n}", {"ticket": TICKET.format(n=n)}, "billing") for n in range(cases)),
    )
    suite = Suite(
        "bench",
        "bench",
        dataset,
        (make_scorer("exact_match", {}, "bench"),),
        GatePolicy(("exact_match",)),
        RunOptions(concurrency=CONCURRENCY),
    )
    prompt = Prompt(
        "bench",
        (Message("system", SYSTEM), Message("user", "{{ ticket }}")),
        Model("mock-model", "mock", {"temperature": 0}),
        (Input("ticket"),),
    )

    def provider():  # type: ignore[no-untyped-def]
        from workbench.providers.opening import open_provider

        # One name for the endpoint whatever its port, so that the second run finds the first.
        settings = ProviderSettings("mock", base_url=base_url, api_key_env="BENCH_KEY")
        return open_provider(settings, environ={"BENCH_KEY": "bench"})

    started = time.perf_counter()
    live = start_run(RunSpec(prompt, suite, dataset.cases), provider, Path(store))
    seen = 0
    while not live.ends_within(0.1):  # as the screen does
        seen += len(live.drain())
        live.progress()
    seen += len(live.drain())
    summary = live.wait()
    assert summary.status is RunStatus.COMPLETE, summary.reason
    assert summary.scored == cases == seen and summary.score == 1.0
    if summary.calls == 0:
        assert "openai" not in sys.modules
    return {"inner_s": time.perf_counter() - started, "calls": summary.calls}


def measure(*arguments: str) -> Measured:
    """This file again, in a process of its own."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, __file__, "--child", *arguments], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise SystemExit(f"{arguments} failed")
    inner = json.loads(said)
    cpu = usage.ru_utime + usage.ru_stime
    return Measured(wall, cpu, usage.ru_maxrss / 1024, inner["inner_s"], int(inner["calls"]))


def compare(cases: int, delay: float) -> None:
    """Three processes against one mock server, and what they cost beside one another."""
    from mock_server import running

    ideal = cases * delay / CONCURRENCY
    with tempfile.TemporaryDirectory() as folder, running(delay) as base_url:
        store = Path(folder) / "runs.db"
        rows = {
            "bare openai loop": measure("bare", base_url, str(cases)),
            "ours": measure("ours", base_url, str(cases), str(store)),
            "ours, again": measure("ours", base_url, str(cases), str(store)),
        }
        size = sum(path.stat().st_size for path in Path(folder).glob("runs.db*"))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--delays", type=float, nargs="*", default=[0.0, 0.05, 0.5])
    parser.add_argument("--child", nargs="*")
    given = parser.parse_args()
    if given.child:
        kind, base_url, cases, *rest = given.child
        found = bare(base_url, int(cases)) if kind == "bare" else ours(base_url, int(cases), *rest)
        print(json.dumps(found))
        return
    for cases in given.cases:
        for delay in given.delays:
            compare(cases, delay)


if __name__ == "__main__":
    main()
