"""Earlier uses of a gate's cases are counted, whichever program recorded them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import pytest

from workbench import PromptVersion
from workbench.actions.comparing.gate_uses import earlier_attempts, questions_of
from workbench.actions.refs import Source, source_of
from workbench.actions.running.run import make_spec
from workbench.actions.session import Session
from workbench.datasets.questions import sent_digests
from workbench.datasets.values import Case, Dataset
from workbench.prompts.values import Message, Prompt
from workbench.runs.spec.suite import GatePolicy, Suite
from workbench.scorers.base import Kind, Score, Scorer
from workbench.verdicts.evidence import evidence_from_json, evidence_to_json, make_evidence
from workbench.verdicts.multiple_comparisons import EarlierAttempts, earlier_attempt_notes
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


def recorded(
    session: Session, cases: tuple[Case, ...], *, by_questions: bool, prompt: Prompt = PROMPT
) -> Evidence:
    """An evaluation on these cases; by all of them alone, as releases before recorded it."""
    session.registry.register(PromptVersion.of(prompt, "1.0.0", description="x", author="ana"))
    pairs = tuple(CasePair(case.id, (1.0,), (1.0,)) for case in cases)
    plan = make_plan(len(cases), POLICY, 1)
    evidence = make_evidence(
        suite=suite_of(cases),
        prompt_id="t",
        version="1.0.0",
        prompt_fingerprint=prompt.fingerprint,
        plan=plan,
        pairs={"s": pairs},
        decision=conclude({"s": pairs}, plan, POLICY),
        baseline_version="0.9.0",
        baseline_fingerprint="e" * 64,
        cases=cases,
        questions=questions_of(prompt, cases) if by_questions else (),
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:01:00Z",
    )
    session.registry.record_evaluation(evidence)
    return evidence


def worn(session: Session, cases: tuple[Case, ...], version: str = "1.0.0") -> EarlierAttempts:
    source: Source = source_of(session, session.registry.get_version("t", version))
    return earlier_attempts(session, make_spec(source, suite_of(cases)), with_baseline=True)


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
    uses = worn(session, cases_of(*now))
    assert (uses.attempts, uses.shared) == (1, 30)
    assert not uses.removed and not uses.changed


def test_other_questions_begin_a_count_of_their_own_and_what_is_gone_is_said(
    session: Session,
) -> None:
    recorded(session, cases_of("a"), by_questions=True)
    uses = worn(session, cases_of("a", start=30))
    assert (uses.attempts, uses.shared, len(uses.changed)) == (0, 0, 30)
    assert earlier_attempt_notes(uses.content()) == [
        "30 cases were changed since an earlier attempt, 0 of which had failed: a0, a1, a2, a3, a4"
        " and 25 more"
    ]


BRIEF = Prompt(
    "t", (Message("user", "{{ q | trim }}{% if note %} Be brief.{% endif %}{{ tone }}"),)
)
WORDS = [f"caf\u00e9 number {n} in Milan" for n in range(30)]


def rows_of(**more: str) -> tuple[Case, ...]:
    return tuple(
        Case(f"c{n}", {"q": q, "note": "x", "tone": "", **more}, "ok") for n, q in enumerate(WORDS)
    )


def edited(change: Callable[[str], str]) -> tuple[Case, ...]:
    return tuple(
        replace(case, inputs={**case.inputs, "q": change(q)})
        for case, q in zip(rows_of(), WORDS, strict=True)
    )


@pytest.mark.exhaustive(keep=4)
@pytest.mark.parametrize(
    "now",
    [
        rows_of(seen_by="Bo"),
        rows_of(note="another note of the team"),
        edited(lambda q: f"  {q} \n"),
        tuple(replace(case, id=case.id.upper()) for case in rows_of()),
        rows_of()[::-1],
        edited(lambda q: q.replace(" ", "\u200b ")),
        edited(lambda q: q.replace("number", "num\u00adber\ufeff")),
        edited(lambda q: normalize("NFD", q)),
        edited(lambda q: q.replace(" ", "\u00a0 ")),
    ],
    ids=[
        "an unused column",
        "a column in a condition alone",
        "blanks that the template trims",
        "ids in capitals",
        "another order",
        "zero-width spaces",
        "soft hyphens",
        "accents in two characters",
        "wider gaps",
    ],
)
def test_what_is_sent_alike_is_the_same_question(session: Session, now: tuple[Case, ...]) -> None:
    recorded(session, rows_of(), by_questions=True, prompt=BRIEF)
    uses = worn(session, now)
    assert (uses.attempts, uses.shared) == (1, 30)
    assert not uses.removed and not uses.changed


@pytest.mark.parametrize(
    "now",
    [
        rows_of(note=""),
        rows_of(tone="Be kind."),
        edited(str.upper),
        tuple(replace(case, expected="bad") for case in rows_of()),
    ],
    ids=["a condition that turns", "a column that is sent", "capitals", "another answer"],
)
def test_what_is_sent_otherwise_is_another_question_and_is_named(
    session: Session, now: tuple[Case, ...]
) -> None:
    recorded(session, rows_of(), by_questions=True, prompt=BRIEF)
    uses = worn(session, now)
    assert (uses.attempts, len(uses.changed)) == (0, 30)


def test_a_later_version_that_sends_more_knows_what_an_earlier_one_was_asked(
    session: Session,
) -> None:
    recorded(session, rows_of(), by_questions=True, prompt=BRIEF)
    wide = replace(BRIEF, messages=(Message("user", "{{ q }} {{ note }} {{ tone }}"),))
    session.registry.register(PromptVersion.of(wide, "1.0.1", description="x", author="ana"))
    assert worn(session, rows_of(note="y"), "1.0.1").attempts == 1


def test_questions_are_recorded_by_what_is_sent(session: Session) -> None:
    evidence = recorded(session, cases_of("a"), by_questions=True)
    assert evidence.questions == sent_digests(PROMPT, cases_of("b"))
    assert evidence_from_json(evidence_to_json(evidence)) == evidence
