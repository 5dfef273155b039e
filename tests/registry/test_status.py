"""Tested is derived: change anything that it rests on, and the status says what changed."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.registry.making import build_evidence
from tests.support.examples import examples
from workbench.errors import GateRefused, NotInRegistry, RulesLoosened
from workbench.fingerprints import fingerprint
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.registry import PromptRegistry, PromptVersion, State
from workbench.runs.spec.suite import GatePolicy
from workbench.settings import EnvironmentSettings
from workbench.verdicts.values import Gate

Tested = Callable[..., PromptVersion]

POLICY = GatePolicy(scorers=("exact",), threshold=0.8, baseline=None)
PROMPT = Prompt(
    "p",
    (Message("system", "Be brief."), Message("user", "{{ text }}")),
    Model("some-model", "openai", {"temperature": 0}),
    (Input("text"),),
    outputs={"type": "string"},
    tools=[{"name": "search"}],
)


def parts_of(policy: GatePolicy, **changes: str) -> dict[str, str]:
    whole = {
        "dataset": fingerprint("dataset one"),
        "scorers": fingerprint("scorers one"),
        "policy": fingerprint(policy.content()),
        "repeats": fingerprint(1),
    }
    return whole | changes


def test_before_any_evidence_it_is_untested(registry: PromptRegistry, tested: Tested) -> None:
    tested("p", "1.0.0", passes=False)

    status = registry.status("p", "1.0.0")

    assert (status.state, status.score, status.evaluation) == (State.UNTESTED, None, None)
    assert "\n" not in status.reason


@pytest.mark.parametrize("part", ["dataset", "scorers", "policy", "repeats"])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=5, deadline=None)
def test_a_changed_part_of_the_suite_makes_it_stale_and_names_the_part(
    part: str, seed: int
) -> None:
    with (
        TemporaryDirectory() as folder,
        PromptRegistry(Path(folder) / "registry.db", create=True) as registry,
    ):
        version = PromptVersion("p", "1.0.0", "text", author="ana")
        registry.register(version)
        registry.record_evaluation(build_evidence(version))
        assert registry.status("p", "1.0.0").state is State.TESTED
        policy = POLICY
        changes = {part: fingerprint(f"another {seed}")}
        if part == "policy":
            policy = replace(POLICY, threshold=0.5 + seed / 10**7)
            changes = {}

        registry.publish_suite(
            "p", "quality", parts_of(policy, **changes), policy.content(), "ana", reason="try"
        )

        status = registry.status("p", "1.0.0")
        assert status.state is State.STALE
        assert status.reason.startswith(f"{part} changed since it passed quality on ")
        with pytest.raises(GateRefused, match=f"stale: {part} changed"):
            registry.deploy("p", "1.0.0", "production", "ana")
        registry.publish_suite(
            "p", "quality", parts_of(POLICY), POLICY.content(), "ana", reason="as it was"
        )
        assert registry.status("p", "1.0.0").state is State.TESTED


CHANGES: dict[str, Callable[[Any], Prompt]] = {
    "messages": lambda n: replace(PROMPT, messages=(Message("user", f"{{{{ text }}}} {n}"),)),
    "template": lambda n: replace(PROMPT, template_format="braces"),
    "model": lambda n: replace(PROMPT, model=Model(f"model-{n}", "openai", {"temperature": 0})),
    "parameters": lambda n: replace(
        PROMPT, model=Model("some-model", "openai", {"temperature": n + 1})
    ),
    "inputs": lambda n: replace(PROMPT, inputs=(Input("text"), Input(f"i{n}", required=False))),
    "outputs": lambda n: replace(PROMPT, outputs={"type": "string", "maxLength": n}),
    "tools": lambda n: replace(PROMPT, tools=[{"name": f"tool{n}"}]),
}


@pytest.mark.parametrize("field", CHANGES)
@given(number=st.integers(0, 99))
@settings(max_examples=4, deadline=None)
def test_changed_content_is_another_version_and_the_status_says_what_changed(
    field: str, number: int
) -> None:
    with (
        TemporaryDirectory() as folder,
        PromptRegistry(Path(folder) / "registry.db", create=True) as registry,
    ):
        first = PromptVersion.of(PROMPT, "1.0.0", author="ana")
        registry.register(first)
        registry.record_evaluation(build_evidence(first))
        second = PromptVersion.of(CHANGES[field](number), "1.1.0", author="ana")

        registry.register(second)

        status = registry.status("p", "1.1.0")
        assert status.state is State.UNTESTED
        assert f"{field} changed since 1.0.0, which passed" in status.reason
        with pytest.raises(ValueError, match="of prompt"):
            registry.record_evaluation(replace(build_evidence(first), version="1.1.0"))


def test_evidence_expires(registry: PromptRegistry, tested: Tested) -> None:
    version = tested("p", "1.0.0", passes=False)
    days = datetime.timedelta(days=8)
    then = (datetime.datetime.now(datetime.UTC) - days).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    registry.record_evaluation(build_evidence(version, finished_at=then))
    assert registry.status("p", "1.0.0").state is State.TESTED

    registry.set_environment(EnvironmentSettings("production", max_age_days=7), "ana")

    assert registry.status("p", "1.0.0").state is State.EXPIRED
    assert registry.status("p", "1.0.0", "staging").state is State.TESTED
    with pytest.raises(GateRefused, match="expired: it passed quality"):
        registry.deploy("p", "1.0.0", "production", "ana")


def test_a_policy_may_say_itself_how_long_evidence_counts(
    registry: PromptRegistry, tested: Tested
) -> None:
    version = tested("p", "1.0.0", passes=False)
    then = "2026-01-01T00:00:00.000000Z"

    registry.record_evaluation(
        build_evidence(version, finished_at=then, policy=replace(POLICY, max_age_days=1.0))
    )

    assert registry.status("p", "1.0.0").state is State.EXPIRED


def test_evidence_from_the_future_is_refused(registry: PromptRegistry, tested: Tested) -> None:
    version = tested("p", "1.0.0", passes=False)

    with pytest.raises(ValueError, match="in the future"):
        registry.record_evaluation(
            build_evidence(version, finished_at="2999-01-01T00:00:00.000000Z")
        )

    assert registry.evaluations("p") == []


def test_a_failing_evaluation_says_why(registry: PromptRegistry, tested: Tested) -> None:
    version = tested("p", "1.0.0", passes=False)
    registry.record_evaluation(build_evidence(version, scores=(0.0,) * 20))

    status = registry.status("p", "1.0.0")

    assert (status.state, status.score) == (State.FAILING, 0.0)
    assert "below the threshold of 80 %" in status.reason


def test_a_truncated_run_does_not_pass(registry: PromptRegistry, tested: Tested) -> None:
    version = tested("p", "1.0.0", passes=False)
    registry.record_evaluation(build_evidence(version, scores=(1.0,) * 7, planned=20))

    status = registry.status("p", "1.0.0")

    assert status.state is State.UNTESTED
    assert "only 7 of 20 planned cases were run" in status.reason or "between" in status.reason


def test_a_later_undecided_run_does_not_take_a_pass_away_but_a_later_failure_does(
    registry: PromptRegistry, tested: Tested
) -> None:
    version = tested("p", "1.0.0")
    registry.record_evaluation(build_evidence(version, scores=(1.0,) * 7, planned=20))
    assert registry.status("p", "1.0.0").state is State.TESTED

    registry.record_evaluation(build_evidence(version, scores=(0.0,) * 20))

    assert registry.status("p", "1.0.0").state is State.FAILING


def test_every_suite_of_the_prompt_is_required_unless_the_environment_names_some(
    registry: PromptRegistry, tested: Tested
) -> None:
    version = tested("p", "1.0.0")
    registry.publish_suite("p", "safety", parts_of(POLICY), POLICY.content(), "ana")

    assert registry.status("p", "1.0.0").reason == "not evaluated on safety"
    registry.set_environment(
        EnvironmentSettings("staging", requires=("quality",)), "ana", reason="one will do"
    )
    assert registry.status("p", "1.0.0", "staging").state is State.TESTED
    registry.deploy("p", "1.0.0", "staging", "ana")
    registry.record_evaluation(build_evidence(version, suite="safety"))
    assert registry.status("p", "1.0.0").state is State.TESTED
    registry.deploy("p", "1.0.0", "production", "ana")
    registry.set_environment(
        EnvironmentSettings("staging", requires=("speed",)), "ana", reason="that one"
    )
    assert "this prompt has none of that name" in registry.status("p", "1.0.0", "staging").reason
    assert registry.verify().ok


def test_external_evidence_counts_only_where_it_is_accepted_and_replaces_no_suite(
    registry: PromptRegistry, tested: Tested
) -> None:
    version = tested("p", "1.0.0", passes=False)
    registry.record_evaluation(
        build_evidence(version, suite="theirs", external=True, suite_parts={})
    )
    registry.set_environment(EnvironmentSettings("staging", external=False), "ana")

    assert registry.status("p", "1.0.0").state is State.TESTED
    assert registry.status("p", "1.0.0", "staging").state is State.UNTESTED
    with pytest.raises(GateRefused, match="staging wants ours"):
        registry.deploy("p", "1.0.0", "staging", "ana")
    ours = ("p", "quality", parts_of(POLICY), POLICY.content(), "ana")
    with pytest.raises(RulesLoosened, match="suites theirs -> quality too"):
        registry.publish_suite(*ours)
    registry.publish_suite(*ours, reason="ours judges from now on")
    assert registry.status("p", "1.0.0").reason == "not evaluated on quality"
    with pytest.raises(ValueError, match="is a suite of the workspace"):
        registry.record_evaluation(
            build_evidence(version, suite="quality", external=True, suite_parts={})
        )
    assert registry.verify().ok


def test_a_comparison_with_a_baseline_is_derived_again_in_the_database(
    registry: PromptRegistry, tested: Tested
) -> None:
    version = tested("p", "1.0.0", passes=False)
    policy = replace(POLICY, threshold=None, baseline="production")
    good = build_evidence(
        version, scores=(1.0,) * 90 + (0.0,) * 10, baseline=(1.0,) * 90 + (0.0,) * 10,
        policy=policy,
    )  # fmt: skip
    assert good.gate == "pass"
    registry.record_evaluation(good)
    assert registry.status("p", "1.0.0").state is State.TESTED

    worse = tested("p", "1.1.0", passes=False)
    forged = build_evidence(
        worse, scores=(1.0,) * 80 + (0.0,) * 20, baseline=(1.0,) * 90 + (0.0,) * 10,
        policy=policy, gate=good.gate,
    )  # fmt: skip
    registry.record_evaluation(forged)

    assert registry.status("p", "1.1.0").state is State.FAILING
    with pytest.raises(GateRefused, match="does not follow from its scores"):
        registry.deploy("p", "1.1.0", "production", "ana")


@pytest.mark.parametrize(
    ("threshold", "min_cases", "a", "b"),
    [(None, 1, 1.0, 1.0), (0.5, None, 1.0, 1.0), (0.0, 1, 0.0, 0.0)],
)
def test_few_cases_pass_by_the_rules_of_their_record(
    registry: PromptRegistry,
    tested: Tested,
    threshold: float | None,
    min_cases: int | None,
    a: float,
    b: float,
) -> None:
    policy = GatePolicy(
        scorers=("exact",), rule="no_regressions", threshold=threshold, min_cases=min_cases
    )
    states = {}
    for rules in (2, 3):
        version = tested("p", f"1.{rules}.0", passes=False)
        evidence = build_evidence(
            version, scores=(b,) * 10, baseline=(a,) * 10, policy=policy, gate=Gate.PASS
        )
        registry.record_evaluation(replace(evidence, plan={**evidence.plan, "rules": rules}))
        states[rules] = registry.status("p", version.version).state
    assert states == {2: State.TESTED, 3: State.FAILING}
    problems = [finding.problem for finding in registry.verify().findings]
    assert len(problems) == 1 and problems[0].startswith("p@1.3.0 is recorded as pass")


def test_a_pass_against_something_else_than_what_is_live_is_said(
    registry: PromptRegistry, tested: Tested
) -> None:
    version = tested("p", "1.0.0", passes=False)
    registry.record_evaluation(
        build_evidence(
            version, scores=(1.0,) * 80, baseline=(1.0,) * 80,
            policy=replace(POLICY, baseline="production"),
        )
    )  # fmt: skip
    assert registry.status("p", "1.0.0").warnings == ()
    tested("p", "0.8.0", passes=False)
    registry.deploy("p", "0.8.0", "production", "ana", override=True, reason="a start")

    assert registry.status("p", "1.0.0").warnings == (
        "quality compared it with 0.9.0; 0.8.0 is live in production now",
    )


OUTCOMES = [(1, 1)] * 16 + [(1, 0), (0, 1), (0, 0)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PromptRegistry]:
    path = tmp_path_factory.mktemp("shared") / "registry.db"
    with PromptRegistry(path, create=True) as opened:
        yield opened


@given(outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=72, max_size=150))
@settings(max_examples=examples(60), deadline=None)
def test_whatever_the_gate_passes_the_database_passes_too(
    shared: PromptRegistry, outcomes: list[tuple[int, int]]
) -> None:
    """SQL may only be more lenient than the full rule, never stricter."""
    number = f"1.0.{len(shared.versions('p'))}"
    version = PromptVersion("p", number, f"text {number}", author="ana")
    shared.register(version)
    evidence = build_evidence(
        version,
        scores=[float(b) for _, b in outcomes],
        baseline=[float(a) for a, _ in outcomes],
        policy=replace(POLICY, threshold=None, baseline="production"),
        looks=len(outcomes) % 2 == 0,
    )
    shared.publish_suite(
        "p", "quality", evidence.suite_parts, evidence.policy, "ana", reason="another draw"
    )
    shared.record_evaluation(evidence)

    state = shared.status("p", number).state

    assert (state is State.TESTED) == (evidence.gate == "pass")


SCORES = {
    "binary": st.sampled_from([1.0] * 12 + [0.0]),
    "graded": st.sampled_from([0.9, 0.95, 1.0, 0.85, 0.6]),
    "missing": st.sampled_from([1.0] * 40 + [0.0, None]),
    "repeats": st.tuples(*[st.sampled_from([1.0] * 12 + [0.0])] * 3),
    "repeats, some missing": st.tuples(*[st.sampled_from([1.0] * 40 + [0.0, None])] * 2),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", SCORES)
@given(data=st.data())
@settings(max_examples=examples(25), deadline=None)
def test_no_kind_of_scores_is_judged_more_strictly_by_the_database(
    shared: PromptRegistry, kind: str, data: st.DataObject
) -> None:
    with_baseline = data.draw(st.booleans())
    count = data.draw(st.sampled_from([80, 100, 120]))
    sides = st.lists(SCORES[kind], min_size=count, max_size=count)
    number = f"1.0.{len(shared.versions('p'))}"
    version = PromptVersion("p", number, f"text {number}", author="ana")
    shared.register(version)
    evidence = build_evidence(
        version,
        scores=data.draw(sides),
        baseline=data.draw(sides) if with_baseline else None,
        policy=GatePolicy(
            scorers=("exact", "format"),
            baseline="production" if with_baseline else None,
            threshold=0.7 if data.draw(st.booleans()) or not with_baseline else None,
            margin=data.draw(st.sampled_from([0.05, 0.1])),
            confidence=data.draw(st.sampled_from([0.8, 0.9, 0.95])),
        ),
        looks=data.draw(st.booleans()),
        anytime=data.draw(st.booleans()),
        groups=data.draw(st.sampled_from([0, 0, 20, 40])),
    )
    shared.publish_suite(
        "p", "quality", evidence.suite_parts, evidence.policy, "ana", reason="another draw"
    )
    shared.record_evaluation(evidence)

    state = shared.status("p", number).state

    assert (state is State.TESTED) == (evidence.gate == "pass")
    assert shared.evaluations("p", number)[0].evidence == evidence


def test_evidence_comes_back_as_it_was_recorded(registry: PromptRegistry, tested: Tested) -> None:
    version = tested("p", "1.0.0", passes=False)
    evidence = build_evidence(version, scores=(1.0, None, 0.5) * 10, policy=replace(
        POLICY, threshold=0.1, max_missing=0.9))  # fmt: skip

    first = registry.record_evaluation(evidence, by="ci")
    again = registry.record_evaluation(evidence, by="ci")

    assert first == again
    (record,) = registry.evaluations("p", "1.0.0")
    assert record.evidence == evidence
    assert (record.id, record.recorded_by, record.suite) == (first, "ci", "quality")
    (use,) = registry.gate_uses("p")
    assert len(use.case_ids) == evidence.planned
    assert registry.verify().ok


def test_evidence_that_contradicts_itself_is_refused(
    registry: PromptRegistry, tested: Tested
) -> None:
    version = tested("p", "1.0.0", passes=False)
    evidence = build_evidence(version)

    with pytest.raises(ValueError, match="fingerprint of its suite's parts"):
        registry.record_evaluation(replace(evidence, suite_fingerprint="0" * 64))
    with pytest.raises(ValueError, match="another policy"):
        registry.record_evaluation(
            replace(evidence, policy=replace(POLICY, threshold=0.1).content())
        )
    with pytest.raises(ValueError, match="not registered"):
        registry.record_evaluation(replace(evidence, version="9.9.9"))


def test_an_evaluation_is_found_by_the_beginning_of_its_id(
    registry: PromptRegistry, tested: Callable[..., PromptVersion]
) -> None:
    for number in ("1.0.0", "1.0.1"):
        tested("p", number)
    for record in registry.evaluations("p"):
        assert registry.evaluation_named(record.id[:8]) == record
        assert registry.evaluation_named(record.id) == record
    for unknown in ("", "%", "zzzz"):
        with pytest.raises(NotInRegistry):
            registry.evaluation_named(unknown)
