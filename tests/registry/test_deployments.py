"""Deploys, rollbacks and the rules of environments."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import GateRefused, NotInRegistry, RegistryError, StaleHead
from workbench.registry import PromptRegistry, PromptVersion, State
from workbench.settings import EnvironmentSettings

Tested = Callable[..., PromptVersion]


@pytest.fixture
def three(registry: PromptRegistry, tested: Tested) -> PromptRegistry:
    for number in ("1.0.0", "1.1.0", "1.2.0"):
        tested("p", number, f"line one\nline of {number}")
    return registry


def put(registry: PromptRegistry, *numbers: str) -> None:
    for number in numbers:
        registry.deploy("p", number, "production", "ana")


def live(registry: PromptRegistry) -> str:
    return registry.get_active("p").version


# Compare and swap


def test_the_slower_of_two_deployers_is_told_who_what_and_the_difference(
    three: PromptRegistry,
) -> None:
    put(three, "1.0.0")
    seen = three.live("p")[0].seq
    three.deploy("p", "1.1.0", "production", "bob", expect=seen)

    with pytest.raises(
        StaleHead, match=r"bob deployed p@1\.1\.0 in production at .*after you"
    ) as e:
        three.deploy("p", "1.2.0", "production", "ana", expect=seen)

    assert e.value.diff == ("-line of 1.1.0", "+line of 1.2.0")
    assert live(three) == "1.1.0"


def test_what_was_seen_may_be_a_version_or_nothing(three: PromptRegistry) -> None:
    three.deploy("p", "1.0.0", "production", "ana", expect=None)
    three.deploy("p", "1.1.0", "production", "ana", expect="1.0.0")

    with pytest.raises(StaleHead):
        three.deploy("p", "1.2.0", "production", "ana", expect=None)
    with pytest.raises(StaleHead):
        three.deploy("p", "1.2.0", "production", "ana", expect="1.0.0")


def test_the_same_request_is_done_once(three: PromptRegistry) -> None:
    first = three.deploy("p", "1.0.0", "production", "ana", request_id="ci-17")
    put(three, "1.1.0")

    again = three.deploy("p", "1.0.0", "production", "ana", request_id="ci-17")

    assert again == first
    assert live(three) == "1.1.0"
    with pytest.raises(RegistryError, match="was used before"):
        three.deploy("p", "1.2.0", "production", "ana", request_id="ci-17")
    back = three.rollback("p", "production", "ana", request_id="ci-18")
    assert three.rollback("p", "production", "ana", request_id="ci-18") == back
    assert live(three) == "1.0.0"


def test_deploying_what_is_live_changes_nothing(three: PromptRegistry) -> None:
    put(three, "1.0.0")
    head = three.head()

    assert three.deploy("p", "1.0.0", "production", "bob").deployed_by == "ana"

    assert three.head() == head


def _deployer(path: str, number: int, report: object) -> None:
    won = lost = 0
    with PromptRegistry(path) as registry:
        for step in range(6):
            seen = registry.live("p")[0].seq
            version = PromptVersion("p", f"1.{number}.{step}", f"{number} {step}")
            registry.register(version)
            try:
                registry.deploy(
                    "p", version.version, "production", f"d{number}", expect=seen,
                    override=True, reason="a race",
                )  # fmt: skip
                won += 1
            except StaleHead:
                lost += 1
    report.put((won, lost))  # type: ignore[attr-defined]


@pytest.mark.exhaustive
def test_of_many_who_looked_at_one_head_exactly_one_deploys(
    registry: PromptRegistry, tested: Tested
) -> None:
    tested("p", "0.1.0")
    put(registry, "0.1.0")
    context = multiprocessing.get_context("spawn")
    report = context.Queue()
    processes = [
        context.Process(target=_deployer, args=(registry.path, n, report)) for n in range(4)
    ]
    for process in processes:
        process.start()
    counts = [report.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()

    won = sum(count[0] for count in counts)
    history = [e for e in registry.history("p", "production") if e.action == "deploy"]
    assert sum(map(sum, counts)) == 24
    assert len(history) == won + 1
    for newer, older in itertools.pairwise(history):
        assert newer.previous_version == older.version, "somebody deployed over the unseen"
    assert registry.verify().ok


# Rollback


def test_a_second_rollback_goes_further_back_and_never_forward(
    three: PromptRegistry,
) -> None:
    put(three, "1.0.0", "1.1.0", "1.2.0")

    assert three.rollback("p", "production", "bob").version == "1.1.0"
    assert three.rollback("p", "production", "bob").version == "1.0.0"
    with pytest.raises(RegistryError, match="No previous version"):
        three.rollback("p", "production", "bob")


def test_after_good_bad_back_bad_a_rollback_goes_to_the_good_one(three: PromptRegistry) -> None:
    put(three, "1.0.0", "1.1.0")
    three.rollback("p", "production", "bob", reason="bad")
    put(three, "1.2.0")

    preview = three.preview_rollback("p", "production")
    done = three.rollback("p", "production", "bob", reason="bad too", expect=preview.expect)

    assert (preview.from_version, preview.to_version) == ("1.2.0", "1.0.0")
    assert (done.version, done.previous_version, done.reason) == ("1.0.0", "1.2.0", "bad too")


def test_a_preview_that_is_out_of_date_is_not_carried_out(three: PromptRegistry) -> None:
    put(three, "1.0.0", "1.1.0")
    preview = three.preview_rollback("p", "production")
    put(three, "1.2.0")

    with pytest.raises(StaleHead):
        three.rollback("p", "production", "bob", expect=preview.expect)


def test_it_goes_back_to_a_chosen_version_that_was_live_before(three: PromptRegistry) -> None:
    put(three, "1.0.0", "1.1.0", "1.2.0")

    assert three.rollback("p", "production", "bob", to="1.0.0").version == "1.0.0"
    with pytest.raises(RegistryError, match=r"1\.1\.0 was not live in production before 1\.0\.0"):
        three.rollback("p", "production", "bob", to="1.1.0")


def test_stale_evidence_does_not_stop_a_rollback_and_is_marked(three: PromptRegistry) -> None:
    put(three, "1.0.0", "1.1.0")
    three.publish_suite(
        "p", "quality", {"dataset": "new"}, {"scorers": ["exact"]}, "ana", reason="new"
    )

    preview = three.preview_rollback("p", "production")
    done = three.rollback("p", "production", "bob")

    assert preview.status.state is State.STALE
    assert any("1.0.0 is stale now: dataset" in warning for warning in preview.warnings)
    assert done.stale
    assert three.verify().ok


def test_a_rollback_passes_over_a_revoked_version(three: PromptRegistry) -> None:
    put(three, "1.0.0", "1.1.0", "1.2.0")
    three.revoke("p", "1.1.0", "ana", "leaks names")

    preview = three.preview_rollback("p", "production")

    assert preview.to_version == "1.0.0"
    assert "1.1.0 is passed over: it is revoked" in preview.warnings
    with pytest.raises(RegistryError, match="is revoked"):
        three.rollback("p", "production", "bob", to="1.1.0")
    three.revoke("p", "1.0.0", "ana", "leaks names too")
    with pytest.raises(RegistryError, match=r"No previous version .* 1\.1\.0, 1\.0\.0 is revoked"):
        three.rollback("p", "production", "bob")


def test_what_was_rolled_back_goes_live_again_only_with_a_reason(
    three: PromptRegistry,
) -> None:
    put(three, "1.0.0", "1.1.0")
    three.rollback("p", "production", "bob", reason="wrong queue")

    with pytest.raises(GateRefused, match=r"was rolled back by bob at .*: wrong queue"):
        put(three, "1.1.0")
    with pytest.raises(GateRefused):
        three.deploy("p", "1.1.0", "production", "ana", again=True)
    three.deploy("p", "1.1.0", "production", "ana", again=True, reason="the queue is fixed")

    assert live(three) == "1.1.0"
    assert three.verify().ok


def test_back_after_a_retirement_is_what_was_retired(three: PromptRegistry) -> None:
    put(three, "1.0.0", "1.1.0")
    three.retire("p", "production", "ana", "pause")

    assert three.preview_rollback("p", "production").to_version == "1.1.0"
    assert three.rollback("p", "production", "ana").version == "1.1.0"
    assert three.rollback("p", "production", "ana").version == "1.0.0"
    with pytest.raises(RegistryError, match="needs a reason"):
        three.retire("p", "production", "ana", " ")
    assert three.verify().ok


# The rules of environments


def test_an_unknown_environment_is_refused_with_the_nearest(three: PromptRegistry) -> None:
    with pytest.raises(NotInRegistry, match="did you mean 'production'"):
        three.deploy("p", "1.0.0", "prodution", "ana")


def test_staging_comes_before_production(three: PromptRegistry) -> None:
    three.set_environment(EnvironmentSettings("production", promote_from="staging"), "ana")

    with pytest.raises(GateRefused, match="not live in staging, where it must be first"):
        put(three, "1.0.0")
    three.deploy("p", "1.0.0", "staging", "ana")
    put(three, "1.0.0")

    assert live(three) == "1.0.0"


def test_a_second_person_approves(three: PromptRegistry) -> None:
    three.set_environment(EnvironmentSettings("production", approvals=1), "ana")

    with pytest.raises(GateRefused, match="0 of 1 approvals by other people"):
        put(three, "1.0.0")
    with pytest.raises(RegistryError, match=r"wrote p@1.0.0 and cannot approve it"):
        three.approve("p", "1.0.0", "production", "ana")
    three.approve("p", "1.0.0", "production", "bob", "read it")
    with pytest.raises(GateRefused, match="0 of 1"):
        three.deploy("p", "1.0.0", "production", "bob")
    put(three, "1.0.0")

    assert live(three) == "1.0.0"
    assert three.verify().ok


def test_an_approval_does_not_outlive_a_rollback(three: PromptRegistry) -> None:
    three.set_environment(EnvironmentSettings("production", approvals=1), "ana")
    for number in ("1.0.0", "1.1.0"):
        three.approve("p", number, "production", "bob")
        put(three, number)
    three.rollback("p", "production", "bob", reason="worse")

    with pytest.raises(GateRefused, match="0 of 1 approvals"):
        three.deploy("p", "1.1.0", "production", "ana", again=True, reason="fixed")


def test_a_frozen_environment_takes_nothing_but_a_rollback(three: PromptRegistry) -> None:
    put(three, "1.0.0", "1.1.0")
    three.set_environment(EnvironmentSettings("production", frozen=True), "ana")

    with pytest.raises(GateRefused, match="production is frozen"):
        put(three, "1.2.0")
    assert three.rollback("p", "production", "bob").version == "1.0.0"


def test_an_override_needs_a_reason_and_is_shown_for_ever(
    three: PromptRegistry, tested: Tested
) -> None:
    tested("p", "1.3.0", passes=False)

    with pytest.raises(GateRefused, match="an override needs a reason: untested"):
        three.deploy("p", "1.3.0", "production", "ana", override=True)
    done = three.deploy("p", "1.3.0", "production", "ana", override=True, reason="outage")
    put(three, "1.0.0")

    assert done.override
    assert [e.override for e in three.history("p", "production")] == [False, True]
    assert "1.3.0 went live by an override" in three.preview_rollback("p", "production").warnings
    assert three.verify().ok


def test_an_override_that_was_not_needed_is_not_marked(three: PromptRegistry) -> None:
    done = three.deploy("p", "1.0.0", "production", "ana", override=True, reason="to be sure")

    assert not done.override


def test_a_deploy_that_would_break_a_consumer_is_refused(
    three: PromptRegistry, tested: Tested
) -> None:
    tested("p", "2.0.0")
    three.register_consumer("billing", "p", "production", ">=1.2,<2")

    with pytest.raises(GateRefused, match=r"billing reads it and needs >=1.2,<2"):
        three.deploy("p", "2.0.0", "production", "ana")
    put(three, "1.2.0")
    three.deploy("p", "2.0.0", "staging", "ana")
    three.register_consumer("billing", "p", "production", "")
    three.deploy("p", "2.0.0", "production", "ana")

    assert live(three) == "2.0.0"
    assert three.verify().ok


def test_a_revoked_version_goes_nowhere_even_with_an_override(three: PromptRegistry) -> None:
    three.revoke("p", "1.0.0", "ana", "leaks names")

    with pytest.raises(GateRefused, match="revoked by ana: leaks names"):
        three.deploy("p", "1.0.0", "production", "ana", override=True, reason="please")
    assert three.status("p", "1.0.0").state is State.REVOKED


# What happened


def test_the_log_tells_everything_newest_first(three: PromptRegistry) -> None:
    three.approve("p", "1.0.0", "production", "bob", "read it")
    put(three, "1.0.0", "1.1.0")
    three.rollback("p", "production", "bob", reason="worse")
    three.revoke("p", "1.1.0", "ana", "leaks names")

    told = [(e.action, e.version, e.by, e.reason) for e in three.history("p", limit=4)]

    assert told == [
        ("revoke", "1.1.0", "ana", "leaks names"),
        ("rollback", "1.0.0", "bob", "worse"),
        ("deploy", "1.1.0", "ana", ""),
        ("deploy", "1.0.0", "ana", ""),
    ]
    actions = {entry.action for entry in three.history()}
    assert {"create", "environment", "register", "suite", "evaluate", "approve"} <= actions
    assert all(e.environment == "production" for e in three.history(environment="production"))


def test_blame_names_the_version_of_each_line(registry: PromptRegistry) -> None:
    texts = {"1.0.0": "a\nb\nc", "1.1.0": "a\nB\nc", "1.2.0": "zero\na\nB\nc\nb"}
    for number, text in texts.items():
        registry.register(PromptVersion("p", number, text, f"why {number}", "ana"))

    told = [(line.line, line.version, line.description) for line in registry.blame("p")]

    assert told == [
        ("zero", "1.2.0", "why 1.2.0"),
        ("a", "1.0.0", "why 1.0.0"),
        ("B", "1.1.0", "why 1.1.0"),
        ("c", "1.0.0", "why 1.0.0"),
        ("b", "1.2.0", "why 1.2.0"),
    ]
    assert [line.version for line in registry.blame("p", "1.1.0")] == ["1.0.0", "1.1.0", "1.0.0"]
    with pytest.raises(NotInRegistry):
        registry.blame("nothing")


def test_a_rule_that_did_not_change_is_not_written(registry: PromptRegistry) -> None:
    head = registry.head()

    for settings in registry.environments():
        registry.set_environment(settings, "ana")
    registry.register_consumer("app", "p", "production", "")

    assert registry.head() == head
    registry.set_environment(EnvironmentSettings("staging", approvals=2, untested=True), "bob")
    changed = registry.history(limit=1)[0]
    assert (changed.action, changed.environment, changed.by) == ("environment", "staging", "bob")
    assert changed.reason == "suites [], approvals 2, untested allowed"
    assert [e.name for e in registry.environments()] == ["development", "staging", "production"]


def test_a_deployment_needs_a_name(three: PromptRegistry, tmp_path: Path) -> None:
    assert tmp_path.exists()
    with pytest.raises(RegistryError, match="needs a name"):
        three.deploy("p", "1.0.0", "production", "  ")
