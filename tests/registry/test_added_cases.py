"""Cases may be added freely; what passes only because of them is let through by a reason alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest

from tests.registry.making import build_evidence
from workbench.errors import GateRefused, RulesLoosened
from workbench.fingerprints import fingerprint
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.models.actors import same_person
from workbench.registry.models.records import EvaluationRecord
from workbench.registry.models.strictness import MARKS_REVISION
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.sqlite.trigger_parts import SAME_PERSON
from workbench.runs.spec.suite import GatePolicy
from workbench.settings import EnvironmentSettings
from workbench.verdicts.sequential_plan import shuffled

POLICY = GatePolicy(scorers=("exact",), threshold=0.8, baseline=None)


def publish(
    registry: PromptRegistry, cases: int, *, policy: GatePolicy = POLICY, reason: str = ""
) -> dict[str, str]:
    """A form of the suite with that many cases: the ids are those of `build_evidence`."""
    held = {"cases": {fingerprint(f"case {n}")[:12]: f"c{n:03d}" for n in range(cases)}}
    parts = {
        "dataset": fingerprint(f"{cases} cases"),
        "scorers": fingerprint("scorers one"),
        "policy": fingerprint(policy.content()),
        "repeats": fingerprint(1),
    }
    registry.publish_suite(
        "p", "quality", parts, policy.content(), "ana", contents=held, reason=reason
    )
    return parts


def evaluate(
    registry: PromptRegistry,
    number: str,
    right: Sequence[bool],
    *,
    baseline: Sequence[bool] | None = None,
    policy: GatePolicy = POLICY,
    looks: int = 0,
) -> EvaluationRecord:
    """Publish as many cases as there are answers and record what the gate says to them. `looks`:
    how many cases were asked when it stopped.
    """
    parts = publish(registry, len(right), policy=policy)
    version = PromptVersion("p", number, f"text {number}", author="ana")
    if number not in [known.version for known in registry.versions("p")]:
        registry.register(version)
    order = shuffled([f"c{n:03d}" for n in range(len(right))], {}, 0)
    asked = [int(case_id[1:]) for case_id in order][: looks or len(right)]
    evidence = build_evidence(
        version,
        scores=[float(right[n]) for n in asked],
        baseline=None if baseline is None else [float(baseline[n]) for n in asked],
        planned=len(right),
        looks=bool(looks),
        policy=policy,
        parts=parts,
    )
    registry.record_evaluation(evidence, by="ci")
    return registry.evaluations("p", number)[0]


def answers(right: int, of: int, *, then: int = 0) -> list[bool]:
    """So many of the first cases are right, and all of those that were added."""
    return [n < right for n in range(of)] + [True] * then


def test_a_regression_that_easy_cases_dilute_goes_live_by_a_reason_alone_and_is_marked(
    registry: PromptRegistry,
) -> None:
    publish(registry, 20)
    assert evaluate(registry, "1.0.0", answers(11, 20)).gate.value == "fail"
    assert evaluate(registry, "1.0.0", answers(11, 20, then=40)).gate.value == "pass"

    sentence = registry.only_by_added("p", "1.0.0", "quality")
    assert sentence == (
        "it passes quality only with the cases that were added: 0.850 on all 60, 0.550 on the 20"
        " before, where the gate fails"
    )
    assert sentence in registry.status("p", "1.0.0").warnings
    with pytest.raises(GateRefused, match=r"0\.850 on all 60, 0\.550 on the 20") as refused:
        registry.deploy("p", "1.0.0", "production", "ana")
    assert "workbench rules apply --reason" in str(refused.value.hint)
    with pytest.raises(RulesLoosened, match="cases 20 -> 60"):
        registry.accept_cases("p", "quality", "ana")
    registry.accept_cases("p", "quality", "ana", reason="the new ones are what users ask")

    accepted = registry.history("p", limit=1)[0]
    assert (accepted.action, accepted.reason) == ("loosen", "the new ones are what users ask")
    assert "cases 20 -> 60 (40 added)" in str(accepted.change)
    done = registry.deploy("p", "1.0.0", "production", "ana")
    assert done.loosened_by == accepted.seq
    assert registry.suites_let_through() == []
    assert registry.verify().ok


def test_a_version_that_passes_on_the_earlier_cases_alone_needs_no_word_about_added_ones(
    registry: PromptRegistry,
) -> None:
    publish(registry, 20)
    evaluate(registry, "1.0.0", answers(17, 20, then=40))

    assert registry.only_by_added("p", "1.0.0", "quality") == ""
    assert registry.suites_let_through() == []
    assert registry.deploy("p", "1.0.0", "production", "ana").loosened_by is None
    assert registry.verify().ok


def test_hard_cases_that_were_added_in_between_are_not_diluted_away_either(
    registry: PromptRegistry,
) -> None:
    publish(registry, 20)
    publish(registry, 40)
    evaluate(registry, "1.0.0", [n < 20 or n >= 40 for n in range(120)])

    with pytest.raises(GateRefused, match=r"0\.833 on all 120, 0\.500 on the 40 before"):
        registry.deploy("p", "1.0.0", "production", "ana")


def test_a_set_that_was_too_small_to_decide_is_grown_by_one_reason_and_measured_against_from_then(
    registry: PromptRegistry,
) -> None:
    policy = GatePolicy(scorers=("exact",), threshold=0.8, baseline="production", margin=0.05)
    publish(registry, 20, policy=policy)
    alike = answers(17, 20)
    evidence = evaluate(registry, "1.0.0", alike, baseline=alike, policy=policy)
    assert evidence.gate.value == "no_decision"
    more = answers(17, 20, then=80)
    evaluate(registry, "1.0.0", more, baseline=more, policy=policy)
    with pytest.raises(GateRefused, match="on the 20 before, where the gate decides nothing"):
        registry.deploy("p", "1.0.0", "production", "ana")
    registry.accept_cases("p", "quality", "ana", reason="20 were too few")
    assert registry.deploy("p", "1.0.0", "production", "ana").loosened_by

    worse = [*answers(0, 30), *[True] * 170]
    before = [True] * 200
    evidence = evaluate(registry, "1.1.0", worse, baseline=before, policy=policy)
    assert evidence.gate.value == "fail"
    more = answers(17, 20, then=180)
    evaluate(registry, "1.1.0", more, baseline=more, policy=policy)
    assert registry.only_by_added("p", "1.1.0", "quality") == ""
    # 20 cases did not decide: what the first reason allowed, it goes on to allow.
    assert registry.deploy("p", "1.1.0", "production", "ana").loosened_by
    assert registry.verify().ok


def test_cases_added_with_a_reason_are_accepted_at_once(registry: PromptRegistry) -> None:
    publish(registry, 20)
    publish(registry, 60, reason="20 were too few")
    seq = registry.history("p", limit=1)[0].seq
    evaluate(registry, "1.0.0", answers(11, 20, then=40))
    evaluate(registry, "1.1.0", answers(17, 20, then=40))

    assert registry.deploy("p", "1.0.0", "production", "ana").loosened_by == seq
    assert registry.deploy("p", "1.1.0", "production", "ana").loosened_by is None
    assert registry.verify().ok


def test_an_evaluation_that_stopped_early_is_judged_on_the_earlier_cases_that_it_asked(
    registry: PromptRegistry,
) -> None:
    policy = GatePolicy(scorers=("exact",), threshold=0.5, baseline="production", margin=0.25)
    publish(registry, 400, policy=policy)
    right = [True] * 500
    evidence = evaluate(registry, "1.0.0", right, baseline=right, policy=policy, looks=100)
    assert (evidence.gate.value, evidence.evidence.planned) == ("pass", 500)
    assert len(evidence.evidence.pairs["exact"]) == 100

    assert registry.only_by_added("p", "1.0.0", "quality") == ""
    assert registry.deploy("p", "1.0.0", "production", "ana").loosened_by is None
    assert registry.verify().ok


def test_accepted_cases_wait_for_an_approval_where_approvals_are_asked_for(
    registry: PromptRegistry,
) -> None:
    registry.set_environment(EnvironmentSettings("guarded", approvals=1), "ana")
    publish(registry, 20)
    evaluate(registry, "1.0.0", answers(11, 20, then=40))
    registry.approve("p", "1.0.0", "guarded", "ben")
    registry.accept_cases("p", "quality", "ana", reason="x")

    with pytest.raises(GateRefused, match="ana loosened suite quality of p: cases 20 -> 60"):
        registry.deploy("p", "1.0.0", "guarded", "carol")
    registry.approve_rules("ben")
    assert registry.deploy("p", "1.0.0", "guarded", "carol").loosened_by
    assert registry.verify().ok


def test_a_lower_threshold_and_back_does_not_hide_that_cases_were_accepted(
    registry: PromptRegistry,
) -> None:
    publish(registry, 20)
    lower = GatePolicy(scorers=("exact",), threshold=0.7, baseline=None)
    publish(registry, 60, policy=lower, reason="for a day")
    seq = registry.history("p", limit=1)[0].seq
    evaluate(registry, "1.0.0", answers(11, 20, then=40))

    assert registry.deploy("p", "1.0.0", "production", "ana").loosened_by == seq
    assert registry.verify().ok


def test_verify_finds_a_version_that_went_live_by_added_cases_without_a_word(
    registry: PromptRegistry,
) -> None:
    publish(registry, 20)
    evidence = evaluate(registry, "1.0.0", answers(11, 20, then=40))
    registry.close()
    connection = sqlite3.connect(registry.path, isolation_level=None)
    connection.create_function(SAME_PERSON, 2, same_person)
    connection.execute("BEGIN")
    row = {
        "prompt_id": "p", "version": "1.0.0", "fingerprint": evidence.evidence.prompt_fingerprint,
        "environment": "production", "action": "deploy", "previous_seq": None,
        "previous_version": None, "evaluation": evidence.seq, "override": 0, "again": 0, "stale": 0,
        "reason": "", "request_id": None, "loosened_by": None, "revision": MARKS_REVISION,
    }  # fmt: skip
    Transaction(connection).append("deployment", "eve", row, own_seq="stands_for")
    connection.execute("COMMIT")
    connection.close()
    with PromptRegistry(registry.path) as opened:
        problems = [finding.problem for finding in opened.verify().findings]

    assert problems == [
        "p@1.0.0 in production: it had no evidence that passes without the cases that were added"
    ]
