"""Names of models that the workspace knows, to complete what is typed."""

from __future__ import annotations

from collections.abc import Sequence

from textual.suggester import Suggester

from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.present.safe_text import safe_line

_RUNS = 200
"""Runs that are looked at, the newest."""


def known_models(session: Session) -> tuple[str, ...]:
    """`PROVIDER:ID` of the models that have a price or that a draft names, and the ids of those
    that were run.
    """
    workspace = session.workspace
    names = [
        f"{provider.name}:{model}"
        for provider in workspace.settings.providers.values()
        for model in provider.prices
    ]
    for path in workspace.draft_paths():
        try:
            model = workspace.draft(path).prompt.model
        except WorkbenchError:
            continue  # a broken draft says so on its own screen
        if model:
            names.append(f"{model.provider}:{model.id}" if model.provider else model.id)
    if workspace.runs_path.exists():
        names += [run.model for run in session.store.summaries(limit=_RUNS)]
    return tuple(name for name in dict.fromkeys(names) if name and safe_line(name) == name)


class LastName(Suggester):
    """Completes the last of several names that are separated by commas."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = tuple(names)

    async def get_suggestion(self, value: str) -> str | None:
        """`value` with the rest of the first name that begins as its last part does, with or
        without the provider.
        """
        begun = value.rpartition(",")[2].lstrip()
        if not begun:
            return None
        for name in (*self._names, *(name.partition(":")[2] for name in self._names)):
            if name.startswith(begun) and name != begun:
                return value + name[len(begun) :]
        return None
