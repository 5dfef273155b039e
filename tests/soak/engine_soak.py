"""Kill a run again and again, with a bad server; every case must be there exactly once.

    python tests/soak/engine_soak.py --kills 30 --cases 3000

The server answers 10 % with 429, 5 % with 500 and resets 3 %. It counts which cases it answered
well: what it was asked twice was paid twice, and may be no more than the calls under way at a kill.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.support.fault_server import (  # noqa: E402 - the path comes first
    RESET,
    FaultServer,
    Step,
    answer,
    error,
)

CONCURRENCY = 16


@dataclass
class Outcome:
    """What a kill loop found."""

    kills: int
    cases: int
    asked_again: int
    """Answers that the server gave more than once."""
    at_a_kill: int
    """The most answers that a single kill cost."""
    seconds: float


class BadServer:
    """Answers with the last message, in 82 % of the cases."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self.answered: Counter[str] = Counter()

    def script(self, number: int, body: bytes) -> Sequence[Step]:
        text = json.loads(body)["messages"][-1]["content"]
        with self._lock:
            luck = self._chance.random()
            if luck >= 0.18:
                self.answered[text] += 1
        if luck < 0.10:
            return [error("429 Slow", ["retry-after-ms: 20"], message="slow down")]
        if luck < 0.15:
            return [error("500 Oh", ["retry-after-ms: 10"], message="oh")]
        if luck < 0.18:
            return [RESET]
        return [0.01, answer(text)]


def child(base_url: str, store: str, cases: int) -> None:
    """Start the run or go on with it, until it is done or killed."""
    from tests.support.specs import make_spec, start
    from workbench.runs.store.store import RunStore

    with RunStore(Path(store)) as opened:
        runs = opened.summaries()
    resume = runs[0].run_id if runs else None
    spec = make_spec(cases, concurrency=CONCURRENCY)
    summary = start(spec, base_url, Path(store), resume=resume).wait()
    assert summary.status == "complete", summary.reason


def kill_loop(kills: int, cases: int, seed: int, store: Path) -> Outcome:
    """Kill the child so often, let the last one finish, and check the store.

    Raises AssertionError for a lost, doubled or wrongly scored result.
    """
    chance = random.Random(seed)
    bad = BadServer(seed)
    started = time.monotonic()
    worst = 0
    with FaultServer(bad.script) as server:
        command = [sys.executable, __file__, "--child", server.base_url, str(store), str(cases)]
        for kill in range(kills):
            goal = bad.answered.total() + chance.randint(1, max(2, cases // (kills + 1)))
            before = stored(store)
            with subprocess.Popen(command, cwd=ROOT) as process:
                while bad.answered.total() < goal and process.poll() is None:
                    time.sleep(0.005)
                if process.poll() is not None:
                    break
                os.kill(process.pid, signal.SIGKILL)
            after = stored(store)
            assert before <= after, f"kill {kill} lost stored results: {before - after}"
            worst = max(worst, check(store, bad))
        subprocess.run(command, cwd=ROOT, check=True, timeout=600)
    have = stored(store)
    assert have == {f"c{n}" for n in range(cases)}, f"{cases - len(have)} cases are missing"
    with sqlite3.connect(store) as db:
        rows, scored, errors, calls = db.execute(
            "SELECT count(*), sum(scores = '[1.0]'), sum(failed), (SELECT calls FROM runs)"
            " FROM results"
        ).fetchone()
        assert (rows, scored, errors) == (cases, cases, 0), (rows, scored, errors)
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (1,)
        assert db.execute("SELECT scored, errors FROM runs").fetchone() == (cases, 0)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert cases <= calls
    again = sum(count - 1 for count in bad.answered.values())
    return Outcome(kills, cases, again, worst, time.monotonic() - started)


def check(store: Path, bad: BadServer) -> int:
    """How many answered cases are not stored after a kill."""
    lost = len(bad.answered) - len(stored(store))
    return max(0, lost)


def stored(store: Path) -> set[str]:
    """The cases with a result, read as any other program would."""
    if not store.exists():
        return set()
    db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        return {row[0] for row in db.execute("SELECT case_id FROM results WHERE failed = 0")}
    except sqlite3.OperationalError:
        return set()  # killed before the tables were there
    finally:
        db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--child", nargs=3)
    given = parser.parse_args()
    if given.child:
        base_url, store, cases = given.child
        child(base_url, store, int(cases))
        return
    with tempfile.TemporaryDirectory() as folder:
        loop = kill_loop(given.kills, given.cases, given.seed, Path(folder) / "runs.db")
    sys.stdout.write(
        f"{loop.kills} kills, {loop.cases} cases, seed {given.seed}: every case exactly once;"
        f" {loop.asked_again} answers asked for again, at most {loop.at_a_kill} lost by one kill"
        f" ({CONCURRENCY} calls at once), {loop.seconds:.0f} s\n"
    )


if __name__ == "__main__":
    main()
