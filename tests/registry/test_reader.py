"""The reader never fails after its first success, and never serves what it cannot vouch for."""

from __future__ import annotations

import asyncio
import datetime
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.models.actors import same_person
from workbench.registry.models.digest import digest_of, record_hash
from workbench.registry.storage.clock import now
from workbench.registry.storage.sqlite.trigger_parts import SAME_PERSON

Tested = Callable[..., PromptVersion]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def path(registry: PromptRegistry, tested: Tested) -> Path:
    """A closed registry in which p@1.0.0 is live."""
    tested("p", "1.0.0", "Hello {name}")
    registry.deploy("p", "1.0.0", "production", "ana")
    registry.close()
    return Path(registry.path)


def remove(path: Path) -> None:
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)


def alter(path: Path, sql: str) -> None:
    """What somebody does who drops the triggers first."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(sql)
    connection.close()


def test_a_read_says_where_it_comes_from(path: Path) -> None:
    with PromptRegistry(path) as registry:
        prompt = registry.get_active("p")

    assert (prompt.source, prompt.age) == ("registry", 0.0)
    assert (prompt.environment, prompt.deployed_by) == ("production", "ana")
    assert prompt.messages(name="Bo") == [{"role": "user", "content": "Hello Bo"}]


def test_a_warm_read_answers_the_same_object_and_runs_no_query(path: Path) -> None:
    with PromptRegistry(path) as registry:
        first = registry.get_active("p")
        statements: list[str] = []
        connection = registry._reader._file._connection
        assert connection is not None
        connection.set_trace_callback(statements.append)

        assert registry.get_active("p") is first

        assert statements == ["PRAGMA data_version"]


@pytest.mark.exhaustive
def test_a_deployment_of_another_process_is_seen_at_once(path: Path) -> None:
    code = f"""
from workbench.registry import PromptRegistry, PromptVersion
with PromptRegistry({str(path)!r}) as registry:
    registry.register(PromptVersion("p", "1.1.0", "Hi {{name}}"))
    registry.deploy("p", "1.1.0", "production", "bob", override=True, reason="a test")
"""
    with PromptRegistry(path) as registry:
        assert registry.get_active("p").version == "1.0.0"

        subprocess.run([sys.executable, "-c", code], check=True)

        assert registry.get_active("p").version == "1.1.0"


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "deleted": (remove, "memory"),
    "garbage": (lambda path: (remove(path), path.write_bytes(b"garbage" * 1000)), "memory"),
    "empty": (lambda path: (remove(path), path.write_bytes(b"")), "memory"),
    "another program's": (
        lambda path: (remove(path), sqlite3.connect(path).execute("CREATE TABLE t (a)")),
        "memory",
    ),
    "newer schema": (
        lambda path: sqlite3.connect(path).execute("PRAGMA user_version=99"),
        "memory",
    ),
    "another registry": (
        lambda path: (remove(path), PromptRegistry(path, create=True).close()),
        "memory",
    ),
    # What was checked when it was loaded still holds: the ledger says that nothing was deployed.
    "altered text": (lambda path: alter(path, "UPDATE versions SET content = 'evil'"), "registry"),
    "a table is gone": (lambda path: alter(path, "DROP TABLE versions"), "registry"),
}


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("kind", DAMAGE)
def test_a_reader_answers_from_memory_after_its_first_success_and_from_disk_after_a_restart(
    path: Path, kind: str
) -> None:
    damage, source = DAMAGE[kind]
    with PromptRegistry(path) as registry:
        first = registry.get_active("p")
        damage(path)
        registry._reader._file.next_stat = 0.0  # a fiftieth of a second later

        again = registry.get_active("p")

        assert (again.content, again.source) == (first.content, source)
        if source == "memory":
            assert registry.last_error is not None
            with pytest.raises(ValueError, match=r"registry"):
                registry.get_active("p", strict=True)

    with PromptRegistry(path) as restarted:
        from_disk = restarted.get_active("p")
        assert (from_disk.content, from_disk.source) == (first.content, "snapshot")
        assert restarted.get_active("p").source == "snapshot"


def test_an_older_copy_in_its_place_is_noticed(path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    shutil.copy(path, old)
    with PromptRegistry(path) as registry:
        registry.register(PromptVersion("p", "1.1.0", "newer"))
        registry.deploy("p", "1.1.0", "production", "ana", override=True, reason="a test")
        assert registry.get_active("p").version == "1.1.0"
    remove(path)
    shutil.copy(old, path)

    with PromptRegistry(path) as restarted:
        prompt = restarted.get_active("p")
        assert (prompt.version, prompt.source) == ("1.1.0", "snapshot")
        with pytest.raises(ValueError, match="older or another registry"):
            restarted.get_active("p", strict=True)


def deploy_next(registry: PromptRegistry, number: str) -> None:
    registry.register(PromptVersion("p", number, f"newer {number}"))
    registry.deploy("p", number, "production", "ana", override=True, reason="a test")


NEWEST = "seq = (SELECT max(seq) FROM deployments)"
LOST = [
    f"DELETE FROM deployments WHERE {NEWEST}",
    f"UPDATE deployments SET prompt_id = 'q' WHERE {NEWEST}",
    f"UPDATE deployments SET environment = 'qroduction' WHERE {NEWEST}",
    f"UPDATE deployments SET version = '1.0.0' WHERE {NEWEST}",
    f"UPDATE deployments SET seq = seq + 1 WHERE {NEWEST}",
]


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("sql", LOST)
def test_a_newest_deployment_that_was_taken_away_is_noticed(path: Path, sql: str) -> None:
    with PromptRegistry(path) as registry:
        deploy_next(registry, "1.1.0")
        assert registry.get_active("p").version == "1.1.0"
        alter(path, sql)
        prompt = registry.get_active("p")
        assert (prompt.version, prompt.source) in {("1.1.0", "memory"), ("1.1.0", "registry")}
        if "version" not in sql:
            assert prompt.source == "memory"
            assert str(registry.last_error)

    with PromptRegistry(path) as restarted:
        prompt = restarted.get_active("p")
        assert (prompt.version, prompt.source) == ("1.1.0", "snapshot")
        assert str(restarted.last_error)
    shutil.rmtree(f"{path}.live")
    with PromptRegistry(path) as fresh, pytest.raises(ValueError, match="verify"):
        fresh.get_active("p")


@pytest.mark.exhaustive
def test_a_record_that_was_altered_with_its_row_is_noticed_by_the_one_after_it(path: Path) -> None:
    """Somebody computes digest and hash again, but not those of all later records."""
    with PromptRegistry(path) as registry:
        deploy_next(registry, "1.1.0")
        registry.register(PromptVersion("p", "1.2.0", "another"))
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    row = dict(connection.execute("SELECT * FROM versions WHERE version = '1.1.0'").fetchone())
    row["content"] = "evil"
    record = connection.execute("SELECT * FROM ledger WHERE seq = ?", (row["seq"],)).fetchone()
    digest = digest_of("version", row)
    hashed = record_hash(
        record["seq"], record["kind"], record["at"], record["actor"], digest, record["previous"]
    )
    connection.close()
    alter(path, "UPDATE versions SET content = 'evil' WHERE version = '1.1.0'")
    alter(
        path, f"UPDATE ledger SET digest = '{digest}', hash = '{hashed}' WHERE seq = {row['seq']}"
    )

    with PromptRegistry(path) as registry, pytest.raises(ValueError, match="does not go on"):
        registry.get_active("p")


def test_a_forged_record_of_one_prompt_takes_no_other_away(path: Path) -> None:
    with PromptRegistry(path) as registry:
        registry.register(PromptVersion("q", "1.0.0", "text"))
    connection = sqlite3.connect(path)
    connection.create_function(SAME_PERSON, 2, same_person)
    connection.executescript("""
    INSERT INTO ledger SELECT max(seq) + 1, 'deployment', at, 'eve', lower(hex(randomblob(32))),
      hash, lower(hex(randomblob(32))) FROM ledger;
    INSERT INTO deployments (seq, prompt_id, environment, action, version, fingerprint,
      stands_for, revision)
      SELECT (SELECT max(seq) FROM ledger), prompt_id, 'development', 'deploy', version,
      fingerprint, (SELECT max(seq) FROM ledger), 1 FROM versions WHERE prompt_id = 'q';
    """)
    connection.close()

    with PromptRegistry(path) as registry:
        assert registry.get_active("p").source == "registry"
        with pytest.raises(ValueError, match="altered"):
            registry.get_active("q", "development")


def test_columns_of_a_newer_release_are_read_over_while_they_are_empty(path: Path) -> None:
    for table in ("deployments", "versions", "revocations"):
        alter(path, f"ALTER TABLE {table} ADD COLUMN later TEXT NOT NULL DEFAULT ''")
    with PromptRegistry(path) as registry:
        assert registry.get_active("p").source == "registry"

    alter(path, "UPDATE deployments SET later = 'said'")
    shutil.rmtree(f"{path}.live")
    with PromptRegistry(path) as registry, pytest.raises(ValueError, match="altered"):
        registry.get_active("p")


def test_what_was_compared_before_a_restart_is_not_compared_again(path: Path) -> None:
    with PromptRegistry(path) as registry:
        for number in range(3):
            registry.register(PromptVersion("q", f"1.0.{number}", f"text {number}"))
            registry.deploy("q", f"1.0.{number}", "staging", "bob", override=True, reason="a test")
        registry.get_active("p")
    with PromptRegistry(path) as restarted:
        restarted.get_active("p")
        assert restarted._reader._coverage.low == restarted._reader._coverage.high
        assert restarted.get_active("q", "staging").version == "1.0.2"
        assert restarted.get_active("nobody") is None
        assert restarted._reader._coverage.low == 0


def test_when_the_registry_comes_back_it_is_read_again(path: Path) -> None:
    with PromptRegistry(path) as registry:
        registry.get_active("p")
        path.rename(path.with_suffix(".away"))
        registry._reader._file.next_stat = 0.0
        assert registry.get_active("p").source == "memory"

        path.with_suffix(".away").rename(path)

        assert registry.get_active("p").source == "registry"
        assert registry.last_error is None


@pytest.mark.exhaustive(keep=3)
@pytest.mark.parametrize(
    "tamper",
    [
        lambda text: text.replace("Hello", "Evil"),
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace("1.0.0", "1.0.1"),
        lambda text: text.replace("f0x1.0", "f0x0.9"),
        lambda text: "\x00" * 100,
    ],
)
def test_a_copy_on_disk_that_was_tampered_with_is_not_served(
    path: Path, tamper: Callable[[str], str]
) -> None:
    with PromptRegistry(path) as registry:
        registry.get_active("p")
    copy = Path(f"{path}.live") / "production" / "p.live"
    whole = copy.read_text()
    copy.write_text(tamper(whole))
    assert copy.read_text() != whole
    remove(path)

    with PromptRegistry(path) as restarted:
        with pytest.raises(ValueError, match="there is no registry"):
            restarted.get_active("p")
        assert restarted.get_active("p", default="spare").source == "default"


def test_a_locked_registry_is_answered_from_memory(path: Path) -> None:
    with PromptRegistry(path) as registry:
        registry.get_active("p")
        registry.close()
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("PRAGMA locking_mode=EXCLUSIVE")
        blocker.execute("BEGIN EXCLUSIVE")

        prompt = registry.get_active("p")

        blocker.close()
        assert prompt.source == "memory"
        assert "locked" in str(registry.last_error)


def test_without_anything_the_default_is_given_and_else_it_raises(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    PromptRegistry(path, create=True).close()
    with PromptRegistry(path) as registry:
        given = registry.get_active("p", default="Hello {name}")

        assert (given.content.format(name="Bo"), given.source) == ("Hello Bo", "default")
        spare = PromptVersion("p", "0.1.0", "spare")
        assert registry.get_active("p", default=spare).version == "0.1.0"
        assert registry.get_active("p") is None
        with pytest.raises(ValueError, match="nothing of p is live in production"):
            registry.require_active("p")
        with pytest.raises(ValueError, match="nothing of p is live in production"):
            registry.get_active("p", strict=True)
        with pytest.raises(ValueError, match="nothing of p is live"):
            registry.get_active("p", default="Hello {name}", strict=True)
        with pytest.raises(ValueError, match=r"nothing of .* is live"):
            registry.require_active("../../etc/passwd", "../x")


def test_a_name_that_is_nearly_right_is_suggested(path: Path) -> None:
    with PromptRegistry(path) as registry:
        with pytest.raises(ValueError, match="did you mean 'production'"):
            registry.require_active("p", "prodution")
        with pytest.raises(ValueError, match="known: p"):
            registry.require_active("another")
        with pytest.raises(ValueError, match="workbench deploy p@VERSION staging"):
            registry.get_active("p", "staging", strict=True)


def test_a_registry_that_is_not_there_is_a_sentence_and_is_not_made(tmp_path: Path) -> None:
    with PromptRegistry(tmp_path / "typo.db") as registry:
        for call in (
            lambda: registry.get_active("p"),
            lambda: registry.get_active("p", strict=True),
            lambda: registry.get_active("p", at=now()),
            lambda: registry.require_active("p"),
            lambda: asyncio.run(registry.aget_active("p")),
            lambda: registry.versions("p"),
            lambda: registry.verify(),
            lambda: registry.register(PromptVersion("p", "1.0.0", "text")),
            lambda: registry.retire("p", "production", "ana", "gone"),
            lambda: registry.backup(tmp_path / "copy.db"),
        ):
            with pytest.raises(ValueError, match=r"there is no registry at .*workbench init"):
                call()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["a path", "a folder without one"])
def test_an_app_with_a_default_starts_before_there_is_a_registry(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    state = tmp_path / "app" / ".workbench"
    state.mkdir(parents=True)
    monkeypatch.delenv("WORKBENCH_REGISTRY", raising=False)
    monkeypatch.chdir(state.parent)
    given = state / "registry.db" if kind == "a path" else None
    with PromptRegistry(given) as registry:
        asked = [
            registry.get_active("p", default="spare"),
            registry.get_active("p", at=now(), default="spare"),
            asyncio.run(registry.aget_active("p", default="spare")),
        ]
        assert [(prompt.content, prompt.source) for prompt in asked] == [("spare", "default")] * 3
        assert "there is no" in str(registry.last_error)
        with pytest.raises(ValueError, match="there is no"):
            registry.get_active("p")

        shutil.copy(path, state / "registry.db")
        registry._reader._file.next_stat = 0.0
        assert registry.get_active("p", default="spare").source == "registry"


def test_the_nearest_registry_above_is_found_and_a_variable_goes_first(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "work" / ".workbench"
    (tmp_path / "work" / "deep" / "er").mkdir(parents=True)
    state.mkdir()
    shutil.copy(path, state / "registry.db")
    monkeypatch.chdir(tmp_path / "work" / "deep" / "er")
    monkeypatch.delenv("WORKBENCH_REGISTRY", raising=False)

    assert Path(PromptRegistry().path) == (state / "registry.db").resolve()
    monkeypatch.setenv("WORKBENCH_REGISTRY", str(path))
    assert Path(PromptRegistry().path) == path.resolve()


@pytest.mark.parametrize("name", ["a#b.db", "a?b.db", "a%20b.db", "ä b.db"])
def test_a_path_with_signs_that_mean_something_in_a_uri_is_that_path(
    tmp_path: Path, name: str
) -> None:
    with PromptRegistry(tmp_path / name, create=True) as registry:
        registry.register(PromptVersion("p", "1.0.0", "text"))

    assert (tmp_path / name).stat().st_size > 0
    assert {entry.name.removeprefix(name) for entry in tmp_path.iterdir()} <= {"", ".lock"}


def test_what_was_live_at_another_time(registry: PromptRegistry, tested: Tested) -> None:
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    for number in ("1.0.0", "1.1.0"):
        tested("p", number)
        registry.deploy("p", number, "production", "ana")
    first, second = (entry.at for entry in reversed(registry.history("p", "production")))

    assert registry.get_active("p", at=first).version == "1.0.0"
    assert registry.get_active("p", at=second).version == "1.1.0"
    assert registry.get_active("p", at=now()).version == "1.1.0"
    moment = datetime.datetime.fromisoformat(first)
    assert registry.get_active("p", at=moment).version == "1.0.0"
    assert registry.get_active("p", at=before) is None
    with pytest.raises(ValueError, match="was live"):
        registry.require_active("p", at=before)
    assert registry.get_active("p", at=before, default="spare").source == "default"
    with pytest.raises(ValueError, match=r"1\.0\.0 is live"):
        registry.get_active("p", at=first, requires=">=1.1")


def test_retired_is_an_answer_and_not_a_failure(registry: PromptRegistry, tested: Tested) -> None:
    tested("p", "1.0.0")
    registry.deploy("p", "1.0.0", "production", "ana")
    assert registry.get_active("p").version == "1.0.0"

    registry.retire("p", "production", "ana", "no longer needed")

    assert registry.get_active("p") is None
    with pytest.raises(ValueError, match="retired"):
        registry.require_active("p")
    assert registry.get_active("p", default="spare").source == "default"
    assert registry.live() == []


@pytest.mark.parametrize("other", [("p", "staging"), ("q", "production"), ("p", "nowhere")])
def test_a_revocation_is_noticed_whatever_the_app_asks_for_in_between(
    path: Path, other: tuple[str, str]
) -> None:
    """Another question reads the new records first."""
    with PromptRegistry(path) as registry:
        assert registry.get_active("p").revoked is False
        registry.get_active(*other)
        registry.revoke("p", "1.0.0", "ana", "leaks names")
        registry.get_active(*other)
        assert registry.get_active("p").revoked is True


def test_revoked_while_live_is_served_with_a_flag(registry: PromptRegistry, tested: Tested) -> None:
    tested("p", "1.0.0")
    registry.deploy("p", "1.0.0", "production", "ana")
    assert registry.get_active("p").revoked is False

    registry.revoke("p", "1.0.0", "ana", "leaks names")

    assert registry.get_active("p").revoked is True


def test_a_range_is_kept_to(registry: PromptRegistry, tested: Tested) -> None:
    for number in ("1.2.0", "2.0.0"):
        tested("p", number)
    registry.deploy("p", "1.2.0", "production", "ana")
    assert registry.get_active("p", requires=">=1.2,<2").version == "1.2.0"
    registry.deploy("p", "2.0.0", "production", "ana")

    assert registry.get_active("p").version == "2.0.0"
    kept = registry.get_active("p", requires=">=1.2,<2")
    assert (kept.version, kept.source) == ("1.2.0", "memory")
    with pytest.raises(ValueError, match=r"2\.0\.0 is live"):
        registry.get_active("p", requires=">=1.2,<2", strict=True)
    with pytest.raises(ValueError, match="not a range"):
        registry.get_active("p", requires="latest")


def test_the_async_twin_gives_the_same(path: Path) -> None:
    async def read(registry: PromptRegistry) -> list[PromptVersion]:
        cold = await registry.aget_active("p")
        warm = await asyncio.gather(*(registry.aget_active("p") for _ in range(50)))
        past = await registry.aget_active("p", at=now())
        return [cold, *warm, past]

    with PromptRegistry(path) as registry:
        prompts = asyncio.run(read(registry))

    assert {version.version for version in prompts} == {"1.0.0"}


def test_many_threads_share_one_registry_while_deployments_go_on(
    registry: PromptRegistry, tested: Tested
) -> None:
    numbers = [f"1.{minor}.0" for minor in range(6)]
    for number in numbers:
        tested("p", number)
    registry.deploy("p", numbers[0], "production", "ana")
    seen: list[list[str]] = [[] for _ in range(6)]
    go_on = threading.Event()
    failures: list[BaseException] = []

    def read(mine: list[str]) -> None:
        try:
            while not go_on.is_set():
                mine.append(registry.get_active("p").version)
        except BaseException as error:  # noqa: BLE001 - reported by the test
            failures.append(error)

    threads = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for thread in threads:
        thread.start()
    for number in numbers[1:]:
        registry.deploy("p", number, "production", "ana")
    go_on.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert all(mine == sorted(mine) for mine in seen), "a reader went back"
    assert registry.get_active("p").version == numbers[-1]


def test_a_forked_child_reads_with_a_connection_of_its_own(path: Path) -> None:
    code = f"""
import os, sys
from workbench.registry import PromptRegistry
registry = PromptRegistry({str(path)!r})
registry.get_active("p")
parents = registry._reader._file._connection
registry._reader._lock.acquire()  # as if another thread of the parent were reading
pid = os.fork()
if pid == 0:
    prompt = registry.get_active("p", strict=True)
    own = registry._reader._file._connection not in (None, parents)
    os._exit(0 if prompt.version == "1.0.0" and own else 1)
_, status = os.waitpid(pid, 0)
registry._reader._lock.release()
registry.get_active("p", strict=True)
sys.exit(os.waitstatus_to_exitcode(status))
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_reading_imports_no_more_than_it_needs(path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import workbench
assert not [m for m in sys.modules if m.startswith("workbench.")], "the door is not lazy"
from workbench import PromptRegistry
assert PromptRegistry({str(path)!r}).get_active("p").content == "Hello {{name}}"
heavy = {{"textual", "rich", "openai", "numpy", "yaml", "jinja2", "sqlite_utils", "asyncio",
         "semver", "dataclasses", "json", "re", "typing", "pathlib", "hashlib", "inspect",
         "threading"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "[]"


def test_a_reader_that_may_not_write_beside_the_registry_keeps_its_copy_in_the_cache(
    path: Path, tmp_path: Path
) -> None:
    shutil.rmtree(str(path) + ".live", ignore_errors=True)
    Path(str(path) + ".live").write_text("in the way")
    with PromptRegistry(path) as registry:
        registry.get_active("p")
    remove(path)

    with PromptRegistry(path) as restarted:
        assert restarted.get_active("p").source == "snapshot"
    assert list((tmp_path / "cache" / "workbench").rglob("p.live"))
