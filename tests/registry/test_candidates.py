"""A release may have the content of its candidate, and what was found out about that counts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.registry.making import build_evidence
from tests.registry.test_migrations import GOLDEN, load
from workbench.errors import GateRefused, RegistryError
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.models.records import State

TEXT = "Route the ticket"


def version(number: str, text: str = TEXT) -> PromptVersion:
    return PromptVersion("p", number, text, author="ana")


def test_what_a_candidate_passed_its_release_passed(registry: PromptRegistry) -> None:
    registry.register(version("2.0.0-rc.1", "another text"))
    registry.register(version("2.0.0-rc.2"))
    registry.record_evaluation(build_evidence(version("2.0.0-rc.2")), by="ci")
    registry.register(version("2.0.0"))

    assert registry.get_version("p", "2.0.0").tested
    assert registry.status("p", "2.0.0").state is State.TESTED
    assert registry.status("p", "2.0.0-rc.1").state is State.UNTESTED
    registry.deploy("p", "2.0.0", "production", "ana")
    live = registry.require_active("p")
    assert (live.version, live.tested, live.evaluation_score) == ("2.0.0", True, 1.0)
    assert registry.verify().ok


def test_what_a_candidate_failed_later_its_release_fails(registry: PromptRegistry) -> None:
    registry.register(version("2.0.0-rc.1"))
    registry.register(version("2.0.0"))
    registry.record_evaluation(build_evidence(version("2.0.0")), by="ci")
    again = build_evidence(version("2.0.0-rc.1"), scores=(0.0,) * 20)
    registry.record_evaluation(again, by="ci")

    assert registry.status("p", "2.0.0").state is State.FAILING
    with pytest.raises(GateRefused, match="failing"):
        registry.deploy("p", "2.0.0", "production", "ana")


@pytest.mark.parametrize("number", ["2.0.1", "2.0.0-rc.3", "3.0.0", "1.9.9"])
def test_the_same_content_is_no_other_version(registry: PromptRegistry, number: str) -> None:
    registry.register(version("2.0.0-rc.2"))
    registry.register(version("2.0.0"))
    with pytest.raises(RegistryError, match=r"already registered as p@2\.0\.0"):
        registry.register(version(number))


def test_the_content_of_a_release_comes_as_no_candidate_after_it(registry: PromptRegistry) -> None:
    registry.register(version("2.0.0"))
    with pytest.raises(RegistryError, match=r"already registered as p@2\.0\.0"):
        registry.register(version("2.0.0-rc.1"))


def test_a_revoked_candidate_revokes_the_content_under_every_number(
    registry: PromptRegistry,
) -> None:
    registry.register(version("2.0.0-rc.1"))
    registry.register(version("2.0.0"))
    registry.record_evaluation(build_evidence(version("2.0.0-rc.1")), by="ci")
    registry.deploy("p", "2.0.0", "staging", "ana")
    registry.revoke("p", "2.0.0-rc.1", "ana", "leaks names")

    assert registry.get_version("p", "2.0.0").revoked
    assert registry.require_active("p", "staging").revoked
    assert registry.status("p", "2.0.0").state is State.REVOKED
    with pytest.raises(GateRefused, match="revoked by ana: leaks names"):
        registry.deploy("p", "2.0.0", "production", "ana")
    assert registry.verify().ok


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("golden", GOLDEN[:4], ids=lambda golden: golden.stem)
def test_versions_stay_as_they_were_when_their_table_is_made_anew(
    golden: Path, tmp_path: Path
) -> None:
    path = load(golden, tmp_path / "registry.db")
    connection = sqlite3.connect(path)
    before = connection.execute("SELECT * FROM versions ORDER BY seq").fetchall()
    assert before
    connection.close()
    with PromptRegistry(path) as registry:
        registry.register(PromptVersion("greeting", "2.0.0-rc.1", "Hello", author="ana"))
        registry.register(PromptVersion("greeting", "2.0.0", "Hello", author="ana"))
        assert registry.verify().ok

    connection = sqlite3.connect(path)
    after = connection.execute("SELECT * FROM versions ORDER BY seq").fetchall()
    assert after[: len(before)] == before
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    for statement in ("UPDATE versions SET content = 'x'", "DELETE FROM versions"):
        with pytest.raises(sqlite3.IntegrityError, match="never changes or disappears"):
            connection.execute(statement)
    connection.close()


def test_verify_finds_one_content_under_two_releases(registry: PromptRegistry) -> None:
    registry.register(version("1.0.0"))
    registry.close()
    connection = sqlite3.connect(registry.path, isolation_level=None)
    connection.execute("DROP TRIGGER versions_insert")
    from workbench.registry.storage.ledger import Transaction

    connection.execute("BEGIN")
    row = dict(
        zip(
            ("prompt_id", "content", "body", "fingerprint", "description", "author"),
            connection.execute(
                "SELECT prompt_id, content, body, fingerprint, description, author FROM versions"
            ).fetchone(),
            strict=True,
        )
    )
    sort_key = connection.execute("SELECT replace(sort_key, '011', '012') FROM versions")
    more = {"version": "2.0.0", "sort_key": sort_key.fetchone()[0], "force_reason": ""}
    Transaction(connection).append("version", "eve", row | more)
    connection.execute("COMMIT")
    connection.close()
    with PromptRegistry(registry.path) as opened:
        problems = [finding.problem for finding in opened.verify().findings]

    assert "p@2.0.0: its content is that of 1.0.0, which is no candidate for it" in problems
