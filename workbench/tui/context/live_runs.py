"""The active run. The app owns it: closing a screen does not cancel it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from workbench.tui.context.messages import RunEnded, RunStarted, RunTicked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.message import Message
    from textual.timer import Timer

    from workbench.actions.session import Session
    from workbench.runs.engine.live import LiveRun
    from workbench.runs.spec.values import Result, RunProgress, RunSpec, RunSummary

TICK_S = 0.1


class RunHost(Protocol):
    """What following a run needs of the app."""

    is_ending: bool

    def tell(self, text: str, *, error: bool = False) -> None: ...
    def select(self, **changes: Any) -> None: ...
    def post_to_screen(self, message: Message) -> None: ...
    def in_thread(self, fn: Callable[..., Any], *, done: Callable[[Any], object]) -> object: ...
    def on_loop(self, fn: Callable[[], None]) -> None: ...
    def show_run(self, text: str) -> None: ...
    def set_interval(
        self, interval: float, callback: Callable[[], None], *, name: str
    ) -> Timer: ...


class LiveRuns:
    """Starts, follows and stops runs; one at a time is shown."""

    def __init__(self, app: RunHost) -> None:
        self._app = app
        self._timer: Timer | None = None
        self.drains = True
        self.live: LiveRun | None = None
        self.spec: RunSpec | None = None
        """The spec of the active run; None while an evaluation or a comparison runs it."""
        self.name = ""
        """Display name of what is run."""
        self.progress: RunProgress | None = None
        """The latest; stays after the end."""
        self._waiting: deque[tuple[RunSpec, str]] = deque()
        """Runs that start when the active one is over."""
        self.results: list[Result] = []
        """All results of the current run that arrived here, in order of arrival."""

    @property
    def is_alive(self) -> bool:
        return self.live is not None

    def start(self, spec: RunSpec, name: str = "", *, resume: str | None = None) -> None:
        """Start a run. Posts RunStarted, RunTicked ten times a second, and RunEnded."""
        if self.is_alive:
            self._app.tell("a run is active: x stops it", error=True)
            return

        def begin(session: Session) -> LiveRun:
            from workbench.actions.running import run as running

            return running.start(session, spec, resume=resume)

        self._app.in_thread(begin, done=lambda live: self.follow(live, name, spec=spec))

    def start_all(self, runs: Iterable[tuple[RunSpec, str]]) -> None:
        """Start runs, each with its display name, one after the other; stopping one drops those
        behind it.
        """
        self._waiting = deque(runs)
        self._start_next()

    def _start_next(self) -> None:
        if self._waiting:
            self.start(*self._waiting.popleft())

    def resume(self, run_id: str, name: str = "") -> None:
        """Resume an incomplete run."""
        if self.is_alive:
            self._app.tell("a run is active: x stops it", error=True)
            return

        def again(session: Session) -> LiveRun:
            from workbench.actions.running import run as running

            return running.resume(session, run_id)

        self._app.in_thread(again, done=lambda live: self.follow(live, name or run_id))

    def follow(
        self, live: LiveRun, name: str, *, spec: RunSpec | None = None, drains: bool = True
    ) -> None:
        """Follow a started run. `drains=False`: the caller drains its results."""
        self.live, self.name, self.spec, self.drains = live, name, spec, drains
        self.results = []
        self.progress = live.progress()
        self._app.select(run_id=live.run_id)
        self._app.post_to_screen(RunStarted(live.run_id))
        if self._timer is None:
            self._timer = self._app.set_interval(TICK_S, self._tick, name="runs")
        self._timer.resume()

    def follow_from_thread(self, live: LiveRun, name: str) -> None:
        """As an `OnRun` of the actions: they drain the run themselves, in their thread."""
        self._app.on_loop(lambda: self.follow(live, name, drains=False))

    def stop(self) -> None:
        """Finish the calls in flight, start no more."""
        if self.live:
            self.live.stop()

    def abort(self) -> None:
        """Abort the calls in flight too."""
        if self.live:
            self.live.abort()

    def _tick(self) -> None:
        live = self.live
        if live is None or self._app.is_ending:
            return
        done, ended = live.done, self._ended if self.drains else self._ended_for_another
        fresh = tuple(live.drain()) if self.drains else ()
        self.results += fresh
        self.progress = live.progress()
        self._app.post_to_screen(RunTicked(self.progress, fresh))
        self._app.show_run(f"run {self.progress.done}/{self.progress.total}")
        if done:
            self.live = None
            self._app.show_run("")
            if self._timer:
                self._timer.pause()

            def finished(_session: Session) -> RunSummary:
                return live.wait()

            self._app.in_thread(finished, done=ended)

    def _ended_for_another(self, summary: RunSummary) -> None:
        """The run's caller reports the outcome, possibly before this message arrives."""
        self._app.post_to_screen(RunEnded(summary))

    def _ended(self, summary: RunSummary) -> None:
        from workbench.runs.spec.values import RunStatus

        self._app.post_to_screen(RunEnded(summary))
        message = f"{self.name or summary.label}: {summary.status}"
        if summary.reason:
            message += f", {summary.reason}"
        if summary.status is RunStatus.CANCELLED and self._waiting:
            message += f" · not started: {', '.join(name for _, name in self._waiting)}"
            self._waiting.clear()
        self._app.tell(message)
        self._start_next()
