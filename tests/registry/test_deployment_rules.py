"""Each rule of a deployment is held by the database, by `deploy` and by `verify`, in its words."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest

from tests.registry.attack_sql import approve, by_module, deploy, prepare
from workbench.errors import GateRefused
from workbench.registry import PromptRegistry
from workbench.registry.audit.verify_loosening import check_loosening
from workbench.registry.audit.verify_rules import check_rules
from workbench.registry.models import deployment_rules as rules
from workbench.registry.models.deployment_rules import DEPLOYMENT_RULES, DeploymentRule

UNCHECKED = "PRAGMA ignore_check_constraints=ON;"
OF_ANOTHER = "(SELECT {} WHERE version = '1.0.0' AND prompt_id = 'p')"


@dataclass(frozen=True)
class Case:
    """SQL that breaks one rule, and where `deploy` refuses it: version and environment."""

    rule: DeploymentRule
    sql: str
    attempt: tuple[str, str] | None = None
    before: Callable[[PromptRegistry], None] = lambda _: None
    """What `deploy` needs so that no other rule refuses first."""


CASES = (
    Case(rules.ACTION, UNCHECKED + deploy("1.1.0", action="promote")),
    Case(rules.MARKS, UNCHECKED + deploy("1.2.0", override="2", reason="x")),
    Case(rules.LOOSENED_BY, deploy("1.1.0").replace("NULL, 1;", "1, 1;")),
    Case(rules.ENVIRONMENT, deploy("1.1.0", environment="nowhere")),
    Case(
        rules.VERSION,
        deploy("1.1.0", fingerprint=OF_ANOTHER.format("fingerprint FROM versions")),
    ),
    Case(rules.PREVIOUS, deploy("1.1.0", previous_seq="NULL")),
    Case(rules.PREVIOUS_VERSION, deploy("1.1.0", previous_version="'0.0.1'")),
    Case(rules.REVOKED, deploy("1.6.0")),
    Case(rules.OVERRIDE, deploy("1.2.0", override="1", reason=" ")),
    Case(rules.RETIRE, deploy("1.2.0", action="retire", reason="x")),
    Case(rules.ROLLBACK, deploy("1.2.0", action="rollback")),
    Case(rules.STANDS_FOR, deploy("1.1.0", stands_for="1")),
    Case(rules.LIVE_ALREADY, deploy("1.0.0")),
    Case(rules.FROZEN, deploy("1.1.0", environment="frozen"), ("1.1.0", "frozen")),
    Case(rules.PROMOTED, deploy("1.1.0", environment="promoted"), ("1.1.0", "promoted")),
    Case(rules.APPROVED, deploy("1.1.0", environment="guarded"), ("1.1.0", "guarded")),
    Case(
        rules.RULES_APPROVED,
        approve("bob") + deploy("1.1.0", environment="guarded"),
        ("1.1.0", "guarded"),
        lambda registry: registry.approve("p", "1.1.0", "guarded", "bob"),
    ),
    Case(rules.AGAIN, deploy("1.7.0")),
    Case(rules.CONSUMERS, deploy("2.0.0"), ("2.0.0", "production")),
    Case(
        rules.EVALUATION,
        deploy("1.2.0", evaluation=OF_ANOTHER.format("max(seq) FROM evaluations")),
    ),
    Case(rules.TESTED, deploy("1.1.0", environment="strict"), ("1.1.0", "strict")),
    Case(rules.REVISION, deploy("1.1.0", revision="0")),
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def prepared(folder: Path) -> Path:
    prepare(folder / "prepared.db")
    return folder / "prepared.db"


@pytest.fixture
def copy(prepared: Path, folder: Path) -> Path:
    return Path(shutil.copy(prepared, folder / "registry.db"))


@pytest.fixture(scope="module")
def problems_before(prepared: Path) -> list[str]:
    return problems(prepared)


def pattern(words: str) -> str:
    """The words with anything in the place of their fields."""
    return r"\S.*".join(map(re.escape, re.split(r"\{\w+\}", words)))


def named(case: Case) -> str:
    return case.rule.name


def problems(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        broken_rules = [
            f.problem for f in chain(check_rules(connection), check_loosening(connection))
        ]
    connection.close()
    return broken_rules


def test_every_rule_has_a_case() -> None:
    assert tuple(case.rule for case in CASES) == DEPLOYMENT_RULES
    assert len({rule.name for rule in DEPLOYMENT_RULES}) == len(DEPLOYMENT_RULES)
    assert {c.rule.name for c in CASES if c.attempt} == {
        r.name for r in DEPLOYMENT_RULES if r.refusal
    }


@pytest.mark.exhaustive(keep=6)
@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_database_refuses_a_deployment_that_breaks_the_rule(case: Case, copy: Path) -> None:
    assert by_module(copy, case.sql) == case.rule.refused


@pytest.mark.exhaustive(keep=8)
@pytest.mark.parametrize("case", [c for c in CASES if c.rule.finding], ids=named)
def test_verify_names_the_rule_that_a_record_broke(
    case: Case, copy: Path, problems_before: list[str]
) -> None:
    wanted = re.compile(rf"p@\S+ in \S+: {pattern(case.rule.finding)}")
    assert not any(wanted.fullmatch(problem) for problem in problems_before)
    with sqlite3.connect(copy) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
    connection.close()

    assert by_module(copy, case.sql) == ""

    assert any(wanted.fullmatch(problem) for problem in problems(copy))


@pytest.mark.parametrize("case", [c for c in CASES if c.attempt], ids=named)
def test_deploy_refuses_in_the_words_of_the_rule(case: Case, copy: Path) -> None:
    assert case.attempt is not None
    version, environment = case.attempt
    with PromptRegistry(copy) as registry:
        case.before(registry)
        with pytest.raises(GateRefused, match=pattern(case.rule.refusal)) as refused:
            registry.deploy("p", version, environment, "eve")
    assert re.search(pattern(case.rule.way_out), refused.value.hint)
