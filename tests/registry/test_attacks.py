"""With the triggers in place, no SQL deploys what may not go live or rewrites what happened.

Every attack runs twice, through Python's sqlite3 and through the sqlite3 command line, on a
registry that also holds a version which may go live: the last test deploys that one with the
same SQL, so the attacks fail for their own reasons.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.registry.attack_sql import (
    approve,
    by_module,
    deploy,
    evaluation,
    prepare,
    record,
)
from workbench.errors import RegistryError
from workbench.registry import PromptRegistry
from workbench.registry.storage.sqlite.trigger_parts import SAME_PERSON
from workbench.registry.storage.sqlite.triggers import RULES

TOOLS = [
    "module",
    pytest.param(
        "command line", marks=[pytest.mark.needs("sqlite3"), pytest.mark.exhaustive(keep=12)]
    ),
]
ATTACKS: dict[str, str] = {
    # deploy what has not passed
    "deploy an untested version": deploy("1.2.0"),
    "deploy an untested version without naming evidence": deploy("1.2.0", evaluation="NULL"),
    "deploy a failing version": deploy("1.3.0"),
    "deploy a partial run": deploy("1.4.0"),
    "deploy on stale evidence": deploy("1.5.0"),
    "deploy a revoked version": deploy("1.6.0"),
    "deploy with another version's evidence": deploy(
        "1.2.0", evaluation="(SELECT max(seq) FROM evaluations WHERE version = '1.1.0')"
    ),
    "deploy under another version's fingerprint": deploy(
        "1.2.0",
        fingerprint="(SELECT fingerprint FROM versions WHERE version = '1.1.0')",
        evaluation="(SELECT max(seq) FROM evaluations WHERE version = '1.1.0')",
    ),
    "deploy on evidence that is not there": deploy("1.2.0", evaluation="99999"),
    "deploy a version that is not there": deploy("9.9.9"),
    "deploy to an environment that is not there": deploy("1.1.0", environment="nowhere"),
    "deploy one prompt's version as another's": deploy(
        "1.1.0",
        prompt="q",
        fingerprint="(SELECT fingerprint FROM versions WHERE prompt_id = 'p' AND version='1.1.0')",
        evaluation="(SELECT max(seq) FROM evaluations WHERE version = '1.1.0')",
    ),
    "deploy a version that lacks one of two suites": deploy("1.1.0", environment="strict"),
    "deploy external evidence where it does not count": deploy(
        "1.0.0", prompt="q", environment="internal"
    ),
    "deploy on expired evidence": deploy("1.1.0", environment="fresh"),
    "deploy to a frozen environment": deploy("1.1.0", environment="frozen"),
    "deploy without approval": deploy("1.1.0", environment="guarded"),
    "deploy with one's own approval": approve("eve")
    + deploy("1.1.0", environment="guarded", actor="eve"),
    **{
        f"deploy with one's own approval as {name}": approve(name)
        + deploy("1.1.0", environment="guarded", actor="eve")
        for name in ("Eve", "eve.", "\u0435ve", "e\u200bve", "\uff45ve", "\u00e9ve", "Ev\u0415")
    },
    "deploy with the approval of the only evaluator": approve("CI")
    + deploy("1.1.0", environment="guarded"),
    "deploy without promotion": deploy("1.1.0", environment="promoted"),
    "deploy outside of a consumer's range": deploy("2.0.0"),
    "deploy again what was rolled back": deploy("1.7.0"),
    "deploy again without a reason": deploy("1.7.0", again="1"),
    "override without a reason": deploy("1.2.0", override="1"),
    "override with a blank reason": deploy("1.2.0", override="1", reason="  "),
    "override with a reason of tabs": deploy("1.2.0", override="1", reason="\t\t"),
    "override with a reason without width": deploy("1.2.0", override="1", reason="\u200b\u2060"),
    "override for a revoked version": deploy("1.6.0", override="1", reason="because"),
    "override with a mark that is neither 0 nor 1": deploy("1.2.0", override="2", reason="x"),
    # say another action
    "an action in capitals": "PRAGMA ignore_check_constraints=ON;"
    + deploy("1.2.0", action="DEPLOY"),
    "an action that nobody knows": "PRAGMA ignore_check_constraints=ON;"
    + deploy("1.2.0", action="promote"),
    "a rollback to what was never live": deploy("1.2.0", action="rollback"),
    "a rollback to a version under another's deploy": deploy(
        "1.2.0",
        action="rollback",
        stands_for="(SELECT min(seq) FROM deployments WHERE version = '1.0.0')",
    ),
    "a rollback forward to what was left behind": deploy(
        "1.7.0",
        action="rollback",
        stands_for="(SELECT min(seq) FROM deployments WHERE version = '1.7.0')",
    ),
    "a rollback to what is live": deploy(
        "1.0.0",
        action="rollback",
        stands_for="(SELECT min(seq) FROM deployments WHERE version = '1.0.0')",
    ),
    "a retirement of what is not live": deploy("1.2.0", action="retire", reason="x"),
    # races and order
    "deploy on an old head": deploy("1.1.0", previous_seq="NULL", previous_version="NULL"),
    "deploy on a wrong previous version": deploy("1.1.0", previous_version="'0.0.1'"),
    "deploy without the ledger": deploy("1.1.0")
    .replace(record("deployment"), "")
    .replace("(SELECT max(seq) FROM ledger)", "(SELECT max(seq) + 1 FROM ledger)"),
    "deploy on another kind of record": record("approval")
    + deploy("1.1.0").replace(record("deployment"), ""),
    # replace, upsert, ignore
    "replace a deployment": "REPLACE INTO deployments SELECT seq, prompt_id, environment, action,"
    " '1.2.0', fingerprint, previous_seq, previous_version, stands_for, evaluation, 1, 0, 0, 'x',"
    " NULL, NULL, 1 FROM deployments WHERE version = '1.0.0' LIMIT 1;",
    "deploy with OR IGNORE": deploy("1.2.0", conflict="OR IGNORE"),
    "deploy with OR REPLACE": deploy("1.2.0", conflict="OR REPLACE"),
    "upsert a version": "INSERT INTO versions SELECT * FROM versions WHERE version = '1.0.0'"
    " ON CONFLICT DO UPDATE SET content = 'evil';",
    "replace a version": "REPLACE INTO versions SELECT seq, prompt_id, version, sort_key, 'evil',"
    " body, fingerprint, description, author, force_reason FROM versions WHERE version = '1.0.0';",
    "replace a version by its name": record("version")
    + "INSERT OR REPLACE INTO versions SELECT (SELECT max(seq) FROM ledger), prompt_id, version,"
    " sort_key, 'evil', body, lower(hex(randomblob(32))), description, author, force_reason"
    " FROM versions WHERE version = '1.0.0';",
    "replace a score": "REPLACE INTO scores SELECT evaluation, scorer, position, case_id, a, 1.0,"
    " a_repeats, '[1.0]', case_group, reason, tags FROM scores;",
    "replace an evaluation": "REPLACE INTO evaluations SELECT * FROM evaluations;",
    "replace the ledger": "REPLACE INTO ledger SELECT * FROM ledger;",
    # update and delete
    **{
        f"update {table}": f"UPDATE {table} SET {column} = {value};"
        for table, column, value in [
            ("versions", "content", "'evil'"),
            ("evaluations", "gate", "'pass'"),
            ("scores", "b", "1.0"),
            ("deployments", "version", "'1.2.0'"),
            ("suites", "policy", "'{}'"),
            ("environments", "untested", "1"),
            ("approvals", "environment", "'production'"),
            ("revocations", "version", "'0.0.0'"),
            ("consumers", "bounds", "'[]'"),
            ("ledger", "actor", "'nobody'"),
        ]
    },
    **{
        f"delete from {table}": f"DELETE FROM {table};"
        for table in (
            "versions",
            "evaluations",
            "scores",
            "deployments",
            "suites",
            "environments",
            "approvals",
            "revocations",
            "consumers",
            "ledger",
            "registry",
            "signatures",
        )
    },
    "delete with foreign keys off": "PRAGMA foreign_keys=OFF; DELETE FROM versions;",
    "register a content under another number": record("version")
    + "INSERT INTO versions SELECT (SELECT max(seq) FROM ledger), prompt_id, '9.0.0', sort_key,"
    " content, body, fingerprint, description, author, force_reason FROM versions"
    " WHERE version = '1.0.0';",
    "register a content as a candidate for what has it": record("version")
    + "INSERT INTO versions SELECT (SELECT max(seq) FROM ledger), prompt_id, '1.0.0-rc.1',"
    " sort_key, content, body, fingerprint, description, author, force_reason FROM versions"
    " WHERE version = '1.0.0';",
    "update OR IGNORE": "UPDATE OR IGNORE deployments SET override = 0;",
    # forge evidence without forging scores
    "record a pass on scores that fail": evaluation("1.2.0", "value % 2") + deploy("1.2.0"),
    "record a pass on half of the cases": evaluation("1.2.0", "1.0", planned=40) + deploy("1.2.0"),
    "record a pass with every fifth case missing": evaluation(
        "1.2.0", "CASE WHEN value % 5 = 0 THEN NULL ELSE 1.0 END"
    )
    + deploy("1.2.0"),
    "record a pass on scores above one": evaluation("1.2.0", "5.0") + deploy("1.2.0"),
    "record a pass for other content": evaluation("1.2.0", "1.0").replace(
        "(SELECT fingerprint FROM versions WHERE version = '1.2.0')",
        "(SELECT fingerprint FROM versions WHERE version = '1.1.0')",
    )
    + deploy("1.2.0"),
    "add scores to what is recorded": record("evaluation")
    + "INSERT INTO scores SELECT evaluation, scorer, position + 100, 'more', NULL, 1.0, '[]',"
    " '[1.0]', NULL, '', '' FROM scores;",
    "record an evaluation without scores": record("evaluation")
    + "INSERT INTO evaluations SELECT (SELECT max(seq) FROM ledger), 'none', prompt_id, '1.2.0',"
    " (SELECT fingerprint FROM versions WHERE version = '1.2.0'), suite, suite_seq, 'pass', 1.0,"
    " 0, '{}', NULL, NULL, 0, 1, started_at, finished_at, '{}' FROM evaluations"
    " WHERE version = '1.1.0' LIMIT 1;" + deploy("1.2.0"),
    "observe what no evaluation of the version asked": record("observation")
    + "INSERT INTO observations SELECT (SELECT max(seq) FROM ledger), prompt_id, version,"
    " fingerprint, 1, 'openai/m', '[\"m\"]', 0, '' FROM versions WHERE version = '1.1.0';",
    "observe that nobody answers": record("observation")
    + "INSERT INTO observations SELECT (SELECT max(seq) FROM ledger), prompt_id, version,"
    " fingerprint, seq, 'openai/m', '[]', 0, '' FROM evaluations WHERE version = '1.1.0' LIMIT 1;",
    "take a suite over as external": record("suite")
    + "INSERT INTO suites SELECT (SELECT max(seq) FROM ledger), 'p', 'quality', 'x', '{}', '{}',"
    " 1, 0, 'x', 0, '';",
    # loosen a rule
    "allow what is untested without a reason": record("environment")
    + "INSERT INTO environments SELECT (SELECT max(seq) FROM ledger), name, requires, approvals,"
    " promote_from, external, 1, frozen, max_age_days, answers, endpoints, ' ', 1, answering_model"
    " FROM environment_rules"
    " WHERE name = 'production';" + deploy("1.2.0", evaluation="NULL"),
    "lower a threshold without a reason": record("suite")
    + "INSERT INTO suites SELECT (SELECT max(seq) FROM ledger), prompt_id, suite, fingerprint,"
    " parts, json_set(policy, '$.threshold', 0.0), external, 0, '', 1, '' FROM current_suites"
    " WHERE suite = 'quality';",
    "lower a threshold with a reason of line ends": record("suite")
    + "INSERT INTO suites SELECT (SELECT max(seq) FROM ledger), prompt_id, suite, fingerprint,"
    " parts, json_set(policy, '$.threshold', 0.0), external, 0, char(10, 13), 1, ''"
    " FROM current_suites WHERE suite = 'quality';",
    "remove a suite without a reason": record("suite")
    + "INSERT INTO suites SELECT (SELECT max(seq) FROM ledger), prompt_id, suite, fingerprint,"
    " parts, policy, external, 1, '', 1, '' FROM current_suites WHERE suite = 'quality';",
    "approve what one loosened oneself": record("rule_approval", "ana")
    + "INSERT INTO rule_approvals SELECT (SELECT max(seq) FROM ledger), max(seq), 'x' FROM suites"
    " WHERE reason <> '';",
    "approve a rule that nobody loosened": record("rule_approval")
    + "INSERT INTO rule_approvals SELECT (SELECT max(seq) FROM ledger), 1, 'x';",
    "deploy where loosened rules lack an approval": approve("bob")
    + deploy("1.1.0", environment="guarded"),
    "deploy as allowed by a rule that nobody loosened": deploy("1.1.0").replace(
        "NULL, 1;", "1, 1;"
    ),
    "deploy by the rules of an older release": deploy("1.1.0", revision="0"),
    "record a team's suite that everything passes": record("suite")
    + "INSERT INTO suites SELECT (SELECT max(seq) FROM ledger), 'p', 'theirs', 'x', '{}',"
    " '{\"threshold\": 0}', 1, 0, '', 1, '';",
    # time
    "backdate a record": record("approval").replace("'now'", "'now','-1 day'"),
    "postdate a record": record("approval").replace("'now'", "'now','+1 day'"),
    "a record in the middle": record("approval").replace("max(seq) + 1", "2"),
    "a record far ahead": record("approval").replace("max(seq) + 1", "max(seq) + 10"),
    "a record that follows nothing": record("approval").replace(
        "(SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1)", "lower(hex(randomblob(32)))"
    ),
    **{
        f"approve as the author, {name}": approve(name)
        for name in ("ana", "Ana", "ana.", "\u0430na", "an\u0430\u200d", "\uff21\uff2e\uff21")
    },
    "approve by the rules of 0.1.0": approve("bob", rules=0),
}

KEPT = ("versions", "evaluations", "scores", "deployments", "environments", "revocations",
        "consumers", "registry", "signatures")  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A registry with one version for each way of not being allowed to go live, and its key."""
    path = tmp_path_factory.mktemp("attacks") / "registry.db"
    return path, prepare(path)


@pytest.fixture(scope="module", params=TOOLS)
def victim(
    request: pytest.FixtureRequest, prepared: tuple[Path, str], tmp_path_factory: Any
) -> Iterator[tuple[PromptRegistry, Callable[[Path, str], str]]]:
    """A copy that takes all attacks of one tool: none may leave a mark, so one will do."""
    path = tmp_path_factory.mktemp("victim") / "registry.db"
    shutil.copy(prepared[0], path)
    with PromptRegistry(path) as registry:
        yield registry, {"module": by_module, "command line": by_command_line}[request.param]


@pytest.fixture
def copy(prepared: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of its own; nobody has the original open."""
    return Path(shutil.copy(prepared[0], tmp_path / "registry.db"))


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    try:
        return {
            table: connection.execute(f"SELECT * FROM {table}").fetchall()
            for table in (*KEPT, "ledger")
        }
    finally:
        connection.close()


def by_command_line(path: Path, sql: str) -> str:
    """The sqlite3 shell, which goes on after an error and commits each statement. It does not know
    how names compare, so it deploys and approves nothing at all.
    """
    done = subprocess.run(["sqlite3", str(path)], input=sql, capture_output=True, text=True)
    return done.stderr


SENTENCES = {sentence for rules in RULES.values() for _, sentence in rules}


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_the_database_refuses_what_the_rules_forbid(
    victim: tuple[PromptRegistry, Callable[[Path, str], str]], attack: str
) -> None:
    registry, tool = victim
    path = Path(registry.path)
    before = contents(path)

    complaint = tool(path, ATTACKS[attack])

    after = contents(path)
    assert complaint, "the attack met no resistance"
    lacking = f"no such function: {SAME_PERSON}"
    known = (
        s in complaint for s in (*SENTENCES, "never changes", "there already", "first", lacking)
    )
    assert any(known), f"refused for another reason: {complaint}"
    for table in KEPT:
        if table in ("evaluations", "scores") and "INTO evaluations" in ATTACKS[attack]:
            continue  # False evidence may be written; what counts is that nothing goes live.
        assert after[table] == before[table]
    assert after["ledger"][: len(before["ledger"])] == before["ledger"]
    assert registry.get_active("p").version == "1.0.0"


def test_there_are_at_least_forty_attacks() -> None:
    assert len(ATTACKS) >= 40


@pytest.mark.needs("sqlite3")
def test_a_tool_that_cannot_compare_names_deploys_and_approves_nothing(copy: Path) -> None:
    for sql in (deploy("1.1.0"), approve("bob")):
        assert f"no such function: {SAME_PERSON}" in by_command_line(copy, sql)


def test_another_persons_approval_counts(copy: Path) -> None:
    of_rules = record("rule_approval", "bob") + (
        "INSERT INTO rule_approvals SELECT (SELECT max(seq) FROM ledger), max(seq), ''"
        " FROM suites WHERE reason <> '';"
    )
    wanted = approve("bob") + of_rules + deploy("1.1.0", environment="guarded")
    assert by_module(copy, wanted) == ""


def test_the_same_sql_deploys_what_has_passed_and_no_reader_believes_its_record(
    copy: Path,
) -> None:
    assert by_module(copy, deploy("1.1.0")) == ""

    with PromptRegistry(copy) as registry:
        assert [live.version for live in registry.live("p")] == ["1.1.0"]
        with pytest.raises(RegistryError, match="altered after it was recorded"):
            registry.get_active("p")
        problems = [finding.problem for finding in registry.verify().findings]
        assert "the record was altered: its hash is another" in problems


def test_scores_that_pass_can_be_forged_and_a_signature_shows_it(
    copy: Path, prepared: tuple[Path, str]
) -> None:
    """What triggers cannot promise: this is what signing is for."""
    assert by_module(copy, evaluation("1.2.0", "1.0") + deploy("1.2.0")) == ""

    with PromptRegistry(copy) as registry:
        assert [live.version for live in registry.live("p")] == ["1.2.0"]
        problems = [finding.problem for finding in registry.verify(key=prepared[1]).findings]
        assert sum("is not signed by this key" in problem for problem in problems) == 2
