"""A judge that decides is corrected: by its calibration, and by labels on both versions."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from tests.cli.conftest import Done
from tests.cli.test_cli_judge import (
    CASES,
    QUESTIONS,
    REQUIRED,
    errs,
    judge_with,
    run,
    told,
    write_labels,
)
from tests.support.judges import make_workspace

GATE = "gate: {scorer: helpful, baseline: development, margin: 0.10, threshold: 0.5}\n"


def labels_of_both(root: Path, passes: tuple[str, str] = ("pass", "pass")) -> str:
    """A file in which people label the answers of both versions."""
    path = root / "both.jsonl"
    rows = [
        {"case": f"c{n}", "answer": f"good question {n}{end}", "label": label, "rater": "ana"}
        for n in range(CASES)
        for end, label in zip(("", "!"), passes, strict=True)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def two_versions(root: Path, url: str, gate: str = GATE) -> None:
    """The first is live in development; both have good answers, in the judge's eyes."""
    make_workspace(root, url, QUESTIONS, suite=REQUIRED + gate)
    labels = str(write_labels(root))
    told(run(root, "judge", "calibrate", "helpful", "--suite", "qa", "--labels", labels))
    told(run(root, "register", "qa", "-d", "first"))
    first = told(run(root, "evaluate", "qa@1.0.0", "--yes"))
    assert first["corrected"]["score_b"]["value"] == 1.0
    told(run(root, "deploy", "qa@1.0.0", "development"))
    draft = root / "prompts" / "qa.prompty"
    draft.write_text(draft.read_text().replace("question }}", "question }}!"))
    told(run(root, "register", "qa", "-d", "second"))


def evaluated(root: Path, *words: str) -> Done:
    return run(root, "evaluate", "qa@1.0.1", "--yes", *words)


def test_a_judge_decides_between_versions_once_people_labelled_both(tmp_path: Path) -> None:
    with judge_with(errs(0)) as server:
        two_versions(tmp_path, server.base_url)
        blind = told(evaluated(tmp_path), 3)
        assert (blind["gate"], blind["verdict"], blind["difference"]) == (
            "no_decision",
            "undecided",
            0.0,
        )
        assert "label both answers of 36 cases" in blind["reason"]
        worse = told(evaluated(tmp_path, "--labels", labels_of_both(tmp_path, ("pass", "fail"))), 3)
        assert worse["corrected"]["difference"]["value"] == -1.0
        assert (worse["gate"], worse["difference"]) == ("no_decision", 0.0)
        seen = told(evaluated(tmp_path, "--labels", labels_of_both(tmp_path)))
        assert (seen["gate"], seen["corrected"]["difference"]["value"]) == ("pass", 0.0)
        assert seen["corrected"]["labelled"] >= 36
        assert "calibration" in run(tmp_path, "lineage", "qa@1.0.1").out
        told(run(tmp_path, "verify"))
        compared = run(tmp_path, "compare", "qa@1.0.0", "qa@1.0.1", "--yes", "--split", "all",
                       "--labels", labels_of_both(tmp_path))  # fmt: skip
        assert told(compared)["corrected"]["method"] == seen["corrected"]["method"]
        path = tmp_path / ".workbench" / "registry.db"
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TRIGGER calibrations_no_update")
            connection.execute("UPDATE calibrations SET passed_by_judge = 5")
        assert "was not corrected by a calibration" in run(tmp_path, "verify").out


def test_a_suite_may_say_that_a_judge_errs_alike_and_its_evidence_says_so(tmp_path: Path) -> None:
    with judge_with(errs(0)) as server:
        two_versions(tmp_path, server.base_url, GATE.replace("0.5}", "0.5, judge_errors: alike}"))
        done = told(evaluated(tmp_path))
        assert (done["gate"], done["corrected"]["method"]) == ("pass", "errs_alike")
        told(run(tmp_path, "verify"))


def test_a_judge_among_others_in_one_score_decides_nothing(tmp_path: Path) -> None:
    suite = REQUIRED.replace(
        "  - judge: {prompt: judges/helpful.prompty, name: helpful}\n",
        "  - all_of:\n      name: helpful\n      of:\n"
        "        - judge: {prompt: judges/helpful.prompty}\n        - max_chars: {limit: 99}\n",
    )
    with judge_with(errs(0)) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS, suite=suite + GATE)
        told(run(tmp_path, "register", "qa", "-d", "first"))
        done = evaluated_first(tmp_path)
        assert done.code == 2
        assert "its errors cannot be corrected" in done.out


def evaluated_first(root: Path) -> Done:
    return run(root, "evaluate", "qa@1.0.0", "--yes")
