"""A provider: which endpoint, which variable has the key, and a model picked and tried."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual.widget import Widget
from textual.widgets import Input, OptionList

from workbench.actions.trust import check_trust
from workbench.actions.workspace.new_parts.provider import (
    SERVICES,
    provider_settings,
)
from workbench.tui.base.dialog import Dialog, field, labelled
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.new_parts.pick_model import Listed, PickModel, list_models
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.option_lists import PlainOptions
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.settings import ProviderSettings
    from workbench.tui.context.app_context import AppContext
    from workbench.workspace import Workspace

OTHER, NEW = "another", "new provider…"
KINDS = ("openai", "openai-responses")
"""Those that an address and a key describe; the other kinds have tables of their own."""


def open_providers(app: AppContext) -> None:
    """The providers of the workspace, or at once a new one where there are none."""
    if app.workspace.settings.providers:
        app.push_screen(Providers(app.workspace), lambda name: _picked(app, name))
    else:
        app.push_screen(NewProvider())


def _picked(app: AppContext, name: str | None) -> None:
    if name == NEW:
        app.push_screen(NewProvider())
    elif name:
        settings = app.workspace.settings.providers[name]

        def read(session: Session) -> Listed:
            check_trust(session.workspace, settings)
            return list_models(settings)

        app.tell(f"asking {name} for its models…")
        app.in_thread(
            read,
            done=lambda listed: app.push_screen(PickModel(settings, listed, is_new=False)),
            opens=True,
        )


class Providers(Dialog[str]):
    """Closes with the name of the one that was picked, or with NEW."""

    first_field = "#providers"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__("Providers · enter shows its models", no="Close")
        self._workspace = workspace

    def body(self) -> Iterable[Widget]:
        providers = self._workspace.settings.providers.values()
        rows = [(one.name, one.name, f"{one.base_url} {key_words(one)}") for one in providers]
        yield PlainOptions([*rows, (NEW, NEW, "An endpoint, a key, a model.")], id="providers")
        yield PlainStatic("The embedded model is the provider local and needs no table.")

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.dismiss(message.option_id)


def key_words(settings: ProviderSettings) -> str:
    """Whether the variable with its key is set."""
    name = settings.api_key_env
    if not name:
        return "(no key)"
    return f"(${name} is set)" if os.environ.get(name) else f"(${name} is not set)"


class NewProvider(KeptDialog[None]):
    """Its address, and the variable with the key; ^s asks for its models."""

    first_field = "#service"
    kept_as = "provider"
    DEFAULT_CSS: ClassVar[str] = """
    NewProvider PlainStatic { height: auto; margin-top: 1; }
    """

    def __init__(self) -> None:
        super().__init__("New provider · where answers come from", "Ask for its models")

    def body(self) -> Iterable[Widget]:
        services = [*(Option(one.name) for one in SERVICES), Option(OTHER, "another address")]
        first, before = SERVICES[0], self.before
        service = str(before.get("service", first.name))
        yield labelled("service", Choice(services, service, id="service"))
        kinds = [Option(kind) for kind in KINDS]
        yield labelled("API", Choice(kinds, str(before.get("kind", KINDS[0])), id="kind"))
        yield from field("name", "name", str(before.get("name", first.name)))
        yield from field("base-url", "address", str(before.get("base-url", first.base_url)))
        variable = str(before.get("variable", first.key_variable))
        yield from field("variable", "variable with the key", variable, hint="none: no key is sent")
        yield PlainStatic(id="consent")

    def on_mount(self) -> None:
        self._say()

    def typed(self) -> Mapping[str, Any]:
        values = {item.id or "": item.value.strip() for item in self.query(Input)}
        return values | {choice.id or "": choice.value for choice in self.query(Choice)}

    def on_choice_changed(self, message: Choice.Changed) -> None:
        """A service fills the fields in."""
        message.stop()
        if message.choice.id == "service":
            service = next((one for one in SERVICES if one.name == message.choice.value), None)
            values = (
                (service.name, service.base_url, service.key_variable) if service else ("",) * 3
            )
            for name, value in zip(("name", "base-url", "variable"), values, strict=True):
                self.query_one(f"#{name}", Input).value = value
        self._say()

    def on_input_changed(self, message: Input.Changed) -> None:
        """The service's key is not proposed for another address."""
        message.stop()
        chosen = self.query_one("#service", Choice).value
        service = next((one for one in SERVICES if one.name == chosen), None)
        variable = self.query_one("#variable", Input)
        is_other = service is not None and message.value != service.base_url
        if message.input.id == "base-url" and service and is_other:
            variable.value = "" if variable.value == service.key_variable else variable.value
        self._say()

    def _say(self) -> None:
        """What confirming sends where. The key itself is never typed here."""
        given = self.typed()
        name, address = given["variable"], given["base-url"] or "(no address yet)"
        key = ", without a key"
        if name:
            state = "which is set" if os.environ.get(name) else "which is NOT set in this terminal"
            key = f", with the key in ${name}, {state}"
        self.query_one("#consent", PlainStatic).show(
            f"^s asks {address} for its models{key}. Nothing is written yet. Azure, your own app"
            " over HTTP and a program have tables of their own: see docs/runs.md."
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on from the last field."""
        if event.input.id == "variable":
            event.stop()
            event.prevent_default()
            self.action_yes()

    def confirm(self) -> None:
        # Behind the keys that the focused field has not seen yet: ctrl+s overtakes them.
        (self.focused or self).call_later(self._ask)

    def _ask(self) -> None:
        given = self.typed()
        kind = "" if given["kind"] == KINDS[0] else given["kind"]
        if not given["base-url"]:
            self.problem("a provider has an address, such as http://127.0.0.1:11434/v1")
            self.query_one("#base-url").focus()
            return

        def read(session: Session) -> tuple[ProviderSettings, Listed]:
            settings = provider_settings(
                session.workspace, given["name"], given["base-url"], given["variable"], kind
            )
            return settings, list_models(settings)

        def done(answer: tuple[ProviderSettings, Listed]) -> None:
            if self.is_open:
                self.problem("")
                self.app.push_screen(PickModel(*answer, is_new=True), self._picked)

        self.progress("asking for its models…")
        self.app.in_thread(read, done=done, failed=self.refused, group="models", opens=True)

    def _picked(self, saved: bool | None) -> None:
        if saved:
            self.finish()
            self.dismiss(None)
