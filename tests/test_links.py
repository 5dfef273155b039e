"""What is written goes where it seems to go."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import make_cli
from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.actions.workspace.init import create_workspace
from workbench.errors import RegistryUnusable, UsageError
from workbench.files import write_atomically
from workbench.registry import PromptRegistry, PromptVersion
from workbench.runs.store.store import RunStore
from workbench.runs.store.writer import RunWriter
from workbench.workspace import open_workspace

VERSION = PromptVersion("greet", "1.0.0", "Hello {{ name }}", author="ana")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "precious"
    path.write_text("precious: twenty bytes and more")
    return path


def a_link(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def a_hard_link(path: Path, victim: Path) -> None:
    path.hardlink_to(victim)


def a_pipe(path: Path, victim: Path) -> None:
    del victim
    os.mkfifo(path)


@pytest.mark.parametrize("make", [a_link, a_hard_link, a_pipe])
def test_a_lock_file_that_is_something_else_is_refused(
    tmp_path: Path, victim: Path, make: Callable[[Path, Path], None]
) -> None:
    state = tmp_path / "w" / ".workbench"
    state.mkdir(parents=True)
    make(state / "registry.db.lock", victim)
    with pytest.raises(RegistryUnusable, match=r"registry\.db\.lock (is a symbolic|cannot be)"):
        PromptRegistry(state / "registry.db", create=True)
    assert victim.read_text() == "precious: twenty bytes and more"
    assert not (state / "registry.db").exists()


@pytest.mark.parametrize("name", ["registry.db", "registry.db-wal", "registry.db-shm"])
def test_a_registry_behind_a_link_is_read_and_never_written(tmp_path: Path, name: str) -> None:
    with PromptRegistry(tmp_path / "registry.db", create=True) as real:
        real.register(VERSION)
    state = tmp_path / "w" / ".workbench"
    state.mkdir(parents=True)
    linked = state / name
    linked.symlink_to(tmp_path / name)
    if name != "registry.db":
        (tmp_path / "registry.db").rename(state / "registry.db")
    with PromptRegistry(state / "registry.db") as registry:
        if name == "registry.db":
            assert registry.get_version("greet", "1.0.0").content == VERSION.content
        with pytest.raises(RegistryUnusable, match=f"{name} is a symbolic link: a registry is"):
            registry.register(PromptVersion("greet", "1.0.1", "Hi", author="ana"))


def test_what_is_kept_for_a_later_start_is_not_written_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "registry.db.live").symlink_to(tmp_path / "elsewhere")
    with PromptRegistry(tmp_path / "registry.db", create=True) as registry:
        registry.register(VERSION)
        registry.deploy("greet", "1.0.0", "development", "ana")
        assert registry.get_active("greet", "development").content == VERSION.content
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert [path.name for path in (tmp_path / "cache").rglob("greet*")] == ["greet.live"]


def test_a_state_folder_behind_a_link_is_read_and_never_written(tmp_path: Path) -> None:
    mine = create_workspace(tmp_path / "mine")
    with Session(mine) as session:
        sync(session)
        session.registry.register(VERSION)
        assert session.store.summaries() == []
    cloned = create_workspace(tmp_path / "cloned")
    cloned.state.symlink_to(mine.state)

    def files() -> list[str]:
        """Without what SQLite needs to read beside others who write."""
        names = (path.name for path in mine.state.iterdir())
        return sorted(name for name in names if not name.endswith(("-wal", "-shm")))

    before = files()
    with Session(cloned) as session:
        assert session.registry.get_version("greet", "1.0.0").content == VERSION.content
        assert session.store.summaries() == []
        with pytest.raises(RegistryUnusable, match=r"\.workbench is a symbolic link"):
            session.registry.register(PromptVersion("greet", "1.0.1", "Hi", author="ana"))
    with pytest.raises(UsageError, match=r"\.workbench is a symbolic link: runs are read"):
        RunWriter(cloned.runs_path)
    with pytest.raises(UsageError, match=r"\.workbench is a symbolic link"):
        cloned.make_state()
    with pytest.raises(UsageError, match="nothing is written through it"):
        write_atomically(cloned.state / "theme", "dark\n")
    assert files() == before


def test_runs_behind_a_link_are_read_and_never_written(tmp_path: Path) -> None:
    RunStore(tmp_path / "runs.db").close()
    linked = tmp_path / "linked.db"
    linked.symlink_to(tmp_path / "runs.db")
    store = RunStore(linked)
    assert store.is_read_only and store.summaries() == []
    store.close()
    with pytest.raises(UsageError, match=r"linked\.db is a symbolic link"):
        RunWriter(linked)
    (tmp_path / "nowhere.db").symlink_to(tmp_path / "not-there.db")
    with pytest.raises(UsageError, match="is a symbolic link"):
        RunStore(tmp_path / "nowhere.db")
    assert not (tmp_path / "not-there.db").exists()


@pytest.mark.parametrize(
    "target", ["../precious", ".git/config", ".workbench/registry.db", "workbench.toml", "gone"]
)
def test_a_draft_is_not_written_through_a_link_to_something_else(
    tmp_path: Path, target: str
) -> None:
    root = create_workspace(tmp_path / "w").root
    for path in (tmp_path / "precious", root / ".git" / "config", root / ".workbench/registry.db"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("precious")
    kept = root / target
    before = kept.read_text() if kept.exists() else None
    (root / "prompts" / "x.prompty").symlink_to(Path("..") / target)
    with pytest.raises(UsageError, match="and nothing is written through it"):
        write_atomically(root / "prompts" / "x.prompty", "mine")
    assert (kept.read_text() if kept.exists() else None) == before


def test_a_folder_of_the_workspace_that_lies_elsewhere_is_not_written_into(
    tmp_path: Path,
) -> None:
    root = create_workspace(tmp_path / "w").root
    (tmp_path / "elsewhere").mkdir()
    (root / "evals" / "shared").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="nothing is written through it"):
        write_atomically(root / "evals" / "shared" / "suite.yaml", "suite: x\n")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_to_another_workspace_is_not_written_through(tmp_path: Path) -> None:
    other = create_workspace(tmp_path / "other").root
    root = create_workspace(tmp_path / "w").root
    before = sorted(other.rglob("*"))
    (root / "shared").symlink_to(other)
    (root / "deep").symlink_to(tmp_path)
    for name in ("shared/new.prompty", "deep/other/prompts/new.prompty"):
        with pytest.raises(UsageError, match="nothing is written through it"):
            write_atomically(root / name, "text")
    assert sorted(other.rglob("*")) == before


def test_a_draft_with_two_names_in_the_workspace_keeps_both(tmp_path: Path) -> None:
    root = create_workspace(tmp_path / "w").root
    (root / "shared").mkdir()
    (root / "shared" / "x.prompty").write_text("before")
    link = root / "prompts" / "x.prompty"
    link.symlink_to("../shared/x.prompty")
    write_atomically(link, "after")
    assert link.is_symlink()
    assert (root / "shared" / "x.prompty").read_text() == "after"


def test_what_the_user_names_outside_of_a_workspace_replaces_a_link(
    tmp_path: Path, victim: Path
) -> None:
    link = tmp_path / "report.html"
    link.symlink_to(victim)
    write_atomically(link, "report")
    assert not link.is_symlink()
    assert victim.read_text() == "precious: twenty bytes and more"


def test_a_workspace_below_a_linked_folder_is_written_as_ever(tmp_path: Path) -> None:
    create_workspace(tmp_path / "real" / "w")
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    root = tmp_path / "linked" / "w"
    write_atomically(root / "prompts" / "new.prompty", "text")
    with Session(open_workspace(root)) as session:
        sync(session)
        session.registry.register(VERSION)
    assert (tmp_path / "real" / "w" / "prompts" / "new.prompty").read_text() == "text"


@pytest.mark.parametrize("name", ["prompts", "evals", ".workbench", ".gitignore", "workbench.toml"])
def test_a_new_workspace_is_not_made_around_a_link(tmp_path: Path, name: str) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (folder := tmp_path / "w").mkdir()
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(UsageError, match=r"is not empty|is a workspace already"):
        create_workspace(folder)
    assert [path.name for path in folder.iterdir()] == [name]
    assert list(elsewhere.iterdir()) == []


def test_a_new_workspace_copies_no_file_that_gits_attributes_link_to(
    tmp_path: Path, victim: Path
) -> None:
    (folder := tmp_path / "w").mkdir()
    (folder / ".git").mkdir()
    (folder / ".gitattributes").symlink_to(victim)
    with pytest.raises(UsageError, match=r"\.gitattributes is a link"):
        create_workspace(folder)
    assert (folder / ".gitattributes").is_symlink()
    assert victim.read_text() == "precious: twenty bytes and more"
    assert sorted(path.name for path in folder.iterdir()) == [".git", ".gitattributes"]


def test_the_command_says_it_in_one_line(tmp_path: Path, victim: Path) -> None:
    cli = make_cli(tmp_path / "w", "http://127.0.0.1:9/v1")
    (cli.root / ".workbench").mkdir()
    (cli.root / ".workbench" / "registry.db.lock").symlink_to(victim)
    done = cli.here("register", "triage", "-d", "first")
    assert done.code == 5
    assert "registry.db.lock is a symbolic link" in done.err
    assert victim.read_text() == "precious: twenty bytes and more"
