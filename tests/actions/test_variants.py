"""Variants of a draft: made, named, promoted, dropped and brought back."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from workbench.actions.refs import resolve
from workbench.actions.releasing.register import register
from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.actions.workspace.checks import Level
from workbench.actions.workspace.doctor import examine
from workbench.actions.workspace.draft_history import history, restore
from workbench.actions.workspace.init import create_workspace
from workbench.actions.workspace.variants import drafts_of, drop, make_variant, promote
from workbench.errors import DraftError, NotFound, UsageError
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.workspace import Workspace

DRAFT = """\
---
name: hello
model: {id: gemma-3-270m, provider: local}
---
system:
Be kind.

user:
Hello.
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = create_workspace(tmp_path / "w")
    draft_of(made).write_text(DRAFT)
    return made


def draft_of(workspace: Workspace, variant: str = "") -> Path:
    return workspace.root / "prompts" / f"hello{variant}.prompty"


def test_a_variant_is_a_file_beside_the_draft_with_its_text(workspace: Workspace) -> None:
    with Session(workspace) as session:
        path = make_variant(session, "hello", "terse")
        assert path == draft_of(workspace, "@terse")
        assert path.read_text() == DRAFT
        source = resolve(session, "hello@terse")
        assert (source.prompt.prompt_id, source.label) == ("hello", "@terse")
        assert (source.name, source.short) == ("hello@terse", "@terse")
        assert resolve(session, str(path)).label == "@terse"
        assert resolve(session, "hello").name == "hello (draft)"


def test_a_variant_is_never_taken_for_the_draft(workspace: Workspace) -> None:
    with Session(workspace) as session:
        make_variant(session, "hello", "terse")
        draft_of(workspace).unlink()
        assert workspace.draft_path("hello") is None
        with pytest.raises(NotFound, match="only variants: terse") as caught:
            resolve(session, "hello")
        assert caught.value.hint == "name one: hello@terse"


def test_a_variant_without_a_name_is_of_the_prompt_that_its_file_names(
    workspace: Workspace,
) -> None:
    draft_of(workspace, "@bare").write_text(DRAFT.replace("name: hello\n", ""))
    with Session(workspace) as session:
        assert resolve(session, "hello@bare").prompt.prompt_id == "hello"


@pytest.mark.parametrize("name", ["Terse", "1.0.0", "2nd", "a b", "", "../x", "a@b", "draft"])
def test_a_name_that_is_none_is_refused(workspace: Workspace, name: str) -> None:
    with Session(workspace) as session, pytest.raises(UsageError):
        make_variant(session, "hello", name)
    assert sorted(path.name for path in draft_of(workspace).parent.iterdir()) == ["hello.prompty"]


def test_the_name_of_an_environment_is_refused_when_made_and_when_meant(
    workspace: Workspace,
) -> None:
    with Session(workspace) as session:
        with pytest.raises(UsageError, match="'staging' is an environment"):
            make_variant(session, "hello", "staging")
        path = draft_of(workspace, "@staging")
        path.write_text(DRAFT)
        with pytest.raises(UsageError, match="an environment and a variant"):
            resolve(session, "hello@staging")
        assert resolve(session, str(path)).label == "@staging"


def test_a_file_whose_text_is_of_another_prompt_is_refused_with_both_names(
    workspace: Workspace,
) -> None:
    draft_of(workspace, "@odd").write_text(DRAFT.replace("name: hello", "name: other"))
    with Session(workspace) as session, pytest.raises(DraftError) as caught:
        resolve(session, "hello@odd")
    assert "is a variant of 'hello', and its name: says 'other'" in caught.value.message
    assert caught.value.hint == "write name: hello, or call the file other@odd.prompty"


def test_two_files_of_one_variant_are_refused(workspace: Workspace) -> None:
    (workspace.root / "prompts" / "more").mkdir()
    draft_of(workspace, "@a").write_text(DRAFT)
    (workspace.root / "prompts" / "more" / "hello@a.prompty").write_text(DRAFT)
    with Session(workspace) as session, pytest.raises(DraftError, match="are both the variant"):
        resolve(session, "hello@a")


def test_a_variant_is_not_written_over(workspace: Workspace) -> None:
    with Session(workspace) as session:
        make_variant(session, "hello", "a")
        draft_of(workspace, "@a").write_text(DRAFT.replace("kind", "brief"))
        with pytest.raises(UsageError, match="is there already"):
            make_variant(session, "hello", "a")
    assert "brief" in draft_of(workspace, "@a").read_text()


def test_a_promoted_variant_is_the_draft_and_the_text_before_is_kept(workspace: Workspace) -> None:
    with Session(workspace) as session:
        variant = make_variant(session, "hello", "a")
        variant.write_text(DRAFT.replace("kind", "brief"))
        made = promote(session, "hello", "a")
        assert made.path == draft_of(workspace)
        assert "brief" in made.path.read_text()
        assert not variant.exists()
        (kept,) = history(workspace, "hello")
        assert (kept.path, kept.variant) == (made.kept, "")
        restore(workspace, "hello")
        assert draft_of(workspace).read_text() == DRAFT
        assert len(history(workspace, "hello")) == 2


def test_a_promoted_text_that_would_be_of_another_prompt_is_refused(workspace: Workspace) -> None:
    draft_of(workspace).rename(draft_of(workspace).with_name("moved.prompty"))
    bare = draft_of(workspace, "@bare")
    bare.write_text(DRAFT.replace("name: hello\n", ""))
    with Session(workspace) as session:
        with pytest.raises(UsageError, match="has no name:"):
            promote(session, "hello", "bare")
        assert bare.exists()
        bare.write_text(DRAFT)
        assert promote(session, "hello", "bare").path.name == "moved.prompty"


def test_a_dropped_variant_is_kept_and_comes_back(workspace: Workspace) -> None:
    with Session(workspace) as session:
        make_variant(session, "hello", "a").write_text(DRAFT.replace("kind", "brief"))
        kept = drop(session, "hello", "a")
        assert "brief" in kept.read_text()
        assert [state.variant for state in drafts_of(session, "hello")] == [""]
        assert restore(workspace, "hello", "a").path == draft_of(workspace, "@a")
        assert "brief" in draft_of(workspace, "@a").read_text()
        restore(workspace, "hello", "b", kept.stem)
        assert "brief" in draft_of(workspace, "@b").read_text()
        with pytest.raises(NotFound, match="no text of hello@c is kept"):
            restore(workspace, "hello", "c")
        with pytest.raises(NotFound, match="has no variant 'c'"):
            drop(session, "hello", "c")


def test_variants_are_told_apart_and_the_version_that_one_equals_is_named(
    workspace: Workspace,
) -> None:
    with Session(workspace) as session:
        sync(session)
        make_variant(session, "hello", "a")
        register(session, resolve(session, "hello@a"), description="from a variant")
        make_variant(session, "hello@1.0.0", "b")
        draft_of(workspace, "@a").write_text(DRAFT.replace("kind", "brief"))
        draft_of(workspace, "@c").write_text("---\nname: [\n---\n")
        states = drafts_of(session, "hello")
    assert [(s.ref, s.version, bool(s.problem)) for s in states] == [
        ("hello", "1.0.0", False),
        ("hello@a", "", False),
        ("hello@b", "1.0.0", False),
        ("hello@c", "", True),
    ]


def test_doctor_names_variants_that_no_ref_can_name(workspace: Workspace) -> None:
    (workspace.root / "prompts" / "more").mkdir()
    for path in ("hello@a", "more/hello@a", "hello@staging"):
        (workspace.root / "prompts" / f"{path}.prompty").write_text(DRAFT)
    told = [check for check in examine(workspace) if check.name == "variant"]
    assert [(check.level, check.message) for check in told] == [
        (Level.PROBLEM, "2 files are the variant hello@a"),
        (Level.WARNING, "hello@staging is an environment and a variant"),
    ]


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=ana", "-c", "user.email=ana@example.com"]
    done = subprocess.run(
        ["git", *names, *words], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_two_branches_that_change_different_facts_merge(tmp_path: Path) -> None:
    """Front matter is written one value a line, in a stable order, without times."""
    prompt = parse_prompty(
        "---\nname: p\ndescription: " + "a long sentence about the prompt " * 8 + "\n"
        "metadata: {tags: [a, b], authors: [ana]}\n"
        "model: {id: m, provider: x, options: {temperature: 0, seed: 1, maxOutputTokens: 9}}\n"
        "inputs: [{name: text, kind: string}, {name: tone, default: calm}]\n"
        "---\nsystem:\nBe kind.\nBe brief.\nBe right.\n\nuser:\n{{ text }} {{ tone }}\n"
    )
    text = write_prompty(prompt)
    assert text == write_prompty(parse_prompty(text))
    path = tmp_path / "p@a.prompty"
    path.write_text(text)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    edits = {
        "tags": ("- a\n", "- changed\n"),
        "seed": ("seed: 1", "seed: 2"),
        "wording": ("Be right.", "Be exact."),
    }
    for branch, (old, new) in edits.items():
        git(tmp_path, "checkout", "-q", "-b", branch, "main")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
        git(tmp_path, "commit", "-qam", branch)
    git(tmp_path, "checkout", "-q", "main")
    for branch in edits:
        git(tmp_path, "merge", "-q", branch)
    merged = path.read_text()
    assert all(new in merged for _, new in edits.values())
    parse_prompty(merged)
