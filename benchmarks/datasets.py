"""What versions of a large dataset cost on disk, and what one, a difference and a lineage take.

    python benchmarks/datasets.py            1,000 versions of 10,000 cases, 1 % changed in each
    python benchmarks/datasets.py --quick    100 versions of 2,000 cases

The size is compared with the canonical JSON of the distinct cases, uncompressed. Seconds are
processor time of a second call in one process, as a screen makes it; `command_s` is that of a whole
command with its start, and the floor reads the newest lists of cases with bare sqlite3 and zlib,
and every line of the file with bare json. Exits with 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "support")]

from mock_server import DRAFT, running  # noqa: E402 - the path comes first

from workbench.cli import main as cli  # noqa: E402
from workbench.datasets.values import Case, Dataset  # noqa: E402
from workbench.fingerprints import canonical_json  # noqa: E402
from workbench.runs.spec.suite_file import read_suite  # noqa: E402
from workbench.runs.store.database import open_database  # noqa: E402
from workbench.runs.store.dataset_versions import DatasetVersions  # noqa: E402
from workbench.workspace import open_workspace  # noqa: E402

SIZE_RATIO, MOST_S = 1.3, 0.3
WORDS = [f"word{n}" for n in range(3000)]
SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: [exact_match]
gate: {threshold: 0.5}
"""
FLOOR = """\
import json, sqlite3, zlib
with sqlite3.connect(".workbench/runs.db") as runs:
    rows = runs.execute("SELECT manifest FROM snapshots ORDER BY id DESC LIMIT 26").fetchall()
lists = [json.loads(zlib.decompress(body)) for (body,) in rows]
with open("evals/triage/cases.jsonl") as file:
    cases = [json.loads(line) for line in file]
"""


def make_case(chosen: random.Random, at: int) -> Case:
    """A case with a text of its own."""
    text = " ".join(chosen.choices(WORDS, k=25))
    return Case(f"c{at}", {"ticket": text}, "billing", split="gate" if at % 2 else "dev")


def make_workspace(root: Path) -> Path:
    """A workspace with one suite; returns its file."""
    (root / "workbench.toml").write_text('[workspace]\nauthor = "bench"\n', encoding="utf-8")
    (root / ".workbench").mkdir(mode=0o700)
    (root / "prompts").mkdir()
    (root / "prompts" / "triage.prompty").write_text(DRAFT, encoding="utf-8")
    suite = root / "evals" / "triage" / "suite.yaml"
    suite.parent.mkdir(parents=True)
    suite.write_text(SUITE, encoding="utf-8")
    (suite.parent / "cases.jsonl").write_text('{"id": "a", "inputs": {"ticket": "x"}}\n', "utf-8")
    return suite


def measure(root: Path, count: int, versions: int) -> dict[str, float]:
    """Seconds, bytes and ratios."""
    suite = read_suite(make_workspace(root))
    chosen = random.Random(5)
    cases = [make_case(chosen, at) for at in range(count)]
    distinct = sum(len(canonical_json(case.content())) for case in cases)
    database = open_database(open_workspace(root).runs_path, create=True)
    kept = DatasetVersions(database)
    record_s = 0.0
    for version in range(versions):
        for at in chosen.sample(range(count), count // 100 if version else 0):
            cases[at] = make_case(chosen, at)
            distinct += len(canonical_json(cases[at].content()))
        made = replace(suite, dataset=Dataset("cases", tuple(cases)))
        record_s = seconds(lambda made=made: kept.record(made, "bench", "edited", "cases.jsonl"), 1)
    used = database.execute(
        "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'snapshot%' OR name LIKE 'dataset_%'"
    ).fetchone()[0]
    database.close()
    rows = (json.dumps({**case.content(), "tags": None}) + "\n" for case in cases)
    (root / "evals" / "triage" / "cases.jsonl").write_text("".join(rows), encoding="utf-8")
    os.chdir(root)
    with running(0.0) as url:
        (root / "workbench.toml").write_text(f'[providers.mock]\nbase_url = "{url}"\n', "utf-8")
        for line in ("register triage -d first", "evaluate triage@1.0.0"):
            call(line)
        return {
            "distinct_bytes": distinct,
            "used_bytes": used,
            "size_ratio": used / distinct,
            "record_s": record_s,
            "floor_s": seconds(lambda: exec(FLOOR, {})),
            "diff_s": seconds(lambda: call(f"dataset diff triage {versions - 1} {versions}")),
            "diff_far_s": seconds(lambda: call(f"dataset diff triage 1 {versions}")),
            "diff_file_s": seconds(lambda: call("dataset diff triage")),
            "lineage_s": seconds(lambda: call("lineage triage")),
            "start_command_s": command("--version"),
            "diff_command_s": command(f"dataset diff triage {versions - 1} {versions}"),
            "lineage_command_s": command("lineage triage"),
        }


def call(line: str) -> None:
    """Do a command in this process."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if cli.run(line.split()):
            raise SystemExit(f"{line} failed")


def command(line: str) -> float:
    """Processor seconds of a command with its start; the least of three."""
    words = [sys.executable, "-m", "workbench", *line.split()]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = lambda: subprocess.run(words, env=environ, check=True, stdout=subprocess.DEVNULL)  # noqa: E731
    return seconds(run)


def seconds(action: Callable[[], object], times: int = 3) -> float:
    """Processor seconds of this process and its children; the least of so many times."""
    taken = []
    for _ in range(times):
        before = sum(os.times()[:4])
        action()
        taken.append(sum(os.times()[:4]) - before)
    return min(taken)


def main() -> int:
    """Measure, print one JSON object, and say which bounds do not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 versions of 2,000 cases")
    parser.add_argument("--json", action="store_true", help="what it prints anyway")
    count, versions = (2_000, 100) if parser.parse_args().quick else (10_000, 1_000)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), count, versions)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    bounds = {"size_ratio": SIZE_RATIO, "diff_s": MOST_S, "diff_far_s": MOST_S, "lineage_s": MOST_S}
    over = [f"{name} {figures[name]:.2f} > {bound}" for name, bound in bounds.items()
            if figures[name] > bound]  # fmt: skip
    for line in over:
        sys.stderr.write(line + "\n")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main())
