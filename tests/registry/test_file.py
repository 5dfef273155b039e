"""The file: what can be wrong with it is a sentence, and nobody but SQLite opens it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import EXIT_REFUSED, RegistryError, RegistryLocked, RegistryUnusable
from workbench.registry import PromptRegistry, PromptVersion
from workbench.registry.storage import clock
from workbench.registry.storage.sqlite.layout import APPLICATION_ID, OLDEST_READER
from workbench.registry.storage.sqlite.writing import Writer

Tested = Callable[..., PromptVersion]


def add(registry: PromptRegistry, number: str = "1.0.0") -> str:
    return registry.register(PromptVersion("p", number, f"text {number}", author="ana"))


def refused(call: Callable[[], object]) -> str:
    """The sentence: one line, with what to do about it, and the exit code of a refusal."""
    with pytest.raises(RegistryError) as caught:
        call()
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == EXIT_REFUSED
    return str(caught.value)


def test_a_new_registry_is_private_marked_and_in_wal_mode(registry: PromptRegistry) -> None:
    path = Path(registry.path)

    connection = sqlite3.connect(path)
    marks = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version", "journal_mode")
    ]
    tables = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT LIKE 'sqlite_%' AND name <> '_sqlite_migrations' AND strict = 0"
    ).fetchall()
    connection.close()

    assert marks == [APPLICATION_ID, OLDEST_READER, "wal"]
    assert tables == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_writes_with_full_sync(registry: PromptRegistry) -> None:
    with registry._writing() as transaction:
        assert transaction.connection.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert transaction.connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


DAMAGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "there is no registry at"),
    "not SQLite": (lambda path: path.write_bytes(b"no database " * 500), "is no SQLite file"),
    "another program's": (
        lambda path: (path.unlink(), sqlite3.connect(path).execute("CREATE TABLE t (a)")),
        "a database of another program",
    ),
    "newer": (
        lambda path: sqlite3.connect(path).execute("PRAGMA user_version=99"),
        "needs a reader of schema 99; this program knows",
    ),
    "torn": (lambda path: os.truncate(path, path.stat().st_size // 2 + 17), "damaged"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_file_that_cannot_be_used_is_a_sentence_for_readers_and_writers(
    registry: PromptRegistry, kind: str
) -> None:
    add(registry)
    registry.close()
    path = Path(registry.path)
    damage, message = DAMAGED[kind]
    damage(path)

    with _opened(path) as opened:
        left = path.read_bytes() if path.exists() else b""
        for call in (
            lambda: opened.versions("p"),
            lambda: add(opened, "1.1.0"),
            lambda: opened.get_active("p"),
        ):
            assert message in refused(call)
    if kind == "missing":
        assert not path.exists(), "only init makes a registry"
    elif kind in ("torn", "not SQLite"):
        assert "workbench restore" in refused(lambda: opened.versions("p"))
        assert path.read_bytes() == left, "nobody mends it unasked"


def _opened(path: Path) -> PromptRegistry:
    """Opened while there was a file."""
    if path.exists():
        return PromptRegistry(path)
    path.touch()
    opened = PromptRegistry(path)
    path.unlink()
    return opened


def test_waiting_for_a_lock_ends_with_the_pid_that_holds_it(registry: PromptRegistry) -> None:
    add(registry)
    holding, release = threading.Event(), threading.Event()

    def hold() -> None:
        with registry._writing():
            holding.set()
            release.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(30)
    impatient = Writer(registry.path, create=False, timeout=0.05)
    with (
        pytest.raises(RegistryLocked, match=rf"pid {os.getpid()}.* waited \d+ s") as caught,
        impatient.transaction(),
    ):
        pass
    release.set()
    thread.join()
    impatient.close()

    assert "nothing was written" in caught.value.hint
    assert add(registry, "1.1.0") == "p@1.1.0"


def test_a_lock_by_another_tool_is_a_sentence_too(registry: PromptRegistry) -> None:
    add(registry)
    other = sqlite3.connect(registry.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    impatient = Writer(registry.path, create=False, timeout=0.05)
    with (
        pytest.raises(RegistryLocked, match="locked by another process"),
        impatient.transaction(),
    ):
        pass
    other.close()
    impatient.close()


def test_a_full_disk_rolls_back_and_says_so(registry: PromptRegistry) -> None:
    add(registry)
    with registry._writing() as transaction:
        pages = transaction.connection.execute("PRAGMA page_count").fetchone()[0]
        transaction.connection.execute(f"PRAGMA max_page_count={pages}")
    big = PromptVersion("p", "2.0.0", "x" * 1_000_000, author="ana")

    assert "the disk is full" in refused(lambda: registry.register(big))

    assert [version.version for version in registry.versions("p")] == ["1.0.0"]
    assert registry.verify().ok


def as_another_user(work: Callable[[], str]) -> str:
    """What `work` says as a user who owns nothing: root may write everywhere."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        message = "nothing"
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            message = work()
        except RegistryError as error:
            message = str(error)
        finally:
            os.write(send, message.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        return pipe.read()


def test_a_registry_of_another_user_cannot_be_written_and_is_read_from_its_copy() -> None:
    """After a clean close there is no -shm, and who may not write cannot make one."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "registry.db"

    def write() -> str:
        with PromptRegistry(path) as registry:
            return add(registry, "1.1.0")

    def read() -> str:
        with PromptRegistry(path) as registry:
            return registry.get_active("p", "development").source

    try:
        with PromptRegistry(path, create=True) as registry:
            add(registry)
            registry.deploy("p", "1.0.0", "development", "ana")
            registry.get_active("p", "development")
        for entry in (path, *Path(f"{path}.live").rglob("*.live")):
            entry.chmod(0o644)
        for entry in (folder, Path(f"{path}.live"), Path(f"{path}.live") / "development"):
            entry.chmod(0o555)
        assert "check the permissions" in as_another_user(write)
        assert as_another_user(read) == "snapshot"
    finally:
        for entry in (folder, Path(f"{path}.live"), Path(f"{path}.live") / "development"):
            entry.chmod(0o755)
        shutil.rmtree(folder)


def test_a_second_name_for_the_file_is_refused_and_a_link_is_only_read_through(
    registry: PromptRegistry, tmp_path: Path
) -> None:
    add(registry)
    registry.close()
    (tmp_path / "link.db").symlink_to(registry.path)
    with PromptRegistry(tmp_path / "link.db") as linked:
        assert linked.path == str(Path(registry.path).resolve())
        assert linked.get_version("p", "1.0.0").content == "text 1.0.0"
        assert "link.db is a symbolic link" in refused(lambda: add(linked, "1.1.0"))
    os.link(registry.path, tmp_path / "second.db")

    with PromptRegistry(tmp_path / "second.db") as second:
        assert "second name" in refused(lambda: add(second, "1.2.0"))


def test_a_file_that_was_replaced_under_the_writer_is_noticed(
    registry: PromptRegistry, tmp_path: Path
) -> None:
    add(registry)
    copy = registry.backup(tmp_path / "copy.db")
    Path(copy).replace(registry.path)
    Path(registry.path + "-wal").unlink(missing_ok=True)

    add(registry, "1.1.0")

    with PromptRegistry(registry.path) as another:
        assert [v.version for v in another.versions("p")] == ["1.1.0", "1.0.0"]


def test_a_flipped_bit_that_sqlite_takes_for_whole_is_named_and_not_served(
    registry: PromptRegistry,
) -> None:
    registry.register(PromptVersion("p", "1.0.0", "Hello dear reader", author="ana"))
    registry.deploy("p", "1.0.0", "development", "ana")
    registry.close()
    path = Path(registry.path)
    whole = path.read_bytes()
    assert whole.count(b"Hello dear") == 1
    path.write_bytes(whole.replace(b"Hello dear", b"Hello eear"))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()

    sentence = "p@1.0.0 was altered after it was recorded"
    with PromptRegistry(path) as opened:
        for read in (
            lambda: opened.get_version("p", "1.0.0"),
            lambda: opened.versions("p"),
            lambda: opened.get_active("p", "development"),
        ):
            with pytest.raises(RegistryUnusable, match=sentence):
                read()
        first_bad = opened.verify().first_bad
    assert first_bad is not None
    assert first_bad.problem == sentence


def test_a_version_whose_ledger_record_is_gone_is_named_and_not_served(
    registry: PromptRegistry,
) -> None:
    add(registry)
    registry.close()
    with sqlite3.connect(registry.path) as connection:
        connection.execute("DROP TRIGGER ledger_no_delete")
        connection.execute("DELETE FROM ledger WHERE seq = (SELECT seq FROM versions)")
    connection.close()

    with PromptRegistry(registry.path) as opened:
        assert "no record of p@1.0.0" in refused(lambda: opened.get_version("p", "1.0.0"))
        assert "no record of p@1.0.0" in refused(lambda: opened.versions("p"))


def test_a_copy_without_its_log_lacks_what_the_kept_head_knows(
    registry: PromptRegistry, tmp_path: Path
) -> None:
    add(registry)
    registry.close()
    add(registry, "1.1.0")
    head = registry.head()
    copy = tmp_path / "copy.db"
    subprocess.run(["cp", registry.path, str(copy)], check=True)

    with PromptRegistry(copy) as without_log:
        assert [v.version for v in without_log.versions("p")] == ["1.0.0"]
        assert without_log.verify().ok, "by itself it is whole"
        (finding,) = without_log.verify(head=head).findings
    assert "this is an older copy" in finding.problem


def test_the_clock_may_go_back_and_the_order_stays(
    registry: PromptRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(registry)
    add(registry, "1.1.0")
    registry.deploy("p", "1.0.0", "development", "ana")
    at = registry.history("p", limit=1)[0].at
    monkeypatch.setattr(clock, "now", lambda: "2001-01-01T00:00:00.000000Z")

    registry.deploy("p", "1.1.0", "development", "bob")
    registry.rollback("p", "development", "bob", reason="worse")

    assert [entry.at for entry in registry.history("p", limit=2)] == [at, at]
    assert registry.get_active("p", "development").version == "1.0.0"
    assert registry.verify().ok


@pytest.mark.parametrize("name", ["../../x", "CON", "Upper", "x" * 101, "a b", ""])
def test_the_database_refuses_an_unsafe_prompt_id_too(registry: PromptRegistry, name: str) -> None:
    add(registry)
    connection = sqlite3.connect(registry.path)
    connection.execute("PRAGMA foreign_keys=OFF")
    for (trigger,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        connection.execute(
            "INSERT INTO versions SELECT 99, ?, version, sort_key, content, body,"
            " fingerprint, description, author, force_reason FROM versions",
            [name],
        )
    connection.close()


def test_half_a_surrogate_pair_and_a_null_are_refused(registry: PromptRegistry) -> None:
    for text in ("broken \ud800", "nul \0"):
        with pytest.raises(ValueError, match=r"surrogate|NUL"):
            registry.register(PromptVersion("p", "1.0.0", text, author="ana"))

    assert registry.versions("p") == []
    assert registry.verify().ok


@pytest.mark.parametrize(
    "name",
    ["../../x", "CON", "con", "x" * 101, "a\0b", "Upper", "", ".hidden", "a b", "a/b", "é", "a..b"],
)
def test_a_prompt_id_that_is_no_safe_name_is_refused(registry: PromptRegistry, name: str) -> None:
    with pytest.raises(ValueError, match="not a prompt_id"):
        registry.register(PromptVersion(name, "1.0.0", "text"))


# Backups


def test_a_backup_is_whole_and_restoring_it_brings_everything_back(
    registry: PromptRegistry, tmp_path: Path
) -> None:
    add(registry)
    head = registry.head()
    registry.backup(tmp_path / "backup.db")
    add(registry, "1.1.0")

    registry.restore(tmp_path / "backup.db")

    assert registry.head() == head
    assert registry.verify(head=head).ok
    kept = [f for f in tmp_path.iterdir() if ".replaced-" in f.name]
    with PromptRegistry(kept[0]) as before:
        assert [v.version for v in before.versions("p")] == ["1.1.0", "1.0.0"]
    with pytest.raises(RegistryError, match="exists already"):
        registry.backup(tmp_path / "backup.db")


def test_what_is_no_registry_is_not_restored(registry: PromptRegistry, tmp_path: Path) -> None:
    add(registry)
    (tmp_path / "other.db").write_bytes(b"x" * 5000)

    with pytest.raises(RegistryUnusable):
        registry.restore(tmp_path / "other.db")
    with pytest.raises(RegistryUnusable, match="no"):
        registry.restore(tmp_path / "nothing.db")

    assert len(registry.versions("p")) == 1


@pytest.mark.parametrize("damage", [b"", b"garbage" * 3000])
def test_a_damaged_registry_is_restored_and_the_damaged_file_kept(
    registry: PromptRegistry, tmp_path: Path, damage: bytes
) -> None:
    add(registry)
    registry.backup(tmp_path / "backup.db")
    registry.close()
    for name in (registry.path + "-wal", registry.path + "-shm"):
        Path(name).unlink(missing_ok=True)
    Path(registry.path).write_bytes(damage)

    with PromptRegistry(registry.path) as damaged:
        with pytest.raises(RegistryUnusable):
            damaged.versions("p")
        damaged.restore(tmp_path / "backup.db")
        add(damaged, "1.1.0")
        assert damaged.verify().ok

    (kept,) = (f for f in tmp_path.iterdir() if ".damaged-" in f.name)
    assert kept.read_bytes() == damage


def test_an_empty_file_becomes_a_registry_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.touch()
    with PromptRegistry(path) as opened:
        assert "is empty" in refused(lambda: opened.versions("p"))
        assert "is empty" in refused(lambda: add(opened))

    with PromptRegistry(path, create=True) as made:
        assert add(made) == "p@1.0.0"


def test_a_registry_whose_maker_was_killed_is_made_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with contextlib.closing(sqlite3.connect(path)) as killed:
        killed.execute("PRAGMA journal_mode=WAL")
    assert path.stat().st_size
    with PromptRegistry(path, create=True) as made:
        assert made.verify().ok


# Nobody but SQLite opens it


PROGRAM = """
import sys
from pathlib import Path
path = sys.argv[1]
opened = []
def audit(event, arguments):
    if event == "open" and str(arguments[0]) in (path, path + "-wal", path + "-shm"):
        # Making an empty file (O_EXCL) opens no database: it was not there before.
        if not arguments[2] & __import__("os").O_EXCL:
            opened.append(arguments)
    if event in ("shutil.copyfile", "shutil.move") and path in map(str, arguments):
        opened.append(arguments)
sys.addaudithook(audit)
from workbench.registry import PromptRegistry, PromptVersion, evaluate_and_mark
from workbench.exchange.targets.sqlite import write_snapshot
class Suite:
    passing_threshold = 0.5
    def run(self, content): return 1.0
with PromptRegistry(path, create=True) as registry:
    for number in ("1.0.0", "1.1.0"):
        registry.register(PromptVersion("p", number, number))
        evaluate_and_mark(registry, "p", number, Suite())
        registry.deploy("p", number, "production", "ana")
    registry.get_active("p")
    registry.rollback("p", "production", "ana")
    registry.status("p", "1.0.0"), registry.history(), registry.blame("p"), registry.verify()
    registry.backup(path + ".backup")
    write_snapshot(registry, Path(path + ".snapshot"))
    registry.restore(path + ".backup")
with PromptRegistry(path) as registry:
    registry.get_active("p")
assert not opened, opened
"""


@pytest.mark.exhaustive
def test_no_python_code_opens_the_file(tmp_path: Path) -> None:
    path = str((tmp_path / "registry.db").resolve())

    subprocess.run([sys.executable, "-c", PROGRAM, path], check=True, timeout=60)


@pytest.mark.exhaustive
@pytest.mark.needs("strace")
def test_the_system_sees_the_file_opened_by_sqlite_alone(tmp_path: Path) -> None:
    """SQLite opens with O_NOFOLLOW; Python's open() never does."""
    path = str((tmp_path / "registry.db").resolve())
    trace = tmp_path / "trace"

    subprocess.run(
        ["strace", "-f", "-e", "trace=open,openat", "-o", str(trace), sys.executable, "-c",
         PROGRAM, path],
        check=True, timeout=120,
    )  # fmt: skip

    opens = [line for line in trace.read_text().splitlines() if f'"{path}"' in line]
    assert len(opens) > 3
    assert [line for line in opens if "O_NOFOLLOW" not in line and "O_EXCL" not in line] == []
