"""A large audit in two processes finds what one process finds."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.registry.attack_kit import Victim, build, changed
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.audit import second_process as module
from workbench.registry.audit.second_process import second_process
from workbench.registry.audit.verify import _records
from workbench.registry.models.records import VerifyReport


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    """A registry with ten more versions."""
    built = build(tmp_path_factory.mktemp("whole"))
    with PromptRegistry(built.path) as registry:
        for number in range(10):
            registry.register(PromptVersion("more", f"1.{number}.0", f'say "{number}"\n\tor not'))
    return built


@pytest.fixture
def victim(whole: Victim, tmp_path: Path) -> Victim:
    """A copy of it."""
    return whole.copied(tmp_path / "copy")


def audited(victim: Victim, monkeypatch: pytest.MonkeyPatch, large: int = 2) -> VerifyReport:
    monkeypatch.setattr(module, "LARGE", large)
    with PromptRegistry(victim.path) as registry:
        return registry.verify()


def test_the_second_process_confirms_a_sound_part(
    victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE", 2)
    with (
        PromptRegistry(victim.path) as registry,
        registry._reading() as connection,
        second_process(connection) as second,
    ):
        assert second is not None
        part = [
            (seq, digest)
            for seq, kind, _, _, digest, _, _ in _records(connection)
            if kind == "version" and second.part.after < seq <= second.part.last
        ]
        assert part and second.confirms(part) and second.confirmed
    assert audited(victim, monkeypatch) == audited(victim, monkeypatch, sys.maxsize)


NEWEST = "WHERE prompt_id = 'more' AND version = '1.9.0'"


def damage_index(victim: Victim) -> None:
    """Zeros over the end of a page that only the check of the file reads."""
    with contextlib.closing(sqlite3.connect(victim.path)) as connection:
        sql = "SELECT rootpage FROM sqlite_master WHERE name = 'ledger_at'"
        ((page,),) = connection.execute(sql).fetchall()
        ((size,),) = connection.execute("PRAGMA page_size").fetchall()
    with victim.path.open("r+b") as file:
        file.seek(page * size - 100)
        file.write(bytes(100))


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    "attack",
    [
        changed(f"UPDATE versions SET content = 'other' {NEWEST}"),
        changed(f"UPDATE versions SET author = 'eve' {NEWEST}"),
        changed(f"DELETE FROM versions {NEWEST}"),
        changed("INSERT INTO versions SELECT seq + 90, 'new', version, sort_key, content, body,"
                f" fingerprint, description, author, force_reason FROM versions {NEWEST}"),
        changed(f"UPDATE versions SET description = CAST(x'ff41' AS TEXT) {NEWEST}"),
        damage_index,
    ],
    ids=["text", "author", "deleted", "added", "no UTF-8", "file"],
)  # fmt: skip
def test_what_is_wrong_in_its_part_is_found_as_by_one_process(
    attack: Callable[[Victim], None], victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack(victim)
    report = audited(victim, monkeypatch)
    assert not report.ok
    assert report == audited(victim, monkeypatch, sys.maxsize)


@pytest.mark.parametrize("executable", ["/nowhere/python", "/bin/uwsgi", ""])
def test_without_a_second_process_the_audit_is_whole(
    executable: str, victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    assert audited(victim, monkeypatch).ok
    changed(f"UPDATE versions SET author = 'eve' {NEWEST}")(victim)
    assert not audited(victim, monkeypatch).ok


def test_an_audit_that_is_stopped_leaves_no_process(
    victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE", 2)
    with PromptRegistry(victim.path) as registry, registry._reading() as connection:
        started = []
        with (
            pytest.raises(KeyboardInterrupt),
            second_process(connection) as second,
        ):
            assert second is not None
            started.append(second)
            raise KeyboardInterrupt
    assert [second._process.returncode is None for second in started] == [False]
