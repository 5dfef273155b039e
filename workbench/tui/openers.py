"""Opens dialogs, for actions of the key table and for messages of screens and widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.tui.context.app_context import AppContext
from workbench.tui.context.messages import DeployAsked, EvaluateAsked
from workbench.tui.table.copying import CopyMenuAsked

if TYPE_CHECKING:
    from pathlib import Path

    from textual.widget import Widget

    from workbench.tui.keys.commands import Command
    from workbench.tui.table.column_table import ColumnsAsked
    from workbench.tui.widgets.controls import Choice


class DialogOpeners(AppContext):
    """Each dialog is imported when it is first opened: the first frame does not wait for them."""

    def on_evaluate_asked(self, message: EvaluateAsked) -> None:
        from workbench.tui.dialogs.evaluate import start_evaluation

        start_evaluation(self, message.prompt_id, message.version)

    def on_deploy_asked(self, message: DeployAsked) -> None:
        from workbench.tui.dialogs.deploy import open_deploy

        open_deploy(self, message.prompt_id, message.version)

    def on_columns_asked(self, message: ColumnsAsked) -> None:
        from workbench.tui.dialogs.columns import Columns

        columns = message.table.columns
        self.push_screen(Columns(columns.columns, columns.hidden), message.table.chosen)

    def on_copy_menu_asked(self, message: CopyMenuAsked) -> None:
        from workbench.tui.dialogs.copy_menu import open_copy_menu

        open_copy_menu(self, message.widget)

    def on_choice_listed(self, message: Choice.Listed) -> None:
        """Show all options of a dialog's field over it."""
        from workbench.tui.base.choice_list import ChoiceList

        choice = message.choice

        def picked(value: str | None) -> None:
            if value is not None:
                choice.choose(value)

        self.push_screen(ChoiceList((choice.id or "").replace("-", " "), choice), picked)

    def _has_no_prompt(self) -> bool:
        """Whether no prompt is picked; then what to do is said."""
        if self.selection.prompt_id:
            return False
        on_prompts = self.current_mode == "prompts"
        begins = "n makes one" if on_prompts else "F2 Prompts, n there makes one"
        picked = "no prompt is picked: F2 Prompts"
        self.tell(picked if self.known_prompts else f"no prompt yet: {begins}", error=True)
        return True

    def action_start(self) -> None:
        """Choose suite and cases for a run of what is selected."""
        if self._has_no_prompt():
            return
        if self.runs.is_alive:
            self.open_run()
            self.tell("a run is active: x stops it", error=True)
        else:
            from workbench.tui.dialogs.run_options import open_run_options

            for save in self.before_reading:
                save()
            # On Draft what is edited there is run, whichever version was selected before.
            on_draft = self.current_mode == "draft"
            ref = self.selection.draft_ref if on_draft else self.selection.ref
            open_run_options(self, ref)

    def action_new_suite(self, runs: bool = False) -> None:
        """The walk through a new suite of the picked prompt; then its cases, or the run that it was
        begun for.
        """
        from workbench.tui.new_parts.suite_walk.cases import open_suite_walk

        def made(path: Path) -> None:
            self.select(suite=path.parent.name)
            if runs:
                self.tell(f"made {path.parent.name}/{path.name}")
                self.action_start()
                return
            self.action_go("datasets")
            self.tell(f"made {path.parent.name}/{path.name} · F5 runs it")

        if self._has_no_prompt():
            return
        for save in self.before_reading:
            save()
        open_suite_walk(self, self.selection.prompt_id, made)

    def action_providers(self) -> None:
        from workbench.tui.new_parts.providers import open_providers

        open_providers(self)

    def action_variants(self) -> None:
        if self._has_no_prompt():
            return
        from workbench.tui.dialogs.variants import open_variants

        for save in self.before_reading:
            save()
        open_variants(self)

    def action_lineage(self) -> None:
        if self._has_no_prompt():
            return
        from workbench.tui.dialogs.lineage import open_lineage

        open_lineage(self)

    def action_tour(self) -> None:
        from workbench.tui.tour.steps import open_tour

        open_tour(self)

    def action_read_live(self) -> None:
        if self._has_no_prompt():
            return
        from workbench.tui.tour.read_live import open_read_live

        open_read_live(self, self.selection.prompt_id)

    def action_help(self) -> None:
        from workbench.tui.dialogs.help import Help
        from workbench.tui.keys.commands import available

        def picked(command: Command | None) -> None:
            if command:
                self.call_later(self.run_action, command.action.action, command.node)

        self.push_screen(Help(list(available(self.screen))), picked)

    def action_jump(self) -> None:
        from workbench.tui.dialogs.jump import Jump, panes_of

        def picked(pane: Widget | None) -> None:
            if pane:
                pane.focus()

        self.push_screen(Jump(panes_of(self.screen)), picked)

    def action_themes(self) -> None:
        from workbench.tui.dialogs.themes import Themes

        self.push_screen(Themes(self.theme))

    def action_messages(self) -> None:
        from workbench.tui.dialogs.simple import Messages

        self.push_screen(Messages(self.message_log))

    def action_trust(self) -> None:
        from workbench.tui.dialogs.simple import open_trust

        open_trust(self)

    def action_export(self) -> None:
        from workbench.tui.dialogs.export import open_export

        open_export(self)
