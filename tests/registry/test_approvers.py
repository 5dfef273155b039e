"""One table of who may approve, asked of the function in Python and of the database."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import pytest

from tests.registry.making import build_evidence
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.deploy.approvers import Involved, approvers
from workbench.registry.models.actors import RULES, same_person
from workbench.registry.models.strictness import MARKS_REVISION
from workbench.registry.storage.ledger import Transaction
from workbench.registry.storage.sqlite.trigger_parts import SAME_PERSON
from workbench.settings import EnvironmentSettings


@dataclass(frozen=True)
class Row:
    """Who did what, and whose approvals count."""

    counted: int
    approvals: tuple[str, ...]
    evaluators: tuple[str, ...] = ("ci",)
    failed: tuple[str, ...] = ()
    """Who evaluated it before and it failed: such an evaluation speaks for nothing."""


AUTHOR, DEPLOYER = "ana", "carol"
TABLE = {
    "nobody": Row(0, ()),
    "somebody else": Row(1, ("ben",)),
    "two others": Row(2, ("ben", "dora")),
    "one person twice": Row(1, ("ben", "Ben.")),
    "one person under a look-alike": Row(1, ("ben", "b\u0435n")),
    "the deployer": Row(0, ("carol",)),
    "the deployer under a look-alike": Row(0, ("c\u0430rol",)),
    "the deployer and somebody else": Row(1, ("carol", "ben")),
    "the only evaluator": Row(0, ("ci",)),
    "the only evaluator, who evaluated twice": Row(0, ("ci",), ("ci", "Ci.")),
    "one of two evaluators": Row(1, ("ci",), ("ci", "dora")),
    "both evaluators": Row(2, ("ci", "dora"), ("ci", "dora")),
    "the author evaluated, and another": Row(1, ("ben",), ("ana", "ben")),
    "the only one whose evaluation passed": Row(0, ("ben",), ("ben",), failed=("dora",)),
    "one whose evaluation failed": Row(1, ("dora",), ("ben",), failed=("dora",)),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry with a prompt for each row of the table, and environments that want approvals."""
    file = str(tmp_path_factory.mktemp("approvers") / "registry.db")
    with PromptRegistry(file, create=True) as registry:
        for wanted in range(1, 4):
            registry.set_environment(EnvironmentSettings(f"wants-{wanted}", approvals=wanted), "me")
        for at, row in enumerate(TABLE.values()):
            version = PromptVersion(f"p{at}", "1.0.0", "text", author=AUTHOR)
            registry.register(version)
            for attempt, name in enumerate(row.failed):
                fails = build_evidence(version, scores=(0.0,) * 20, attempt=attempt + 1)
                registry.record_evaluation(fails, by=name)
            for attempt, name in enumerate(row.evaluators):
                registry.record_evaluation(build_evidence(version, attempt=attempt + 1), by=name)
    return file


@pytest.mark.exhaustive(keep=4)
@pytest.mark.parametrize("what", TABLE)
def test_python_and_the_trigger_count_the_same_approvals(path: str, what: str) -> None:
    row = TABLE[what]
    involved = Involved(AUTHOR, DEPLOYER, row.evaluators)
    assert len(approvers([(name, RULES) for name in row.approvals], involved)) == row.counted

    prompt_id = f"p{list(TABLE).index(what)}"
    for wanted in range(1, len(row.approvals) + 2):
        takes = _takes(path, prompt_id, f"wants-{wanted}", row.approvals)
        assert takes is (wanted <= row.counted), wanted


def _takes(path: str, prompt_id: str, environment: str, names: tuple[str, ...]) -> bool:
    """Whether the database takes the deployment, which this program's own checks do not see."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.create_function(SAME_PERSON, 2, same_person)
    connection.execute("BEGIN")
    fingerprint, evaluation = connection.execute(
        "SELECT fingerprint, max(seq) FROM evaluations WHERE prompt_id = ?", (prompt_id,)
    ).fetchone()
    about = {"prompt_id": prompt_id, "version": "1.0.0", "fingerprint": fingerprint}
    transaction = Transaction(connection)
    for name in names:
        approval = {"environment": environment, "reason": "", "rules": RULES}
        transaction.append("approval", name, about | approval)
    deployment = {
        "environment": environment, "action": "deploy", "previous_seq": None,
        "previous_version": None, "evaluation": evaluation, "override": 0, "again": 0, "stale": 0,
        "reason": "", "request_id": None, "loosened_by": None, "revision": MARKS_REVISION,
    }  # fmt: skip
    try:
        transaction.append("deployment", DEPLOYER, about | deployment, own_seq="stands_for")
    except sqlite3.IntegrityError as error:
        assert "another person must approve it first" in str(error)
        return False
    finally:
        connection.close()
    return True


def test_a_mark_asks_whose_evaluation_counted_before_the_loosening(
    registry: PromptRegistry,
) -> None:
    """ci approved and made the only evaluation that is current: one more approval was lacking."""
    version = PromptVersion("p", "1.0.0", "text", author="ana")
    registry.register(version)
    registry.set_environment(EnvironmentSettings("guarded", approvals=1), "ana")
    registry.record_evaluation(build_evidence(version, dataset="earlier"), by="ben")
    registry.approve("p", "1.0.0", "guarded", "ci")
    registry.record_evaluation(build_evidence(version), by="ci", reason="a newer dataset")
    registry.set_environment(EnvironmentSettings("guarded"), "ana", reason="a holiday")
    loosening = registry.history(limit=1)[0].seq
    registry.approve_rules("ben")

    assert registry.deploy("p", "1.0.0", "guarded", "carol").loosened_by == loosening
    assert registry.verify().ok
