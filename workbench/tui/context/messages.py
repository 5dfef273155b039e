"""Messages between the app and its screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from workbench.tui.context.selection import Selection

if TYPE_CHECKING:
    from workbench.actions.tour import Progress
    from workbench.runs.spec.values import Result, RunProgress, RunSummary


class SelectionChanged(Message, bubble=False):
    """The selection changed. Posted to the current screen."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self.selection = selection


class RegistryChanged(Message, bubble=False):
    """Something was registered, evaluated or deployed: read again."""


class TourMoved(Message, bubble=False):
    """A step of the tour happened; None: it was left."""

    def __init__(self, progress: Progress | None) -> None:
        super().__init__()
        self.progress = progress


class EvaluateAsked(Message):
    """A version is to be evaluated: the app says what that takes, and runs it."""

    def __init__(self, prompt_id: str, version: str) -> None:
        super().__init__()
        self.prompt_id = prompt_id
        self.version = version


class DeployAsked(Message):
    """A version is to be deployed: the app opens the dialog."""

    def __init__(self, prompt_id: str, version: str) -> None:
        super().__init__()
        self.prompt_id = prompt_id
        self.version = version


class RunStarted(Message, bubble=False):
    """A run started; `app.runs` has it."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id


class RunTicked(Message, bubble=False):
    """The active run progressed. `results` are those since the last tick, in order of arrival;
    empty for a run that an evaluation drains itself.
    """

    def __init__(self, progress: RunProgress, results: tuple[Result, ...]) -> None:
        super().__init__()
        self.progress = progress
        self.results = results


class RunEnded(Message, bubble=False):
    """A run is over and stored."""

    def __init__(self, summary: RunSummary) -> None:
        super().__init__()
        self.summary = summary
