"""What scorers make of example answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.actions.running.try_scorers import Example, try_scorers
from workbench.child_process.allowed import CodeNotAllowed, allow
from workbench.child_process.source import read_source
from workbench.errors import SuiteError


def test_each_example_is_scored_as_a_run_scores_it() -> None:
    entries = "- contains: {ignore_case: true}\n- length: {at_most: 2, after: contains}\n"
    examples = [Example("All Billing", "billing"), Example("sales", "billing"), Example(" ", "x")]
    scored = try_scorers(entries, examples, None)
    assert [(each["contains"].value, each["length"].value) for each in scored] == [
        (1.0, 1.0),
        (0.0, 0.0),
        (0.0, 0.0),
    ]
    assert scored[1]["length"].skipped
    assert scored[2]["contains"].reason == "the answer is empty"


def test_one_entry_stands_without_a_list() -> None:
    (scored,) = try_scorers("one_of: {labels: [no, 1.50]}", [Example("1.50")], None)
    assert scored["one_of"].value == 1.0


def test_what_is_wrong_with_an_entry_is_said() -> None:
    with pytest.raises(SuiteError, match="contain"):
        try_scorers("- contain", [Example("x")], None)


def test_own_code_runs_once_it_was_allowed(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").touch()
    (tmp_path / "own.py").write_text("def score(answer, case):\n    return len(answer) > 2\n")
    entries = "python: {file: own.py}"
    with pytest.raises(CodeNotAllowed):
        try_scorers(entries, [Example("yes")], tmp_path)
    allow(read_source(tmp_path, "own.py"))
    scored = try_scorers(entries, [Example("yes"), Example("no")], tmp_path)
    assert [each["own"].value for each in scored] == [1.0, 0.0]
