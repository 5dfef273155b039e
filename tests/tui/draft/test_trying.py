"""One answer to the draft: without a suite, and marked when the draft is another by now."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.openai_server import OpenAIServer
from tests.support.screens import screen_text, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.errors import UsageError
from workbench.prompts.values import Input
from workbench.tui.app import WorkbenchApp
from workbench.tui.draft.inputs_form import InputsForm, values_of
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.widgets.controls import Choice
from workbench.tui.widgets.value_area import ValueArea
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]
SIZE = (100, 30)


def draft_of(workspace: Workspace) -> Path:
    return workspace.root / "prompts" / f"{PROMPT}.prompty"


async def editing(app: WorkbenchApp, pilot: Pilot[int]) -> PromptEditor:
    await until(pilot, lambda: app.selection.prompt_id)
    await pilot.press("f3")
    await until(pilot, lambda: isinstance(app.focused, PromptEditor))
    return app.screen.query_one(PromptEditor)


def without_suite(workspace: Workspace) -> Workspace:
    for path in (workspace.root / "evals" / PROMPT).iterdir():
        path.unlink()
    return workspace


async def test_without_a_suite_the_inputs_are_asked_for_and_the_answer_is_shown(
    fresh: Workspace, server: OpenAIServer
) -> None:
    draft = draft_of(fresh)
    vip = "  - {name: vip, kind: boolean, required: false, default: true, description: Pays more}\n"
    text = draft.read_text().replace("template: {", f"{vip}template: {{")
    draft.write_text(text + "{% if vip %}vip{% else %}not vip{% endif %}\n")
    app = WorkbenchApp(without_suite(fresh))
    async with app.run_test(size=SIZE) as pilot:
        await editing(app, pilot)
        await until_shown(pilot, "^t asks for inputs", "6 Datasets, n begins one", "^t Try")
        await pilot.press("ctrl+t")
        await until_shown(
            pilot,
            "ticket · string · What the customer wrote",
            "< true >  2 of 3",
            "Pays more",
        )
        await pilot.press("ctrl+s")
        await until_shown(pilot, "ticket is empty, and the prompt needs it")
        app.screen.query_one("#given-0", ValueArea).load_text("Ticket 3: about bug")
        app.screen.query_one("#given-1", Choice).focus()
        await pilot.press("right", "ctrl+s")
        await until_shown(pilot, "typed-1 · ok", "Inputs · case typed-1")
        sent = server.requests[-1]["messages"][-1]["content"]
        assert sent.splitlines() == ["Ticket 3: about bug", "not vip"]
        # From now on they are tried at once; the form has them too.
        calls = server.calls
        await pilot.press("ctrl+t")
        await until(pilot, lambda: server.calls == calls + 1)
        await until_shown(pilot, "typed-1 · ok")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, InputsForm))
        await until_shown(pilot, "19 characters · ≈ 4 tok")
        assert app.screen.query_one("#given-0", ValueArea).text == "Ticket 3: about bug"
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, InputsForm))


async def test_a_prompt_without_inputs_is_tried_at_once(
    fresh: Workspace, server: OpenAIServer
) -> None:
    draft = draft_of(fresh)
    head = draft.read_text().split("inputs:")[0]
    draft.write_text(f"{head}---\nsystem:\nAnswer.\n\nuser:\nTicket 1: about bug\n")
    app = WorkbenchApp(without_suite(fresh))
    calls = server.calls
    async with app.run_test(size=SIZE) as pilot:
        await editing(app, pilot)
        await pilot.press("ctrl+t")
        await until_shown(pilot, "given · ok")
    assert server.calls == calls + 1


async def test_a_draft_that_cannot_be_read_says_so_when_it_is_tried(fresh: Workspace) -> None:
    app = WorkbenchApp(fresh)
    async with app.run_test(size=SIZE) as pilot:
        editor = await editing(app, pilot)
        editor.swap_text(editor.text.replace("name: support_triage", "name: [x"))
        await pilot.press("ctrl+t")
        await until_shown(pilot, "! not tried: ")


async def test_what_is_tried_is_what_stands_in_the_editor(
    workspace: Workspace, server: OpenAIServer
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SIZE) as pilot:
        editor = await editing(app, pilot)
        await until_shown(pilot, "expected (not sent)")
        editor.insert("Mind this. ")
        await pilot.press("ctrl+t")
        await until_shown(pilot, "t-000 · ok")
        assert "Mind this. " in server.requests[-1]["messages"][0]["content"]


async def test_answers_to_an_earlier_text_are_marked_until_the_text_is_that_again(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SIZE) as pilot:
        await editing(app, pilot)
        await until_shown(pilot, "expected (not sent)")
        await pilot.press("ctrl+t")
        await until_shown(pilot, "t-000 · ok")
        assert "EDITED SINCE" not in screen_text(app)
        await pilot.press("x")
        await until_shown(pilot, "EDITED SINCE · t-000 · ok")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "EDITED SINCE" not in screen_text(app))
        await pilot.press("x", "ctrl+t")
        await until(pilot, lambda: "EDITED SINCE" not in screen_text(app))
        await until_shown(pilot, "t-000 · ok")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "12", "12"),
        ("string", " kept ", " kept "),
        ("number", "1.5", 1.5),
        ("integer", "7", 7),
        ("boolean", "false", False),
        ("array", '["a", 1]', ["a", 1]),
        ("object", '{"a": null}', {"a": None}),
    ],
)
def test_what_is_typed_becomes_what_the_kind_says(kind: str, text: str, value: object) -> None:
    assert values_of([Input("x", kind)], {"x": text}) == {"x": value}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "1.5"),
        ("integer", "true"),
        ("number", "NaN"),
        ("boolean", "1"),
        ("boolean", "yes"),
        ("array", "{}"),
        ("object", "[" * 100_000),
    ],
)
def test_what_is_not_of_the_kind_is_refused(kind: str, text: str) -> None:
    with pytest.raises(UsageError, match=r"x is .* is needed"):
        values_of([Input("x", kind)], {"x": text})


def test_what_is_empty_is_left_out_where_it_may_be() -> None:
    inputs = [Input("a", required=False), Input("b", default="c"), Input("d")]
    assert values_of(inputs, {"d": "e"}) == {"d": "e"}
    with pytest.raises(UsageError, match="d is empty"):
        values_of(inputs, {"a": "", "d": ""})
