"""Making a workspace: complete, trusted by its maker, never over something that is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.actions.trust import is_trusted
from workbench.actions.workspace.init import create_workspace, sample_steps, samples, samples_folder
from workbench.datasets.fit import check_fit
from workbench.datasets.prompt_files import WorkspaceFiles
from workbench.errors import NotFound, UsageError
from workbench.prompts.files.prompty import read_draft
from workbench.registry import PromptVersion


@pytest.fixture(autouse=True)
def _own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))


def test_a_sample_workspace_holds_the_suite_and_the_first_step_as_the_draft(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "w", "support_triage")
    draft = workspace.draft_path("support_triage")
    assert draft == workspace.root / "prompts" / "support_triage.prompty"
    assert draft.read_bytes() == sample_steps("support_triage")[0].read_bytes()
    suite = workspace.suite("support_triage")
    assert suite.path == workspace.root / "evals" / "support_triage" / "suite.yaml"
    prompt = workspace.draft(draft).prompt
    assert check_fit(prompt, suite.dataset.cases, suite.dataset.place_of) == ()
    assert set(prompt.snippets) == {"ticket"}
    assert ".workbench/" in (workspace.root / ".gitignore").read_text()
    assert is_trusted(workspace)


def test_an_empty_workspace_has_a_draft_that_reads(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path)
    assert [read_draft(path).prompt.prompt_id for path in workspace.draft_paths()] == ["hello"]
    assert workspace.suite_paths() == ()
    with Session(workspace) as session:
        sync(session)
        assert session.registry.prompts() in ([], ())


def test_every_sample_reads_and_its_steps_are_in_order() -> None:
    assert "support_triage" in samples()
    steps = sample_steps("support_triage")
    assert [step.stem[0] for step in steps] == ["1", "2", "3"]
    files = WorkspaceFiles(samples_folder() / "support_triage", samples_folder().parent)
    assert {read_draft(step, files).prompt.prompt_id for step in steps} == {"support_triage"}
    assert (samples_folder() / "support_triage" / "README.md").is_file()


@pytest.mark.parametrize("name", ["file.txt", ".hidden", "workbench.toml"])
def test_a_folder_with_something_in_it_is_never_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(UsageError):
        create_workspace(tmp_path, "support_triage")
    assert [path.name for path in tmp_path.iterdir() if path.name != "config"] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w"
    path.write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        create_workspace(path)


def test_an_unknown_sample_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no sample 'support'"):
        create_workspace(tmp_path / "w", "support")
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("git", [".git/", ".git"])
def test_in_a_repository_the_anchors_are_merged_by_keeping_both_sides(
    tmp_path: Path, git: str
) -> None:
    place = tmp_path / "repository"
    folder = place / "prompts-of-support"
    folder.mkdir(parents=True)
    if git.endswith("/"):
        (place / ".git").mkdir()
    else:
        (place / ".git").write_text("gitdir: elsewhere\n")  # a linked work tree, or a submodule

    create_workspace(folder)

    assert (folder / ".gitattributes").read_text() == "registry.anchors merge=union\n"
    assert not (place / ".gitattributes").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"*.png binary\n", b"*.png binary\nregistry.anchors merge=union\n"),
        (b"*.png binary", b"*.png binary\nregistry.anchors merge=union\n"),
        (b"* text\r\n", b"* text\r\nregistry.anchors merge=union\r\n"),
        (b"registry.anchors merge=ours\n", b"registry.anchors merge=ours\n"),
    ],
)
def test_a_new_repository_may_have_attributes_which_are_kept(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    folder = tmp_path / "w"
    (folder / ".git").mkdir(parents=True)
    (folder / ".gitattributes").write_bytes(before)

    create_workspace(folder)

    assert (folder / ".gitattributes").read_bytes() == after


def test_without_git_there_are_no_attributes(tmp_path: Path) -> None:
    assert not (create_workspace(tmp_path / "w").root / ".gitattributes").exists()


@pytest.mark.needs("git")
def test_git_merges_the_heads_of_two_branches_so_that_they_hold(tmp_path: Path) -> None:
    root = tmp_path / "w"

    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=ana", "-c", "user.email=ana@example.com", *arguments]
        subprocess.run(command, cwd=root, check=True, capture_output=True)

    root.mkdir()
    git("init", "-q", "-b", "main")
    workspace = create_workspace(root)
    with Session(workspace) as session:

        def deploy(number: str) -> None:
            session.registry.register(PromptVersion("p", number, f"text {number}"))
            session.registry.deploy("p", number, "development", "ana")

        deploy("1.0.0")
        git("add", ".")
        git("commit", "-qm", "one")
        for branch in ("left", "right"):
            git("checkout", "-qb", branch, "main")
            deploy("1.1.0" if branch == "left" else "1.2.0")
            git("commit", "-qam", branch)
        git("merge", "-q", "left", "-m", "both")

        assert len((root / "registry.anchors").read_text().splitlines()) == 3
        assert session.registry.verify().ok
