"""What screens, dialogs and widgets may ask of the app, so that none of them imports it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message

from workbench.tui.terminal.textual_private import GuardedApp

if TYPE_CHECKING:
    from pathlib import Path

    from textual.worker import Worker

    from workbench.errors import WorkbenchError
    from workbench.tui.context.column_choices import ColumnChoices
    from workbench.tui.context.file_worker import FileWorker
    from workbench.tui.context.live_runs import LiveRuns
    from workbench.tui.context.selection import Selection
    from workbench.tui.context.tour_guide import TourGuide
    from workbench.tui.terminal.terminal_colour import Answer
    from workbench.workspace import Workspace

T = TypeVar("T")


class AppContext(GuardedApp):
    """The app's API for its parts: reached as `self.app` through `getters.app(AppContext)`.

    A class and not a Protocol: `getters.app` accepts only an App, and dialogs call Textual's
    `push_screen` on the same object.
    """

    workspace: Workspace
    selection: Selection
    runs: LiveRuns
    """The active run."""
    tour: TourGuide
    file_worker: FileWorker
    message_log: list[str]
    """Messages of the status line, oldest first."""
    known_prompts: tuple[str, ...]
    mode_before: str
    """The mode shown before the current one."""
    terminal: Answer
    """The terminal's answers from before the app started; the driver reads them."""
    types_in_draft: bool | None
    """Whether Draft opens with the editor focused; None: as it was left."""
    before_exit: list[Callable[[], str]]
    """Called before the app ends, however it ends; each returns what could not be saved."""
    unwritten: dict[Path, str]
    """What was typed and could not be kept in these files."""
    before_reading: list[Callable[[], object]]
    """Called before drafts are read from their files; to be written by the file worker."""

    @cached_property
    def columns(self) -> ColumnChoices:
        """Which columns of which table are hidden."""
        raise NotImplementedError

    def tell(self, text: str, *, error: bool = False) -> None:
        """Show a message in the status line; an error stays until the next message."""
        raise NotImplementedError

    def select(self, **changes: Any) -> None:
        """Change the selection and notify the current screen."""
        raise NotImplementedError

    def post_to_screen(self, message: Message) -> None:
        """Post to the mode's screen, also while a dialog covers it."""
        raise NotImplementedError

    def in_thread(
        self,
        fn: Callable[..., T],
        *args: Any,
        done: Callable[[T], object] | None = None,
        failed: Callable[[WorkbenchError], object] | None = None,
        group: str = "",
        opens: bool = False,
    ) -> Worker[None]:
        """Call `fn(session, *args)` in a thread with a Session of its own.

        The result is passed to `done` on the event loop; a WorkbenchError to `failed`, by default
        the status line. A newer call of the same `group` discards the older one's result.
        `opens`: the result opens a dialog or a list, and keys typed from now on go there.
        """
        raise NotImplementedError

    def on_loop(self, fn: Callable[[], None]) -> None:
        """Schedule `fn` on the event loop from another thread; dropped if the app is ending."""
        raise NotImplementedError

    def show_run(self, text: str) -> None:
        """Show the run's progress beside the tabs."""
        raise NotImplementedError

    def open_run(self) -> None:
        """Show the active run, or the selected one."""
        raise NotImplementedError

    def open_compare(self, ref_a: str, ref_b: str) -> None:
        """Compare A (the baseline) with B."""
        raise NotImplementedError

    def action_go(self, mode: str, types: bool = True) -> None:
        raise NotImplementedError

    def action_start(self) -> None:
        """Choose suite and cases for a run of what is selected."""
        raise NotImplementedError

    def action_providers(self) -> None:
        raise NotImplementedError

    def action_new_suite(self, runs: bool = False) -> None:
        """Begin a suite of the picked prompt; `runs`: what it was begun for."""
        raise NotImplementedError

    def action_read_live(self) -> None:
        """Show the live prompt as an app reads it."""
        raise NotImplementedError

    def action_help(self) -> None:
        raise NotImplementedError

    def action_trust(self) -> None:
        raise NotImplementedError
