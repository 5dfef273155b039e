"""What the draft and prompts screens say of snippets and few-shot examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.actions.refs import resolve
from workbench.actions.releasing.register import register
from workbench.actions.session import Session
from workbench.actions.workspace.init import create_workspace
from workbench.tui.draft.draft_lines import facts_text
from workbench.tui.draft.queries import check_in, read_draft_page
from workbench.tui.prompts.queries import read_page
from workbench.tui.prompts.rows import hint
from workbench.workspace import Workspace

NAME = "support_triage"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    made = create_workspace(tmp_path / "w", NAME)
    steps = made.root / "evals" / NAME / "steps"
    draft = made.root / "prompts" / f"{NAME}.prompty"
    draft.write_text((steps / "2-few-shot.prompty").read_text())
    other = (steps / "1-plain.prompty").read_text().replace(f"name: {NAME}", "name: other")
    (made.root / "prompts" / "other.prompty").write_text(other)
    return made


def facts(session: Session, text: str | None = None) -> list[str]:
    page = read_draft_page(session, NAME, None)
    typed = page.path.read_text() if text is None else text
    checked = check_in(session.workspace, page.path, typed, page.cases[0], page.baseline)
    return facts_text(checked, page).plain.splitlines()


def test_the_draft_names_its_snippets_and_who_else_an_edit_changes(workspace: Workspace) -> None:
    with Session(workspace) as session:
        lines = facts(session)
    assert "includes snippets/ticket.md · an edit changes other too" in lines
    assert "18 examples evals/support_triage/examples.jsonl · ≈ 309 tok" in lines


def test_a_missing_snippet_is_said_on_its_line_while_typing(workspace: Workspace) -> None:
    path = workspace.root / "prompts" / f"{NAME}.prompty"
    text = path.read_text().replace('\n\n{% include "ticket" %}', '\n\n{% include "tickets" %}')
    line = text.splitlines().index('{% include "tickets" %}') + 1
    with Session(workspace) as session:
        (problem,) = [one for one in facts(session, text) if one.startswith("!")]
    assert f"line {line}: includes 'tickets': there is no snippets/tickets.md" in problem
    assert "did you mean 'ticket'?" in problem


@pytest.mark.exhaustive
def test_an_edited_snippet_is_said_beside_the_version_whose_text_it_was(
    workspace: Workspace,
) -> None:
    with Session(workspace) as session:
        register(session, resolve(session, NAME), description="first")
        assert (
            hint(read_page(session, NAME), None)
            == "the draft is 1.0.0 · v Evaluate · D Deploy · e Edit"
        )
        (workspace.root / "snippets" / "ticket.md").write_text("Request: {{ ticket }}\nQueue:")
        shown = hint(read_page(session, NAME), None)
        assert (
            shown == "snippets changed since 1.0.0, and its evidence is of their old text: ticket"
        )
        assert "  the snippet 'ticket' changed" in facts(session)


def test_an_example_that_gives_a_case_away_is_said_while_typing(workspace: Workspace) -> None:
    path = workspace.root / "evals" / NAME / "examples.jsonl"
    with Session(workspace) as session:
        page = read_draft_page(session, NAME, None)
        case = page.cases[0]
        path.write_text(
            json.dumps({"ticket": case.inputs["ticket"], "expected": "x", "tags": ["basic"]}) + "\n"
        )
        typed = page.path.read_text()
        checked = check_in(session.workspace, page.path, typed, None, None, suite=page.suite)
    (problem,) = [one.text for one in checked.problems if "example 1" in one.text]
    assert f"is case {case.id!r}" in problem
