"""The app: six modes, one selection, one live run, and the wiring between them."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual import events
from textual.filter import LineFilter, NoColor
from textual.message import Message
from textual.screen import Screen

from workbench.actions.session import Session
from workbench.errors import SettingsError, WorkbenchError
from workbench.suggestions import did_you_mean
from workbench.tui.base.messages import DeployAsked, EvaluateAsked, SelectionChanged
from workbench.tui.base.selection import Selection
from workbench.tui.keys import keys
from workbench.tui.keys.key_queue import KeyQueue
from workbench.tui.services.background import run_job
from workbench.tui.services.file_worker import FileWorker
from workbench.tui.services.live_runs import LiveRuns
from workbench.tui.services.shutdown import EndingApp
from workbench.tui.table.copying import CopyMenuAsked
from workbench.tui.terminal import terminal_colour, theme_choice, themes
from workbench.tui.terminal.safe_filter import SafeFilter
from workbench.tui.widgets.chrome import MESSAGE_S, ModeTabs, StatusLine

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.driver import Driver
    from textual.widget import Widget
    from textual.worker import Worker

    from workbench.tui.keys.commands import Command
    from workbench.tui.table.column_choices import ColumnChoices
    from workbench.tui.terminal.patient_driver import BackgroundTold
    from workbench.workspace import Workspace

T = TypeVar("T")
W = TypeVar("W", StatusLine, ModeTabs)


def _screen(module: str, name: str) -> Callable[[], Screen[Any]]:
    """Made, and imported, when its mode is first shown."""

    def make() -> Screen[Any]:
        made = getattr(import_module(f"workbench.tui.{module}.screen"), name)
        screen: Screen[Any] = made()
        return screen

    return make


def _commands() -> type[Provider]:
    from workbench.tui.keys.commands import CommandProvider

    return CommandProvider


def _driver(terminal: terminal_colour.Answer) -> type[Driver] | None:
    """What must read the terminal; None: Textual's own does."""
    if not terminal.is_unsorted:
        return None
    from workbench.tui.terminal.patient_driver import PatientDriver

    return PatientDriver


class WorkbenchApp(EndingApp):
    """The workbench in a terminal."""

    CSS_PATH = Path(__file__).with_name("app.tcss")
    COMMANDS = {_commands}  # noqa: RUF012
    ALLOW_IN_MAXIMIZED_VIEW = "ModeTabs, StatusLine, KeyFooter"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012
    BINDINGS = keys.bindings("app")
    DEFAULT_MODE = "prompts"
    MODES = {  # noqa: RUF012 (Textual's own type)
        "prompts": _screen("prompts", "PromptsScreen"),
        "draft": _screen("draft", "DraftScreen"),
        "run": _screen("run", "RunScreen"),
        "compare": _screen("compare", "CompareScreen"),
        "deploys": _screen("deploys", "DeploysScreen"),
        "datasets": _screen("datasets", "DatasetsScreen"),
    }

    def __init__(
        self, workspace: Workspace, terminal: terminal_colour.Answer = terminal_colour.NOT_ASKED
    ) -> None:
        self._safe = SafeFilter()
        self._plain = terminal_colour.is_plain(os.environ)
        self.terminal = terminal
        """What the terminal said before the app had it; read by its driver."""
        super().__init__(driver_class=_driver(terminal), ansi_color=True if self._plain else None)
        self.workspace = workspace
        self.selection = Selection()
        self.runs = LiveRuns(self)
        self.known_prompts: tuple[str, ...] = ()
        self.mode_before = self.DEFAULT_MODE
        """Where the user was before the mode that is shown."""
        self.types_in_draft: bool | None = None
        """Whether Draft is opened to type into, or to look at; None: it is as it was left."""
        self.said: list[str] = []
        self.file_worker = FileWorker(self.on_loop)
        self.before_reading: list[Callable[[], object]] = []
        """Called before drafts are read from their files; to be written with the pen."""
        self._type_ahead = KeyQueue(self, super().on_event)
        for theme in themes.OURS:
            self.register_theme(theme)
        self.theme = self._theme_of(workspace)
        self.animation_level = "none"
        keys.check_keymap(workspace.settings.keys)
        self.set_keymap(dict(workspace.settings.keys))
        keys.bind_keyless(self, "app", workspace.settings.keys)

    def _theme_of(self, workspace: Workspace) -> str:
        """What was kept in the dialog, else what the settings and the terminal say."""
        mine = theme_choice.kept(workspace.state)
        if mine in self.available_themes:
            return themes.choose(mine, os.environ)
        return self.told_theme(workspace)

    def told_theme(self, workspace: Workspace) -> str:
        """What the settings and the terminal say. Raises SettingsError for a name that is none."""
        wanted = themes.choose(workspace.settings.theme, os.environ, self.terminal.light)
        if wanted not in self.available_themes:
            hint = did_you_mean(wanted, [*self.available_themes, *themes.SHORT])
            raise SettingsError(f"workbench.toml: no theme {wanted!r}", hint=hint)
        return wanted

    async def on_event(self, event: events.Event) -> None:
        """Keys wait for what the keys before them do."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._type_ahead.take(event)
        else:
            await super().on_event(event)

    def on_background_told(self, message: BackgroundTold) -> None:
        """The terminal answered late: its colours come late."""
        if self.theme == self._theme_of(self.workspace):
            self.theme = themes.choose("auto", os.environ, message.light)

    def on_ready(self) -> None:
        """The first screen is up: from here on there may be garbage."""
        self.call_after_refresh(gc.enable)

    def settle(self) -> None:
        """Save what is unsaved, give up calls in flight."""
        super().settle()
        self.runs.abort()

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = [*super().get_line_filters()]
        filters.append(self._safe)
        if self._plain and not any(isinstance(item, NoColor) for item in filters):
            filters.append(NoColor())
        return filters

    # What screens call

    @cached_property
    def columns(self) -> ColumnChoices:
        """Which columns of which table are hidden."""
        from workbench.tui.table.column_choices import ColumnChoices

        return ColumnChoices(self.workspace.state)

    def select(self, **changes: Any) -> None:
        """Change the selection; the screen that is shown hears of it."""
        import dataclasses

        selection = dataclasses.replace(self.selection, **changes)
        if selection != self.selection:
            self.selection = selection
            self.post_to_screen(SelectionChanged(selection))

    def post_to_screen(self, message: Message) -> None:
        """To the mode's screen, also while a dialog lies over it."""
        if self.screen_stack:
            self.screen_stack[0].post_message(message)

    def tell(self, text: str, *, error: bool = False) -> None:
        """Say it in the status line; an error stays until there is something else to say."""
        self.said.append(f"! {text}" if error else text)
        del self.said[:-500]
        for line in self._on_screen(StatusLine):
            line.tell(text, error=error)
            if not error:
                self.set_timer(MESSAGE_S, lambda line=line: line.fade(text))

    def show_run(self, text: str) -> None:
        """How far the live run is, beside the tabs of whichever screen is shown."""
        for tabs in self._on_screen(ModeTabs):
            tabs.run = text

    def _on_screen(self, kind: type[W]) -> Iterable[W]:
        """Those of the mode's screen, also while a dialog lies over it; none when it is gone."""
        return self.screen_stack[0].query(kind) if self.screen_stack else ()

    def in_thread(
        self,
        fn: Callable[..., T],
        *args: Any,
        done: Callable[[T], object] | None = None,
        failed: Callable[[WorkbenchError], object] | None = None,
        group: str = "",
        opens: bool = False,
    ) -> Worker[None]:
        """Call `fn(bench, *args)` beside the loop with a Bench of its own.

        Its result goes to `done` on the loop; a WorkbenchError to `failed`, else to the status
        line. A newer call of the same `group` makes the older one's result unwanted. `opens`: with
        the result comes what keys that are typed from now on are for, a dialog or a list.
        """

        def call(session: Session) -> T:
            return fn(session, *args)

        async def job() -> None:
            try:
                await run_job(self, call, done, failed)
            finally:
                if opens:
                    self._type_ahead.opened(token)

        token = self._type_ahead.opening(group) if opens else None

        return self.run_worker(
            job,
            group=group or "jobs",
            exclusive=bool(group),
            exit_on_error=False,
        )

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Links in data never open by themselves: the address is shown instead."""
        del new_tab
        self.tell(f"not opened: {url}")

    def on_evaluate_asked(self, message: EvaluateAsked) -> None:
        from workbench.tui.dialogs.evaluate import start_evaluation

        start_evaluation(self, message.prompt_id, message.version)

    def on_deploy_asked(self, message: DeployAsked) -> None:
        from workbench.tui.dialogs.deploy import open_deploy

        open_deploy(self, message.prompt_id, message.version)

    def on_copy_menu_asked(self, message: CopyMenuAsked) -> None:
        from workbench.tui.table.copy_menu import open_copy_menu

        open_copy_menu(self, message.widget)

    def open_run(self) -> None:
        """Show the run at work, or the selected one."""
        self.switch_mode("run")

    def open_compare(self, ref_a: str, ref_b: str) -> None:
        """Compare A (the baseline) with B."""
        self.select(compare_a=ref_a, compare_b=ref_b)
        self.switch_mode("compare")

    # Actions of the table

    def action_go(self, mode: str, types: bool = True) -> None:
        if mode != self.current_mode:
            self.types_in_draft = types
            self.mode_before = self.current_mode
        self.switch_mode(mode)

    def action_start(self) -> None:
        """Choose suite and cases for a run of what is selected."""
        if not self.selection.prompt_id:
            self.tell("no prompt is picked: F2 Prompts", error=True)
        elif self.runs.is_alive:
            self.open_run()
            self.tell("a run is alive: x stops it", error=True)
        else:
            from workbench.tui.dialogs.run_options import open_run_options

            for save in self.before_reading:
                save()
            # On Draft it is the draft that is seen, whatever version was picked before.
            on_draft = self.current_mode == "draft"
            ref = self.selection.prompt_id if on_draft else self.selection.ref
            open_run_options(self, ref)

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

    def action_zoom(self) -> None:
        """The focused pane alone, with its frame; again, or ESC: all of them."""
        focused = self.screen.focused
        if self.screen.maximized:
            self.screen.minimize()
        elif focused:
            around = [w for w in self.screen.query(".pane") if w in focused.ancestors_with_self]
            # Not `maximize`: it takes no pane that cannot have the focus itself.
            self.screen.maximized = around[-1] if around else focused

    def action_themes(self) -> None:
        from workbench.tui.dialogs.themes import Themes

        self.push_screen(Themes(self.theme))

    def action_messages(self) -> None:
        from workbench.tui.dialogs.simple import Messages

        self.push_screen(Messages(self.said))

    def action_trust(self) -> None:
        from workbench.tui.dialogs.simple import open_trust

        open_trust(self)

    def action_export(self) -> None:
        from workbench.tui.dialogs.export import open_export

        open_export(self)

    async def action_quit(self) -> None:
        """At once, unless a run is alive."""
        if not self.runs.is_alive:
            self.end(0)
            return
        from workbench.tui.dialogs.quit import ConfirmQuit

        def answered(quits: bool | None) -> None:
            if quits:
                self.end(0)

        self.push_screen(ConfirmQuit(self.runs.name, self.runs.progress), answered)


def main_loop(
    workspace: Workspace, terminal: terminal_colour.Answer = terminal_colour.NOT_ASKED
) -> int:
    """Run the app until it is quit; its exit code."""
    app = WorkbenchApp(workspace, terminal)
    # Until the first screen is up, whatever is made stays: see `on_ready`.
    gc.disable()
    try:
        code = app.run()
    finally:
        gc.enable()
    return app.return_code or code or 0


__all__ = ["Session", "WorkbenchApp", "main_loop"]
