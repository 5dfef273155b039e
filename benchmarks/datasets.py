"""What versions of a large dataset cost on disk, and how long one and their differences take.

    python benchmarks/datasets.py            1,000 versions of 10,000 cases, 1 % changed in each
    python benchmarks/datasets.py --quick    100 versions of 2,000 cases

The size is compared with the canonical JSON of the distinct cases, uncompressed. Exits with 1 when
a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from workbench.datasets.values import Case, Dataset  # noqa: E402
from workbench.fingerprints import canonical_json  # noqa: E402
from workbench.runs.spec.suite_file import read_suite  # noqa: E402
from workbench.runs.store.database import open_database  # noqa: E402
from workbench.runs.store.dataset_versions import DatasetVersions  # noqa: E402
from workbench.workspace import open_workspace  # noqa: E402

SIZE_RATIO, DIFF_S = 1.3, 0.3
WORDS = [f"word{n}" for n in range(3000)]
SUITE = "suite: triage\nprompt: triage\ndataset: cases.jsonl\nscorers: [exact_match]\n"


def make_case(chosen: random.Random, at: int) -> Case:
    """A case with a text of its own."""
    text = " ".join(chosen.choices(WORDS, k=25))
    return Case(f"c{at}", {"ticket": text}, "billing", split="gate" if at % 2 else "dev")


def make_workspace(root: Path) -> Path:
    """A workspace with one suite; returns its file."""
    (root / "workbench.toml").write_text('[workspace]\nauthor = "bench"\n', encoding="utf-8")
    (root / ".workbench").mkdir(mode=0o700)
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
        dataset = Dataset("cases", tuple(cases))
        started = time.perf_counter()
        kept.record(replace(suite, dataset=dataset), "bench", "edited", "cases.jsonl")
        record_s = time.perf_counter() - started
    used = database.execute(
        "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'snapshot%' OR name LIKE 'dataset_%'"
    ).fetchone()[0]
    database.close()
    return {
        "distinct_bytes": distinct,
        "used_bytes": used,
        "size_ratio": used / distinct,
        "record_s": record_s,
        "diff_s": diff(root, versions - 1, versions),
        "diff_far_s": diff(root, 1, versions),
    }


def diff(root: Path, before: int, after: int) -> float:
    """Seconds of the command, its start included; the best of three."""
    command = [sys.executable, "-m", "workbench", "dataset", "diff", "triage", str(before),
               str(after), "--json"]  # fmt: skip
    times = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> int:
    """Measure, print one JSON object, and say which bounds do not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 versions of 2,000 cases")
    parser.add_argument("--json", action="store_true", help="what it prints anyway")
    count, versions = (2_000, 100) if parser.parse_args().quick else (10_000, 1_000)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), count, versions)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    bounds = {"size_ratio": SIZE_RATIO, "diff_s": DIFF_S}
    over = [f"{name} {figures[name]:.2f} > {bound}" for name, bound in bounds.items()
            if figures[name] > bound]  # fmt: skip
    for line in over:
        sys.stderr.write(line + "\n")
    return 1 if over else 0


if __name__ == "__main__":
    raise SystemExit(main())
