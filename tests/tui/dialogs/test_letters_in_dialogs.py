"""Where a dialog has a text field, a letter or digit is text and nothing else."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

import workbench.tui
from tests.support.screens import settled, type_at_once, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.releasing.deploy import deploy
from workbench.actions.session import Session
from workbench.actions.workspace.new_parts.suite import Gate
from workbench.datasets.values import Case
from workbench.prompts.values import Input as PromptInput
from workbench.prompts.values import Model
from workbench.registry.models.records import FactChange, RuleChange, WaitingRule
from workbench.scorers.catalog import find_kind
from workbench.tui.app import WorkbenchApp
from workbench.tui.base.choice_list import ChoiceList
from workbench.tui.base.dialog import Dialog
from workbench.tui.compare.pick_ref import PickRef
from workbench.tui.compare.refs import Ref
from workbench.tui.deploys.approve import Confirmed
from workbench.tui.deploys.rollback import Rollback, open_rollback
from workbench.tui.dialogs.case_form import CaseForm
from workbench.tui.dialogs.deploy import Deploy, open_deploy
from workbench.tui.dialogs.export import Export
from workbench.tui.dialogs.help import Help
from workbench.tui.dialogs.revoke import Revoke, open_revoke
from workbench.tui.dialogs.rules import ApplyRules, ApproveRules
from workbench.tui.dialogs.run_options import RunOptions, open_run_options
from workbench.tui.dialogs.variants import NewVariant
from workbench.tui.draft.inputs_form import InputsForm
from workbench.tui.draft.models_dialog import Models
from workbench.tui.draft.register_dialog import Register, open_register
from workbench.tui.keys.commands import available
from workbench.tui.new_parts.import_file import ImportFile
from workbench.tui.new_parts.new_prompt import NewPrompt, PastedPrompt
from workbench.tui.new_parts.pick_model import Listed, PickModel
from workbench.tui.new_parts.providers import NewProvider
from workbench.tui.new_parts.suite_walk.cases import CasesStep
from workbench.tui.new_parts.suite_walk.files import FilesStep
from workbench.tui.new_parts.suite_walk.form import SuiteForm, Walk
from workbench.tui.new_parts.suite_walk.gate import GateStep
from workbench.tui.new_parts.suite_walk.scorer_options import ScorerOptions
from workbench.tui.new_parts.suite_walk.scorers import TypeAnswer
from workbench.tui.table.case_table import CaseTable
from workbench.tui.widgets.controls import Choice, Option
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.anyio

Open = Callable[[WorkbenchApp], object]
CASE = Case("t-1", {"ticket": "text", "vip": True}, "bug")
FACT = FactChange("approvals", "1", "0", looser=True)
CHANGE = RuleChange((FACT,), looser=True, environment="production")
WAITING = WaitingRule(1, CHANGE, "bo", "why", ("production",), 0, 1)
REFS = [Ref(name, "draft", "") for name in ("one", "two")]


def _pushed(make: Callable[[WorkbenchApp], Dialog[Any]]) -> Open:
    return lambda app: app.push_screen(make(app))


def _walk() -> Walk:
    """As it is before its last step."""
    form = SuiteForm(PROMPT, "ticket,label\na,bug\n", scorers={"exact_match": {}}, name="new")
    return Walk(form, rows=form.read(), cases=(CASE,))


WITH_FIELDS: dict[type[Dialog[Any]], Open] = {
    CasesStep: _pushed(lambda _: CasesStep(_walk())),
    ChoiceList: _pushed(lambda _: ChoiceList("role", Choice([Option("one")], id="role"))),
    NewProvider: _pushed(lambda _: NewProvider()),
    PickModel: _pushed(
        lambda app: PickModel(
            app.workspace.settings.providers["mock"], Listed(("a", "b")), is_new=False
        )
    ),
    FilesStep: _pushed(lambda _: FilesStep(_walk())),
    GateStep: _pushed(lambda _: GateStep(_walk(), Gate("not_worse"))),
    ScorerOptions: _pushed(lambda _: ScorerOptions(find_kind("contains"), {})),
    TypeAnswer: _pushed(lambda _: TypeAnswer("")),
    CaseForm: _pushed(lambda _: CaseForm(Path("cases.jsonl"), CASE)),
    Confirmed: _pushed(
        lambda app: Confirmed(
            "Retire", "Retire", "text", lambda _session, _why: str(app.message_log.clear()), ""
        )
    ),
    ApplyRules: _pushed(lambda _: ApplyRules((CHANGE,))),
    ApproveRules: _pushed(lambda _: ApproveRules((WAITING, WAITING))),
    Deploy: lambda app: open_deploy(app, PROMPT, "1.0.1"),
    Export: _pushed(lambda _: Export(PROMPT)),
    InputsForm: _pushed(lambda _: InputsForm("Try", [PromptInput("a")], [], None)),
    Help: _pushed(lambda app: Help(list(available(app.screen)))),
    Models: _pushed(lambda app: Models(Model("x", "mock"), app.workspace.settings)),
    ImportFile: _pushed(lambda _: ImportFile()),
    NewPrompt: _pushed(lambda _: NewPrompt()),
    PastedPrompt: _pushed(lambda _: PastedPrompt()),
    NewVariant: _pushed(lambda _: NewVariant(PROMPT)),
    PickRef: _pushed(lambda _: PickRef("A", REFS)),
    Register: lambda app: open_register(app, PROMPT),
    Revoke: lambda app: open_revoke(app, PROMPT, "1.0.0"),
    Rollback: lambda app: open_rollback(app, PROMPT, "production"),
    RunOptions: lambda app: open_run_options(app, PROMPT),
}


def _dialogs() -> Iterator[type[Dialog[Any]]]:
    """Every class of a dialog that there is."""
    for module in walk_packages(workbench.tui.__path__, "workbench.tui."):
        if module.name.endswith("__main__"):
            continue
        for member in vars(import_module(module.name)).values():
            is_dialog = isinstance(member, type) and issubclass(member, Dialog)
            if is_dialog and member.__module__ == module.name and member is not Dialog:
                yield member


def test_every_dialog_that_has_a_field_is_walked_through() -> None:
    for dialog in _dialogs():
        source = Path(import_module(dialog.__module__).__file__ or "").read_text()
        body = source[source.index(f"class {dialog.__name__}") :].split("\nclass ")[0]
        has_field = any(word in body for word in ("field(", "Input(", "Area("))
        assert has_field == (dialog in WITH_FIELDS), dialog.__name__


EVERY = string.ascii_letters + string.digits
LISTS = (ChoiceList, Help, PickRef)
"""Their field filters a list."""


def _seen(dialog: Dialog[Any]) -> dict[Any, str]:
    """What stands in the fields, and where the cursors of lists are."""
    seen: dict[Any, str] = {item: item.value for item in dialog.query(Input)}
    seen |= {area: area.text for area in dialog.query(TextArea)}
    return seen | {table: table.cursor_key for table in dialog.query(CaseTable)}


async def _opened(app: WorkbenchApp, pilot: Pilot[int], dialog: type[Dialog[Any]]) -> Dialog[Any]:
    await until(pilot, lambda: app.selection.prompt_id)
    await settled(pilot)
    WITH_FIELDS[dialog](app)
    await until(pilot, lambda: isinstance(app.screen, dialog))
    await settled(pilot)
    dialog = app.screen
    assert isinstance(dialog, Dialog)
    return dialog


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize("kind", WITH_FIELDS)
async def test_letters_and_digits_change_the_field_and_nothing_else(
    workspace: Workspace, kind: type[Dialog[Any]]
) -> None:
    with Session(workspace) as session:
        deploy(session, PROMPT, "1.0.1", "production")
    toml = workspace.root / "workbench.toml"
    # A key of one's own is text there, too.
    toml.write_text(toml.read_text() + '\n[keys]\n"dialog.yes" = "Q,ctrl+s"\n"app.quit" = "W"\n')
    draft = workspace.root / "prompts" / f"{PROMPT}.prompty"
    draft.write_text(draft.read_text() + "\nBe brief.\n")
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await _opened(app, pilot, kind)
        messages, copied = list(app.message_log), app.clipboard
        first = app.focused
        for widget in dialog.focus_chain:
            widget.focus()
            assert not [key for key in dialog.active_bindings if len(key) == 1]
            is_field = isinstance(widget, Input | TextArea)
            if widget is not first and widget.id != "no":
                continue
            before = _seen(dialog)
            await type_at_once(pilot, EVERY if kind is Rollback else "yvQW1")
            assert app.screen is dialog
            assert (app.focused, app.message_log, app.clipboard) == (widget, messages, copied)
            after = _seen(dialog)
            changed = {item for item, text in after.items() if text != before[item]}
            if kind in LISTS and is_field:
                changed = {item for item in changed if not isinstance(item, CaseTable)}
            assert changed == ({widget} if is_field else set())
        dialog.dismiss(None)
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert not app.is_ending
    with Session(workspace) as session:
        live = session.registry.get_active(PROMPT)
        assert (live.version, live.revoked) == ("1.0.1", False)


async def test_rollback_begins_in_the_reason_and_ctrl_s_goes_back(workspace: Workspace) -> None:
    with Session(workspace) as session:
        deploy(session, PROMPT, "1.0.1", "production")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await _opened(app, pilot, Rollback)
        await pilot.press(*"yyy why not")
        assert dialog.query_one("#reason", Input).value == "yyy why not"
        await pilot.press("ctrl+s")
        await until_shown(pilot, f"production is back on {PROMPT}@1.0.0")
