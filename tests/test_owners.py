"""What was only found by walking upward must be the user's own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from workbench.actions.workspace.init import create_workspace
from workbench.errors import RegistryUnusable, UntrustedWorkspace
from workbench.registry import PromptRegistry, PromptVersion
from workbench.workspace import find_root


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a registry, and somebody stands below it."""
    create_workspace(tmp_path / "w").make_state()
    with PromptRegistry(tmp_path / "w" / ".workbench" / "registry.db", create=True) as registry:
        registry.register(PromptVersion("p", "1.0.0", "text", author="ana"))
        registry.deploy("p", "1.0.0", "development", "ana")
    (tmp_path / "w" / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "w" / "mine")
    monkeypatch.delenv("WORKBENCH_REGISTRY", raising=False)
    return tmp_path / "w"


@pytest.fixture
def another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)


def test_ones_own_registry_and_workspace_are_found_from_below(planted: Path) -> None:
    with PromptRegistry() as registry:
        assert registry.path == str(planted / ".workbench" / "registry.db")
    assert find_root() == planted


@pytest.mark.usefixtures("another_user")
def test_another_users_registry_is_taken_by_its_path_alone(
    planted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = planted / ".workbench" / "registry.db"
    for folder in (planted / "mine", planted):
        monkeypatch.chdir(folder)
        with pytest.raises(
            RegistryUnusable, match=r"\.workbench belongs to another user"
        ) as refusal:
            PromptRegistry()
        assert "give its path, or set WORKBENCH_REGISTRY" in str(refusal.value)
    with PromptRegistry(path) as registry:
        assert registry.get_active("p", "development").content == "text"
    monkeypatch.setenv("WORKBENCH_REGISTRY", str(path))
    with PromptRegistry() as registry:
        assert registry.get_active("p", "development").content == "text"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("name", [".workbench", ".workbench/registry.db"])
def test_a_part_of_it_is_enough(planted: Path, name: str) -> None:
    os.chown(planted / name, 65534, 65534)
    with pytest.raises(RegistryUnusable, match=f"{name} belongs to another user"):
        PromptRegistry()


def test_a_link_to_another_users_registry_is_not_taken(
    planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / ".workbench").symlink_to(planted / ".workbench")
    monkeypatch.chdir(mine)
    with PromptRegistry() as registry:
        assert registry.get_active("p", "development").content == "text"
    real = os.stat

    def stat(path: object, *given: object, **named: object) -> os.stat_result:
        status = real(path, *given, **named)  # type: ignore[arg-type]
        if not str(path).endswith("registry.db"):
            return status
        return os.stat_result((*status[:4], os.geteuid() + 1, *status[5:]))

    monkeypatch.setattr(os, "stat", stat)
    with pytest.raises(RegistryUnusable, match="belongs to another user"):
        PromptRegistry()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("part", ["registry.db", "registry.db.live"])
def test_what_a_stranger_puts_where_there_was_no_registry_is_not_served(
    planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    source = planted / ".workbench"
    with PromptRegistry(source / "registry.db") as registry:
        assert registry.get_active("p", "development").content == "text"
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another cache"))
    with PromptRegistry() as registry:
        (empty / ".workbench").mkdir()
        shutil.move(source / part, empty / ".workbench" / part)
        for name in (".workbench", f".workbench/{part}"):
            os.chown(empty / name, 65534, 65534)
        with pytest.raises(RegistryUnusable):
            registry.get_active("p", "development")
        with pytest.raises(RegistryUnusable):
            registry.versions("p")
        spare = registry.get_active("p", "development", default="spare")
        assert (spare.content, spare.source) == ("spare", "default")


@pytest.mark.usefixtures("another_user")
def test_another_users_workspace_is_taken_where_somebody_stands_or_says_so(planted: Path) -> None:
    with pytest.raises(UntrustedWorkspace, match=r"workbench\.toml belongs to another") as refusal:
        find_root()
    assert f"--workspace {planted}" in str(refusal.value)
    assert find_root(planted) == planted
