"""The sample with a judge is what its README says: every label is right, and the judge is asked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from workbench.actions.running.labelled import from_file
from workbench.actions.workspace.init import create_workspace
from workbench.scorers.judges.judge import Judge
from workbench.verdicts.judges.calibration import LEAST_LABELLED, LEAST_RARER

FOLDER = Path(__file__).parents[2] / "evals" / "guest_questions"


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


def test_each_case_of_dev_has_a_right_and_a_wrong_labelled_answer() -> None:
    cases = {str(row["id"]): row for row in rows("cases.jsonl")}
    assert Counter(row["split"] for row in cases.values()) == {"dev": 40, "gate": 40}
    for row in rows("labels.jsonl"):
        case = cases[row["case"]]
        assert case["split"] == "dev"
        says_it = case["expected"].lower() in row["answer"].lower()
        if row["label"] == "pass" or not says_it:
            assert says_it == (row["label"] == "pass")
        else:
            assert ", not " in row["answer"]
    assert Counter(row["label"] for row in rows("labels.jsonl")) == {"pass": 40, "fail": 40}


def test_its_judge_is_copied_and_can_be_calibrated(tmp_path: Path) -> None:
    suite = create_workspace(tmp_path / "w", "guest_questions").suite("guest_questions")
    labelled = from_file(suite, FOLDER / "labels.jsonl")
    assert len(labelled) >= LEAST_LABELLED
    assert min(Counter(one.passes for one in labelled).values()) >= LEAST_RARER
    (judge,) = [s.kind.judge for s in suite.scorers if isinstance(s.kind.judge, Judge)]
    assert not any(judge.lacks(one.case) for one in labelled)
