"""Earlier uses of a gate's cases are counted, whichever program recorded them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from workbench import PromptVersion
from workbench.actions.comparing.gate_uses import questions_of, wear_of
from workbench.actions.refs import Source, source_of
from workbench.actions.running.run import make_spec
from workbench.actions.session import Session
from workbench.datasets.values import Case, Dataset
from workbench.prompts.values import Message, Prompt
from workbench.runs.spec.suite import GatePolicy, Suite
from workbench.scorers.base import Kind, Score, Scorer
from workbench.verdicts.evidence import evidence_from_json, evidence_to_json, make_evidence
from workbench.verdicts.multiple_comparisons import Wear
from workbench.verdicts.sequential import conclude
from workbench.verdicts.sequential_plan import make_plan
from workbench.verdicts.values import CasePair, Evidence
from workbench.workspace import open_workspace

POLICY = GatePolicy(scorers=("s",), margin=0.1)
SCORER = Scorer(Kind("s", "", lambda answer, case, options: Score(1.0)))
PROMPT = Prompt("t", (Message("user", "{{ q }}"),))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "workbench.toml").write_text("")
    with Session(open_workspace(tmp_path)) as opened:
        yield opened


def cases_of(*notes: str, start: int = 0) -> tuple[Case, ...]:
    inputs = [{"q": f"question {n}"} for n in range(start, start + 30)]
    return tuple(
        Case(f"{'-'.join(notes)}{n}", {**given, **{f"note {x}": x for x in notes}}, "ok")
        for n, given in enumerate(inputs)
    )


def suite_of(cases: tuple[Case, ...]) -> Suite:
    return Suite("t", "t", Dataset("d", cases), (SCORER,), POLICY)


def recorded(session: Session, cases: tuple[Case, ...], *, by_questions: bool) -> Evidence:
    """An evaluation on these cases; by all of them alone, as releases before recorded it."""
    session.registry.register(PromptVersion.of(PROMPT, "1.0.0", description="x", author="ana"))
    pairs = tuple(CasePair(case.id, (1.0,), (1.0,)) for case in cases)
    plan = make_plan(len(cases), POLICY, 1)
    evidence = make_evidence(
        suite=suite_of(cases),
        prompt_id="t",
        version="1.0.0",
        prompt_fingerprint=PROMPT.fingerprint,
        plan=plan,
        pairs={"s": pairs},
        decision=conclude({"s": pairs}, plan, POLICY),
        baseline_version="0.9.0",
        baseline_fingerprint="e" * 64,
        cases=cases,
        questions=questions_of(PROMPT, cases) if by_questions else (),
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:01:00Z",
    )
    session.registry.record_evaluation(evidence)
    return evidence


def worn(session: Session, cases: tuple[Case, ...]) -> Wear:
    source: Source = source_of(session, session.registry.get_version("t", "1.0.0"))
    return wear_of(session, make_spec(source, suite_of(cases)), with_baseline=True)


@pytest.mark.parametrize(
    ("before", "by_questions", "now"),
    [
        ((), False, ()),
        ((), False, ("a",)),
        (("a",), False, ("a",)),
        (("a",), True, ("b", "c")),
        (("a",), True, ()),
    ],
)
def test_an_attempt_is_known_again_by_old_and_new_digests(
    session: Session, before: tuple[str, ...], by_questions: bool, now: tuple[str, ...]
) -> None:
    recorded(session, cases_of(*before), by_questions=by_questions)
    found = worn(session, cases_of(*now))
    assert (found.attempts, found.shared) == (1, 30)
    assert not found.removed and not found.changed


def test_other_questions_begin_a_count_of_their_own(session: Session) -> None:
    recorded(session, cases_of("a"), by_questions=True)
    assert worn(session, cases_of("a", start=30)) == Wear()


def test_questions_are_recorded_where_they_are_not_the_whole_case(session: Session) -> None:
    plain = recorded(session, cases_of(), by_questions=True)
    assert plain.questions == () and "questions" not in evidence_to_json(plain)
    wide = replace(plain, questions=questions_of(PROMPT, cases_of("a")))
    assert evidence_from_json(evidence_to_json(wide)) == wide
    assert wide.questions == plain.cases
