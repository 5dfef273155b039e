"""Two people are two people, however they write their names."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.making import build_evidence
from workbench.errors import GateRefused, RegistryError
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.models.actors import actor_named, distinct, same_person
from workbench.registry.storage.sqlite.writing import Writer
from workbench.settings import EnvironmentSettings

Tested = Callable[..., PromptVersion]
ANA = (
    "Ana", "ANA", "ana.", " a-n-a ", "a_na", "(ana)", "\u0430na", "\u0410\u039d\u0410",
    "an\u0251", "\uff41\uff4e\uff41", "\U0001d41a\U0001d427\U0001d41a", "a\u200bn\u2060a",
    "a\u00adna", "\u202eana", "ana\ufe0f", "ana\u3164", "\u00e1n\u00e4", "an\u0337a",
    "\u13aana", "ana\U000e0041",
)  # fmt: skip
SAME = (
    ("Ivan", "\u0406v\u0430n"), ("Nina", "\u039dina"), ("NINA", "\u039d\u0399\u039d\u0391"),
    ("Bill", "BiIl"), ("bob", "b0b"), ("uid 10", "uid IO"), ("mark", "rnark"), ("will", "vvill"),
    ("Stra\u00dfe", "STRASSE"), ("\u0418\u0432\u0430\u043d", "\u0438\u0432\u0430\u043d"),
    ("Serge", "\u0405erge"), ("kate", "\u043a\u0430te"), ("\U0001f98a", "\U0001f98a."),
)  # fmt: skip
OTHERS = (
    ("ana", "anna"), ("ana", "ben"), ("ana", "ana2"), ("ali", "all"), ("eli", "ell"),
    ("\u0930\u093e\u092e", "\u0930\u092e\u093e"), ("\u5f20\u4f1f", "\u5f20\u7ef4"),
    ("\U0001f98a", "\U0001f43c"), ("ana@example.com", "ana@example.org"), ("uid 1", "uid 2"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [*(("ana", name) for name in ANA), *SAME])
def test_names_that_nobody_can_tell_apart_are_one_persons(one: str, other: str) -> None:
    assert same_person(one, other)
    assert same_person(other, one)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_names_that_differ_are_two_peoples(one: str, other: str) -> None:
    assert not same_person(one, other)


@given(st.text())
def test_a_name_is_its_own_in_any_case(name: str) -> None:
    assert same_person(name, name)
    assert same_person(name, name.casefold())
    if any(character.isalnum() for character in name):
        assert same_person(name, f"\u200b{name}\u2060.")


def test_people_are_counted_once() -> None:
    assert distinct(["ana", "Ana", "ben", "\u0430na", "BEN."]) == ["ana", "ben"]


@pytest.mark.parametrize("name", ["\u200b", "\u2800\u3164", "\ufe0f", "\u202e"])
def test_a_name_that_nobody_can_see_is_none(name: str) -> None:
    with pytest.raises(RegistryError, match="nothing of it can be seen"):
        actor_named(name, "a deployment")


@pytest.mark.exhaustive(keep=6)
@pytest.mark.parametrize("name", ANA[:9])
def test_the_author_cannot_approve_under_another_spelling(
    registry: PromptRegistry, tested: Tested, name: str
) -> None:
    tested("p", "1.0.0")
    with pytest.raises(RegistryError, match="cannot approve it"):
        registry.approve("p", "1.0.0", "production", name)


def test_neither_deployer_nor_evaluator_nor_one_person_twice_makes_the_approvals(
    registry: PromptRegistry, tested: Tested
) -> None:
    registry.set_environment(EnvironmentSettings("guarded", approvals=2), "ana")
    version = tested("p", "1.0.0")
    with pytest.raises(RegistryError, match=r"Ci\. made every evaluation of p@1\.0\.0"):
        registry.approve("p", "1.0.0", "guarded", "Ci.")

    def refused(by: str) -> str:
        with pytest.raises(GateRefused) as refusal:
            registry.deploy("p", "1.0.0", "guarded", by)
        return str(refusal.value)

    for name in ("ben", "Ben.", "\u0412en"):
        registry.approve("p", "1.0.0", "guarded", name)
    assert "1 of 2 approvals by other people" in refused("carol")
    registry.approve("p", "1.0.0", "guarded", "dora")
    assert "1 of 2 approvals by other people" in refused("D\u043era")
    # Who evaluates it as well may approve it, as long as somebody else says the same.
    registry.record_evaluation(
        build_evidence(version, finished_at="2026-11-02T00:00:00.000000Z"), by="ben"
    )
    registry.deploy("p", "1.0.0", "guarded", "carol")
    assert registry.verify().ok


def test_an_approval_that_was_given_before_the_only_evaluation_does_not_count(
    registry: PromptRegistry, tested: Tested
) -> None:
    registry.set_environment(EnvironmentSettings("guarded", approvals=1), "ana")
    version = tested("p", "1.0.0", passes=False)
    registry.approve("p", "1.0.0", "guarded", "ben")
    registry.record_evaluation(build_evidence(version), by="Ben")
    with pytest.raises(GateRefused, match="0 of 1 approvals by other people"):
        registry.deploy("p", "1.0.0", "guarded", "carol")
    registry.record_evaluation(build_evidence(version, attempt=2), by="ci")
    registry.deploy("p", "1.0.0", "guarded", "carol")
    assert registry.verify().ok


def past_the_triggers(
    registry: PromptRegistry, table: str, actor: str, **row: str | int | None
) -> None:
    """Record a row of `p@1.0.0` that the triggers refuse, by the program's own means."""
    fingerprint = registry.get_version("p", "1.0.0").fingerprint
    connection = sqlite3.connect(registry.path, isolation_level=None)
    connection.execute(f"DROP TRIGGER {table}s_insert")
    connection.close()
    writer = Writer(registry.path, create=False)
    with writer.transaction() as transaction:
        of = {"prompt_id": "p", "version": "1.0.0", "fingerprint": fingerprint}
        own_seq = "stands_for" if table == "deployment" else ""
        transaction.append(table, actor, {**of, **row}, own_seq=own_seq)
    writer.close()


def problems(registry: PromptRegistry) -> list[str]:
    return [finding.problem for finding in registry.verify().findings]


def test_verify_names_what_rests_on_a_look_alike(registry: PromptRegistry, tested: Tested) -> None:
    registry.set_environment(EnvironmentSettings("guarded", approvals=1), "ana")
    tested("p", "1.0.0")
    registry.approve("p", "1.0.0", "guarded", "ben")
    assert registry.verify().ok
    past_the_triggers(
        registry, "deployment", "B\u0435n", environment="guarded", action="deploy",
        previous_seq=None, previous_version=None, evaluation=registry.evaluations("p")[0].seq,
        override=0, again=0, stale=0, reason="", request_id=None,
    )  # fmt: skip
    assert "p@1.0.0 in guarded: it lacked approvals" in problems(registry)


def test_verify_names_an_approval_that_claims_the_rule_of_0_1_0(
    registry: PromptRegistry, tested: Tested
) -> None:
    registry.set_environment(EnvironmentSettings("guarded", approvals=1), "ana")
    tested("p", "1.0.0")
    registry.approve("p", "1.0.0", "guarded", "ben")
    past_the_triggers(registry, "approval", "Ana", environment="guarded", reason="", rules=0)
    assert "p@1.0.0 for guarded: by an older rule than the last" in problems(registry)


def test_a_deployment_of_0_1_0_keeps_the_approval_that_it_had(
    registry: PromptRegistry, tested: Tested
) -> None:
    registry.set_environment(EnvironmentSettings("guarded", approvals=1), "ana")
    tested("p", "1.0.0")
    past_the_triggers(registry, "approval", "Ana", environment="guarded", reason="", rules=0)
    with pytest.raises(GateRefused, match="0 of 1 approvals by other people"):
        registry.deploy("p", "1.0.0", "guarded", "carol")
    past_the_triggers(
        registry, "deployment", "carol", environment="guarded", action="deploy",
        previous_seq=None, previous_version=None, evaluation=registry.evaluations("p")[0].seq,
        override=0, again=0, stale=0, reason="", request_id=None,
    )  # fmt: skip
    assert not [
        problem for problem in problems(registry) if "approvals" in problem and "p@" in problem
    ]
