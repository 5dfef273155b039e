"""An own scorer from the question to the evidence: allowed by hash, run, stale when it changes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support.pty_session import Terminal
from workbench.child_process.confine import RESTRICTIONS
from workbench.child_process.source import read_source

FILE = "scorers/totals.py"
CODE = """\
from scorers import helpers

def score(answer, case, goal="billing"):
    return {"score": helpers.same(answer, goal), "reason": f"wanted {goal}"}
"""
HELPERS = "def same(one, other):\n    return one == other\n"
SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers:
  - python: {file: scorers/totals.py}
gate: {threshold: 0.8, margin: 0.1}
"""


@pytest.fixture
def own(fresh_cli: Cli) -> Cli:
    (fresh_cli.root / "scorers").mkdir()
    (fresh_cli.root / FILE).write_text(CODE)
    (fresh_cli.root / "scorers" / "helpers.py").write_text(HELPERS)
    (fresh_cli.root / "evals" / "triage" / "suite.yaml").write_text(SUITE)
    return fresh_cli


def test_without_a_terminal_code_that_was_not_allowed_is_refused_before_any_call(
    own: Cli,
) -> None:
    done = own.here("run", "triage", "--json")
    assert done.code == 2
    assert f"{FILE} is code that you have not allowed" in done.err
    assert f"workbench trust {FILE}" in done.json["hint"]
    assert not own.here("runs", "--json").json["runs"]


def test_an_allowed_scorer_judges_and_gates_and_a_change_of_what_it_imports_makes_it_stale(
    own: Cli,
) -> None:
    result = own.here("trust", FILE)
    assert result.code == 0
    for fact in ("functions: score", "scorers/helpers.py", "packages: none", *RESTRICTIONS):
        assert fact in result.out
    own.say("best")
    done = own.here("run", "triage", "--json")
    assert (done.code, done.json["score"]) == (0, 1.0)
    assert own.here("register", "triage", "-d", "first").code == 0
    assert own.here("evaluate", "triage@1.0.0", "--json").json["gate"] == "pass"
    shown = own.here("lineage", "triage@1.0.0")
    assert "totals" in shown.out
    assert f"{FILE} " in shown.out

    (own.root / "scorers" / "helpers.py").write_text(HELPERS.replace("==", "!="))
    loosened = own.here("evaluate", "triage@1.0.0")
    assert loosened.code == 5
    assert '"scorers/helpers.py":' in loosened.err
    assert own.here("rules", "apply", "--reason", "the other way round").code == 0
    refused = own.here("evaluate", "triage@1.0.0")
    assert refused.code == 2
    assert f"{FILE} changed since you allowed it" in refused.err
    stale = own.here("lineage", "triage@1.0.0")
    assert "scorers changed since it passed" in stale.out
    # It is reproduced by the scorer that judged it, whose text is kept.
    (own.root / FILE).unlink()
    again = own.here("reproduce", "triage@1.0.0", "--json")
    assert (again.code, again.json["degree"]) == (0, "same_answers")


@pytest.mark.exhaustive
def test_trust_is_bound_to_a_hash_where_one_is_given(own: Cli) -> None:
    right = read_source(own.root, FILE).text_hash
    assert own.here("trust", FILE, "--hash", "0" * 64).code == 2
    assert own.here("run", "triage").code == 2
    assert own.here("trust", FILE, "--hash", right, "--json").json["code"][0]["hash"] == right
    assert own.here("run", "triage").code == 0


@pytest.mark.exhaustive
def test_options_reach_the_function_and_unknown_ones_are_refused_before_the_first_call(
    own: Cli,
) -> None:
    own.here("trust", FILE)
    suite = own.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(SUITE.replace("totals.py}", "totals.py, options: {goal: sales}}"))
    own.say("best")
    assert own.here("run", "triage", "--json").json["score"] == 0.0
    suite.write_text(SUITE.replace("totals.py}", "totals.py, options: {gaol: sales}}"))
    done = own.here("run", "triage")
    assert done.code == 2
    assert "unexpected keyword argument 'gaol'" in done.err


@pytest.mark.exhaustive
def test_a_scorer_that_fails_leaves_the_score_missing_and_the_run_incomplete(own: Cli) -> None:
    (own.root / FILE).write_text("def score(answer, case):\n    return 1 / 0\n")
    own.here("trust", FILE)
    done = own.here("run", "triage", "--json")
    assert (done.code, done.json["scored"], done.json["score"]) == (4, 0, None)
    assert "ZeroDivisionError" in done.json["reason"]
    assert f"{FILE} line 2" in done.json["reason"]


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal")
def test_at_a_terminal_the_question_shows_what_would_run(own: Cli) -> None:
    own.say("best")
    argv = [sys.executable, "-m", "workbench", "run", "triage"]
    environ = own.environ | {"PYTHONPATH": str(Path.cwd())}
    with Terminal([*argv, "--workspace", str(own.root)], environ) as terminal:
        terminal.wait_for("may it run?")
        for fact in (FILE, "sha256", "functions: score", "scorers/helpers.py", "enforces"):
            assert fact.encode() in terminal.seen
        terminal.press("y", "enter")
        terminal.wait_for("1.000")


def test_own_code_inside_a_combination_stands_in_the_record_as_by_itself(own: Cli) -> None:
    suite = own.root / "evals" / "triage" / "suite.yaml"
    entry = "any_of: {name: either, of: [{not: {python: {file: %s, options: {goal: sales}}}}]}"
    suite.write_text(SUITE.replace(f"python: {{file: {FILE}}}", entry % FILE))
    refused = own.here("run", "triage")
    assert refused.code == 2 and "code that you have not allowed" in refused.err
    own.here("trust", FILE)
    own.say("best")
    assert own.here("register", "triage", "-d", "first").code == 0
    done = own.here("evaluate", "triage@1.0.0", "--json")
    assert (done.code, done.json["gate"]) == (0, "pass")
    shown = own.here("lineage", "triage@1.0.0").out
    assert "either" in shown and "scorers/helpers.py " in shown

    (own.root / "scorers" / "helpers.py").write_text(HELPERS.replace("==", "!="))
    assert "stale: scorer either: " in own.here("lineage", "triage@1.0.0").out
    (own.root / FILE).unlink()
    again = own.here("reproduce", "triage@1.0.0", "--json")
    assert (again.code, again.json["degree"]) == (0, "same_answers"), again.err
