"""Damaged registries by the thousand: what a reader says of each.

    python tests/soak/reader_soak.py --files 25000

Prints how often which answer was given as one JSON object, and exits with 1 at the first answer
that is not allowed, a foreign exception, or a read that hangs. The tests read fewer of them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.registry.damage import Trial, make_seed, read_damaged, read_damaged_logs
from tests.support.fast_folder import fast_folder

PART = 500
LONGEST_PART_S = 600.0
"""A part that takes longer hangs."""


def read_part(start: int) -> Counter[str]:
    """The outcomes of one part of the files; every second part has neither triggers nor views."""
    with tempfile.TemporaryDirectory(dir=fast_folder()) as name:
        folder = Path(name).resolve()
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        trial = Trial(make_seed(folder, rules=start // PART % 2 == 0), folder)
        read_damaged(trial, range(start, start + PART))
        read_damaged_logs(trial, range(start, start + PART // 10))
        return trial.outcomes


def main() -> int:
    """Read them on all processors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=25_000)
    parser.add_argument("--start", type=int, default=time.time_ns() // 10**9)
    options = parser.parse_args()
    outcomes: Counter[str] = Counter()
    context = multiprocessing.get_context("spawn")
    with context.Pool() as pool:
        starts = range(options.start, options.start + options.files, PART)
        for part in [pool.apply_async(read_part, (start,)) for start in starts]:
            outcomes += part.get(timeout=LONGEST_PART_S * len(starts))
    report = {"files": len(starts) * PART, "start": options.start, **outcomes}
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
