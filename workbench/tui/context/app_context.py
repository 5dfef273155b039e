"""What screens, dialogs and widgets may ask of the app, so that none of them imports it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message

from workbench.tui.terminal.textual_private import GuardedApp

if TYPE_CHECKING:
    from textual.worker import Worker

    from workbench.errors import WorkbenchError
    from workbench.tui.context.column_choices import ColumnChoices
    from workbench.tui.context.file_worker import FileWorker
    from workbench.tui.context.live_runs import LiveRuns
    from workbench.tui.context.selection import Selection
    from workbench.tui.terminal.terminal_colour import Answer
    from workbench.workspace import Workspace

T = TypeVar("T")


class AppContext(GuardedApp):
    """The app as its parts know it: reached as `self.app` through `getters.app(AppContext)`.

    A class and not a Protocol: `getters.app` takes an App alone, and dialogs call Textual's
    `push_screen` on the same object.
    """

    workspace: Workspace
    selection: Selection
    runs: LiveRuns
    """The run that is alive."""
    file_worker: FileWorker
    said: list[str]
    """What the status line said, oldest first."""
    known_prompts: tuple[str, ...]
    mode_before: str
    """Where the user was before the mode that is shown."""
    terminal: Answer
    """What the terminal said before the app had it; its driver reads that."""
    types_in_draft: bool | None
    """Whether Draft is opened to type into, or to look at; None: it is as it was left."""
    before_exit: list[Callable[[], str]]
    """Called before the app ends, however it ends; each says what could not be saved."""
    before_reading: list[Callable[[], object]]
    """Called before drafts are read from their files; to be written by the file worker."""

    @cached_property
    def columns(self) -> ColumnChoices:
        """Which columns of which table are hidden."""
        raise NotImplementedError

    def tell(self, text: str, *, error: bool = False) -> None:
        """Say it in the status line; an error stays until there is something else to say."""
        raise NotImplementedError

    def select(self, **changes: Any) -> None:
        """Change the selection; the screen that is shown hears of it."""
        raise NotImplementedError

    def post_to_screen(self, message: Message) -> None:
        """To the mode's screen, also while a dialog lies over it."""
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

        Its result goes to `done` on the event loop; a WorkbenchError to `failed`, else to the
        status line. A newer call of the same `group` makes the older one's result unwanted.
        `opens`: the result opens a dialog or a list, and keys typed from now on are for it.
        """
        raise NotImplementedError

    def on_loop(self, fn: Callable[[], None]) -> None:
        """From another thread: call `fn` on the loop soon, unless the app is ending by then."""
        raise NotImplementedError

    def show_run(self, text: str) -> None:
        """How far the live run is, beside the tabs of whichever screen is shown."""
        raise NotImplementedError

    def open_run(self) -> None:
        """Show the run at work, or the selected one."""
        raise NotImplementedError

    def open_compare(self, ref_a: str, ref_b: str) -> None:
        """Compare A (the baseline) with B."""
        raise NotImplementedError

    def told_theme(self, workspace: Workspace) -> str:
        """What the settings and the terminal say. Raises SettingsError for a name that is none."""
        raise NotImplementedError

    def action_go(self, mode: str, types: bool = True) -> None:
        raise NotImplementedError

    def action_start(self) -> None:
        """Choose suite and cases for a run of what is selected."""
        raise NotImplementedError

    def action_help(self) -> None:
        raise NotImplementedError

    def action_trust(self) -> None:
        raise NotImplementedError
