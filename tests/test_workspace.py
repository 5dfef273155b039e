"""Workspaces: found upward, with their drafts and suites by name."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from workbench.actions.workspace.init import create_workspace
from workbench.errors import DraftError, NotFound, SuiteError, UsageError
from workbench.files import write_atomically
from workbench.workspace import Workspace, find_workspace, open_workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    return create_workspace(tmp_path / "w", "support_triage")


def draft(workspace: Workspace, name: str, text: str) -> Path:
    path = workspace.root / "prompts" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_nearest_folder_upward_is_the_workspace(workspace: Workspace) -> None:
    deep = workspace.root / "evals" / "support_triage"
    assert find_workspace(deep).root == workspace.root
    with pytest.raises(NotFound, match=r"no workbench\.toml"):
        find_workspace(workspace.root.parent)
    with pytest.raises(NotFound):
        open_workspace(deep)


def test_a_draft_is_found_by_its_name_and_by_its_file(workspace: Workspace) -> None:
    path = draft(workspace, "file.prompty", "---\nname: other\n---\nhi\n")
    assert workspace.draft_path("other") == path
    assert workspace.draft_path("file") is None
    assert workspace.draft_path("nothing") is None


def test_a_broken_draft_is_found_by_its_file_and_hides_no_other(workspace: Workspace) -> None:
    broken = draft(workspace, "broken.prompty", "---\nname: [\n---\n")
    assert workspace.draft_path("broken") == broken
    assert workspace.draft_path("support_triage") is not None
    with pytest.raises(DraftError, match=r"broken\.prompty"):
        workspace.draft_path("nothing")


def test_what_an_editor_leaves_is_no_draft(workspace: Workspace) -> None:
    before = workspace.draft_paths()
    draft(workspace, ".#support_triage.prompty", "x")
    assert workspace.draft_paths() == before


def test_a_suite_is_found_by_name_folder_and_path(workspace: Workspace) -> None:
    path = workspace.root / "evals" / "support_triage"
    by_name = workspace.suite("support_triage")
    assert by_name.fingerprint == workspace.suite(str(path)).fingerprint
    assert by_name.fingerprint == workspace.suite(str(path / "suite.yaml")).fingerprint
    assert workspace.suite_for("support_triage").name == by_name.name
    with pytest.raises(NotFound, match="no suite 'suport_triage'") as caught:
        workspace.suite("suport_triage")
    assert "did you mean 'support_triage'?" in caught.value.hint
    with pytest.raises(SuiteError, match="no suite tries other"):
        workspace.suite_for("other")


def test_the_author_is_the_settings_then_git_then_the_login(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (workspace.root / "workbench.toml").write_text('[workspace]\nauthor = "ana"\n')
    assert open_workspace(workspace.root).author == "ana"
    (workspace.root / "workbench.toml").write_text("")
    config = tmp_path / "gitconfig"
    config.write_text("[user]\nname = Bo\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    assert open_workspace(workspace.root).author == "Bo"
    config.write_text("")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("LOGNAME", "cy")
    assert open_workspace(workspace.root).author == "cy"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.txt"
    write_atomically(path, "one\r\n")
    assert path.read_bytes() == b"one\r\n"
    path.chmod(0o640)
    write_atomically(path, "two")
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(UsageError, match="cannot write"):
        write_atomically(path / "below", "x")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\ud800")
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]
