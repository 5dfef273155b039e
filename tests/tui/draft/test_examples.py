"""The rows of a few-shot set, edited from the Draft screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.screens import screen_text, until, until_shown
from workbench.actions.session import Session
from workbench.errors import DraftError, UsageError
from workbench.tui.app import WorkbenchApp
from workbench.tui.draft.examples_dialog import read_examples
from workbench.workspace import Workspace

ROWS = (
    {"id": "e-1", "inputs": {"ticket": "The invoice is wrong"}, "expected": "billing"},
    {"id": "e-2", "inputs": {"ticket": "It crashes"}, "expected": "bug", "tags": ["basic"]},
)


SHOTS = "{file: shots.jsonl, choose: tag basic, template: '{{ ticket }}: {{ expected }}'}"


@pytest.fixture
def draft(workspace: Workspace) -> Path:
    path = workspace.root / "prompts" / "support_triage.prompty"
    text = path.read_text().replace("inputs:", f"examples: {SHOTS}\ninputs:")
    path.write_text(text.replace("user:\n", "user:\n{{ examples }}\n"))
    write(path, *ROWS)
    return path


def write(draft: Path, *rows: object) -> None:
    (draft.parent / "shots.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def rows_of(draft: Path) -> list[dict[str, object]]:
    lines = (draft.parent / "shots.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_the_rows_say_which_are_taken_what_they_cost_and_what_they_give_away(
    workspace: Workspace, draft: Path
) -> None:
    with Session(workspace) as session:
        suite = session.workspace.suite("support_triage")
        page = read_examples(session, draft, suite)
        assert [row.is_taken for row in page.rows] == [False, True]
        assert page.lines() == ["2 rows · 1 taken (tag basic) · ≈ 3 tok"]
        case = suite.dataset.cases[0]
        write(draft, *ROWS, {"inputs": case.inputs, "expected": "bug", "tags": ["basic"]})
        page = read_examples(session, draft, suite)
        assert page.lines()[1].startswith(f"! example 2 of shots.jsonl is case {case.id!r}, ")


def test_a_broken_row_is_said_with_its_line_and_a_draft_without_a_file_says_what_to_write(
    workspace: Workspace, draft: Path
) -> None:
    with Session(workspace) as session:
        (draft.parent / "shots.jsonl").write_text(json.dumps(ROWS[0]) + "\n{oops\n")
        with pytest.raises(DraftError, match=r"shots\.jsonl: line 2"):
            read_examples(session, draft, None)
        draft.write_text(draft.read_text().replace(f"examples: {SHOTS}\n", ""))
        with pytest.raises(UsageError, match="has no few-shot examples in a file") as none:
            read_examples(session, draft, None)
        assert "examples: {file:" in none.value.hint


@pytest.mark.anyio
async def test_rows_are_edited_added_and_deleted_from_the_draft(
    workspace: Workspace, draft: Path
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "1.0.1")
        await pilot.press("2")
        await until_shown(pilot, "e or enter: Edit")
        await pilot.press("F")
        await until_shown(pilot, "2 rows · 1 taken (tag basic)", "The invoice is wrong")
        await pilot.press("e")
        await until_shown(pilot, "Edit e-1", "registered versions do not")
        await pilot.press("ctrl+a", "X", "Y", "ctrl+s")
        await until(pilot, lambda: "XY" in str(rows_of(draft)[0]["inputs"]))
        await until_shown(pilot, "changed e-1 in shots.jsonl")
        await pilot.press("down", "X")
        await until_shown(pilot, "Delete e-2")
        await pilot.press("y")
        await until(pilot, lambda: len(rows_of(draft)) == 1)
        await until(pilot, lambda: "no row of shots.jsonl has the tag" in screen_text(app))
