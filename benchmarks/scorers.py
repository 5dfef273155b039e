"""What five text scorers cost on 10,000 answers, plain and composed.

    python benchmarks/scorers.py            10,000 answers
    python benchmarks/scorers.py --quick    1,000 answers

Processor time, and its ratio to rapidfuzz comparing each answer with its expected text once. Exits
with 1 when five plain scorers take more than 2 s on 10,000 answers.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Indel

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from workbench.datasets.values import Case
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_answer
from workbench.scorers.catalog import suite_scorers

BOUND_S = 2.0
ANSWERS = 10_000
TEXT = (
    "your refund is on its way and will arrive on monday or tuesday at the latest thank you for"
    " your patience with us"
)
WORDS = TEXT.split()
PLAIN: list[Any] = [
    {"exact_match": {"ignore_case": True}},
    {"contains": {"none": ["as an AI", "I cannot"]}},
    {"matches": {"pattern": "^[a-z ]+"}},
    "similarity",
    "rouge_l",
]
COMPOSED: list[Any] = [
    {"exact_match": {"transforms": ["drop_thinking", "strip_fence", "casefold"]}},
    {"not": {"contains": {"text": "as an AI"}}},
    {"any_of": {"of": ["exact_match", "similarity"], "name": "near"}},
    {"mean_of": [{"max_chars": {"limit": 200, "weight": 2}}, "token_set"]},
    {"levenshtein": {"cut": 0.5}},
]


def measure(count: int) -> dict[str, float]:
    """Seconds of processor time for `count` answers, and ratios."""
    cases = [Case(str(n), {"t": "x"}, " ".join(WORDS[n % 7 : n % 7 + 15])) for n in range(count)]
    answers = [Answer(Outcome.OK, " ".join(WORDS[n % 5 : n % 5 + 16])) for n in range(count)]
    pairs = list(zip(answers, cases, strict=True))
    floor = timed(lambda: [Indel.normalized_similarity(a.text, c.expected) for a, c in pairs])
    figures = {"floor_s": floor}
    for name, entries in (("plain", PLAIN), ("composed", COMPOSED)):
        scorers = suite_scorers(entries, entries, name)
        score_answer(scorers, *pairs[0])  # imports
        taken = timed(lambda scorers=scorers: [score_answer(scorers, *pair) for pair in pairs])
        figures |= {f"{name}_s": taken, f"{name}_ratio": taken / floor}
    return figures


def timed(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    count = ANSWERS // 10 if given.quick else ANSWERS
    figures = measure(count)
    if given.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<16} {value:8.3f}")
    return int(figures["plain_s"] > BOUND_S * count / ANSWERS)


if __name__ == "__main__":
    raise SystemExit(main())
