"""What it costs to read the live prompt and to audit all, as ratios to bare sqlite3 in one run.

    python benchmarks/registry.py            10 prompts and 1,000 prompts with 100 versions each;
                                        the audit of 10,000 prompts with 20 versions each
    python benchmarks/registry.py --quick    10 prompts and 100 prompts with 10 versions each;
                                        the audit of 1,000 prompts with 20 versions each

Exits with 1 when a ratio is over its bound.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.models.precedence import sort_key
from workbench.registry.storage.sqlite.writing import Writer

ENVIRONMENT = "development"
WARM_BOUND, READ_BOUND, COLD_BOUND, AUDIT_BOUND = 0.5, 2.0, 2.0, 5.0
RAW = "SELECT * FROM active_prompts WHERE prompt_id = ? AND environment = ?"
"""What an app in another language asks, for the same answer: version, texts, who and when."""
TEXT = "Answer with one queue name only. " * 60
KEYS = 200
"""Prompts that one app reads in turn."""


def seed(path: Path, prompts: int, versions: int) -> None:
    """A registry with a version of every prompt live, written in few transactions."""
    with PromptRegistry(path, create=True):
        pass
    writer = Writer(str(path), create=False)
    for first in range(0, prompts, 50):
        with writer.transaction() as transaction:
            for number in range(first, min(first + 50, prompts)):
                for minor in range(versions):
                    version = PromptVersion(
                        f"p{number:04d}", f"1.{minor}.0", f"{TEXT}{number} {minor}"
                    )
                    transaction.append(
                        "version",
                        "bench",
                        {
                            "prompt_id": version.prompt_id,
                            "version": version.version,
                            "sort_key": sort_key(version.version),
                            "content": version.content,
                            "body": "",
                            "fingerprint": version.fingerprint,
                            "description": "",
                            "author": "bench",
                            "force_reason": "",
                        },
                    )
    writer.close()
    with PromptRegistry(path) as registry:
        for number in range(min(prompts, KEYS)):
            registry.deploy(f"p{number:04d}", f"1.{versions - 1}.0", ENVIRONMENT, "bench")


def reader(path: Path) -> sqlite3.Connection:
    """What an app without this package would hold open."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)


def each(call: Callable[[str], object], keys: list[str], rounds: int = 30) -> float:
    """Microseconds a call: the median of rounds over all keys."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter_ns()
        for key in keys:
            call(key)
        times.append((time.perf_counter_ns() - started) / len(keys) / 1000)
    return statistics.median(times)


def reads(path: Path, prompts: int) -> dict[str, float]:
    """Warm, and when it must read: against a raw indexed SELECT on an open connection."""
    keys = [f"p{number:04d}" for number in range(min(prompts, KEYS))]
    random.Random(1).shuffle(keys)
    connection = reader(path)
    with PromptRegistry(path) as registry:
        for key in keys:
            registry.get_active(key, ENVIRONMENT)

        def raw(key: str) -> object:
            return connection.execute(RAW, (key, ENVIRONMENT)).fetchone()

        def warm(key: str) -> object:
            return registry.get_active(key, ENVIRONMENT).content

        def first_read(key: str) -> object:
            registry._reader._entries.clear()
            return registry.get_active(key, ENVIRONMENT).content

        def must_read(key: str) -> object:
            registry._reader._file.data_version = -1  # as after a commit of another process
            return registry.get_active(key, ENVIRONMENT).content

        measured = [
            tuple(each(call, keys, 5) for call in (raw, warm, must_read, first_read))
            for _ in range(9)
        ]
    connection.close()
    raw_us, warm_us, read_us, first_us = (
        statistics.median(column) for column in zip(*measured, strict=True)
    )
    return {
        "raw_us": raw_us,
        "warm_us": warm_us,
        "read_us": read_us,
        "first_us": first_us,
        "warm_ratio": statistics.median(row[1] / row[0] for row in measured),
        "read_ratio": statistics.median(row[2] / row[0] for row in measured),
    }


def cold(path: Path, rounds: int = 15) -> dict[str, float]:
    """A process that imports the package and reads one prompt, against one with bare sqlite3.

    Both run with -I and the package on the path by hand, so that neither pays for a .pth file.
    """
    root = Path(__file__).resolve().parent.parent
    ours = (
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from workbench import PromptRegistry\n"
        f"PromptRegistry({str(path)!r}).get_active('p0000', {ENVIRONMENT!r}).content"
    )
    bare = (
        "import sqlite3\n"
        f"c = sqlite3.connect('file:{path}?mode=ro', uri=True)\n"
        f"c.execute({RAW!r}, ('p0000', {ENVIRONMENT!r})).fetchone()"
    )
    nothing = "pass"
    times: dict[str, list[float]] = {ours: [], bare: [], nothing: []}
    for _ in range(rounds):
        for code, figures in times.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
            figures.append(time.perf_counter() - started)
    best = {code: statistics.median(figures) * 1000 for code, figures in times.items()}
    return {
        "cold_ms": best[ours],
        "cold_bare_ms": best[bare],
        "nothing_ms": best[nothing],
        "cold_ratio": best[ours] / best[bare],
    }


def processor_s() -> float:
    """Seconds of the processor, with those of the processes that were waited for."""
    return sum(os.times()[:4])


def audit(path: Path, rounds: int = 3) -> dict[str, float]:
    """`verify`, against reading every row of the same tables once and hashing it; CPU seconds."""
    verified, bare = [], []
    for _ in range(rounds):
        started = processor_s()
        with PromptRegistry(path) as registry:
            report = registry.verify()
        verified.append(processor_s() - started)
        assert report.ok, report.first_bad
        started = processor_s()
        connection = reader(path)
        for statement in ("SELECT * FROM ledger", "SELECT * FROM versions"):
            for row in connection.execute(statement):
                hashlib.sha256(repr(row).encode()).hexdigest()
        connection.close()
        bare.append(processor_s() - started)
    return {
        "records": report.records,
        "audit_s": min(verified),
        "audit_bare_s": min(bare),
        "audit_ratio": min(verified) / min(bare),
    }


def _write(path: str, stop: str, number: int) -> None:
    with PromptRegistry(path) as registry:
        for step in itertools.count():
            if os.path.exists(stop):  # noqa: PTH110 - a flag, asked often
                return
            version = PromptVersion(f"w{number}", f"1.{step}.0", f"{number} {step}")
            registry.register(version)
            registry.deploy(version.prompt_id, version.version, ENVIRONMENT, "bench")


def beside_writers(path: Path, seconds: float = 4.0, writers: int = 4) -> dict[str, float]:
    """Latency of a read while four processes write as fast as they can."""
    stop = path.with_suffix(".stop")
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_write, args=(str(path), str(stop), n)) for n in range(writers)
    ]
    for process in processes:
        process.start()
    times = []
    with PromptRegistry(path) as registry:
        registry.get_active("p0000", ENVIRONMENT)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            started = time.perf_counter_ns()
            registry.get_active("p0000", ENVIRONMENT)
            times.append((time.perf_counter_ns() - started) / 1000)
        errors = registry.last_error
    stop.touch()
    for process in processes:
        process.join()
    stop.unlink()
    assert errors is None, errors
    times.sort()
    return {
        "busy_reads": len(times),
        "busy_p50_us": times[len(times) // 2],
        "busy_p99_us": times[len(times) * 99 // 100],
    }


def main() -> int:
    """Measure, print one JSON object, and say which bounds do not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smaller registry")
    parser.add_argument("--json", action="store_true", help="what it prints anyway")
    options = parser.parse_args()
    sizes = [(10, 10), (100, 10) if options.quick else (1000, 100)]
    report: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for prompts, versions in sizes:
            path = Path(folder) / f"registry-{prompts}.db"
            seed(path, prompts, versions)
            figures = reads(path, prompts) | cold(path)
            figures["megabytes"] = path.stat().st_size / 1e6
            report[f"{prompts} prompts, {versions} versions each"] = figures
        report["beside four writers"] = beside_writers(path)
        prompts = 1_000 if options.quick else 10_000
        path = Path(folder) / "registry-audit.db"
        seed(path, prompts, 20)
        report[f"audit of {prompts} prompts, 20 versions each"] = audit(path)
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    bounds = {
        "warm_ratio": WARM_BOUND,
        "read_ratio": READ_BOUND,
        "cold_ratio": COLD_BOUND,
        "audit_ratio": AUDIT_BOUND,
    }
    over = [
        f"{size}: {name} {figures[name]:.2f} > {bound}"
        for size, figures in report.items()
        for name, bound in bounds.items()
        if figures.get(name, 0.0) > bound
    ]
    for line in over:
        sys.stderr.write(line + "\n")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
