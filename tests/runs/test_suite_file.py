"""suite.yaml: what it may say, and one line about what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.datasets.values import Case
from workbench.errors import SuiteError, WorkbenchError
from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.suite_file import read_suite
from workbench.scorers.faults import FaultScore

WHOLE = """\
suite: support_triage
prompt: support_triage
dataset: cases.jsonl
scorers:
  - exact_match: {ignore_case: true, strip: true}
  - latency: {at_most: 5s, required: false}
gate:
  scorer: exact_match
  baseline: production
  margin: 0.05
  threshold: 0.80
  confidence: 0.95
run: {concurrency: 16, repeats: 1, timeout: 60s, budget: 2.00 USD}
"""
CASES = '{"id":"1","t":"x","expected":"y","split":"dev"}\n{"id":"2","t":"z","split":"gate"}\n'


def suite_of(folder: Path, text: str, cases: str = CASES) -> Suite:
    (folder / "cases.jsonl").write_text(cases, encoding="utf-8")
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return read_suite(path)


def test_a_whole_suite_is_read(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, WHOLE)
    assert (suite.name, suite.prompt_id) == ("support_triage", "support_triage")
    assert [scorer.name for scorer in suite.scorers] == ["exact_match", "latency"]
    gate = suite.gate
    assert gate.scorers == ("exact_match",)
    assert (gate.baseline, gate.margin, gate.threshold) == ("production", 0.05, 0.8)
    run = suite.run
    assert (run.concurrency, run.repeats, run.timeout_s, run.budget_usd) == (16, 1, 60.0, 2.0)
    assert [case.id for case in suite.gate_cases.cases] == ["2"]
    assert [case.id for case in suite.dev_cases.cases] == ["1"]


def test_a_linked_suite_runs_the_code_of_the_workspace_that_it_stands_in(tmp_path: Path) -> None:
    text = "suite: s\nprompt: p\ndataset: cases.jsonl\nscorers: [python: {file: own.py}]\n"
    here, there = tmp_path / "here", tmp_path / "there"
    for root in (here, there):
        root.mkdir()
        (root / "workbench.toml").touch()
        (root / "own.py").write_text("def score(answer, case): return 1\n")
    suite_of(there, text)
    (here / "cases.jsonl").write_text(CASES)
    (here / "suite.yaml").symlink_to(there / "suite.yaml")
    (scorer,) = read_suite(here / "suite.yaml").scorers
    assert scorer.kind.code
    assert scorer.kind.code.source.folder == str(here)


def test_own_code_that_stands_twice_is_refused_with_the_key_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def score(answer, case): return 1\n")
    scorers = "scorers: [python: {file: own.py}, python: {file: own.py}]\n"
    with pytest.raises(SuiteError, match=r"'own' stands twice \(python: \{name: …\} gives"):
        suite_of(tmp_path, "suite: s\nprompt: p\ndataset: cases.jsonl\n" + scorers)


def test_a_short_suite_has_the_usual_gate(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, "suite: s\nprompt: p\ndataset: cases.jsonl\nscorers: [contains]\n")
    assert suite.gate.scorers == ("contains",)
    assert suite.gate.baseline == "production"
    assert suite.gate.margin == 0.05
    assert suite.gate.threshold is None
    assert suite.run.concurrency == 8


def test_every_required_scorer_gates_after_the_headline(tmp_path: Path) -> None:
    text = WHOLE.replace("- latency: {at_most: 5s, required: false}", "- contains")
    assert suite_of(tmp_path, text).gate.scorers == ("exact_match", "contains")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("suite: support_triage", "sweet: support_triage", "unknown key 'sweet'"),
        ("suite: support_triage", "suite: ''", "suite is missing"),
        ("dataset: cases.jsonl", "dataset: [a]", "a path is needed"),
        ("dataset: cases.jsonl", "dataset: ../cases.jsonl", "lies outside"),
        ("dataset: cases.jsonl", "dataset: /etc/passwd", "lies outside"),
        ("dataset: cases.jsonl", "dataset: none.jsonl", "no dataset at"),
        ("margin: 0.05", "margin: 5", "margin must be a number from 0 to 1"),
        ("margin: 0.05", "margin: true", "margin must be a number from 0 to 1"),
        ("margin: 0.05", "margin: .nan", "margin must be a number from 0 to 1"),
        ("threshold: 0.80", "threshold: 80%", "threshold must be a number from 0 to 1"),
        ("confidence: 0.95", "confidence: 1", "confidence must be a number from 0.5 to 0.999"),
        ("margin: 0.05", "margni: 0.05", "did you mean 'margin'?"),
        ("scorer: exact_match", "scorer: exact_macth", "did you mean 'exact_match'?"),
        ("scorer: exact_match", "scorer: 5", "5 names no scorer"),
        ("scorer: exact_match", "scorers: [5]", "[5] names no scorer"),
        (
            "concurrency: 16",
            "concurrency: 0",
            "concurrency must be a whole number from 1 to 1,000, not 0",
        ),
        ("concurrency: 16", "concurrency: 1.5", "concurrency must be a whole number"),
        ("repeats: 1", "repeats: true", "repeats must be a whole number"),
        ("timeout: 60s", "timeout: soon", "is no duration"),
        ("timeout: 60s", "timeout: 0s", "must be more than 0: write 60s"),
        ("budget: 2.00 USD", "budget: 2 EUR", "is no amount"),
        ("budget: 2.00 USD", "budget: -2", "is no amount"),
        ("  - exact_match: {ignore_case: true, strip: true}\n", "  - 5\n", "a scorer is a name"),
        (
            "- exact_match: {ignore_case: true, strip: true}",
            "- exact_match: 5",
            "must be a mapping",
        ),
        ("- latency: {at_most: 5s, required: false}", "- exact_match", "stands twice"),
        ("gate:\n", "gate: 5\nx:\n", "gate must be a table, not 5"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in WHOLE
    text = WHOLE.replace(old, new, 1)
    if new.startswith("gate: 5"):
        text = WHOLE[: WHOLE.index("gate:")] + "gate: 5\n"
    with pytest.raises(WorkbenchError) as caught:
        suite_of(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["- a\n", "scorers: []\n", "suite: s\n\tprompt: p\n", "a: &a [*a]"]
)
def test_what_is_no_suite_is_refused_with_the_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(SuiteError, match=r"suite\.yaml"):
        suite_of(tmp_path, text)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "evals"
    folder.mkdir()
    (tmp_path / "secret.jsonl").write_text('{"id":"1","t":"x"}\n', encoding="utf-8")
    (folder / "link.jsonl").symlink_to(tmp_path / "secret.jsonl")
    with pytest.raises(SuiteError, match="lies outside"):
        suite_of(folder, WHOLE.replace("cases.jsonl", "link.jsonl"))


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("ignore_case: true", "ignore_case: false", "scorers"),
        ("required: false", "required: true", "scorers"),
        ("gate:", "faults: {truncated: missing}\ngate:", "scorers"),
        ("margin: 0.05", "margin: 0.04", "policy"),
        ("threshold: 0.80", "threshold: 0.81", "policy"),
        ("baseline: production", "baseline: none", "policy"),
        ("repeats: 1", "repeats: 2", "repeats"),
    ],
)
def test_whatever_decides_a_score_changes_the_fingerprint(
    tmp_path: Path, old: str, new: str, part: str
) -> None:
    before = suite_of(tmp_path, WHOLE)
    after = suite_of(tmp_path, WHOLE.replace(old, new))
    changed = {name for name in before.parts if before.parts[name] != after.parts[name]}
    assert part in changed
    assert changed <= {part, "policy"}
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize(
    ("old", "new"), [("concurrency: 16", "concurrency: 2"), ("timeout: 60s", "timeout: 30s")]
)
def test_how_fast_a_suite_is_run_is_not_part_of_it(tmp_path: Path, old: str, new: str) -> None:
    before = suite_of(tmp_path, WHOLE)
    assert suite_of(tmp_path, WHOLE.replace(old, new)).fingerprint == before.fingerprint


def test_a_case_of_the_dev_split_does_not_make_the_gates_evidence_stale(tmp_path: Path) -> None:
    before = suite_of(tmp_path, WHOLE)
    dev = suite_of(tmp_path, WHOLE, CASES.replace('"x"', '"changed"'))
    gate = suite_of(tmp_path, WHOLE, CASES.replace('"z"', '"changed"'))
    assert dev.fingerprint == before.fingerprint
    assert gate.fingerprint != before.fingerprint


def test_what_the_models_own_faults_count_as_is_the_suites_to_say(tmp_path: Path) -> None:
    faults = "faults: {truncated: missing, tool_call: scored, refused: wrong}\ngate:"
    scorer = suite_of(tmp_path, WHOLE.replace("gate:", faults)).scorers[0]
    case = Case("1", {"t": "x"}, "y")
    scores = {
        outcome: scorer.score(Answer(outcome, "y"), case).value
        for outcome in Outcome
        if outcome.is_models_fault
    }
    assert scores == {
        Outcome.EMPTY: 0.0,
        Outcome.TRUNCATED: None,
        Outcome.TOOL_CALL: 1.0,
        Outcome.REFUSED: 0.0,
        Outcome.FILTERED: 0.0,
        Outcome.REJECTED: 0.0,
    }
    failed = scorer.score(Answer(Outcome.PROVIDER_ERROR, "y", error="down"), case)
    assert failed.value is None, "an error stays an error, whatever a suite says"


def test_saying_what_holds_anyway_about_faults_makes_no_evidence_stale(tmp_path: Path) -> None:
    usual = suite_of(tmp_path, WHOLE)
    explicit = suite_of(tmp_path, WHOLE.replace("gate:", "faults: {refused: wrong}\ngate:"))
    assert explicit.fingerprint == usual.fingerprint


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ("{timed_out: scored}", "unknown key 'timed_out'"),
        ("{truncated: 0}", "truncated cannot count as 0"),
        ("{truncated: skipped}", "truncated cannot count as 'skipped'"),
    ],
)
def test_only_the_models_own_faults_may_be_scored(
    tmp_path: Path, faults: str, message: str
) -> None:
    with pytest.raises(SuiteError, match=message):
        suite_of(tmp_path, WHOLE.replace("gate:", f"faults: {faults}\ngate:"))


def test_the_suite_in_the_documentation_is_one(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "runs.md"
    text = page.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    tagged = CASES.replace('"split":"gate"', '"split":"gate","tags":["vip"]')
    suite = suite_of(tmp_path, text, tagged)
    assert suite.scorers[0].faults == {
        Outcome.TRUNCATED: FaultScore.MISSING,
        Outcome.REFUSED: FaultScore.SCORED,
    }
    assert suite.gate.max_age_days == 30
    assert suite.run.requests_per_minute == 500
    assert suite.run.stream


def test_a_stream_is_asked_for_with_yes_or_no(tmp_path: Path) -> None:
    assert not suite_of(tmp_path, WHOLE).run.stream
    with pytest.raises(SuiteError, match="stream must be true or false, not 'often'"):
        suite_of(tmp_path, WHOLE.replace("repeats: 1,", "repeats: 1, stream: often,"))


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ('"80 %"', "write 0.8"),
        ("80%", "write 0.8"),
        ("80", "write 0.8"),
        ("'0.8'", "write 0.8"),
        ("'0,8'", "write 0.8"),
        ("97.5 %", "write 0.975"),
        ("-1", ""),
        ("high", ""),
        ("true", ""),
    ],
)
def test_a_share_that_is_written_in_per_cent_is_refused_with_the_fraction(
    tmp_path: Path, written: str, hint: str
) -> None:
    with pytest.raises(SuiteError, match="threshold must be a number from 0 to 1") as told:
        suite_of(tmp_path, WHOLE.replace("threshold: 0.80", f"threshold: {written}"))
    assert told.value.hint == hint
