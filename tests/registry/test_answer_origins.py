"""An environment may ask where the answers behind evidence came from."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.registry.making import build_evidence
from tests.support.examples import examples
from workbench.errors import GateRefused
from workbench.registry import PromptRegistry, PromptVersion, State
from workbench.registry.audit.verify_rules import check_rules
from workbench.registry.models.answering import drift_of
from workbench.registry.models.origins import objection
from workbench.settings import EnvironmentSettings

OPENAI = "https://api.openai.com/v1"
LOCAL = "local:" + "a" * 64
ASKED = {"endpoints": [OPENAI], "models": ["m"], "answers": 20, "cached": 0, "digests": []}
STORED = {**ASKED, "cached": 20}
FRESH = EnvironmentSettings("production", answers="fresh")


def evaluated(registry: PromptRegistry, answers: dict[str, Any], *, baseline: bool = False) -> None:
    version = PromptVersion("p", "1.0.0", "text", author="ana")
    registry.register(version)
    sides: dict[str, Any] = {"baseline": (0.0,) * 20} if baseline else {}
    registry.record_evaluation(build_evidence(version, answers=answers, **sides), by="ci")


def test_what_is_recorded_is_read_back_and_verified(registry: PromptRegistry) -> None:
    evaluated(registry, {"b": ASKED})
    (evaluation,) = registry.evaluations("p")
    assert evaluation.evidence.answers == {"b": ASKED}
    assert registry.verify().ok


def test_evidence_that_does_not_say_is_tested_where_nothing_is_asked_and_not_fresh(
    registry: PromptRegistry,
) -> None:
    evaluated(registry, {})
    assert registry.status("p", "1.0.0").tested

    registry.set_environment(FRESH, "ana")

    status = registry.status("p", "1.0.0")
    assert status.state is State.UNTESTED
    assert "it is not known whether its answers were fresh" in status.reason
    assert registry.status("p", "1.0.0", "staging").tested
    with pytest.raises(GateRefused, match="not known whether") as refused:
        registry.deploy("p", "1.0.0", "production", "ana")
    assert "--fresh" in refused.value.hint


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"b": ASKED, "a": ASKED}, ""),
        ({"b": STORED, "a": ASKED}, "20 of 20 of its answers were stored before"),
        ({"b": ASKED, "a": STORED}, "20 of 20 of the baseline's answers were stored before"),
        ({"b": ASKED}, "it is not known whether the baseline's answers were fresh"),
        ({"b": {**ASKED, "unknown": 3}, "a": ASKED}, "not known whether its answers were fresh"),
    ],
)
def test_fresh_is_asked_of_both_sides(
    registry: PromptRegistry, answers: dict[str, Any], why: str
) -> None:
    evaluated(registry, answers, baseline=True)
    registry.set_environment(FRESH, "ana")
    status = registry.status("p", "1.0.0")
    assert (status.tested, why in status.reason) == (not why, True)


def test_a_deployment_past_the_gate_of_the_database_is_found(registry: PromptRegistry) -> None:
    evaluated(registry, {"b": STORED})
    registry.deploy("p", "1.0.0", "production", "ana")
    with registry._reading() as connection:
        assert list(check_rules(connection)) == []
        rows = connection.execute("SELECT seq FROM environments WHERE name = 'production'")
        seq = rows.fetchone()[0]
    registry.set_environment(FRESH, "ana")
    with registry._writing() as transaction:
        # As if the rule had held from the first: the triggers are gone for the time of it.
        transaction.connection.execute("DROP TRIGGER environments_no_update")
        transaction.connection.execute(
            "UPDATE environments SET answers = 'fresh' WHERE seq = ?", (seq,)
        )
    with registry._reading() as connection:
        (finding,) = check_rules(connection)
    assert "no passing and current evaluation" in finding.problem


sides = st.fixed_dictionaries(
    {},
    optional={
        "cached": st.sampled_from([0, 1, 20]),
        "unknown": st.sampled_from([0, 2]),
        "endpoints": st.lists(st.sampled_from([OPENAI, LOCAL, "", "http://x:1/v1"]), max_size=2),
        "models": st.lists(st.sampled_from(["m", "n"]), max_size=2),
        "asked": st.sampled_from(["openai/m", "openai/x"]),
    },
).map(lambda side: {"answers": 20, **side})
rules = st.builds(
    EnvironmentSettings,
    st.just("production"),
    answers=st.sampled_from(["cached", "fresh"]),
    answering_model=st.sampled_from(["any", "current"]),
    endpoints=st.lists(st.sampled_from([OPENAI, LOCAL, "local"]), max_size=2, unique=True).map(
        lambda drawn: tuple(sorted(drawn))
    ),
)


observations = st.fixed_dictionaries(
    {
        "asked": st.sampled_from(["openai/m", "openai/x"]),
        "models": st.lists(st.sampled_from(["m", "n"]), min_size=1, max_size=2),
        "endpoints": st.lists(st.sampled_from([OPENAI, LOCAL]), max_size=1),
        "changed": st.sampled_from([None, True, False]),
    }
)


@given(
    answers=st.dictionaries(st.sampled_from("ab"), sides),
    baseline=st.booleans(),
    asked=st.lists(rules, min_size=1, max_size=5),
    observed=st.lists(observations, max_size=2),
)
@settings(max_examples=examples(25), deadline=None)
def test_the_database_and_the_reasons_always_agree(
    answers: dict[str, Any],
    baseline: bool,
    asked: list[EnvironmentSettings],
    observed: list[dict[str, Any]],
) -> None:
    with (
        TemporaryDirectory() as folder,
        PromptRegistry(Path(folder) / "registry.db", create=True) as registry,
    ):
        evaluated(registry, answers, baseline=baseline)
        (record,) = registry.evaluations("p")
        for each in observed:
            registry.observe(record, {**each, "cached": 0}, "canary", changed=each["changed"])
        about = {"prompt_id": "p", "seq": record.seq, "baseline": baseline}
        drifted = drift_of(answers, registry.observations(), **about)
        for one in asked:
            registry.set_environment(one, "ana", reason="to try it")
            why = objection(answers, one, baseline=baseline, drifted=drifted)
            status = registry.status("p", "1.0.0")
            assert (status.tested, why in status.reason) == (not why, True), one
