"""A registry of every released schema is brought to the newest, once and whole."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import RegistryUnusable
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.storage.sqlite.layout import APPLICATION_ID, OLDEST_READER, SCHEMA_VERSION
from workbench.registry.storage.sqlite.migrations import (
    STEPS,
    expected_objects,
    migrate,
    normalized,
    objects_of,
)
from workbench.registry.storage.sqlite.opening import steps_in
from workbench.registry.storage.sqlite.schema import INDEXES, TABLES
from workbench.registry.storage.sqlite.triggers import triggers
from workbench.registry.storage.sqlite.views import VIEWS

GOLDEN = sorted((Path(__file__).parent / "golden").glob("schema-*.sql"))


def load(golden: Path, path: Path) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(golden.read_text())
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={golden.stem.partition('-')[2]}")
    connection.close()
    return path


def add_a_note(database: Any) -> None:
    """A step that a later release might bring, in two statements."""
    database.conn.execute("ALTER TABLE registry ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    database.conn.execute("CREATE INDEX notes ON registry (note)")


def die_half_way(database: Any) -> None:
    """The same step, killed between its statements."""
    database.conn.execute("ALTER TABLE registry ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.stem)
def test_a_registry_of_every_released_schema_still_works(golden: Path, tmp_path: Path) -> None:
    with PromptRegistry(load(golden, tmp_path / "registry.db")) as registry:
        registry.register(PromptVersion("another", "1.0.0", "text"))

        assert registry.get_active("greeting").version == "1.0.0"
        assert registry.status("greeting", "1.0.0").tested
        assert registry.verify().ok


@pytest.mark.exhaustive
def test_apps_read_an_older_registry_as_it_is_and_the_first_question_brings_it_up(
    tmp_path: Path,
) -> None:
    path = load(GOLDEN[0], tmp_path / "registry.db")

    def version() -> int:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return steps_in(connection)

    with PromptRegistry(path) as registry:
        assert registry.get_active("greeting").source == "registry"
        assert version() == 1
        assert registry.verify().ok
    assert version() == SCHEMA_VERSION
    assert len(list(tmp_path.glob("*.bak"))) == 1


@pytest.mark.exhaustive
def test_a_backup_of_an_older_schema_is_put_back_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "workbench.toml").write_text("")
    backup = load(GOLDEN[0], tmp_path / "old.db")
    before = backup.read_bytes()
    command = [sys.executable, "-m", "workbench", "restore", str(backup)]
    subprocess.run([*command, "--workspace", str(tmp_path / "w")], check=True)

    assert backup.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.db", "w"]
    with PromptRegistry(tmp_path / "w" / ".workbench" / "registry.db") as registry:
        assert registry.get_active("greeting").version == "1.0.0"


def test_there_is_a_golden_file_for_every_schema() -> None:
    assert [golden.stem for golden in GOLDEN] == [f"schema-{n + 1}" for n in range(len(STEPS))]
    assert len(STEPS) == SCHEMA_VERSION


def test_an_older_schema_is_backed_up_and_brought_up_in_one_go(tmp_path: Path) -> None:
    path = load(GOLDEN[0], tmp_path / "registry.db")
    connection = sqlite3.connect(path, isolation_level=None)

    migrate(connection, str(path), (*STEPS[:1], add_a_note))

    assert steps_in(connection) == 2
    assert connection.execute("SELECT note FROM registry").fetchall() == [("",)]
    connection.close()
    (backup,) = tmp_path.glob("*.bak")
    assert backup.stat().st_mode & 0o777 == 0o600
    kept = sqlite3.connect(backup)
    assert steps_in(kept) == 1
    assert kept.execute("SELECT count(*) FROM versions").fetchone()[0] == 2
    kept.close()


@pytest.mark.exhaustive
def test_a_kill_half_way_leaves_the_old_schema_and_the_next_start_finishes(
    tmp_path: Path,
) -> None:
    path = load(GOLDEN[0], tmp_path / "registry.db")
    code = f"""
import sqlite3
from tests.registry.test_migrations import STEPS, die_half_way, migrate
migrate(sqlite3.connect({str(path)!r}, isolation_level=None), {str(path)!r},
        (*STEPS[:1], die_half_way))
"""
    killed = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL

    connection = sqlite3.connect(path, isolation_level=None)
    assert steps_in(connection) == 1
    assert "note" not in str(objects_of(connection)["table", "registry"])
    migrate(connection, str(path), (*STEPS[:1], add_a_note))
    assert steps_in(connection) == 2
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()


def test_two_programs_at_once_migrate_a_registry_once(tmp_path: Path) -> None:
    path = load(GOLDEN[0], tmp_path / "registry.db")
    failures: list[BaseException] = []

    def bring_up() -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            migrate(connection, str(path), (*STEPS[:1], add_a_note))
        except BaseException as error:  # noqa: BLE001 - reported by the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=bring_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


@pytest.mark.exhaustive
def test_many_processes_that_make_a_registry_make_one(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    code = f"""
import os
from workbench.registry import PromptRegistry, PromptVersion
with PromptRegistry({str(path)!r}, create=True) as registry:
    registry.register(PromptVersion("p", f"1.{{os.getpid()}}.0", str(os.getpid())))
"""
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4

    with PromptRegistry(path) as registry:
        assert len(registry.versions("p")) == 4
        assert registry.verify().ok


def test_a_new_registry_has_the_schema_that_verify_expects(registry: PromptRegistry) -> None:
    with registry._reading() as connection:
        assert objects_of(connection) == expected_objects()


def test_the_steps_lead_to_the_schema_that_the_code_describes() -> None:
    described = (*TABLES.values(), *INDEXES, *VIEWS.values(), *triggers())

    assert {normalized(ddl) for ddl in described} == {
        normalized(ddl)
        for (_, name), entries in expected_objects().items()
        for _, ddl in entries
        if ddl and "sqlite_migrations" not in name
    }


def test_a_step_that_only_adds_leaves_older_readers_their_file(registry: PromptRegistry) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    registry.deploy("p", "1.0.0", "development", "ana")
    registry.close()
    connection = sqlite3.connect(registry.path, isolation_level=None)
    migrate(connection, registry.path, (*STEPS, add_a_note))

    assert steps_in(connection) == SCHEMA_VERSION + 1
    assert connection.execute("PRAGMA user_version").fetchone()[0] == OLDEST_READER
    connection.close()
    with PromptRegistry(registry.path) as older:
        assert older.get_active("p", "development").source == "registry"


def test_a_program_that_lacks_a_step_writes_nothing_and_says_so(registry: PromptRegistry) -> None:
    registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
    registry.close()
    connection = sqlite3.connect(registry.path, isolation_level=None)
    migrate(connection, registry.path, (*STEPS, add_a_note))
    connection.close()

    with (
        PromptRegistry(registry.path) as older,
        pytest.raises(RegistryUnusable, match=f"schema {SCHEMA_VERSION + 1} by a newer workbench"),
    ):
        older.register(PromptVersion("p", "1.1.0", "other", author="ana"))
