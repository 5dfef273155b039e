"""Run the benchmarks, keep their figures, and show them beside those of the last time.

    python benchmarks/run_all.py                 all of them
    python benchmarks/run_all.py engine compare  some of them
    python benchmarks/run_all.py --quick         all of them, each at its small size

Figures go to benchmarks/results/DATE-COMMIT.json. Only runs of one size on one machine are
compared: most figures are ratios to a floor measured in the same run, the others are times of this
machine.
Exits with 1 when a benchmark misses a bound of its own.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
NAMES = (
    "registry",
    "large",
    "datasets",
    "million",
    "scorers",
    "engine",
    "own_code",
    "decisions",
    "compare",
    "terminal",
)


def main(argv: list[str]) -> int:
    """Runs, keeps, compares."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="each at its small size")
    options = parser.parse_args(argv)
    size = ["--quick"] if options.quick else []
    before = last_results(size)
    failed = False
    figures: dict[str, float] = {}
    for name in options.names or NAMES:
        done = subprocess.run(
            [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), "--json", *size],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        failed |= done.returncode != 0
        if done.stdout.strip():
            try:
                of_one = dict(numbers(json.loads(done.stdout), name))
            except ValueError:  # what the others say is kept
                print(f"{name} printed no JSON: {done.stdout[:80]!r}", file=sys.stderr)
                failed = True
                continue
            figures |= of_one
            print("\n".join(lines(of_one, before)), flush=True)
    keep(figures, size)
    return int(failed)


def machine() -> str:
    """What two runs must share to be compared."""
    return f"{platform.node()}, {platform.machine()}, {os.cpu_count()} cores"


def last_results(size: list[str]) -> dict[str, float]:
    """The newest figure of each name that this machine kept at this size."""
    newest: dict[str, float] = {}
    for path in sorted(RESULTS.glob("*.json")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if (kept["machine"], kept.get("size", [])) == (machine(), size):
            newest |= kept["figures"]
    return newest


def numbers(value: Any, name: str) -> Iterator[tuple[str, float]]:
    """The numbers of nested JSON, by a path of names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, f"{name} / {key}")
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from numbers(inner, f"{name} / {at}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, float(value)


def lines(figures: dict[str, float], before: dict[str, float]) -> Iterator[str]:
    """`name   now   last time   ratio`."""
    width = max(map(len, figures), default=0)
    for name, now in figures.items():
        last = before.get(name)
        beside = ""
        if last is not None:
            beside = f"   last {last:>12,.3f}" + (f"   x {now / last:.2f}" if last else "")
        yield f"{name:{width}} {now:>12,.3f}{beside}"


def keep(figures: dict[str, float], size: list[str]) -> None:
    """Write the figures with what they were measured on."""
    if not figures:
        return
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True,
        check=False,
    ).stdout.strip()  # fmt: skip
    now = datetime.datetime.now(datetime.UTC)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{now:%Y%m%d-%H%M%S}-{commit or 'no-commit'}.json"
    content = {"at": now.isoformat(timespec="seconds"), "commit": commit, "machine": machine()}
    content |= {"size": size} if size else {}
    path.write_text(json.dumps({**content, "figures": figures}, indent=1) + "\n", encoding="utf-8")
    print(f"kept in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
