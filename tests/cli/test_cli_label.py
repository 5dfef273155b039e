"""`workbench label`: one key an answer, blind, stored at once; a judge is calibrated with it."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Done
from tests.support.judges import judged_server, make_workspace, verdict

pytestmark = pytest.mark.exhaustive(keep=3)

QUESTIONS = tuple(f"question {n}" for n in range(60))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Cli]:
    """A suite of which every other answer is good, and one judge that errs on every tenth."""

    def judge(texts: dict[str, str]) -> str:
        number = int(texts["answer"].split()[-1])
        return verdict(texts["answer"].startswith("good") is not (number % 10 == 0))

    def answer(question: str) -> str:
        return f"{'poor' if int(question.split()[-1]) % 2 else 'good'} {question}"

    with judged_server(judge, answer) as server:
        make_workspace(tmp_path, server.base_url, QUESTIONS)
        cli = Cli(tmp_path, {})
        assert cli.here("run", "qa").code == 0
        yield cli


def label(cli: Cli, keys: str, *words: str, monkeypatch: pytest.MonkeyPatch) -> Done:
    """Type one key a line."""
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{key}\n" for key in keys.split("|"))))
    return cli.here("label", "qa", *words)


def as_rater(cli: Cli, name: str) -> None:
    path = cli.root / "workbench.toml"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], f"author = '{name}'", *lines[2:]]) + "\n")


def right_keys(shown: str) -> str:
    """The keys of somebody who knows: p where the answer shown is good."""
    answers = [line for line in shown.splitlines() if line.startswith(("  good", "  poor"))]
    return "|".join("p" if line.startswith("  good") else "f" for line in answers)


def test_labels_of_two_people_are_exported_and_calibrate_the_judge(
    desk: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ana", "ben"):
        as_rater(desk, name)
        # The order is the same for everybody, so looking once says what to press.
        monkeypatch.setattr("sys.stdin", io.StringIO("s\n" * 60))
        keys = right_keys(desk.here("label", "qa").out)
        done = label(desk, keys, "--skipped", "--json", monkeypatch=monkeypatch).json
        assert (done["labelled"], done["left"]) == (60, 0)
    (pair,) = done["agreement"]
    assert (pair["raters"], pair["answers"], pair["agreed"]) == (["ana", "ben"], 60, 60)
    assert pair["kappa"]["value"] == 1.0
    stored = desk.here("judge", "calibrate", "helpful", "--suite", "qa", "--json")
    assert stored.json["labelled"] == 60, stored.err
    assert stored.json["human_kappa"] == 1.0
    assert stored.json["matrix"]["passed_by_people"] > 0  # the judge errs on every tenth
    suite = desk.root / "evals" / "qa" / "suite.yaml"
    gate = "gate: {scorer: max_chars, baseline: none, threshold: 0.5, min_cases: 5}\n"
    suite.write_text(suite.read_text() + gate)
    assert desk.here("register", "qa", "--description", "first").code == 0
    assert desk.here("evaluate", "qa@1.0.0").code == 0
    tree = desk.here("lineage", "qa@1.0.0").out
    assert "60 labelled answers" in tree
    assert "120 labels by ana, ben" in tree
    path = desk.root / "labels.jsonl"
    assert desk.here("label", "qa", "--export", str(path), "--json").json["labels"] == 120
    row = json.loads(path.read_text().splitlines()[0])
    assert row["rater"] == "ana"
    assert row["labelled_at"] < "9999"
    assert row["answer"].startswith(("good", "poor"))
    from_file = desk.here("judge", "calibrate", "helpful", "--suite", "qa", "--labels", str(path),
                          "--json")  # fmt: skip
    assert from_file.json["labels"] == stored.json["labels"]


def test_each_key_is_stored_and_the_next_time_goes_on(
    desk: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = label(desk, "p|f|s|n looks odd|f|q", "--json", monkeypatch=monkeypatch)
    assert first.code == 0, first.err
    told = first.json
    assert (told["labelled"], told["skipped"], told["left"]) == (3, 1, 56)
    assert told["raters"] == {"ana": {"pass": 1, "fail": 2}}
    assert "looks odd" in first.err  # the note is shown with the answer that it is about
    again = label(desk, "u|u|u|p", "--json", monkeypatch=monkeypatch).json
    # The label, the note and the skip were taken back, and the answer that was skipped came again.
    assert (again["labelled"], again["skipped"], again["left"]) == (3, 0, 57)
    assert again["raters"] == {"ana": {"pass": 2, "fail": 1}}
    with closing(sqlite3.connect(desk.root / ".workbench" / "runs.db")) as runs:
        actions = [row[0] for row in runs.execute("SELECT action FROM human_labels ORDER BY id")]
        assert actions == ["label", "label", "skip", "note", "label", *["undo"] * 3, "label"]
        for change in ("DELETE FROM human_labels", "UPDATE human_labels SET label = 'pass'",
                       "UPDATE human_labels SET answer = 'x'"):  # fmt: skip
            with pytest.raises(sqlite3.IntegrityError, match="what people said"):
                runs.execute(change)


def test_what_is_shown_names_no_version_model_or_score(
    desk: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_rater(desk, "ben")
    label(desk, "p|f|n secret opinion|q", monkeypatch=monkeypatch)
    as_rater(desk, "ana")
    shown = label(desk, "q", monkeypatch=monkeypatch).out.partition("labelled by")[0]
    assert "question" in shown
    for word in ("mock", "judge", "draft", "1.0", "ben", "secret opinion", "because"):
        assert word not in shown


def test_labels_of_a_case_that_changed_do_not_count(
    desk: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    label(desk, "p|p|p", monkeypatch=monkeypatch)
    path = desk.root / "evals" / "qa" / "cases.jsonl"
    path.write_text(path.read_text().replace("question", "problem"))
    assert desk.here("label", "qa").code == 2
    refused = desk.here("judge", "calibrate", "helpful", "--suite", "qa")
    assert refused.code == 2
    assert "nobody labelled answers of qa as it is now" in refused.err


def test_a_judges_own_labels_are_keys_and_pass_by_its_rule(
    desk: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = desk.root / "judges" / "helpful.prompty"
    judge.write_text(
        judge.read_text().replace(
            "---\nsystem:",
            "outputs:\n  - {name: reason, kind: string}\n"
            "  - {name: grade, kind: string, enumValues: [great, fair, awful]}\n---\nsystem:",
        )
    )
    suite = desk.root / "evals" / "qa" / "suite.yaml"
    suite.write_text(suite.read_text().replace("name: helpful", "name: helpful, passes: [great]"))
    shown = label(desk, "1|2|awful|9|q", "--about", "helpful", monkeypatch=monkeypatch)
    assert "1 great  2 fair  3 awful" in shown.out
    assert "'9' is no key here" in shown.out
    told = label(desk, "q", "--about", "helpful", "--json", monkeypatch=monkeypatch).json
    assert told["raters"] == {"ana": {"great": 1, "fair": 1, "awful": 1}}
    matrix = desk.here("judge", "calibrate", "helpful", "--suite", "qa", "--json").json
    assert (matrix["labelled"], matrix["rarer"]) == (3, 1)


def test_a_forgotten_case_takes_its_labelled_answer_and_notes_along(
    desk: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    label(desk, "|".join(["n 4711 is odd|f"] * 60), monkeypatch=monkeypatch)
    gone = desk.here("dataset", "forget", "--case", "c7", "--reason", "asked for", "--yes")
    assert gone.code == 0, gone.err
    content = (desk.root / ".workbench" / "runs.db").read_bytes()
    assert b"poor question 7" not in content
    with closing(sqlite3.connect(desk.root / ".workbench" / "runs.db")) as runs:
        rows = runs.execute("SELECT action, label, answer, note FROM human_labels"
                            " WHERE case_id = 'c7' ORDER BY id").fetchall()  # fmt: skip
    assert rows == [
        ("note", "", "[forgotten]", "[forgotten]"),
        ("label", "fail", "[forgotten]", ""),
    ]
