"""Typed cells from the file to what is asked, scored and recorded; and the evidence of 0.1.0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer
from workbench.actions.comparing.compare import compare
from workbench.actions.refs import resolve
from workbench.actions.releasing.evaluate import evaluate
from workbench.actions.releasing.register import register
from workbench.actions.releasing.rules import sync
from workbench.actions.running.run import make_spec, start, try_case
from workbench.actions.session import Session
from workbench.actions.workspace.checks import Level
from workbench.actions.workspace.doctor import examine
from workbench.datasets.values import Case
from workbench.errors import DatasetError, TemplateError, UsageError
from workbench.prompts.files.untyped import UntypedText
from workbench.registry import State
from workbench.runs.spec.suite import Suite
from workbench.verdicts.values import Evidence
from workbench.workspace import open_workspace

DRAFT = """\
---
name: triage
model: {{id: mock, provider: mock, options: {{temperature: 0}}}}
inputs:
  - {{name: ticket, kind: string}}
  - {{name: vip, kind: {kind}}}
---
user:
{{{{ ticket }}}} {{% if vip %}}first{{% else %}}later{{% endif %}}{more}
"""
SUITE = """\
suite: triage
prompt: triage
dataset: cases.csv
scorers: [{scorers}]
gate: {{threshold: 0.5, baseline: none}}
"""
CASES = "id,ticket,vip,expected\n" + "".join(
    f"c{n},ticket {n},{('true', 'FALSE')[n % 2]},{('first', 'later')[n % 2]}\n" for n in range(20)
)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    def answer(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
        del options
        return str(messages[-1]["content"].split()[-1])

    with OpenAIServer(answer) as running:
        yield running


@pytest.fixture
def session(tmp_path: Path, server: OpenAIServer) -> Iterator[Session]:
    settings = f'[workspace]\nauthor = "ana"\n[providers.mock]\nbase_url = "{server.base_url}"\n'
    (tmp_path / "workbench.toml").write_text(settings)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "evals" / "triage").mkdir(parents=True)
    write(tmp_path)
    with Session(open_workspace(tmp_path)) as opened:
        yield opened


def write(
    root: Path,
    kind: str = "boolean",
    cases: str = CASES,
    scorers: str = "exact_match",
    more: str = "",
) -> None:
    (root / "prompts" / "triage.prompty").write_text(DRAFT.format(kind=kind, more=more))
    (root / "evals" / "triage" / "cases.csv").write_text(cases)
    (root / "evals" / "triage" / "suite.yaml").write_text(SUITE.format(scorers=scorers))


def version(session: Session) -> str:
    return register(session, resolve(session, "triage"), description="x").partition("@")[2]


def as_in_0_1_0(session: Session, evidence: Evidence) -> None:
    """The registry as that release would have left it: without the parts that it did not know."""
    suite = session.workspace.suite_for("triage")
    old = replace(evidence, suite_parts=suite.parts, suite_fingerprint=suite.fingerprint)
    kept = session.registry.get_version("triage", evidence.version)
    session.close()
    session.workspace.registry_path.unlink()
    session.registry.register(kept)
    session.registry.record_evaluation(old, by="ana")


@pytest.mark.exhaustive
def test_typed_cells_are_asked_scored_and_recorded(session: Session, server: OpenAIServer) -> None:
    number = version(session)
    (evidence,) = evaluate(session, "triage", number)
    assert (evidence.score, len(server.requests)) == (1.0, 20)
    assert "cells" in evidence.suite_parts
    sync(session)
    assert session.registry.status("triage", number).state is State.TESTED


def test_evidence_of_0_1_0_is_stale_where_cells_now_read_otherwise(session: Session) -> None:
    number = version(session)
    as_in_0_1_0(session, *evaluate(session, "triage", number))
    assert session.registry.status("triage", number).state is State.TESTED
    sync(session)
    status = session.registry.status("triage", number)
    assert status.state is State.STALE
    assert status.reason.startswith("reading of cells changed since it passed triage")
    evaluate(session, "triage", number)
    sync(session)
    assert session.registry.status("triage", number).state is State.TESTED


def test_evidence_of_0_1_0_is_stale_where_expected_answers_now_read_otherwise(
    session: Session, tmp_path: Path
) -> None:
    lists = CASES.replace(",first\n", ',"[""first"", ""1st""]"\n')
    write(tmp_path, "string", lists.replace("FALSE", ""))
    number = version(session)
    as_in_0_1_0(session, *evaluate(session, "triage", number))
    sync(session)
    status = session.registry.status("triage", number)
    assert status.state is State.STALE
    assert status.reason.startswith("reading of expected answers changed since")


@pytest.mark.parametrize(
    ("scorers", "stale"), [("{max_chars: {limit: 9}}", True), ("{matches: {pattern: t}}", False)]
)
def test_evidence_of_0_1_0_is_stale_where_an_empty_answer_would_have_passed(
    session: Session, tmp_path: Path, scorers: str, stale: bool
) -> None:
    write(tmp_path, "string", CASES.replace("FALSE", ""), scorers)
    number = version(session)
    as_in_0_1_0(session, *evaluate(session, "triage", number))
    sync(session)
    status = session.registry.status("triage", number)
    assert (status.state is State.STALE) == stale
    names_empty_answers = status.reason.startswith(
        "scoring of empty answers changed since it passed triage"
    )
    assert names_empty_answers == stale
    (evidence,) = evaluate(session, "triage", number)
    sync(session)
    assert session.registry.status("triage", number).state is State.TESTED
    assert not evidence.environment.get("calls"), "cached answers count"


@pytest.mark.exhaustive
def test_evidence_that_gave_empty_answers_a_score_cannot_be_extended(
    session: Session, tmp_path: Path
) -> None:
    write(tmp_path, "string", CASES.replace("FALSE", ""), "{max_chars: {limit: 9}}")
    suite = tmp_path / "evals" / "triage" / "suite.yaml"
    suite.write_text(suite.read_text().replace("none}", "none, extend: true}"))
    number = version(session)
    as_in_0_1_0(session, *evaluate(session, "triage", number))
    with pytest.raises(UsageError, match="has other scoring of empty answers since"):
        evaluate(session, "triage", number, extend=True)


@pytest.mark.parametrize(("kind", "cell"), [("string", "true"), ("integer", "7")])
def test_evidence_of_0_1_0_stays_where_the_same_is_asked(
    session: Session, tmp_path: Path, kind: str, cell: str
) -> None:
    cases = CASES.replace("FALSE,later", f"{cell},first").replace("true", cell)
    write(tmp_path, kind, cases, more="{# a comment #}")
    number = version(session)
    (evidence,) = evaluate(session, "triage", number)
    assert set(evidence.suite_parts) == {"dataset", "scorers", "policy", "repeats"}
    as_in_0_1_0(session, evidence)
    sync(session)
    assert session.registry.status("triage", number).state is State.TESTED


@pytest.mark.exhaustive
def test_versions_of_other_kinds_are_compared_on_the_same_cells(
    session: Session, tmp_path: Path
) -> None:
    write(tmp_path, "string")
    text = version(session)
    write(tmp_path)
    compared = compare(session, f"triage@{text}", "triage")
    scores = [side.summary.score for side in (compared.a, compared.b)]
    assert scores == [0.5, 1.0]


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        (CASES.replace("ticket 7,FALSE", "ticket 7,maybe"), "line 9: case 'c7': vip is 'maybe'"),
        (CASES.replace("ticket 7,FALSE", "ticket 7,"), "line 9: case 'c7' has no vip"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_before_the_first_call(
    session: Session, server: OpenAIServer, tmp_path: Path, cases: str, message: str
) -> None:
    write(tmp_path, cases=cases)
    suite = session.workspace.suite_for("triage")
    with pytest.raises(DatasetError, match=message):
        make_spec(resolve(session, "triage"), suite)
    assert server.requests == []
    problems = [c.message for c in examine(session.workspace) if c.level is Level.PROBLEM]
    assert any(message in problem for problem in problems)


def test_a_text_that_means_no_is_refused_wherever_it_would_be_asked(
    session: Session, server: OpenAIServer, tmp_path: Path
) -> None:
    write(tmp_path, "string")
    message = "line 3: case 'c1': vip is the text 'false', which holds"
    number = version(session)
    for ask in (
        lambda: make_spec(resolve(session, "triage"), suite_of(session)),
        lambda: evaluate(session, "triage", number),
    ):
        with pytest.raises(DatasetError, match=message) as caught:
            ask()
        assert "kind: boolean" in caught.value.hint
    with pytest.raises(TemplateError, match="vip is the text 'false'"):
        try_case(session, resolve(session, "triage").prompt, suite_of(session).dataset.cases[1])
    problems = [c.message for c in examine(session.workspace) if c.level is Level.PROBLEM]
    assert any(message in problem for problem in problems)
    assert server.requests == []


def test_doctor_says_which_answers_cannot_be_judged(session: Session, tmp_path: Path) -> None:
    write(tmp_path, cases=CASES.replace("c3,ticket 3,FALSE,later", "c3,ticket 3,FALSE,"))
    warnings = [c.message for c in examine(session.workspace) if c.level is Level.WARNING]
    assert "triage: 1 of 20 cases have no expected, which exact_match needs" in warnings
    write(tmp_path, scorers="json_equals")
    problems = [c.message for c in examine(session.workspace) if c.level is Level.PROBLEM]
    assert any("line 2: case 'c0': expected: 'first' is no JSON" in problem for problem in problems)


def test_a_run_is_resumed_with_its_typed_cells(session: Session, server: OpenAIServer) -> None:
    spec = make_spec(resolve(session, "triage"), session.workspace.suite_for("triage"), limit=5)
    summary = start(session, spec).wait()
    assert summary.score == 1.0
    again = start(session, spec, resume=summary.run_id).wait()
    assert (again.score, len(server.requests)) == (1.0, 5)


def test_an_input_that_is_typed_by_hand_is_read_like_a_cell(session: Session) -> None:
    prompt = resolve(session, "triage").prompt
    for given, expected in (("false", "later"), ("true", "first")):
        case = Case("given", {"ticket": UntypedText("1"), "vip": UntypedText(given)})
        assert try_case(session, prompt, case).text == expected


def test_numbers_are_asked_as_their_file_writes_them_in_a_run_and_after_it(
    session: Session, server: OpenAIServer, tmp_path: Path
) -> None:
    write(tmp_path, "number", more=" {{ vip }}")
    suite = tmp_path / "evals" / "triage"
    (suite / "suite.yaml").write_text(SUITE.format(scorers="exact_match").replace("csv", "jsonl"))
    rows = "".join(
        f'{{"id": "{n}", "inputs": {{"ticket": "t", "vip": {vip}}}, "expected": {vip}}}\n'
        for n, vip in enumerate(("1.50", "1.5", "1e3", "12345678901234567890.0"))
    )
    (suite / "cases.jsonl").write_text(rows)
    summary = start(session, make_spec(resolve(session, "triage"), suite_of(session))).wait()
    asked = [request["messages"][-1]["content"].split()[-1] for request in server.requests]
    assert sorted(asked) == ["1.5", "1.50", "12345678901234567890.0", "1e3"]
    assert summary.score == 1.0
    stored = session.store.cases(summary.run_id)
    assert [str(case.expected) for case in stored] == [str(case.inputs["vip"]) for case in stored]
    prompt = resolve(session, "triage").prompt
    assert [try_case(session, prompt, case).text for case in stored][::2] == ["1.50", "1e3"]


def suite_of(session: Session) -> Suite:
    return session.workspace.suite_for("triage")
