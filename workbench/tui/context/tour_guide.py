"""The tour while the screens are open: where it stands, and what was noted."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from workbench.tui.context.messages import TourMoved

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from workbench.actions.tour import Progress, Tour
    from workbench.workspace import Workspace


TOUR_FILE = "tour.json"


class TourHost(Protocol):
    """What the tour needs of the app."""

    @property
    def workspace(self) -> Workspace: ...
    def tell(self, text: str, *, error: bool = False) -> None: ...
    def post_to_screen(self, message: Message) -> None: ...
    def in_thread(
        self, fn: Callable[..., Any], *, done: Callable[[Any], object], group: str
    ) -> object: ...


class TourGuide:
    """Reads what happened whenever something did; one line on each screen shows it."""

    def __init__(self, app: TourHost) -> None:
        self._app = app
        self.is_shown = (app.workspace.state / TOUR_FILE).exists()
        """Whether a tour is to be shown; where there is no file nothing is imported for it."""
        self.progress: Progress | None = None

    @cached_property
    def tour(self) -> Tour:
        """The workspace's tour; one without a prompt: none was begun."""
        from workbench.actions.tour import read_tour

        return read_tour(self._app.workspace.state)

    def look(self) -> None:
        """Read what happened, if the tour is shown."""
        if not (self.is_shown and self.tour.is_shown):
            return
        from workbench.actions.tour import progress_of

        tour = self.tour
        self._app.in_thread(
            lambda session: progress_of(session, tour), done=self._looked, group="tour"
        )

    def _looked(self, progress: Progress) -> None:
        before = self.progress
        self.progress = progress
        if progress == before:
            return
        self._app.post_to_screen(TourMoved(progress))
        if before and progress.tour.prompt_id == before.tour.prompt_id and progress.next is None:
            self._app.tell("the tour is done: all of the main job happened")

    def note(self, step: str, prompt_id: str) -> None:
        """Something happened that neither runs.db nor the registry holds."""
        if not self.is_shown or self.tour.prompt_id != prompt_id or step in self.tour.noted:
            return
        tour = self.tour
        self._store(replace(tour, noted=(*tour.noted, step)))

    def begin(self, prompt_id: str) -> None:
        """Show the tour of a prompt; one that was left goes on."""
        from workbench.actions.tour import Tour

        tour = self.tour
        is_same = tour.prompt_id == prompt_id
        self._store(replace(tour, is_shown=True) if is_same else Tour(prompt_id, is_shown=True))

    def leave(self) -> None:
        """Show it no more; what was noted stays."""
        self._store(replace(self.tour, is_shown=False))
        self._app.post_to_screen(TourMoved(None))

    def _store(self, tour: Tour) -> None:
        from workbench.actions.tour import write_tour

        self.tour, self.is_shown = tour, True
        if not tour.is_shown:
            self.progress = None
        state = self._app.workspace.state
        self._app.in_thread(
            lambda _session: write_tour(state, tour), done=lambda _: self.look(), group="tour-file"
        )
