"""The extraction sample is what its README says, and its fields are scored one by one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_answer
from workbench.runs.spec.suite_file import read_suite

FOLDER = Path(__file__).parents[2] / "evals" / "order_fields"
STEPS = sorted((FOLDER / "steps").glob("*.prompty"))
ROWS = [json.loads(line) for line in (FOLDER / "cases.jsonl").read_text("utf-8").splitlines()]


def test_there_are_two_splits_with_as_many_tempting_orders() -> None:
    counts = Counter((row["split"], row["tags"][0]) for row in ROWS)
    assert counts == {
        (split, tag): number
        for split in ("dev", "gate")
        for tag, number in (("plain", 30), ("tempting", 10))
    }
    assert len({row["inputs"]["order"] for row in ROWS}) == len(ROWS)


def test_no_value_of_an_example_is_one_of_a_case() -> None:
    examples = STEPS[1].read_text("utf-8").split("---")[2]
    for row in ROWS:
        assert row["expected"]["item"] not in examples
        assert row["expected"]["city"] not in examples


def test_an_answer_with_one_wrong_field_has_two_thirds() -> None:
    suite = read_suite(FOLDER / "suite.yaml")
    case = suite.dataset.cases[0]
    right = {**case.expected, "city": "Elsewhere"}
    answer = Answer(Outcome.OK, f"```json\n{json.dumps(right)}\n```")
    scores, failed = score_answer(suite.scorers, answer, case)
    assert not failed
    assert scores["json_fields"].value == pytest.approx(2 / 3)
    assert scores["json_fields"].parts == {"item": 1.0, "count": 1.0, "city": 0.0}
    assert (scores["all_fields"].value, scores["json_schema"].value) == (0.0, 1.0)
