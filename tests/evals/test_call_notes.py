"""The sample of summaries is what its README says, and its gate asks what it names."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "evals" / "call_notes"
STEPS = sorted((FOLDER / "steps").glob("*.prompty"))
ROWS = [json.loads(line) for line in (FOLDER / "cases.jsonl").read_text("utf-8").splitlines()]


def test_there_are_two_splits_with_as_many_long_notes() -> None:
    counts = Counter((row["split"], row["tags"][0]) for row in ROWS)
    assert counts == {
        (split, tag): number
        for split in ("dev", "gate")
        for tag, number in (("short", 24), ("long", 16))
    }
    assert len({row["inputs"]["note"] for row in ROWS}) == len(ROWS)


def test_every_fact_stands_in_its_note_and_in_no_example() -> None:
    examples = STEPS[1].read_text("utf-8").split("---")[2]
    for row in ROWS:
        for fact in row["expected"].values():
            assert fact in row["inputs"]["note"], row["id"]
            assert fact not in examples, fact
