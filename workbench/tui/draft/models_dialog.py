"""Which models to try side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Input

from workbench.errors import UsageError
from workbench.prompts.values import Model
from workbench.settings import Settings
from workbench.tui.base.dialog import field
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.draft.trial import parse_models
from workbench.tui.services.model_names import LastName
from workbench.tui.widgets.text import PlainStatic


class Models(KeptDialog[list[Model]]):
    """Closes with the models, the draft's own first."""

    kept_as = "models"
    first_field = "#models"
    enter_confirms = True

    def __init__(self, own: Model, settings: Settings, known: Sequence[str] = ()) -> None:
        """`known`: names to complete."""
        super().__init__("Try this case on several models", "Try", about=f"{own.provider}/{own.id}")
        self._own = own
        self._settings = settings
        self._known = [name.replace(":", "/", 1) for name in known if ":" in name]

    def body(self) -> Iterable[Widget]:
        own = f"{self._own.provider}/{self._own.id}, "
        names = LastName(self._known)
        yield from field(
            "models", "models", own, goes_on=True, suggester=names, unit="A,B: several"
        )
        providers = ", ".join([*self._settings.providers, "local"])
        yield PlainStatic(f"provider/model; → completes it. Providers: {providers}")
        if self._known:
            yield PlainStatic(f"Known here: {', '.join(self._known)}")

    def confirm(self) -> None:
        try:
            models = parse_models(self.query_one("#models", Input).value, self._own)
            for model in models:
                self._settings.provider(model.provider)
        except UsageError as error:
            self.problem(str(error))
            return
        self.dismiss(models)
