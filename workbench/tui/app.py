"""The app: six modes, one selection, one live run, and the wiring between them."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from textual import constants, events
from textual.filter import LineFilter, NoColor
from textual.message import Message
from textual.screen import Screen
from textual.theme import Theme

from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.tui.context.file_worker import FileWorker
from workbench.tui.context.live_runs import LiveRuns
from workbench.tui.context.messages import RegistryChanged, RunEnded, SelectionChanged
from workbench.tui.context.selection import Selection
from workbench.tui.context.tour_guide import TourGuide
from workbench.tui.keys import keys
from workbench.tui.keys.key_queue import KeyQueue
from workbench.tui.openers import DialogOpeners
from workbench.tui.services.app_theme import first_theme
from workbench.tui.services.background import run_job
from workbench.tui.services.shutdown import ShutdownApp
from workbench.tui.terminal import terminal_colour, themes
from workbench.tui.terminal.readable import readable
from workbench.tui.terminal.safe_filter import SafeFilter
from workbench.tui.widgets.chrome import MESSAGE_S, ModeTabs, StatusLine

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.driver import Driver
    from textual.worker import Worker

    from workbench.tui.context.column_choices import ColumnChoices
    from workbench.tui.terminal.delayed_answers import BackgroundReported
    from workbench.workspace import Workspace

T = TypeVar("T")
W = TypeVar("W", StatusLine, ModeTabs)


def _screen(module: str, name: str) -> Callable[[], Screen[Any]]:
    """Imports and creates the screen when its mode is first shown."""

    def make() -> Screen[Any]:
        made = getattr(import_module(f"workbench.tui.{module}.screen"), name)
        screen: Screen[Any] = made()
        return screen

    return make


def _commands() -> type[Provider]:
    from workbench.tui.keys.commands import CommandProvider

    return CommandProvider


def _driver(terminal: terminal_colour.Answer) -> type[Driver] | None:
    """The driver of this terminal; None: Textual's own choice, as in a browser or on Windows."""
    if terminal.is_unsorted:
        from workbench.tui.terminal.delayed_answers import DelayedAnswerDriver

        return DelayedAnswerDriver
    if constants.DRIVER or os.name != "posix":
        return None
    from workbench.tui.terminal.lost_terminal import TerminalDriver

    return TerminalDriver


class WorkbenchApp(DialogOpeners, ShutdownApp):
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
        self._readable: dict[str, Theme] = {}
        self._plain = terminal_colour.is_plain(os.environ)
        self.terminal = terminal
        super().__init__(driver_class=_driver(terminal), ansi_color=True if self._plain else None)
        self.workspace = workspace
        self.selection = Selection()
        self.runs = LiveRuns(self)
        self.tour = TourGuide(self)
        self.known_prompts: tuple[str, ...] = ()
        self.mode_before = self.DEFAULT_MODE
        self.types_in_draft: bool | None = None
        self.message_log: list[str] = []
        self.file_worker = FileWorker(self.on_loop)
        self.before_reading: list[Callable[[], object]] = []
        self._key_queue = KeyQueue(self, super().on_event)
        for theme in themes.OURS:
            self.register_theme(theme)
        self.theme = first_theme(self)
        self.animation_level = "none"
        keys.check_keymap(workspace.settings.keys)
        self.set_keymap(dict(workspace.settings.keys))
        keys.bind_keyless(self, "app", workspace.settings.keys)

    async def on_event(self, event: events.Event) -> None:
        """Queue keys until the effects of earlier keys are done."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._key_queue.take(event)
        else:
            await super().on_event(event)

    def on_background_reported(self, message: BackgroundReported) -> None:
        """Switch the theme when the terminal reports its background late."""
        if self.theme == first_theme(self):
            self.theme = themes.choose("auto", os.environ, message.light)

    def on_ready(self) -> None:
        """Turn garbage collection on after the first frame."""
        self.call_after_refresh(gc.enable)

    def settle(self) -> None:
        """Save unsaved drafts and abort calls in flight."""
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
        from workbench.tui.context.column_choices import ColumnChoices

        return ColumnChoices(self.workspace.state)

    def get_theme(self, theme_name: str) -> Theme | None:
        """Of Textual's own themes one that can be read: see `readable`."""
        theme = super().get_theme(theme_name)
        if theme is None or theme in themes.OURS:
            return theme
        if theme.name not in self._readable:
            self._readable[theme.name] = readable(theme)
        return self._readable[theme.name]

    def select(self, **changes: Any) -> None:
        selection = self.selection.changed(**changes)
        if selection != self.selection:
            self.selection = selection
            self.post_to_screen(SelectionChanged(selection))

    def post_to_screen(self, message: Message) -> None:
        if self.screen_stack:
            self.screen_stack[0].post_message(message)
        if isinstance(message, RegistryChanged | RunEnded):
            self.tour.look()

    def tell(self, text: str, *, error: bool = False) -> None:
        self.message_log.append(f"! {text}" if error else text)
        del self.message_log[:-500]
        for line in self._on_screen(StatusLine):
            line.tell(text, error=error)
            if not error:
                self.set_timer(MESSAGE_S, lambda line=line: line.fade(text))

    def show_run(self, text: str) -> None:
        for tabs in self._on_screen(ModeTabs):
            tabs.run = text

    def _on_screen(self, kind: type[W]) -> Iterable[W]:
        """Widgets of the mode's screen, also under a dialog; none once the screen is gone."""
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
        def call(session: Session) -> T:
            return fn(session, *args)

        async def job() -> None:
            try:
                await run_job(self, call, done, failed)
            finally:
                if opens:
                    self._key_queue.opened(token)

        token = self._key_queue.opening(group) if opens else None

        return self.run_worker(
            job,
            group=group or "jobs",
            exclusive=bool(group),
            exit_on_error=False,
        )

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Links in data are never opened: the address is shown instead."""
        del new_tab
        self.tell(f"not opened: {url}")

    def open_run(self) -> None:
        self.switch_mode("run")

    def open_compare(self, ref_a: str, ref_b: str) -> None:
        self.select(compare_a=ref_a, compare_b=ref_b)
        self.switch_mode("compare")

    # Actions of the table

    def action_go(self, mode: str, types: bool = True) -> None:
        if mode != self.current_mode:
            self.types_in_draft = types
            self.mode_before = self.current_mode
        self.switch_mode(mode)

    def action_zoom(self) -> None:
        """Maximize the focused pane with its border; again, or ESC, restores the layout."""
        focused = self.screen.focused
        if self.screen.maximized:
            self.screen.minimize()
        elif focused:
            around = [w for w in self.screen.query(".pane") if w in focused.ancestors_with_self]
            # Not `Screen.maximize`: it rejects panes that are not focusable.
            self.screen.maximized = around[-1] if around else focused

    async def action_quit(self) -> None:
        """Quit at once unless a run is active."""
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
    # Nothing made before the first frame is garbage: see `on_ready`. What the imports made
    # never is, and looking through it takes a tenth of a second, in the middle of a long list.
    gc.disable()
    gc.freeze()
    try:
        code = app.run()
    finally:
        gc.enable()
    return app.return_code or code or 0
