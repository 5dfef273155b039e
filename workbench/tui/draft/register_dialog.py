"""Make a version of the draft: the number that the contract asks for, why, and in whose words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.refs import resolve
from workbench.actions.releasing import register as registering
from workbench.actions.releasing.register import Proposal
from workbench.actions.session import Session
from workbench.present.safe_text import safe_line
from workbench.prompts.contract import Bump
from workbench.prompts.numbering import next_version
from workbench.tui.base.dialog import field, labelled, open_with
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

MOST_REASONS = 6


def open_register(app: AppContext, ref: str) -> None:
    """Read what registering the saved draft or variant would make, then ask."""

    def propose(session: Session) -> Proposal:
        return registering.propose(session, resolve(session, ref))

    def ask(proposal: Proposal) -> Register | None:
        if proposal.same_as:
            same = f"{proposal.prompt.prompt_id}@{proposal.same_as}"
            app.tell(f"{same} is exactly this draft already")
            return None
        return Register(proposal, ref)

    open_with(app, propose, ask)


class Register(KeptDialog[str]):
    """Closes with `prompt_id@version`."""

    kept_as = "register"
    proposed = ("version",)
    first_field = "#description"

    def __init__(self, proposal: Proposal, ref: str) -> None:
        super().__init__(f"Register {ref}", "Register", about=ref)
        self._proposal = proposal
        self._ref = ref

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(self._reasons(), id="register-reasons")
        yield labelled("version", Choice(_numbers(self._proposal), id="version", takes_new=True))
        yield from field("description", "description", hint="what is new, for those who read later")
        yield from field("force-reason", "reason", hint="only needed for a lower number")

    def _reasons(self) -> Content:
        proposal = self._proposal
        if proposal.previous is None:
            lines = [Content("the first version")]
        else:
            lines = [
                Content.assemble(
                    (f"{proposal.bump.name.lower()} change", "bold"),
                    f" since {proposal.previous}: {proposal.version} is the least that fits",
                )
            ]
            lines += [Content(safe_line(f"  {c.reason}")) for c in proposal.changes[:MOST_REASONS]]
            if len(proposal.changes) > MOST_REASONS:
                lines.append(Content(f"  and {len(proposal.changes) - MOST_REASONS} more"))
        lines += [Content.styled(safe_line(f"~ {w}"), "$text-warning") for w in proposal.warnings]
        return Content("\n").join(lines)

    def confirm(self) -> None:
        version = self.query_one("#version", Choice).value
        description = self.query_one("#description", Input).value.strip()
        reason = self.query_one("#force-reason", Input).value.strip()
        if not description:
            self.problem("a version needs a description")
            self.query_one("#description", Input).focus()
            return

        def register(session: Session) -> str:
            return registering.register(
                session,
                resolve(session, self._ref),
                description=description,
                version=version,
                force_reason=reason,
            )

        self.app.in_thread(register, done=self._done, failed=self.refused)

    def _done(self, ref: str) -> None:
        app = self.app
        self.dismiss(ref)
        if not app.selection.variant:
            app.select(version=ref.rpartition("@")[2])
        app.post_to_screen(RegistryChanged())
        app.tell(f"registered {ref} · F2 Prompts: v evaluates it, D deploys it")


def _numbers(proposal: Proposal) -> list[Option]:
    """The least number that fits, and the higher ones."""
    numbers = {
        proposal.version: "the first" if proposal.previous is None else "the least that fits"
    }
    if proposal.previous:
        for bump in (Bump.PATCH, Bump.MINOR, Bump.MAJOR):
            if bump > proposal.bump:
                number = next_version(proposal.previous, bump, proposal.known)
                numbers.setdefault(number, f"a {bump.name.lower()} change")
    return [Option(number, f"{number}  {about}") for number, about in numbers.items()]
