"""How many answers a second an own scorer judges in its confined process.

    python benchmarks/own_code.py            20,000 answers
    python benchmarks/own_code.py --quick    4,000

The floor is the same function in a plain `multiprocessing` worker, asked in the same batches. Exits
with 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from workbench.child_process.allowed import allow  # noqa: E402
from workbench.child_process.source import read_source  # noqa: E402
from workbench.datasets.values import Case  # noqa: E402
from workbench.providers.base import Answer, Outcome  # noqa: E402
from workbench.runs.engine.scoring import score_ahead, score_answer  # noqa: E402
from workbench.runs.spec.plan import CHUNK  # noqa: E402
from workbench.scorers.catalog import scorers_of  # noqa: E402
from workbench.scorers.python_files import arguments_of, opened_code  # noqa: E402

LEAST_A_SECOND = 2_000
FILE = "scorers/own.py"
CODE = """
def score(answer, case):
    words = set(answer.split())
    wanted = set(case["expected"].split())
    return {"score": len(words & wanted) / len(wanted), "reason": "words of the expected answer"}
"""


def batches(count: int) -> list[list[tuple[Answer, Case]]]:
    """Answers of some 40 words with their cases, in the batches of the engine."""
    pairs = []
    for at in range(count):
        text = " ".join(f"word{(at + n) % 997}" for n in range(40))
        pairs.append((Answer(Outcome.OK, text), Case(str(at), {"ticket": text}, text[:80])))
    return [pairs[at : at + CHUNK] for at in range(0, count, CHUNK)]


def confined(root: Path, work: list[list[tuple[Answer, Case]]]) -> float:
    """Seconds of an own scorer, its process started before."""
    scorers = scorers_of({"python": {"file": FILE}}, None, "suite.yaml", root)
    allow(read_source(root, FILE))
    with opened_code(scorers):
        started = time.perf_counter()
        for pairs in work:
            score_ahead(scorers, pairs)
            for answer, case in pairs:
                assert score_answer(scorers, answer, case)[0]["own"].value is not None
        return time.perf_counter() - started


def plain(root: Path, work: list[list[tuple[Answer, Case]]]) -> float:
    """Seconds of the function in a worker without limits."""
    spec = importlib.util.spec_from_file_location("own", root / FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["own"] = module
    spec.loader.exec_module(module)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        started = time.perf_counter()
        for pairs in work:
            pool.starmap(module.score, [arguments_of(*pair) for pair in pairs], chunksize=CHUNK)
        return time.perf_counter() - started


def main() -> int:
    """Measure, print one JSON object, and say which bounds do not hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="4,000 answers")
    parser.add_argument("--json", action="store_true", help="what it prints anyway")
    count = 4_000 if parser.parse_args().quick else 20_000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ["WORKBENCH_CONFIG"] = str(root / "config")
        (root / "scorers").mkdir()
        (root / FILE).write_text(CODE, encoding="utf-8")
        work = batches(count)
        floor = min(plain(root, work) for _ in range(3))
        took = min(confined(root, work) for _ in range(3))
    a_second = count / took
    figures = {"answers_a_second": a_second, "floor_a_second": count / floor, "ratio": took / floor}
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    if a_second < LEAST_A_SECOND:
        sys.stderr.write(f"{a_second:.0f} answers a second < {LEAST_A_SECOND}\n")
    return int(a_second < LEAST_A_SECOND)


if __name__ == "__main__":
    raise SystemExit(main())
