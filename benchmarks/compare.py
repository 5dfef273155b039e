"""What it takes to open two stored runs and compare them, case by case.

    python benchmarks/compare.py                 10,000 cases
    python benchmarks/compare.py --cases 1000 --json

The runs are made first, by the engine, against a mock server of their own. What is measured is a
process that opens the workspace, reads both runs and comes to a verdict: by run ids, as a screen
opens them, and by prompt, where the stored runs are looked up; then the whole command. Each figure
is the least of three.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "support")]

LIMIT_S = 1.0
ROUNDS = 3
DRAFT = """\
---
name: bench
model: {{id: mock-model, provider: mock, options: {{temperature: 0}}}}
inputs: [{{name: ticket, kind: string}}]
---
system:
{system}

user:
{{{{ ticket }}}}
"""
SUITE = """\
suite: bench
prompt: bench
dataset: cases.jsonl
scorers: [exact_match]
gate: {margin: 0.05}
run: {concurrency: 50}
"""
CHILD = """\
import sys, time
started = time.perf_counter()
from pathlib import Path
from workbench.actions.comparing.compare import compare
from workbench.actions.session import Session
from workbench.workspace import open_workspace
imported, cpu = time.perf_counter(), time.process_time()
with Session(open_workspace(Path(sys.argv[1]))) as session:
    compare(session, *sys.argv[2:])
ended = time.perf_counter()
print(ended - imported, time.process_time() - cpu, imported - started)
"""


def make(root: Path, base_url: str, cases: int) -> tuple[str, str]:
    """A workspace with two finished runs; their ids."""
    from workbench.actions.comparing.compare import compare
    from workbench.actions.session import Session
    from workbench.workspace import open_workspace

    suite = root / "evals" / "bench"
    suite.mkdir(parents=True)
    (root / "prompts").mkdir()
    (root / "workbench.toml").write_text(f'[providers.mock]\nbase_url = "{base_url}"\n')
    (suite / "suite.yaml").write_text(SUITE)
    with (suite / "cases.jsonl").open("w") as file:
        for n in range(cases):
            ticket = f"My invoice number {n} shows the amount twice, please have a look at it."
            expected = "billing" if n % 7 else "other"
            row = {"id": f"t{n}", "inputs": {"ticket": ticket}, "expected": expected}
            file.write(json.dumps(row) + "\n")
    for name in ("bench", "next"):
        text = DRAFT.format(system=f"Answer with one queue. {name}")
        (root / "prompts" / f"{name}.prompty").write_text(text)
    with Session(open_workspace(root)) as session:
        drafts = [str(root / "prompts" / f"{name}.prompty") for name in ("bench", "next")]
        compared = compare(session, *drafts)
    return compared.a.summary.run_id, compared.b.summary.run_id


def opened(root: Path, *refs: str) -> tuple[float, ...]:
    """Seconds to compare, those of CPU among them, and those that the imports took before."""
    rows = []
    for _ in range(ROUNDS):
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(root), *refs],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        rows.append(tuple(float(figure) for figure in done.stdout.split()))
    return min(rows)


def command(root: Path, *refs: str) -> float:
    """Seconds of the whole command, the interpreter's start included."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "workbench", "compare", *refs, "--workspace", str(root)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        taken.append(time.perf_counter() - started)
    return min(taken)


def main(argv: list[str]) -> int:
    """Prints the figures, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--quick", action="store_true", help="1,000 cases")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    cases = 1_000 if options.quick else options.cases
    from mock_server import running

    with tempfile.TemporaryDirectory() as folder, running(0.0) as base_url:
        root = Path(folder)
        runs = make(root, base_url, cases)
        drafts = [str(root / "prompts" / f"{name}.prompty") for name in ("bench", "next")]
        by_id, id_cpu, imports = opened(root, *runs)
        by_prompt, prompt_cpu, _ = opened(root, *drafts)
        whole = command(root, *runs)
    if options.json:
        figures = {
            "runs_s": by_id,
            "prompts_s": by_prompt,
            "imports_s": imports,
            "command_s": whole,
        }
        sys.stdout.write(json.dumps({"cases": options.cases, **figures}) + "\n")
    else:
        sys.stdout.write(
            f"opening and comparing two stored runs of {options.cases:,} cases"
            f" (wanted: under {LIMIT_S:g} s)\n"
            f"  by run ids   {by_id:6.2f} s   {id_cpu:.2f} s of CPU"
            f" (imports before: {imports:.2f} s)\n"
            f"  by prompts   {by_prompt:6.2f} s   {prompt_cpu:.2f} s of CPU\n"
            f"  the command  {whole:6.2f} s   all included\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
