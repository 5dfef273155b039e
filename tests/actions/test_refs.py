"""A name that leads nowhere is said for what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.actions.refs import resolve
from workbench.actions.releasing.register import register
from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.actions.workspace.init import create_workspace
from workbench.errors import NotFound
from workbench.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "w")


def refused(workspace: Workspace, ref: str) -> str:
    with Session(workspace) as session, pytest.raises(NotFound) as caught:
        resolve(session, ref)
    return f"{caught.value.message} ({caught.value.hint})"


def test_a_file_of_that_name_that_holds_another_prompt_is_named(workspace: Workspace) -> None:
    path = workspace.draft_path("hello")
    assert path is not None
    moved = path.rename(path.with_name("p.prompty"))
    told = refused(workspace, "p")
    assert told == (
        f"{moved} is the draft of 'hello', not of 'p' (its name: says so; ask for hello)"
    )
    with Session(workspace) as session:
        assert resolve(session, "hello").path == moved


def test_the_names_of_prompts_are_suggested_and_not_those_of_files(workspace: Workspace) -> None:
    path = workspace.draft_path("hello")
    assert path is not None
    path.rename(path.with_name("p.prompty"))
    assert refused(workspace, "helo").endswith("(did you mean 'hello'?)")
    assert refused(workspace, "zzz").endswith("(known: hello)")


def test_a_prompt_that_has_versions_only_is_said_to_have_no_draft(workspace: Workspace) -> None:
    with Session(workspace) as session:
        sync(session)
        register(session, resolve(session, "hello"), description="first")
    path = workspace.draft_path("hello")
    assert path is not None
    path.unlink()
    told = refused(workspace, "hello")
    assert told == "'hello' has no draft, only versions (the newest is hello@1.0.0)"
