"""A model picked from an endpoint's own list, or typed, and asked once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList

from workbench.actions.trust import reach
from workbench.actions.workspace.new_parts.provider import (
    add_provider,
    call_once,
    listed_models,
    use_model,
)
from workbench.errors import WorkbenchError
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.tui.base.dialog import Dialog, field
from workbench.tui.widgets.controls import Tick
from workbench.tui.widgets.option_lists import PlainOptions
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.providers.base import Answer
    from workbench.settings import ProviderSettings
    from workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Listed:
    """The models that an endpoint lists, or why it lists none."""

    models: tuple[str, ...] = ()
    problem: str = ""


def list_models(settings: ProviderSettings) -> Listed:
    try:
        return Listed(listed_models(settings))
    except WorkbenchError as error:
        return Listed(problem=str(error))


class PickModel(Dialog[bool]):
    """True: it was saved. Enter in the list takes a model, the button asks it once."""

    first_field = "#model"
    DEFAULT_CSS: ClassVar[str] = """
    PickModel #models { height: 7; max-height: 7; border: round $border; }
    PickModel #models:focus { border: round $accent; }
    PickModel #call { height: 1; }
    PickModel #answer { width: 1fr; height: 1; margin-left: 1; }
    PickModel PlainStatic { height: auto; }
    """

    def __init__(self, settings: ProviderSettings, listed: Listed, *, is_new: bool) -> None:
        super().__init__(
            f"Models of {settings.name} · type to filter, enter takes one",
            "Trust and save" if is_new else "Take it",
        )
        self._settings = settings
        self._listed = listed
        self._is_new = is_new
        self._named = ""
        """The model that was taken from the list."""

    def body(self) -> Iterable[Widget]:
        yield from field("model", "model", hint="its name, as the endpoint calls it")
        yield PlainOptions(id="models")
        with Horizontal(id="call"):
            yield Button("Try it: one call", id="try", compact=True)
            yield PlainStatic(id="answer")
        prompt_id = self.app.selection.prompt_id
        if prompt_id:
            yield Tick(f"the draft of {prompt_id} asks this model", True, id="use")
        if self._is_new:
            yield PlainStatic(self._consent())

    def _consent(self) -> str:
        workspace = self.app.workspace
        providers = {**workspace.settings.providers, self._settings.name: self._settings}
        changed = replace(workspace, settings=replace(workspace.settings, providers=providers))
        return (
            f"^s writes [providers.{safe_line(self._settings.name)}] into workbench.toml and trusts"
            " this workspace: it may then send prompts and keys to "
            + "; ".join(map(safe_line, reach(changed)))
        )

    def on_mount(self) -> None:
        self._show("")
        if self._listed.problem:
            self.problem(self._listed.problem)

    def _show(self, typed: str) -> None:
        wanted = typed.strip().casefold()
        names = [name for name in self._listed.models if wanted in name.casefold()]
        self.query_one(PlainOptions).show([(name, name, "") for name in dict.fromkeys(names)])

    @property
    def _model(self) -> str:
        """The name in the field; a beginning of one that is listed means the first of these."""
        typed = self.query_one("#model", Input).value.strip()
        chosen = self.query_one(PlainOptions).chosen
        is_whole = typed and (typed in self._listed.models or typed == self._named)
        return typed if is_whole or not chosen else chosen

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        if message.value != self._named:
            self._named = ""
            self._show(message.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        event.prevent_default()
        self._take(self._model)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self._take(message.option_id or "")

    def _take(self, model: str) -> None:
        if model:
            self._named = model
            field = self.query_one("#model", Input)
            field.value = safe_line(model)
            self.query_one("#try").focus()

    @on(Button.Pressed, "#try")
    def _try(self, message: Button.Pressed) -> None:
        message.stop()
        message.prevent_default()
        model, settings = self._chosen(), self._settings
        if not model:
            return
        self._say("asking…")

        def done(answer: Answer) -> None:
            if self.is_open:
                self._say(_words(answer))

        def failed(error: WorkbenchError) -> None:
            if self.is_open:
                self._say("")
            self.refused(error)

        self.app.in_thread(
            lambda _session: call_once(settings, model), done=done, failed=failed, group="call"
        )

    def _chosen(self) -> str:
        model = self._named or self._model
        if not model:
            self.problem("a model: pick one from the list, or type its name")
            self.query_one("#model").focus()
        return model

    def _say(self, text: str) -> None:
        self.problem("")
        self.query_one("#answer", PlainStatic).show(safe_line(text))

    def confirm(self) -> None:
        # Behind the keys that the focused field has not seen yet: ctrl+s overtakes them.
        (self.focused or self).call_later(self._save)

    def _save(self) -> None:
        model, settings, is_new = self._chosen(), self._settings, self._is_new
        if not model:
            return
        ticks = self.query(Tick)
        prompt_id = self.app.selection.prompt_id if ticks and ticks.first().value else ""
        for save in self.app.before_reading:
            save()

        def write(session: Session) -> tuple[Workspace, Path | None]:
            workspace = session.workspace
            if is_new:
                workspace = add_provider(workspace, settings)
            used = use_model(workspace, prompt_id, settings.name, model) if prompt_id else None
            return workspace, used

        def done(made: tuple[Workspace, Path | None]) -> None:
            self.app.workspace, used = made
            asks = f" · {used.name} asks {model}" if used else ""
            saved = f"saved [providers.{settings.name}]" if is_new else settings.name
            self.app.tell(f"{saved}{asks}")
            self.dismiss(True)

        self.app.in_thread(write, done=done, failed=self.refused, opens=True)


def _words(answer: Answer) -> str:
    """What came of the call, in one line."""
    took = numbers.seconds(answer.latency_s)
    if answer.error:
        return f"FAILED: {answer.error}"
    return f"ok, {took}, {numbers.money(answer.cost_usd)}: {answer.text.strip()[:60]}"
