"""A loosening counts until it is undone; SQL and Python say the same about any history."""

from __future__ import annotations

import functools
import sqlite3
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.registry.making import build_evidence
from tests.support.examples import examples
from workbench.errors import RulesLoosened
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.content.rule_changes import suite_row
from workbench.registry.deploy.open_loosenings import open_loosenings
from workbench.registry.models.environment_rows import row_of
from workbench.registry.models.strictness import environment_changes, suite_changes
from workbench.registry.storage.sqlite.schema import TABLES
from workbench.registry.storage.sqlite.views import VIEWS
from workbench.runs.spec.suite import GatePolicy
from workbench.settings import EnvironmentSettings

POLICY = GatePolicy(scorers=("exact",), threshold=0.8, baseline=None)


def judge(
    registry: PromptRegistry, number: str, reason: str = "", *, threshold: float = 0.8, **of: Any
) -> None:
    """Publish the suite in some form and record that a version passes it."""
    version = PromptVersion("p", number, f"text {number}", author="ana")
    if number not in [known.version for known in registry.versions("p")]:
        registry.register(version)
    policy = GatePolicy(scorers=("exact",), threshold=threshold, baseline=None)
    evidence = build_evidence(version, policy=policy, **of)
    registry.publish_suite(
        "p", "quality", evidence.suite_parts, evidence.policy, "ana", reason=reason
    )
    registry.record_evaluation(evidence, by="ci")


@pytest.mark.parametrize("part", ["scorers", "dataset"])
def test_a_swap_that_was_taken_back_marks_nothing(registry: PromptRegistry, part: str) -> None:
    judge(registry, "1.0.0")
    judge(registry, "1.0.0", "an experiment", **{part: "another"})
    with pytest.raises(RulesLoosened):
        judge(registry, "1.1.0")
    judge(registry, "1.1.0", "it was none")

    assert registry.deploy("p", "1.1.0", "production", "ana").loosened_by is None
    assert registry.verify().ok


def test_a_swap_that_was_taken_back_waits_for_no_approval(registry: PromptRegistry) -> None:
    registry.set_environment(EnvironmentSettings("guarded", approvals=1), "ana")
    judge(registry, "1.0.0")
    judge(registry, "1.0.0", "an experiment", scorers="others")
    assert len(registry.waiting_rules()) == 1
    judge(registry, "1.1.0", "it was none")

    assert registry.waiting_rules() == []


def test_a_swap_that_something_went_live_by_is_a_rule_like_any_other(
    registry: PromptRegistry,
) -> None:
    judge(registry, "1.0.0")
    judge(registry, "1.0.0", "better scorers", scorers="others")
    registry.deploy("p", "1.0.0", "production", "ana")
    judge(registry, "1.1.0", "worse ones again")
    back = next(e.seq for e in registry.history("p") if e.reason == "worse ones again")

    assert registry.deploy("p", "1.1.0", "production", "ana").loosened_by == back
    assert registry.verify().ok


def test_a_swap_after_which_the_rule_became_stricter_is_not_taken_back_unseen(
    registry: PromptRegistry,
) -> None:
    judge(registry, "1.0.0")
    judge(registry, "1.0.0", "better scorers", scorers="others")
    judge(registry, "1.0.0", scorers="others", threshold=0.9)
    judge(registry, "1.1.0", "worse ones again")

    assert registry.deploy("p", "1.1.0", "production", "ana").loosened_by
    assert registry.verify().ok


def test_an_environment_that_was_changed_and_changed_back_marks_nothing(
    registry: PromptRegistry,
) -> None:
    judge(registry, "1.0.0")
    for environment in ("staging", "development"):
        registry.deploy("p", "1.0.0", environment, "ana")
    known = EnvironmentSettings("production", promote_from="staging", external=True)
    registry.set_environment(known, "ana")
    other = EnvironmentSettings("production", promote_from="development", external=True)
    registry.set_environment(other, "ana", reason="staging is down")
    registry.set_environment(known, "ana", reason="it is up")
    registry.retire("p", "development", "ana", "no more")

    assert registry.deploy("p", "1.0.0", "production", "ana").loosened_by is None
    assert registry.verify().ok


SUITES = st.fixed_dictionaries(
    {
        "scorers": st.sampled_from("xy"),
        "threshold": st.sampled_from([0.7, 0.8, 0.9]),
        "cases": st.sampled_from(["ab", "abc", "abcd", "abd"]),
        "removed": st.sampled_from([0, 0, 0, 1]),
    }
)
ENVIRONMENTS = st.fixed_dictionaries(
    {"approvals": st.integers(0, 2), "promote_from": st.sampled_from(["", "staging", "other"])}
)
HISTORIES = st.lists(
    st.one_of(
        st.tuples(st.just("suites"), SUITES, st.booleans()),
        st.tuples(st.just("environments"), ENVIRONMENTS, st.booleans()),
        st.tuples(st.just("deployments"), st.just({}), st.just(False)),
    ),
    min_size=2,
    max_size=12,
)


def _row(table: str, of: dict[str, Any]) -> dict[str, Any]:
    if table == "environments":
        return row_of(EnvironmentSettings("production", **of))
    policy = {**POLICY.content(), "threshold": of["threshold"]}
    contents = {"cases": {case: case for case in of["cases"]}}
    parts = {"dataset": of["cases"], "scorers": of["scorers"]}
    row: dict[str, Any] = suite_row("p", "quality", parts, policy, contents=contents)
    return row | {"removed": of["removed"]}


@functools.cache
def database() -> sqlite3.Connection:
    """The tables of rules and the views over them, without triggers."""
    connection = sqlite3.connect(":memory:")
    for name in ("suites", "environments", "deployments"):
        connection.execute(TABLES[name])
    for name in ("environment_rules", "current_suites", "loosening_steps", "open_loosenings"):
        connection.execute(VIEWS[name])
    return connection


@given(history=HISTORIES, old=st.integers(0, 3))
@settings(max_examples=examples(60), deadline=None)
def test_sql_and_python_agree_about_which_loosenings_count(
    history: list[tuple[str, dict[str, Any], bool]], old: int
) -> None:
    """Any history, also one that the triggers refuse: reasons where none is needed and none where
    one is; the first `old` rows are of a release that asked for none.
    """
    connection = database()
    rows: dict[str, list[dict[str, Any]]] = {"suites": [], "environments": []}
    deployed = []
    for seq, (table, of, reasoned) in enumerate(history, 1):
        if table == "deployments":
            deployed.append(seq)
            connection.execute(
                "INSERT INTO deployments (seq, prompt_id, environment, action, version,"
                " fingerprint, stands_for) VALUES (?, 'p', 'production', 'deploy', '1', 'f', ?)",
                (seq, seq),
            )
            continue
        row = _row(table, of) | {"seq": seq, "reason": "why" if reasoned and seq > old else ""}
        row["revision"] = int(seq > old)
        rows[table].append(row | {"actor": "ana"})
        columns, places = ", ".join(row), ", ".join("?" * len(row))
        connection.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({places})",
            tuple(row.values()),
        )
    by_sql = {seq for (seq,) in connection.execute("SELECT seq FROM open_loosenings")}
    connection.rollback()
    by_python: set[int] = set()
    for table, changes_of in (("suites", suite_changes), ("environments", environment_changes)):
        if rows[table]:
            kept = open_loosenings(rows[table], changes_of, deployed, 1)
            by_python |= {loosening.seq for loosening in kept}
    assert by_sql == by_python
