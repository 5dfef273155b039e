"""Which models to try side by side."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget
from textual.widgets import Input

from workbench.errors import UsageError
from workbench.prompts.values import Model
from workbench.settings import Settings
from workbench.tui.base.dialog import field
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.draft.trial import parse_models
from workbench.tui.widgets.text import PlainStatic


class Models(KeptDialog[list[Model]]):
    """Closes with the models, the draft's own first."""

    kept_as = "models"
    first_field = "#models"

    def __init__(self, own: Model, settings: Settings) -> None:
        super().__init__("Try this case on several models", "Try", about=f"{own.provider}/{own.id}")
        self._own = own
        self._settings = settings

    def body(self) -> Iterable[Widget]:
        yield from field("models", "models", f"{self._own.provider}/{self._own.id}, ", goes_on=True)
        known = [
            f"{provider.name}/{model}"
            for provider in self._settings.providers.values()
            for model in provider.prices
        ]
        names = ", ".join([*self._settings.providers, "local"])
        yield PlainStatic(f"provider/model, separated by commas. Providers: {names}")
        if known:
            yield PlainStatic(f"With a price in workbench.toml: {', '.join(known)}")

    def confirm(self) -> None:
        try:
            models = parse_models(self.query_one("#models", Input).value, self._own)
            for model in models:
                self._settings.provider(model.provider)
        except UsageError as error:
            self.problem(str(error))
            return
        self.dismiss(models)
