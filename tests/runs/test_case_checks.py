"""Checks that a case brings itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Case
from workbench.datasets.writer import replace_case
from workbench.errors import DatasetError
from workbench.providers.base import Answer, Outcome
from workbench.runs.engine.scoring import score_answer
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.suite_file import read_suite
from workbench.runs.store.rows import read_case
from workbench.scorers import library
from workbench.scorers.base import Score
from workbench.scorers.faults import FaultScore

REFUND: dict[str, Any] = {"contains": {"expected": "refund"}}
SHORT: dict[str, Any] = {"max_chars": {"limit": 10, "weight": 3}}
POLITE: dict[str, Any] = {"not": {"contains": {"expected": "idiot"}, "name": "polite"}}


def suite_of(
    folder: Path,
    rows: list[dict[str, Any]],
    scorers: str = "[max_chars]",
    name: str = "cases.jsonl",
) -> Suite:
    (folder / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    path = folder / "suite.yaml"
    path.write_text(f"suite: s\nprompt: p\ndataset: cases.jsonl\nscorers: {scorers}\n")
    return read_suite(path)


def row(number: int, *checks: Any, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "inputs": {"t": "x"}, "checks": list(checks), **more}


def test_they_become_one_scorer_whose_score_is_the_weighted_share_that_holds(
    tmp_path: Path,
) -> None:
    suite = suite_of(tmp_path, [row(1, REFUND, SHORT, POLITE), row(2)])
    assert [scorer.name for scorer in suite.scorers] == ["max_chars", "checks"]
    first, second = suite.dataset.cases
    answer = Answer(Outcome.OK, "your refund is on its way")
    scores, _ = score_answer(suite.scorers, answer, first)
    assert scores["checks"] == Score(
        0.4, "max_chars: 25 characters", {"contains": 1.0, "max_chars": 0.0, "polite": 1.0}
    )
    all_hold, _ = score_answer(suite.scorers, Answer(Outcome.OK, "a refund"), first)
    assert all_hold["checks"].value == 1.0
    none, _ = score_answer(suite.scorers, answer, second)
    assert none["checks"] == Score(1.0, "the case has no checks")


def test_a_suite_may_name_them_with_a_cut_and_they_follow_its_faults(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, [row(1, REFUND, REFUND)], "[{checks: {cut: 1, name: all}}]")
    (scorer,) = suite.scorers
    (case,) = suite.dataset.cases
    assert scorer.name == "all"
    parts = scorer.score(Answer(Outcome.OK, "no"), case).parts
    assert parts == {"contains": 0.0, "contains_2": 0.0}
    lenient = scorer.with_faults({Outcome.REFUSED: FaultScore.MISSING})
    assert lenient.score(Answer(Outcome.REFUSED, "no"), case).value is None
    assert scorer.score(Answer(Outcome.REFUSED, "no"), case).value == 0.0


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        ([{"contians": {}}], "did you mean 'contains'?"),
        ([{"contains": {"expectd": "x"}}], "did you mean 'expected'?"),
        ([{"contains": {"required": False}}], "required stands at scorers of the suite alone"),
        (["exact_match", 5], "checks must be a list of scorers"),
        ([{"a": 1, "b": 2}], "checks must be a list of scorers"),
        (7, "checks must be a list of scorers"),
        ([{"matches": {"pattern": "("}}], "pattern"),
        (["checks"], "cannot hold themselves"),
        ([{"not": "checks"}], "cannot hold themselves"),
        ([{"numeric": {"expected": "abc"}}], "numeric.expected: 'abc' is no number"),
    ],
)
def test_a_wrong_check_is_refused_with_file_line_and_case(
    tmp_path: Path, checks: Any, message: str
) -> None:
    with pytest.raises(DatasetError) as caught:
        suite_of(tmp_path, [row(1, REFUND), {**row(2), "checks": checks}])
    assert message in str(caught.value)
    assert "cases.jsonl: line 2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_suite_that_scores_by_checks_needs_a_case_with_some(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no case has checks"):
        suite_of(tmp_path, [row(1)], "[checks]")


def test_they_are_part_of_the_case_and_unset_they_are_not(tmp_path: Path) -> None:
    plain, other = Case("1", {"t": "x"}), Case("1", {"t": "x"}, checks=(REFUND,))
    assert "checks" not in plain.content()
    assert other.digest != plain.digest
    assert read_case(json.loads(json.dumps(other.content()))) == other
    assert read_case(json.loads(json.dumps({**plain.content(), "tags": []}))) == plain
    changed = Case("1", {"t": "x"}, checks=(SHORT,))
    assert changed.digest != other.digest


def test_a_flat_row_has_them_as_a_list_of_scorers_with_options_and_else_an_input(
    tmp_path: Path,
) -> None:
    path = tmp_path / "flat.jsonl"
    rows = [
        {"id": "1", "t": "x", "checks": [REFUND, "exact_match"]},
        {"id": "2", "t": "x", "checks": ["a", "b"]},
        {"id": "3", "t": "x", "checks": "12"},
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    first, second, third = read_dataset(path).cases
    assert (first.checks, dict(first.inputs)) == ((REFUND, "exact_match"), {"t": "x"})
    assert (second.checks, second.inputs["checks"]) == ((), ["a", "b"])
    assert (third.checks, third.inputs["checks"]) == ((), "12")
    table = tmp_path / "flat.csv"
    table.write_text(
        'id,t,checks\n1,x,"[{""contains"": {""expected"": ""refund""}}]"\n2,y,\n', encoding="utf-8"
    )
    first, second = read_dataset(table).cases
    assert (first.checks, dict(first.inputs)) == ((REFUND,), {"t": "x"})
    assert second.checks == ()


def test_they_survive_an_edit_of_the_case(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, [row(1, REFUND, note="kept")])
    (case,) = suite.dataset.cases
    path = tmp_path / "cases.jsonl"
    replace_case(path, case)
    assert read_dataset(path).cases == (case,)
    assert json.loads(path.read_text())["note"] == "kept"


SQL: dict[str, Any] = {"sql": {"dialect": "sqlite"}}


@pytest.mark.parametrize("scorers", ["[checks]", "[not: checks]", "[all_of: [checks]]"])
def test_another_version_of_a_library_behind_a_check_is_another_scorer(
    tmp_path: Path, scorers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(1, REFUND), row(2, {"not": SQL})]
    before = suite_of(tmp_path, rows, scorers).parts
    monkeypatch.setattr(library, "installed_version", lambda _name: "99.0")
    after = suite_of(tmp_path, rows, scorers).parts
    assert after["scorers"] != before["scorers"]
    assert after["dataset"] == before["dataset"]


def test_checks_without_a_library_or_outside_the_gate_leave_the_scorers_as_they_are(
    tmp_path: Path,
) -> None:
    plain = suite_of(tmp_path, [row(1, REFUND)], "[checks]").parts["scorers"]
    assert suite_of(tmp_path, [row(1, REFUND), row(2, SHORT)], "[checks]").parts["scorers"] == plain
    rows = [row(1, REFUND, split="gate"), row(2, SQL, split="dev")]
    assert suite_of(tmp_path, rows, "[checks]").parts["scorers"] == plain
    assert suite_of(tmp_path, [row(1, SQL)], "[checks]").parts["scorers"] != plain
