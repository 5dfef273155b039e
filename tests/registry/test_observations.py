"""Evidence reads drifted once another model answers than the one that was judged."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from tests.registry.making import build_evidence
from workbench.errors import GateRefused, RulesLoosened
from workbench.registry import EvaluationRecord, PromptRegistry, PromptVersion, State
from workbench.registry.audit.verify_rules import check_rules
from workbench.settings import EnvironmentSettings

OLD, NEW = "gpt-x-2026-01-01", "gpt-x-2026-06-01"
CURRENT = EnvironmentSettings("production", answering_model="current")
NAMES = f"another model answers for openai/gpt-x now: {OLD} -> {NEW}"


def side(*models: str, **more: Any) -> dict[str, Any]:
    return {
        "asked": "openai/gpt-x",
        "endpoints": ["https://api.openai.com/v1"],
        "models": list(models),
        "answers": 20,
        "cached": 0,
        "digests": [],
        **more,
    }


def evaluate(
    registry: PromptRegistry, number: str, answers: dict[str, Any], prompt_id: str = "p"
) -> EvaluationRecord:
    version = PromptVersion(prompt_id, number, f"text {number}", author="ana")
    if number not in {known.version for known in registry.versions(prompt_id)}:
        registry.register(version)
    registry.record_evaluation(build_evidence(version, answers={"b": answers}), by="ci")
    return registry.evaluations(prompt_id, number)[0]


def actions(registry: PromptRegistry) -> list[str]:
    return [entry.action for entry in registry.history("p")]


def test_a_canary_that_finds_another_model_marks_the_evidence_with_both_names(
    registry: PromptRegistry,
) -> None:
    record = evaluate(registry, "1.0.0", side(OLD))
    assert registry.status("p", "1.0.0").state is State.TESTED
    assert registry.observe(record, side(NEW), "canary on quality", by="cron")
    status = registry.status("p", "1.0.0")
    assert (status.state, status.tested) == (State.DRIFTED, True)
    assert status.reason.endswith(NAMES)
    entry = registry.history("p", "production")[0]
    assert (entry.action, entry.version, entry.by) == ("observe", "1.0.0", "cron")
    assert NEW in entry.reason and "canary on quality" in entry.reason
    assert registry.verify().ok


def test_the_same_news_is_recorded_once(registry: PromptRegistry) -> None:
    record = evaluate(registry, "1.0.0", side(OLD))
    assert not registry.observe(record, side(OLD), "canary", changed=False)
    for expected in (True, False):
        assert registry.observe(record, side(NEW), "canary", changed=False) is expected
    assert actions(registry).count("observe") == 1


def test_an_evaluation_of_another_version_tells_as_well_and_its_own_evidence_is_current(
    registry: PromptRegistry,
) -> None:
    evaluate(registry, "1.0.0", side(OLD))
    evaluate(registry, "1.1.0", side(NEW))
    assert registry.status("p", "1.0.0").state is State.DRIFTED
    assert registry.status("p", "1.1.0").state is State.TESTED
    evaluate(registry, "1.0.0", side(NEW))
    assert registry.status("p", "1.0.0").state is State.TESTED


def test_a_model_that_answers_again_makes_its_evidence_current_again(
    registry: PromptRegistry,
) -> None:
    record = evaluate(registry, "1.0.0", side(OLD))
    registry.observe(record, side(NEW), "canary")
    registry.observe(record, side(OLD), "canary")
    assert registry.status("p", "1.0.0").state is State.TESTED


def test_another_prompt_that_asks_for_the_same_model_drifts_too(registry: PromptRegistry) -> None:
    evaluate(registry, "1.0.0", side(OLD))
    evaluate(registry, "1.0.0", side(NEW), prompt_id="q")
    assert registry.status("p", "1.0.0").state is State.DRIFTED
    evaluate(registry, "1.0.0", side(NEW, asked="openai/gpt-y"), prompt_id="r")
    assert registry.status("q", "1.0.0").state is State.TESTED


@pytest.mark.parametrize(
    "answers",
    [
        side(NEW, cached=20),
        side(NEW, unknown=3),
        side(NEW, asked=""),
        side(),
        side(OLD, system_fingerprint="fp_2"),
    ],
    ids=["stored answers", "unknown answers", "no model asked for", "unnamed", "fingerprint"],
)
def test_what_does_not_say_who_answers_today_is_no_observation(
    registry: PromptRegistry, answers: dict[str, Any]
) -> None:
    evaluate(registry, "1.0.0", side(OLD))
    evaluate(registry, "1.1.0", answers)
    assert registry.status("p", "1.0.0").state is State.TESTED
    assert "observe" not in actions(registry)


def test_other_scores_under_the_same_name_drift_until_a_canary_finds_the_old_ones(
    registry: PromptRegistry,
) -> None:
    record = evaluate(registry, "1.0.0", side(OLD))
    registry.observe(record, side(OLD), "canary on quality: exact is worse", changed=True)
    status = registry.status("p", "1.0.0")
    assert (status.state, "exact is worse" in status.reason) == (State.DRIFTED, True)
    assert not registry.observe(record, side(OLD), "canary: not enough data", changed=None)
    registry.observe(record, side(OLD), "canary on quality", changed=False)
    assert registry.status("p", "1.0.0").state is State.TESTED


def test_evidence_that_earlier_releases_recorded_drifts_by_its_environment(
    registry: PromptRegistry,
) -> None:
    old = side(OLD)
    del old["asked"]
    version = PromptVersion("p", "1.0.0", "text", author="ana")
    registry.register(version)
    environment = {"provider": "openai", "model": "gpt-x"}
    registry.record_evaluation(build_evidence(version, answers={"b": old}, environment=environment))
    evaluate(registry, "1.1.0", side(NEW))
    assert registry.status("p", "1.0.0").reason.endswith(NAMES)


def test_an_environment_that_demands_the_model_of_today_refuses_drifted_evidence(
    registry: PromptRegistry,
) -> None:
    record = evaluate(registry, "1.0.0", side(OLD))
    registry.set_environment(CURRENT, "ana")
    assert registry.status("p", "1.0.0").tested
    registry.observe(record, side(NEW), "canary")
    status = registry.status("p", "1.0.0")
    assert (status.state, status.tested) == (State.DRIFTED, False)
    assert f"{NAMES}, and production counts the model that answers today only" in status.reason
    with pytest.raises(GateRefused, match="drifted") as refused:
        registry.deploy("p", "1.0.0", "production", "ana")
    assert "--fresh" in refused.value.hint
    evaluate(registry, "1.0.0", side(NEW))
    registry.deploy("p", "1.0.0", "production", "ana")
    assert registry.verify().ok


def test_the_database_itself_refuses_drifted_evidence(registry: PromptRegistry) -> None:
    record = evaluate(registry, "1.0.0", side(OLD))
    registry.set_environment(CURRENT, "ana")
    registry.observe(record, side(NEW), "canary")
    with registry._writing() as transaction, pytest.raises(sqlite3.IntegrityError):
        transaction.append(
            "deployment",
            "ana",
            {
                "prompt_id": "p",
                "environment": "production",
                "action": "deploy",
                "version": "1.0.0",
                "fingerprint": record.evidence.prompt_fingerprint,
                "previous_seq": None,
                "previous_version": None,
                "evaluation": record.seq,
                "revision": 1,
            },
            own_seq="stands_for",
        )


def test_a_deployment_by_drifted_evidence_is_found(registry: PromptRegistry) -> None:
    record = evaluate(registry, "1.0.0", side(OLD))
    registry.observe(record, side(NEW), "canary")
    registry.deploy("p", "1.0.0", "production", "ana")
    with registry._writing() as transaction:
        # As if the rule had held from the first: the triggers are gone for the time of it.
        transaction.connection.execute("DROP TRIGGER environments_no_update")
        transaction.connection.execute("UPDATE environments SET answering_model = 'current'")
    with registry._reading() as connection:
        (finding,) = check_rules(connection)
    assert "no passing and current evaluation" in finding.problem


def test_to_demand_it_no_more_is_a_loosening(registry: PromptRegistry) -> None:
    evaluate(registry, "1.0.0", side(OLD))
    registry.set_environment(CURRENT, "ana")
    with pytest.raises(RulesLoosened, match="answering_model current -> any"):
        registry.set_environment(EnvironmentSettings("production"), "ana")
    registry.set_environment(EnvironmentSettings("production"), "ana", reason="the alias rotates")
    assert registry.history("p", "production")[0].action == "loosen"


def test_other_weights_of_the_embedded_model_are_another_model(registry: PromptRegistry) -> None:
    def local(letter: str) -> dict[str, Any]:
        return side("own", asked="local/own", endpoints=[f"local:{letter * 64}"])

    record = evaluate(registry, "1.0.0", local("a"))
    registry.observe(record, local("b"), "canary")
    reason = registry.status("p", "1.0.0").reason
    assert "weights aaaaaaaaaaaa and own -> weights bbbbbbbbbbbb and own" in reason
