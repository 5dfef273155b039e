"""What 1,000,000 cases cost before the first call, beside a bare loop that parses their lines.

    python benchmarks/million.py            1,000,000 cases
    python benchmarks/million.py --quick    500,000 cases, and no run of all

For JSONL and for Parquet, each as a process of its own: a run of ten cases from start to end, and
what a run of all cases does before its first call. Seconds are processor time, the peak of memory
is the process's. Exits with 1 when a run of ten cases misses its bounds.
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

from mock_server import running  # noqa: E402 - the path comes first

LIMIT, FIRST_S, PEAK_MB = 10, 3.0, 150.0
FORMATS = ("jsonl", "parquet")
WORDS = [f"word{n}" for n in range(3000)]
DRAFT = """\
---
name: triage
model: {id: mock, provider: mock}
inputs: [{name: ticket, kind: string}]
---
user:
{{ ticket }}
"""
BARE = "import json, sys\nfor line in open(sys.argv[1]): json.loads(line)"
PREPARE = """\
import sys
from pathlib import Path
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec
from workbench.actions.session import Session
from workbench.actions.workspace.dataset_contents import record
from workbench.workspace import open_workspace

session = Session(open_workspace(Path.cwd()))
suite = session.workspace.suite(sys.argv[1])
session.workspace.make_state()
record(session, make_spec(resolve(session, "triage"), suite, split="all").suite)
"""


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


def measure(root: Path, *command: str) -> tuple[float, float]:
    """Processor seconds and the peak in MB of a Python process."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:4]} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> int:
    """Measure, print one JSON object, and say which bounds do not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="500,000 cases, and no run of all")
    parser.add_argument("--json", action="store_true", help="what it prints anyway")
    is_quick = parser.parse_args().quick
    count = 500_000 if is_quick else 1_000_000
    figures: dict[str, float] = {"cases": count}
    over = []
    with tempfile.TemporaryDirectory() as folder, running(0.0) as url:
        root = Path(folder)
        make_workspace(root, count, url)
        lines = root / "evals" / "jsonl" / "cases.jsonl"
        figures["bare_loop_s"], _ = measure(root, "-c", BARE, str(lines))
        for name in FORMATS:
            limited = ("-m", "workbench", "run", name, "--limit", str(LIMIT), "--yes", "--json")
            seconds, peak = measure(root, *limited)
            figures |= {f"{name}_limit_s": seconds, f"{name}_limit_mb": peak}
            if seconds > FIRST_S or peak > PEAK_MB:
                over.append(f"{name}: a run of {LIMIT} cases takes {seconds:.1f} s, {peak:.0f} MB")
            if is_quick:
                continue
            seconds, peak = measure(root, "-c", PREPARE, name)
            figures |= {
                f"{name}_before_first_call_s": seconds,
                f"{name}_before_first_call_to_bare": seconds / figures["bare_loop_s"],
                f"{name}_before_first_call_mb": peak,
            }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    for line in over:
        sys.stderr.write(line + "\n")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main())
