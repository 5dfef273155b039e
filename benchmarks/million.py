"""What 1,000,000 cases cost before the first call and while they run, beside a bare loop over
their lines.

    python benchmarks/million.py            1,000,000 cases: the beginning of a run of all of them
    python benchmarks/million.py --quick    500,000 cases
    python benchmarks/million.py --whole    the run to its end, which takes minutes

For JSONL and for Parquet, each as a process of its own: a run of ten cases from start to end, and a
run of all cases. Seconds are processor time from the interpreter's start to the first call, the
peak of memory is the process's; `held_mb` is what it holds by the number of answered cases. Exits
with 1 when something misses its bounds.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "support")]

from mock_server import DRAFT, running  # noqa: E402 - the path comes first

LIMIT, FIRST_S, PEAK_MB = 10, 3.0, 150.0
FORMATS = ("jsonl", "parquet")
WORDS = [f"word{n}" for n in range(3000)]
BARE = "import json, sys\nfor line in open(sys.argv[1]): json.loads(line)"
RUN = """\
import json, os, resource, sys
from pathlib import Path
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec, start
from workbench.actions.session import Session
from workbench.workspace import open_workspace

def used():
    times = os.times()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return round(times.user + times.system, 2), round(peak)

def held():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)

name, most = sys.argv[1], int(sys.argv[2])
session = Session(open_workspace(Path.cwd()))
suite = session.workspace.suite(name, streamed=True)
live = start(session, make_spec(resolve(session, "triage"), suite))
while not (now := live.progress()).in_flight and not now.done:
    live.ends_within(0.005)
first_s, first_mb = used()
every, curve = int(sys.argv[3]), {}
while not live.ends_within(0.2):
    live.drain()
    done = live.progress().done
    if done // every >= len(curve):
        curve[done] = held()
    if 0 < most <= done:
        live.stop()
summary = live.wait()
seconds, peak_mb = used()
print(json.dumps({"first_call_s": first_s, "first_call_mb": first_mb, "run_cases": summary.scored,
    "run_s": seconds, "run_mb": peak_mb, "held_mb": curve, "status": summary.status.value}))
"""
STOPPED_AFTER = 20_000
"""Cases after which the run of all of them is stopped."""


def make_workspace(root: Path, count: int, url: str) -> None:
    """A workspace with the same cases in both formats."""
    (root / "prompts").mkdir()
    (root / "workbench.toml").write_text(f'[providers.mock]\nbase_url = "{url}"\n', "utf-8")
    (root / "prompts" / "triage.prompty").write_text(DRAFT, encoding="utf-8")
    for name in FORMATS:
        folder = root / "evals" / name
        folder.mkdir(parents=True)
        (folder / "suite.yaml").write_text(
            f"suite: {name}\nprompt: triage\ndataset: cases.{name}\nscorers: [exact_match]\n",
            encoding="utf-8",
        )
    chosen = random.Random(7)
    lines = root / "evals" / "jsonl" / "cases.jsonl"
    with lines.open("w", encoding="utf-8") as file:
        for at in range(count):
            ticket = f"{' '.join(chosen.choices(WORDS, k=10))} {at}"
            row = {"id": f"c{at}", "inputs": {"ticket": ticket}, "expected": "billing"}
            file.write(json.dumps(row) + "\n")
    table = root / "evals" / "parquet" / "cases.parquet"
    # In a process of its own, as a child's peak is at least that of its parent.
    copy = f"COPY (FROM read_json('{lines}', format = 'newline_delimited')) TO '{table}'"
    # What takes long there shows its progress on standard output.
    subprocess.run(
        [sys.executable, "-c", f"import duckdb; duckdb.sql({copy!r})"],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def measure(root: Path, *command: str) -> tuple[float, float, str]:
    """Processor seconds, the peak in MB and the output of a Python process."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:4]} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output


def main() -> int:
    """Measure, print one JSON object, and say which bounds do not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="500,000 cases")
    parser.add_argument("--whole", action="store_true", help="run all cases, to the end")
    parser.add_argument("--json", action="store_true", help="what it prints anyway")
    given = parser.parse_args()
    count = 500_000 if given.quick else 1_000_000
    most = 0 if given.whole else STOPPED_AFTER
    figures: dict[str, object] = {"cases": count}
    over = []
    with tempfile.TemporaryDirectory() as folder, running(0.0) as url:
        root = Path(folder)
        make_workspace(root, count, url)
        lines = root / "evals" / "jsonl" / "cases.jsonl"
        bare, _, _ = measure(root, "-c", BARE, str(lines))
        figures["bare_loop_s"] = bare
        for name in FORMATS:
            limited = ("-m", "workbench", "run", name, "--limit", str(LIMIT), "--yes", "--json")
            seconds, peak, _ = measure(root, *limited)
            figures |= {f"{name}_limit_s": seconds, f"{name}_limit_mb": peak}
            every = str((most or count) // 20)
            run = json.loads(measure(root, "-c", RUN, name, str(most), every)[2])
            figures |= {f"{name}_{key}": value for key, value in run.items()}
            first = max(seconds, run["first_call_s"])
            if first > FIRST_S or max(peak, run["run_mb"]) > PEAK_MB:
                over.append(f"{name}: {first:.1f} s to the first call, {run['run_mb']:.0f} MB")
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    for line in over:
        sys.stderr.write(line + "\n")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main())
