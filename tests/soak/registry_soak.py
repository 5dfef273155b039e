"""Crash and contention: what was acknowledged is there, and the chain holds.

    python tests/soak/registry_soak.py kill --rounds 500     kill -9 in the middle of writing
    python tests/soak/registry_soak.py crowd --seconds 60    16 writers and 8 readers

Each writer acknowledges a transaction over its pipe after the call returned. Prints its figures
as one JSON object and exits with 1 when anything was lost. The tests run the same code, shorter.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from workbench.registry import PromptRegistry, PromptVersion

ENVIRONMENT = "development"

CONTEXT = multiprocessing.get_context("forkserver" if hasattr(os, "fork") else "spawn")
"""Children start in milliseconds: a helper process that has opened no database has all imports."""
if hasattr(os, "fork"):
    CONTEXT.set_forkserver_preload(
        [
            "workbench.registry.facade",
            "workbench.registry.content.versions",
            "workbench.registry.storage.sqlite.writing",
            "workbench.registry.deploy.deployments",
            "workbench.registry.storage.sqlite.reading",
            "difflib",
            "sqlite3",
        ]
    )


def write(path: str, name: str, steps: int, acknowledge: Connection) -> None:
    """Register and deploy, and say so each time the call has returned."""
    with PromptRegistry(path) as registry:
        for step in range(steps):
            version = PromptVersion(name, f"1.0.{step}", f"{name} {step} " + "x" * 1500)
            registry.register(version)
            acknowledge.send(f"v {version.ref}")
            done = registry.deploy(name, version.version, ENVIRONMENT, name)
            acknowledge.send(f"d {version.ref} {done.seq}")
    acknowledge.send("end")


def read(path: str, seconds: float, prompt_id: str, report: Connection) -> None:
    """Read as fast as possible; a version that is older than the one before is an error."""
    end, reads, last, slowest = time.monotonic() + seconds, 0, 0, 0.0
    with PromptRegistry(path) as registry:
        while time.monotonic() < end:
            started = time.perf_counter()
            prompt = registry.get_active(prompt_id, ENVIRONMENT, strict=True)
            slowest = max(slowest, time.perf_counter() - started)
            step = int(prompt.version.rpartition(".")[2])
            assert step >= last, "a reader went back"
            last, reads = step, reads + 1
    report.send((reads, slowest))


@dataclass
class Counters:
    """What was promised, and what was found."""

    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    first_open_ms: list[float] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.lost and not self.findings

    def as_dict(self) -> dict[str, Any]:
        times = sorted(self.first_open_ms) or [0.0]
        return {
            "acknowledged": self.acknowledged,
            "lost": len(self.lost),
            "findings": self.findings,
            "first_open_p50_ms": round(times[len(times) // 2], 1),
            "first_open_max_ms": round(times[-1], 1),
            **self.figures,
        }


@dataclass
class Child:
    """A process and the end of its pipe."""

    process: BaseProcess
    pipe: Connection

    @classmethod
    def start(cls, work: Callable[..., None], *arguments: Any) -> Child:
        mine, theirs = CONTEXT.Pipe(duplex=False)
        process = CONTEXT.Process(target=work, args=(*arguments, theirs))
        process.start()
        theirs.close()
        return cls(process, mine)

    def messages(self) -> list[Any]:
        """Everything that came through until the process ended."""
        received = []
        with contextlib.suppress(EOFError, OSError):
            while True:
                received.append(self.pipe.recv())
        self.process.join()
        return received


def check(path: Path, acknowledged: list[str], counters: Counters, *, verify: bool) -> None:
    """Compare the file with what was acknowledged."""
    started = time.perf_counter()
    with PromptRegistry(path) as registry:
        registry.prompts()
        counters.first_open_ms.append((time.perf_counter() - started) * 1000)
        with registry._reading() as connection:
            versions = {
                f"{p}@{v}" for p, v in connection.execute("SELECT prompt_id, version FROM versions")
            }
            deployed = {
                f"{p}@{v} {s}"
                for p, v, s in connection.execute("SELECT prompt_id, version, seq FROM deployments")
            }
            answer = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if answer != "ok":
            counters.findings.append(f"integrity_check: {answer}")
        for line in acknowledged:
            kind, _, what = line.partition(" ")
            if what not in (versions if kind == "v" else deployed):
                counters.lost.append(line)
        if verify:
            counters.findings += [f"{f.where}: {f.problem}" for f in registry.verify().findings]
    counters.acknowledged += len(acknowledged)


def kill_rounds(folder: Path, rounds: int, *, writers: int = 2, seed: int = 1) -> Counters:
    """Start writers, let each acknowledge a few transactions, kill all of them, look."""
    rng = random.Random(seed)
    path = folder / "registry.db"
    PromptRegistry(path, create=True).close()
    counters = Counters()
    started = time.monotonic()
    for number in range(rounds):
        children = [Child.start(write, str(path), f"r{number}w{w}", 10_000) for w in range(writers)]
        acknowledged = _run_until_killed(children, rng)
        check(path, acknowledged, counters, verify=number % 10 == 9 or number == rounds - 1)
    counters.figures = {"rounds": rounds, "seconds": round(time.monotonic() - started, 1)}
    return counters


def _run_until_killed(children: list[Child], rng: random.Random) -> list[str]:
    """All that was acknowledged before the kill, which falls anywhere in a transaction."""
    wanted, acknowledged = rng.randint(1, 12), []
    pipes = [child.pipe for child in children]
    while len(acknowledged) < wanted:
        ready = wait(pipes, timeout=30.0)
        if not ready:
            raise AssertionError("no writer acknowledges anything")
        acknowledged += [pipe.recv() for pipe in pipes if pipe in ready]
    # Somewhere between two acknowledgements: a transaction takes some milliseconds.
    busy_until = time.perf_counter() + rng.uniform(0.0, 0.01)
    while time.perf_counter() < busy_until:
        pass
    for child in children:
        os.kill(child.process.pid or 0, signal.SIGKILL)
    for child in children:
        acknowledged += child.messages()
        if child.process.exitcode != -signal.SIGKILL:
            raise AssertionError(f"a writer ended by itself: {child.process.exitcode}")
    return acknowledged


def crowd(folder: Path, *, writers: int = 16, readers: int = 8, steps: int = 10,
          seconds: float = 5.0) -> Counters:  # fmt: skip
    """Many writers and readers at once; nobody fails, nothing acknowledged is missing."""
    path = folder / "registry.db"
    with PromptRegistry(path, create=True) as registry:
        registry.register(PromptVersion("w0", "0.0.0", "the first"))
        registry.deploy("w0", "0.0.0", ENVIRONMENT, "soak")
    counters = Counters()
    started = time.monotonic()
    reading = [Child.start(read, str(path), seconds, "w0") for _ in range(readers)]
    writing = [Child.start(write, str(path), f"w{n}", steps) for n in range(writers)]
    acknowledged: list[str] = []
    for child in writing:
        lines = child.messages()
        acknowledged += [line for line in lines if line != "end"]
        if "end" not in lines:
            counters.findings.append(f"a writer failed with {child.process.exitcode}")
    spent = time.monotonic() - started
    reads, slowest = 0, 0.0
    for child in reading:
        for count, longest in child.messages() or [(0, 0.0)]:
            reads, slowest = reads + count, max(slowest, longest)
        if child.process.exitcode:
            counters.findings.append(f"a reader failed with {child.process.exitcode}")
    check(path, acknowledged, counters, verify=True)
    counters.figures = {
        "writers": writers,
        "readers": readers,
        "transactions_per_s": round(len(acknowledged) / spent, 1),
        "reads": reads,
        "slowest_read_ms": round(slowest * 1000, 1),
        "wal_bytes": _size(path.with_name(path.name + "-wal")),
    }
    return counters


def _size(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["kill", "crowd", "both"], nargs="?", default="both")
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    report: dict[str, Any] = {"sqlite": sqlite3.sqlite_version, "cpus": os.cpu_count()}
    ok = True
    with tempfile.TemporaryDirectory() as folder:
        if options.what in ("kill", "both"):
            (Path(folder) / "kill").mkdir()
            counters = kill_rounds(Path(folder) / "kill", options.rounds)
            report["kill"], ok = counters.as_dict(), ok and counters.ok
        if options.what in ("crowd", "both"):
            (Path(folder) / "crowd").mkdir()
            counters = crowd(
                Path(folder) / "crowd", steps=int(options.seconds * 3), seconds=options.seconds
            )
            report["crowd"], ok = counters.as_dict(), ok and counters.ok
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
