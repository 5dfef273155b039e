"""What lets more through needs a reason, leaves a mark, and waits for approvals."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.registry.making import build_evidence
from tests.support.examples import examples
from workbench.errors import GateRefused, RegistryError, RulesLoosened
from workbench.fingerprints import fingerprint
from workbench.registry import PromptRegistry, PromptVersion, evaluate_and_mark
from workbench.registry.content.rule_changes import suite_row
from workbench.registry.models.actors import can_be_seen, same_person
from workbench.registry.models.environment_rows import row_of
from workbench.registry.models.records import State
from workbench.registry.models.strictness import environment_changes, suite_changes
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.sqlite.strictness_sql import environment_sql, suite_sql
from workbench.registry.storage.sqlite.trigger_parts import SAME_PERSON, VISIBLE
from workbench.runs.spec.suite import GatePolicy
from workbench.settings import EnvironmentSettings

Tested = Callable[..., PromptVersion]
POLICY = GatePolicy(scorers=("exact",), threshold=0.8, baseline=None)
EVERY = EnvironmentSettings("production", ("quality",), 2, "staging", False, False, False, 30.0)
STRICTER = {
    "requires more": {"requires": ("quality", "safety")},
    "more approvals": {"approvals": 3},
    "frozen": {"frozen": True},
    "younger evidence": {"max_age_days": 7.0},
}
LOOSER = {
    "requires others": {"requires": ("safety",)},
    "requires every suite": {"requires": ()},
    "fewer approvals": {"approvals": 1},
    "from nowhere": {"promote_from": ""},
    "from elsewhere": {"promote_from": "development"},
    "external": {"external": True},
    "untested": {"untested": True},
    "older evidence": {"max_age_days": 31.0},
    "evidence of any age": {"max_age_days": 0.0},
    "stricter and looser": {"approvals": 3, "untested": True},
}
STRICTER_POLICY = {
    "a higher threshold": {"threshold": 0.9},
    "a smaller margin": {"margin": 0.0},
    "more confidence": {"confidence": 0.99},
    "more cases": {"min_cases": 21},
    "fewer missing": {"max_missing": 0.0},
    "evidence that ages": {"max_age_days": 7.0},
    "a slice": {"slices": (("vip", 0.05),)},
    "a cost": {"also": (("cost", 0.1),)},
}
LOOSER_POLICY = {
    "a lower threshold": {"threshold": 0.79},
    "no threshold": {"threshold": None},
    "a larger margin": {"margin": 0.06},
    "less confidence": {"confidence": 0.9},
    "fewer cases": {"min_cases": 19},
    "more missing": {"max_missing": 0.06},
    "another rule": {"rule": "no_regressions"},
    "another scorer": {"scorers": ("other",)},
    "one scorer more": {"scorers": ("exact", "other")},
    "another baseline": {"baseline": "staging"},
    "extend": {"extend": True},
    "one stricter, one looser": {"threshold": 0.9, "margin": 0.06},
}


def with_policy(**changes: Any) -> GatePolicy:
    return GatePolicy(**{"scorers": ("exact",), "threshold": 0.8, "baseline": None, **changes})


def contents(cases: int, *, changed: int = 0) -> dict[str, Any]:
    keys = [f"case {n}{' changed' if n < changed else ''}" for n in range(cases)]
    return {"cases": {fingerprint(key)[:12]: f"c{n}" for n, key in enumerate(keys)}}


def publish(
    registry: PromptRegistry,
    policy: GatePolicy = POLICY,
    *,
    cases: int = 20,
    changed: int = 0,
    reason: str = "",
    **parts: str,
) -> None:
    held = contents(cases, changed=changed)
    whole = {
        "dataset": fingerprint([cases, changed]),
        "scorers": fingerprint("scorers"),
        "policy": fingerprint(policy.content()),
        "repeats": fingerprint(1),
        **parts,
    }
    registry.publish_suite(
        "p", "quality", whole, policy.content(), "ana", contents=held, reason=reason
    )


def test_a_stricter_environment_needs_no_reason(registry: PromptRegistry, tested: Tested) -> None:
    registry.set_environment(EVERY, "ana")
    tested("p", "1.0.0")
    for what, changes in STRICTER.items():
        registry.set_environment(EVERY, "ana", reason="as it was")
        changed = _changed(changes)
        registry.set_environment(changed, "ana")

        production = next(e for e in registry.environments() if e.name == "production")
        assert production == changed, what
        assert registry.history(limit=1)[0].action == "environment", what
    assert registry.verify().ok


def test_a_looser_environment_is_refused_with_old_and_new_until_there_is_a_reason(
    registry: PromptRegistry, tested: Tested
) -> None:
    registry.set_environment(EVERY, "ana")
    tested("p", "1.0.0")
    for what, changes in LOOSER.items():
        registry.set_environment(EVERY, "ana", reason="as it was")
        head = registry.head()
        with pytest.raises(RulesLoosened, match=r"environment production: .* -> "):
            registry.set_environment(_changed(changes), "ana")
        assert registry.head() == head, what
        registry.set_environment(_changed(changes), "ana", reason="a pilot")

        entry = registry.history(limit=1)[0]
        assert (entry.action, entry.by, entry.reason) == ("loosen", "ana", "a pilot"), what
        assert entry.change and entry.change.looser, what
    assert registry.verify().ok


def _changed(changes: Mapping[str, Any]) -> EnvironmentSettings:
    return replace(EVERY, **changes)


def test_until_there_is_a_version_the_rules_of_environments_are_being_set_up(
    registry: PromptRegistry, tested: Tested
) -> None:
    registry.set_environment(EnvironmentSettings("production", untested=True), "ana")
    tested("p", "1.0.0")
    registry.set_environment(EnvironmentSettings("production"), "ana")
    with pytest.raises(RulesLoosened, match="untested no -> yes"):
        registry.set_environment(EnvironmentSettings("production", untested=True), "ana")
    assert registry.verify().ok


def test_a_stricter_policy_needs_no_reason(registry: PromptRegistry) -> None:
    publish(registry)
    for what, changes in STRICTER_POLICY.items():
        publish(registry, reason="as it was")
        publish(registry, with_policy(**changes))
        assert registry.history(limit=1)[0].action == "suite", what
    assert registry.verify().ok


def test_a_looser_policy_needs_a_reason(registry: PromptRegistry) -> None:
    publish(registry)
    for what, changes in LOOSER_POLICY.items():
        publish(registry, reason="as it was")
        with pytest.raises(RulesLoosened, match=r"suite quality of p: .* -> "):
            publish(registry, with_policy(**changes))
        publish(registry, with_policy(**changes), reason="labels were wrong")
        entry = registry.history(limit=1)[0]
        assert (entry.action, entry.reason) == ("loosen", "labels were wrong"), what
        publish(registry, with_policy(**changes))
        assert registry.history(limit=1)[0] == entry, what
    assert registry.verify().ok


def test_a_threshold_where_there_was_none_may_let_a_first_version_through(
    registry: PromptRegistry,
) -> None:
    publish(registry, with_policy(threshold=None, baseline="production"))
    with pytest.raises(RulesLoosened, match=r"threshold none -> 0\.0"):
        publish(registry, with_policy(threshold=0.0, baseline="production"))


def test_cases_may_be_added_and_neither_removed_nor_changed_nor_left_out_of_the_record(
    registry: PromptRegistry,
) -> None:
    publish(registry, cases=20)
    publish(registry, cases=25)
    with pytest.raises(RulesLoosened, match=r"cases 25 -> 20 \(without c20 c21 c22 and 2 more\)"):
        publish(registry, cases=20)
    with pytest.raises(RulesLoosened, match=r"cases 25 -> 26 \(changed c0, 1 added\)"):
        publish(registry, cases=26, changed=1)
    with pytest.raises(RulesLoosened, match="scorers"):
        publish(registry, cases=25, scorers=fingerprint("other options"))
    with pytest.raises(RulesLoosened, match="repeats"):
        publish(registry, cases=25, repeats=fingerprint(2))
    assert [entry.action for entry in registry.history("p")] == ["suite", "suite"]


def test_a_suite_is_removed_by_a_reason_alone_and_comes_back_as_strict(
    registry: PromptRegistry, tested: Tested
) -> None:
    tested("p", "1.0.0")
    registry.publish_suite("p", "safety", {"dataset": "d"}, POLICY.content(), "ana")
    with pytest.raises(RulesLoosened, match="suite safety of p: removed no -> yes"):
        registry.remove_suite("p", "safety", "ana")
    assert registry.status("p", "1.0.0").state is State.UNTESTED
    registry.remove_suite("p", "safety", "ana", reason="it measured nothing")

    assert registry.status("p", "1.0.0").state is State.TESTED
    done = registry.deploy("p", "1.0.0", "production", "ana")
    assert done.loosened_by == registry.history("p", limit=2)[1].seq
    weak = with_policy(threshold=0.1)
    with pytest.raises(RulesLoosened):
        registry.publish_suite("p", "safety", {"dataset": "d"}, weak.content(), "ana")
    registry.publish_suite("p", "safety", {"dataset": "d"}, POLICY.content(), "ana")
    assert registry.status("p", "1.0.0").state is State.UNTESTED
    assert registry.verify().ok


def test_an_evaluation_that_ends_after_a_stricter_policy_is_stale_and_brings_nothing_back(
    registry: PromptRegistry,
) -> None:
    version = PromptVersion("p", "1.0.0", "text", author="ana")
    registry.register(version)
    slow = build_evidence(version, scores=(1.0,) * 16 + (0.0,) * 4, policy=POLICY)
    registry.publish_suite("p", "quality", slow.suite_parts, slow.policy, "ana")
    strict = build_evidence(version, policy=with_policy(threshold=0.9))
    registry.publish_suite("p", "quality", strict.suite_parts, strict.policy, "ben")

    registry.record_evaluation(slow, by="ana")

    assert registry.status("p", "1.0.0").state is State.STALE
    with pytest.raises(GateRefused, match="stale: policy changed"):
        registry.deploy("p", "1.0.0", "production", "ana")
    never_published = build_evidence(version, policy=with_policy(threshold=0.5))
    with pytest.raises(RulesLoosened, match=r"threshold 0\.9 -> 0\.5"):
        registry.record_evaluation(never_published, by="ana")
    assert registry.verify().ok


def test_a_deployment_is_marked_when_the_rules_before_would_have_refused_it(
    registry: PromptRegistry,
) -> None:
    publish_evidence(registry, "1.0.0", 0.9, 1.0)
    publish_evidence(registry, "1.1.0", 0.9, 0.85)
    with pytest.raises(GateRefused):
        registry.deploy("p", "1.1.0", "production", "ana")
    publish_evidence(registry, "1.0.0", 0.8, 1.0, reason="one label in ten is wrong")
    publish_evidence(registry, "1.1.0", 0.8, 0.85)
    loosening = next(e.seq for e in registry.history() if e.action == "loosen")

    good = registry.deploy("p", "1.0.0", "production", "ana")
    allowed = registry.deploy("p", "1.1.0", "production", "ana")
    back = registry.rollback("p", "production", "ana", reason="try")
    assert (good.loosened_by, allowed.loosened_by, back.loosened_by) == (None, loosening, None)
    told = [(e.action, e.loosened_by) for e in registry.history("p", "production")]
    assert told == [
        ("rollback", None),
        ("deploy", loosening),
        ("deploy", None),
        ("loosen", None),
    ]
    assert registry.verify().ok


def publish_evidence(
    registry: PromptRegistry, number: str, threshold: float, score: float, reason: str = ""
) -> None:
    version = PromptVersion("p", number, f"text {number}", author="ana")
    if number not in [known.version for known in registry.versions("p")]:
        registry.register(version)
    right = round(score * 20)
    scores = (1.0,) * right + (0.0,) * (20 - right)
    policy = with_policy(threshold=threshold)
    evidence = build_evidence(version, scores=scores, policy=policy)
    registry.publish_suite(
        "p", "quality", evidence.suite_parts, evidence.policy, "ana", reason=reason
    )
    registry.record_evaluation(evidence, by="ana")


def test_two_loosenings_of_which_either_would_do_still_mark_what_they_allow(
    registry: PromptRegistry,
) -> None:
    publish_evidence(registry, "1.0.0", 0.8, 0.5)
    publish_evidence(registry, "1.0.0", 0.4, 0.5, reason="one")
    registry.set_environment(EnvironmentSettings("production", untested=True), "ana", reason="two")

    assert registry.deploy("p", "1.0.0", "production", "ana").loosened_by is not None
    assert registry.verify().ok


def test_where_approvals_are_asked_for_a_loosened_rule_lets_nothing_through_before_one(
    registry: PromptRegistry, tested: Tested
) -> None:
    tested("p", "1.0.0")
    tested("p", "1.1.0")
    registry.approve("p", "1.0.0", "production", "ben")
    registry.approve("p", "1.1.0", "production", "ben")
    registry.set_environment(EnvironmentSettings("production", approvals=1, max_age_days=9), "ana")
    registry.deploy("p", "1.0.0", "production", "ana")
    registry.set_environment(EnvironmentSettings("production"), "ana", reason="nobody is there")

    with pytest.raises(GateRefused, match="ana loosened environment production: approvals 1 -> 0"):
        registry.deploy("p", "1.1.0", "production", "ana")
    with pytest.raises(RegistryError, match=r"ana loosened .* and cannot approve it"):
        registry.approve_rules("ana")
    (waiting,) = registry.waiting_rules()
    assert (waiting.environments, waiting.wanted) == (("production",), 1)
    registry.approve_rules("ben", reason="a holiday")
    assert registry.waiting_rules() == []
    registry.deploy("p", "1.1.0", "production", "ana")
    assert registry.verify().ok


def test_rules_that_are_as_strict_as_before_again_wait_for_nobody(
    registry: PromptRegistry, tested: Tested
) -> None:
    tested("p", "1.0.0")
    registry.approve("p", "1.0.0", "production", "ben")
    strict = EnvironmentSettings("production", approvals=1)
    registry.set_environment(strict, "ana")
    loose = EnvironmentSettings("production", approvals=1, untested=True)
    registry.set_environment(loose, "ana", reason="a try")
    with pytest.raises(GateRefused, match="loosened"):
        registry.deploy("p", "1.0.0", "production", "ana")
    registry.set_environment(strict, "ana")

    assert registry.deploy("p", "1.0.0", "production", "ana").loosened_by is None
    assert registry.verify().ok


def test_approvals_are_not_got_round_by_asking_for_none_in_between(
    registry: PromptRegistry, tested: Tested
) -> None:
    """Fewer approvals, a weaker suite, and the approvals back again."""
    tested("p", "1.0.0")
    registry.approve("p", "1.0.0", "production", "ben")
    strict = EnvironmentSettings("production", approvals=1)
    registry.set_environment(strict, "ana")
    registry.set_environment(EnvironmentSettings("production"), "eve", reason="x")
    publish_evidence(registry, "1.1.0", 0.1, 0.5, reason="x")
    registry.set_environment(strict, "eve")
    registry.approve("p", "1.1.0", "production", "ben")

    with pytest.raises(GateRefused, match="loosened suite quality of p"):
        registry.deploy("p", "1.1.0", "production", "eve")


RECORD = """INSERT INTO ledger SELECT max(seq) + 1, '{kind}',
  strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), 'eve', lower(hex(randomblob(32))),
  (SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1),
  lower(hex(randomblob(32))) FROM ledger"""
OLD_ENVIRONMENT = """INSERT INTO environments
  (seq, name, requires, approvals, promote_from, external, untested, frozen, max_age_days)
  SELECT max(seq), 'production', '{requires}', 0, '', 1, {untested}, 0, 0 FROM ledger"""
OLD_SUITE = """INSERT INTO suites (seq, prompt_id, suite, fingerprint, parts, policy, external)
  SELECT (SELECT max(seq) FROM ledger), prompt_id, suite, fingerprint, {parts}, {policy}, 0
  FROM current_suites WHERE suite = 'quality'"""
RAW = {
    "untested": ("environment", OLD_ENVIRONMENT.format(requires="[]", untested=1)),
    "requires nothing that is": (
        "environment",
        OLD_ENVIRONMENT.format(requires="[null]", untested=0),
    ),
    "a threshold of 0": (
        "suite",
        OLD_SUITE.format(parts="parts", policy="json_set(policy, '$.threshold', 0.0)"),
    ),
    "a threshold that is text": (
        "suite",
        OLD_SUITE.format(parts="parts", policy="json_set(policy, '$.threshold', 'x')"),
    ),
    "no policy": ("suite", OLD_SUITE.format(parts="parts", policy="'[]'")),
    "a key that nobody knows": (
        "suite",
        OLD_SUITE.format(parts="parts", policy="json_set(policy, '$.always', 1)"),
    ),
    "other scorers": (
        "suite",
        OLD_SUITE.format(parts="json_set(parts, '$.scorers', 'x')", policy="policy"),
    ),
    "other cases": (
        "suite",
        OLD_SUITE.format(parts="json_set(parts, '$.dataset', 'x')", policy="policy"),
    ),
}


def test_the_database_refuses_a_looser_rule_without_a_reason_as_programs_of_old_write_it(
    registry: PromptRegistry, tested: Tested
) -> None:
    tested("p", "1.0.0")
    publish(registry, reason="with contents")
    registry.close()
    connection = sqlite3.connect(registry.path, isolation_level=None)
    for what, (kind, statement) in RAW.items():
        connection.execute("BEGIN")
        connection.execute(RECORD.format(kind=kind))
        with pytest.raises(sqlite3.IntegrityError, match="needs a reason"):
            connection.execute(statement)
        connection.execute("ROLLBACK")
        assert not connection.in_transaction, what
    connection.close()


def test_verify_finds_rules_that_were_loosened_round_the_triggers(
    registry: PromptRegistry, tested: Tested
) -> None:
    tested("p", "1.0.0")
    registry.close()
    connection = sqlite3.connect(registry.path, isolation_level=None)
    connection.execute("DROP TRIGGER environments_insert")
    connection.execute("BEGIN")
    loose = row_of(EnvironmentSettings("production", untested=True))
    Transaction(connection).append("environment", "eve", loose)
    Transaction(connection).append(
        "environment",
        "eve",
        row_of(EnvironmentSettings("staging", untested=True)) | {"reason": "x"},
    )
    connection.execute("COMMIT")
    connection.close()
    with PromptRegistry(registry.path) as opened:
        problems = [finding.problem for finding in opened.verify().findings]

    assert "production was loosened without a reason: untested" in problems
    assert not any("staging" in problem for problem in problems)


def test_verify_finds_a_deployment_that_does_not_name_what_allowed_it(
    registry: PromptRegistry,
) -> None:
    version = PromptVersion("p", "1.0.0", "text", author="ana")
    registry.register(version)
    registry.set_environment(EnvironmentSettings("production", untested=True), "ana", reason="x")
    done = registry.deploy("p", "1.0.0", "production", "ana")
    assert done.loosened_by
    assert registry.verify().ok
    registry.close()
    connection = sqlite3.connect(registry.path, isolation_level=None)
    connection.execute("DROP TRIGGER deployments_no_update")
    connection.execute("UPDATE deployments SET loosened_by = NULL")
    connection.close()
    with PromptRegistry(registry.path) as opened:
        problems = [finding.problem for finding in opened.verify().findings]

    assert any("does not name the loosened rule that allowed it" in problem for problem in problems)


class Team:
    """A team's own suite."""

    def __init__(self, threshold: float, score: Any, made_of: str = "") -> None:
        self.passing_threshold = threshold
        self.score = score
        self.fingerprint = made_of

    def run(self, content: str, /) -> Any:
        del content
        return self.score


def test_a_team_suite_that_everything_would_pass_passes_nothing_and_says_why(
    registry: PromptRegistry,
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    for threshold in (0, 0.0, -0.0, 1e-12, float("nan"), float("inf"), -1):
        for score in (0, 0.0, 1.0):
            with pytest.raises(RegistryError, match="passing_threshold"):
                evaluate_and_mark(registry, "p", "1.0.0", Team(threshold, score))
    assert registry.evaluations("p") == []
    assert registry.status("p", "1.0.0").state is State.UNTESTED


def test_a_score_of_zero_passes_no_team_suite(registry: PromptRegistry) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    for threshold in (1e-6, 0.5):
        assert not evaluate_and_mark(registry, "p", "1.0.0", Team(threshold, 0.0), reason="x")
    assert registry.status("p", "1.0.0").state is State.FAILING


def test_a_team_suite_may_grow_and_ask_for_more_and_for_less_with_a_reason_only(
    registry: PromptRegistry,
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    two, three = {"a": 0.9, "b": 0.9}, {"a": 0.9, "b": 0.9, "c": 0.9}
    assert evaluate_and_mark(registry, "p", "1.0.0", Team(0.8, two))
    assert evaluate_and_mark(registry, "p", "1.0.0", Team(0.85, three))
    with pytest.raises(RulesLoosened, match=r"threshold 0\.85 -> 0\.5"):
        evaluate_and_mark(registry, "p", "1.0.0", Team(0.5, three))
    with pytest.raises(RulesLoosened, match=r"cases 3 -> 2 \(without c\)"):
        evaluate_and_mark(registry, "p", "1.0.0", Team(0.85, two))
    with pytest.raises(RulesLoosened, match="cases 3 -> 3"):
        evaluate_and_mark(registry, "p", "1.0.0", Team(0.85, three, "cases as of today"))
    assert evaluate_and_mark(
        registry, "p", "1.0.0", Team(0.85, three, "cases as of today"), reason="new labels"
    )
    assert registry.verify().ok


AGES = st.sampled_from([0.0, 1.0, 7.0, 30.0])
ENVIRONMENTS = st.builds(
    EnvironmentSettings,
    name=st.just("production"),
    requires=st.lists(st.sampled_from("abc"), unique=True, max_size=3).map(tuple),
    approvals=st.integers(0, 2),
    promote_from=st.sampled_from(["", "staging", "other"]),
    external=st.booleans(),
    untested=st.booleans(),
    frozen=st.booleans(),
    max_age_days=AGES,
)
POLICIES = st.fixed_dictionaries(
    {
        "scorers": st.sampled_from([["a"], ["a", "b"]]),
        "baseline": st.sampled_from([None, "production"]),
        "margin": st.sampled_from([0.0, 0.05, 1]),
        "threshold": st.sampled_from([None, 0, 0.5, 0.8, "x"]),
        "max_age_days": st.one_of(st.none(), AGES),
    },
    optional={
        "rule": st.sampled_from(["not_worse", "no_regressions"]),
        "min_cases": st.sampled_from([1, 20, 21]),
        "extend": st.booleans(),
        "later": st.sampled_from([1, {"a": [1]}]),
    },
)
SUITES = st.builds(
    lambda parts, policy, cases: suite_row(
        "p", "s", parts, policy, contents={"cases": cases} if cases is not None else None
    ),
    st.fixed_dictionaries(
        {"dataset": st.sampled_from("de")},
        optional={"scorers": st.sampled_from("st"), "cells": st.sampled_from("ab")},
    ),
    POLICIES,
    st.one_of(st.none(), st.dictionaries(st.sampled_from("123"), st.just("id"), max_size=3)),
)


@given(old=ENVIRONMENTS, new=ENVIRONMENTS)
@settings(max_examples=examples(60), deadline=None)
def test_sql_and_python_agree_about_environments(
    old: EnvironmentSettings, new: EnvironmentSettings
) -> None:
    rows = [row_of(old), row_of(new)]
    looser = any(change.looser for change in environment_changes(*rows))
    assert _sql_says(environment_sql("o", "n"), *rows) is not looser


@given(old=SUITES, new=SUITES, removed=st.tuples(st.integers(0, 1), st.integers(0, 1)))
@settings(max_examples=examples(80), deadline=None)
def test_sql_and_python_agree_about_suites(
    old: dict[str, Any], new: dict[str, Any], removed: tuple[int, int]
) -> None:
    rows = [row | {"removed": gone} for row, gone in zip((old, new), removed, strict=True)]
    looser = any(change.looser for change in suite_changes(*rows))
    assert _sql_says(suite_sql("o", "n"), *rows) is not looser


def _sql_says(sql: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    columns = ", ".join(f"? AS {name}" for name in old)
    statement = f"SELECT coalesce(({sql}), 0) FROM (SELECT {columns}) o, (SELECT {columns}) n"
    with sqlite3.connect(":memory:") as connection:
        values = [*old.values(), *new.values()]
        value = connection.execute(statement, values).fetchone()[0]
    connection.close()
    return bool(value)


def test_what_a_suite_holds_is_checked_against_its_parts(
    registry: PromptRegistry, tested: Tested
) -> None:
    tested("p", "1.0.0")
    forged = {"cases": {"0": "c"}, "scorers": [["exact", True, "x", {}]], "repeats": 1}
    registry.publish_suite("p", "other", {"scorers": "y"}, {}, "eve", contents=forged)
    problems = [finding.problem for finding in registry.verify().findings]

    assert "suite other: its contents are not those of its parts" in problems


class Lax(Team):
    """Another one, which asks for little."""


def test_a_second_suite_of_a_team_needs_a_reason_where_theirs_alone_judge(
    registry: PromptRegistry,
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    assert not evaluate_and_mark(registry, "p", "1.0.0", Team(0.9, 0.5))
    with pytest.raises(RulesLoosened, match=r"suites \w+ -> \w+ too"):
        evaluate_and_mark(registry, "p", "1.0.0", Lax(0.1, 0.5))
    assert registry.status("p", "1.0.0").state is State.FAILING
    assert evaluate_and_mark(registry, "p", "1.0.0", Lax(0.1, 0.5), reason="to get on")
    assert "loosen" in {entry.action for entry in registry.history("p")}
    assert registry.verify().ok


def test_the_log_says_how_many_cases_were_added(registry: PromptRegistry) -> None:
    publish(registry, cases=20)
    publish(registry, cases=25)
    (added,) = registry.history("p", limit=1)
    assert added.action == "suite"
    assert "cases 20 -> 25 (5 added)" in str(added.change)


def test_a_further_suite_needs_a_reason_only_where_it_may_speak_in_the_place_of_others(
    registry: PromptRegistry,
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    assert not evaluate_and_mark(registry, "p", "1.0.0", Team(0.9, 0.5))
    with pytest.raises(RulesLoosened, match="Team -> quality too"):
        publish(registry)
    for name in ("production", "staging", "development"):
        registry.set_environment(EnvironmentSettings(name, external=False), "ana")
    publish(registry)  # nobody takes the team's word now: nothing is let through
    registry.publish_suite("p", "safety", {"dataset": "d"}, POLICY.content(), "ana")
    assert registry.verify().ok


def test_a_deployment_by_a_further_suite_of_a_team_is_marked_until_that_suite_is_gone(
    registry: PromptRegistry,
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    registry.register(PromptVersion("p", "1.1.0", "other text", author="ana"))
    evaluate_and_mark(registry, "p", "1.0.0", Team(0.9, 0.5))
    evaluate_and_mark(registry, "p", "1.0.0", Lax(0.1, 0.5), reason="to get on")
    (beside,) = [entry for entry in registry.history("p") if entry.action == "loosen"]
    assert "Team -> Lax too" in str(beside.change)

    assert registry.deploy("p", "1.0.0", "staging", "ana").loosened_by == beside.seq
    assert evaluate_and_mark(registry, "p", "1.1.0", Team(0.9, 0.95))
    assert registry.deploy("p", "1.1.0", "staging", "ana").loosened_by is None
    assert registry.verify().ok


@pytest.mark.parametrize(
    "reason", ["\t", "\n\t ", "\u200b\u2060", "\u3000", "\x00", "\u00a0\ufeff"]
)
def test_a_reason_of_which_nothing_can_be_seen_is_none_for_the_database_either(
    registry: PromptRegistry, tested: Tested, reason: str
) -> None:
    version = tested("p", "1.0.0")
    loose = EnvironmentSettings("production", untested=True)
    with pytest.raises(RulesLoosened):
        registry.set_environment(loose, "ana", reason=reason)
    registry.close()
    connection = sqlite3.connect(registry.path, isolation_level=None)
    connection.create_function(SAME_PERSON, 2, same_person)
    about = {"prompt_id": "p", "version": "1.0.0", "fingerprint": version.fingerprint}
    rows = {
        "environment": row_of(loose),
        "suite": suite_row("p", "quality", {"dataset": "x"}, {}),
        "revocation": about,
    }
    for kind, row in rows.items():
        connection.execute("BEGIN")
        with pytest.raises(sqlite3.IntegrityError, match="needs a reason"):
            Transaction(connection).append(kind, "ana", row | {"reason": reason})
        connection.execute("ROLLBACK")
    connection.close()


def test_what_the_database_takes_for_a_blank_nobody_can_see() -> None:
    connection = sqlite3.connect(":memory:")
    sql = f"SELECT {VISIBLE.format('?')}"
    for code in (*range(0x500), *range(0x2000, 0x2100), 0x3000, 0x3164, 0xFEFF, 0xFFA0):
        text = chr(code)
        seen = connection.execute(sql, (text,)).fetchone()[0]
        assert seen or not can_be_seen(text), hex(code)
        assert not (seen and (text.isspace() or text == "\0")), hex(code)
        assert code == 0 or connection.execute(sql, (f"{text}x{text}",)).fetchone()[0], hex(code)
    connection.close()


def test_a_suite_of_0_1_0_by_which_nothing_was_judged_is_changed_without_a_word(
    registry: PromptRegistry,
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    published_by_0_1_0(registry)
    publish(registry, with_policy(threshold=0.5), cases=12)

    assert registry.history("p", limit=1)[0].action == "suite"
    with pytest.raises(RulesLoosened, match=r"threshold 0\.5 -> 0\.4"):
        publish(registry, with_policy(threshold=0.4), cases=12)
    assert registry.verify().ok


def test_a_suite_of_0_1_0_that_judged_something_or_is_removed_needs_the_word(
    registry: PromptRegistry,
) -> None:
    version = PromptVersion("p", "1.0.0", "text", author="ana")
    registry.register(version)
    published_by_0_1_0(registry)
    with pytest.raises(RulesLoosened, match="removed no -> yes"):
        registry.remove_suite("p", "quality", "ana")
    registry.record_evaluation(build_evidence(version), by="ci")
    with pytest.raises(RulesLoosened, match=r"threshold 0\.8 -> 0\.5"):
        publish(registry, with_policy(threshold=0.5))


def published_by_0_1_0(registry: PromptRegistry) -> None:
    """A suite as that release wrote it: neither revision nor contents."""
    evidence = build_evidence(PromptVersion("p", "1.0.0", "text"))
    row = suite_row("p", "quality", evidence.suite_parts, evidence.policy)
    with registry._writing() as transaction:
        transaction.append("suite", "ana", row | {"revision": 0})
