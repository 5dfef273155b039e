"""What stands behind a version, and what depends on it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.registry.conftest import registry, tested
from tests.registry.making import build_evidence
from workbench.errors import GateRefused, NotInRegistry
from workbench.lineage.audit import audit_of
from workbench.lineage.lineage import lineage_of
from workbench.lineage.openlineage import events_of
from workbench.lineage.values import Node
from workbench.prompts.values import (
    PARTS_REVISION,
    ExampleSet,
    Input,
    Message,
    Model,
    Prompt,
)
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.content import evidence
from workbench.registry.storage.connection import Connection
from workbench.runs.spec.suite import GatePolicy

__all__ = ["registry", "tested"]

Tested = Callable[..., PromptVersion]
PROMPT = Prompt(
    "greet",
    (Message("system", "Be kind."), Message("user", "{{ name }}")),
    Model("gpt-x-mini", "openai", {"temperature": 0, "seed": 7}),
    (Input("name"),),
    outputs={"type": "object"},
    tools=[{"name": "search"}],
    snippets={"tone": "Be brief."},
    examples=ExampleSet("{{ name }}", ({"inputs": {"name": "Ana"}},), "examples.jsonl", "first 1"),
    revision=PARTS_REVISION,
)
FOR_EVER = ("2000-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z")


def kinds(nodes: tuple[Node, ...]) -> list[tuple[str, str]]:
    return [(node.kind, node.name) for node in nodes]


def test_every_part_of_the_prompt_is_upstream(registry: PromptRegistry) -> None:
    registry.register(PromptVersion.of(PROMPT, "1.0.0", "first", "ana"))
    lineage = lineage_of(registry, "greet", "1.0.0")
    assert (lineage.version.digest, lineage.version.by) == (PROMPT.fingerprint, "ana")
    assert kinds(lineage.upstream) == [
        *(("text", "2 messages"), ("snippet", "tone"), ("examples", "few-shot examples")),
        *(("model", "gpt-x-mini"), ("input", "name")),
        *(("output schema", "outputs"), ("tools", "tools")),
    ]
    assert lineage.upstream[2].detail == "1 row, first 1 of examples.jsonl"
    model = lineage.upstream[3]
    assert [(node.name, node.detail) for node in model.nodes] == [
        *(("seed", "7"), ("temperature", "0")),
    ]
    assert lineage.state["production"].startswith("untested")


def test_the_scores_of_no_other_evaluation_are_read(
    registry: PromptRegistry, tested: Tested, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are most of a registry."""
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        tested("p", version)
    (own,) = registry.evaluations("p", "1.1.0")
    read: list[int] = []

    def pairs(connection: Connection, seq: int) -> Any:
        read.append(seq)
        return read_pairs(connection, seq)

    read_pairs = evidence._pairs
    monkeypatch.setattr(evidence, "_pairs", pairs)
    assert lineage_of(registry, "p", "1.1.0").state["production"].startswith("tested: ")
    assert {*read} == {own.seq}


def test_evidence_is_upstream_with_data_scorers_rules_and_record(
    registry: PromptRegistry, tested: Tested
) -> None:
    tested("p", "1.0.0")
    lineage = lineage_of(registry, "p", "1.0.0")
    (suite,) = (node for node in lineage.upstream if node.kind == "suite")
    (record,) = registry.evaluations("p")
    assert {node.kind for node in suite.nodes} >= {"dataset", "policy", "evaluation"}
    (evaluation,) = (node for node in suite.nodes if node.kind == "evaluation")
    assert evaluation.name == record.id
    assert registry.verify(head=evaluation.digest).ok
    assert suite.digest == record.evidence.suite_fingerprint
    assert not suite.warning


def test_evidence_that_is_not_current_says_why(registry: PromptRegistry, tested: Tested) -> None:
    tested("p", "1.0.0")
    evidence = registry.evaluations("p")[0].evidence
    changed = {**evidence.suite_parts, "dataset": "0" * 64}
    registry.publish_suite("p", evidence.suite, changed, evidence.policy, "ana", reason="new cases")
    (suite,) = (n for n in lineage_of(registry, "p", "1.0.0").upstream if n.kind == "suite")
    assert "dataset" in suite.warning


def test_environments_apps_and_comparisons_are_downstream(
    registry: PromptRegistry, tested: Tested
) -> None:
    first = tested("p", "1.0.0")
    registry.deploy("p", "1.0.0", "production", "bo", reason="first release")
    registry.register_consumer("shop", "p", "production", ">=1,<2")
    second = tested("p", "1.1.0", passes=False)
    evidence = build_evidence(
        second,
        baseline=(1.0,) * 20,
        policy=GatePolicy(scorers=("exact",), threshold=0.8),
        baseline_version="1.0.0",
        baseline_fingerprint=first.fingerprint,
    )
    registry.record_evaluation(evidence, by="ci", reason="a baseline")
    lineage = lineage_of(registry, "p", "1.0.0")
    live = lineage.downstream[0]
    assert (live.kind, live.name, live.by, live.detail) == (
        *("live", "production", "bo", "first release"),
    )
    assert [(node.kind, node.name) for node in live.nodes] == [("consumer", "shop")]
    assert ("baseline of", "p@1.1.0") in kinds(lineage.downstream)
    at_risk = [node for node in lineage.downstream if node.kind == "stale if changed"]
    assert [(n.name, n.detail) for n in at_risk[0].nodes] == [("production", "p@1.0.0")]


def test_a_deployment_without_evidence_is_marked(registry: PromptRegistry, tested: Tested) -> None:
    tested("p", "1.0.0", passes=False)
    with pytest.raises(GateRefused):
        registry.deploy("p", "1.0.0", "production", "bo")
    registry.deploy("p", "1.0.0", "production", "bo", reason="an emergency", override=True)
    (live,) = (n for n in lineage_of(registry, "p", "1.0.0").downstream if n.kind == "live")
    assert "without the evidence" in live.warning


def test_an_unknown_version_is_named(registry: PromptRegistry) -> None:
    with pytest.raises(NotInRegistry, match="no prompt 'p'"):
        lineage_of(registry, "p", "1.0.0")


def test_openlineage_events_are_the_same_each_time_and_name_what_went_in(
    registry: PromptRegistry, tested: Tested
) -> None:
    version = tested("p", "1.0.0")
    registry.deploy("p", "1.0.0", "production", "bo")
    events = events_of(lineage_of(registry, "p", "1.0.0"), "shop")
    assert events == events_of(lineage_of(registry, "p", "1.0.0"), "shop")
    evaluated, deployed = events
    assert {event["eventType"] for event in events} == {"COMPLETE"}
    assert len({uuid.UUID(event["run"]["runId"]) for event in events}) == 2
    went_in = {item["name"]: item["facets"] for item in evaluated["inputs"]}
    assert went_in["prompts/p"]["version"]["datasetVersion"] == version.fingerprint
    assert any(name.startswith("datasets/") for name in went_in)
    assert [item["name"] for item in deployed["outputs"]] == ["environments/production/p"]
    assert evaluated["eventTime"] < deployed["eventTime"]


def test_an_audit_says_what_was_live_when_and_on_what(
    registry: PromptRegistry, tested: Tested
) -> None:
    for number in ("1.0.0", "1.1.0"):
        tested("p", number)
        registry.deploy("p", number, "production", "bo", reason=f"release {number}")
    registry.rollback("p", "production", "cy", reason="complaints")
    audit = audit_of(registry, "p", "production", *FOR_EVER)
    assert [(each.version.version, each.node.detail) for each in audit.periods] == [
        *(("1.0.0", "release 1.0.0"), ("1.1.0", "release 1.1.0"), ("1.0.0", "complaints")),
    ]
    first, second, third = audit.periods
    assert (first.end, second.end, third.end) == (second.start, third.start, "")
    assert [audit.periods.index(p) for p in audit.periods if p.covers(second.start)] == [1]
    for period in audit.periods:
        assert {"record", "version", "text", "suite"} <= {n.kind for n in period.node.nodes}
        assert registry.verify(head=period.node.nodes[0].digest).ok
    assert (audit.problems, audit.head) == ((), registry.head())
    between = audit_of(registry, "p", "production", second.start, second.start)
    assert [each.version.version for each in between.periods] == ["1.1.0"]


def test_an_audit_lists_when_another_model_was_seen_to_answer(
    registry: PromptRegistry, tested: Tested
) -> None:
    tested("p", "1.0.0")
    registry.deploy("p", "1.0.0", "production", "bo")
    (record,) = registry.evaluations("p")
    side = {"asked": "openai/m", "models": ["m-2"], "endpoints": [], "cached": 0}
    registry.observe(record, side, "canary on quality", by="cron", changed=True)
    audit = audit_of(registry, "p", "production", *FOR_EVER)
    (seen,) = (node for node in audit.beside if node.kind == "observe")
    assert (seen.by, "m-2" in seen.detail) == ("cron", True)
    assert registry.verify(head=seen.digest).ok


def test_evidence_that_came_later_is_not_shown_as_the_grounds(
    registry: PromptRegistry, tested: Tested
) -> None:
    version = tested("p", "1.0.0", passes=False)
    registry.deploy("p", "1.0.0", "production", "bo", reason="an emergency", override=True)
    registry.record_evaluation(build_evidence(version), by="ci")
    (period,) = audit_of(registry, "p", "production", *FOR_EVER).periods
    assert "suite" not in {node.kind for node in period.node.nodes}
    assert "OVERRIDE" in period.node.warning


def test_nothing_was_live_after_a_retirement(registry: PromptRegistry, tested: Tested) -> None:
    tested("p", "1.0.0")
    registry.deploy("p", "1.0.0", "production", "bo")
    registry.retire("p", "production", "bo", "no longer offered")
    (period,) = audit_of(registry, "p", "production", *FOR_EVER).periods
    assert period.end
    assert not audit_of(registry, "p", "production", period.end, FOR_EVER[1]).periods


@pytest.mark.parametrize(("prompt", "environment"), [("q", "production"), ("p", "produktion")])
def test_an_audit_of_what_is_not_there_is_refused(
    registry: PromptRegistry, tested: Tested, prompt: str, environment: str
) -> None:
    tested("p", "1.0.0")
    with pytest.raises(NotInRegistry):
        audit_of(registry, prompt, environment, *FOR_EVER)
