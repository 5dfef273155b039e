"""Dialogs that only say something: messages, and what trusting a workspace means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from workbench.tui.base.dialog import Dialog
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext


class Reading(Dialog[None]):
    """One text, as large as the screen allows."""

    first_field = "#reading"

    def __init__(self, title: str, text: Content | str, *, raw: str | None = None) -> None:
        """`raw` is what is copied; by default the text."""
        super().__init__(title, no="Close")
        self._text = text
        self._raw = raw

    def body(self) -> Iterable[Widget]:
        yield TextView(id="reading")

    def on_mount(self) -> None:
        self.query_one("#reading", TextView).show(self._text, self._raw)


class Messages(Dialog[None]):
    """What the status line said, newest first."""

    first_field = "#messages"

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("Messages, newest first", no="Close")
        self._messages = messages

    def body(self) -> Iterable[Widget]:
        yield TextView(id="messages")

    def on_mount(self) -> None:
        shown = "\n".join(reversed(self._messages)) or "No messages yet."
        self.query_one("#messages", TextView).show(shown)


def open_trust(app: AppContext) -> None:
    """Say what trusting means; `y` trusts the folder with exactly these settings."""
    from workbench.actions.trust import dataset_addresses, is_trusted, reach, trust
    from workbench.datasets.sources.addresses import is_trusted_address

    addresses = dataset_addresses(app.workspace)
    root = app.workspace.root
    if is_trusted(app.workspace) and all(is_trusted_address(root, a) for a in addresses.values()):
        app.tell("this workspace is trusted, with the settings that it has now")
        return
    lines = reach(app.workspace)

    def answered(agreed: bool | None) -> None:
        if agreed:
            app.in_thread(
                lambda session: trust(session.workspace),
                done=lambda _: app.tell("trusted: try or run again"),
            )

    app.push_screen(Trust(lines), answered)


class Trust(Dialog[bool]):
    """True: the user trusts this folder with exactly these settings."""

    unasked = True

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("Trust this workspace? · y trusts it", "Trust")
        self._lines = lines

    def body(self) -> Iterable[Widget]:
        yield TextView(id="reach")

    def on_mount(self) -> None:
        lines = [
            "workbench.toml may then send prompts, and the keys in these variables, to:",
            *(self._lines or ["(no host outside of this machine)"]),
            "A change of these tables asks again.",
        ]
        self.query_one("#reach", TextView).show("\n".join(lines))

    def confirm(self) -> None:
        self.dismiss(True)
