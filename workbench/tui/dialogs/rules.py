"""Apply rule changes from the files, and approve rules that another person loosened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.releasing.rules import apply, approve
from workbench.actions.session import Session
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.registry.models.actors import can_be_seen
from workbench.registry.models.records import RuleChange, WaitingRule
from workbench.tui.base.dialog import field, labelled, open_with
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.dialogs.simple import Reading
from workbench.tui.services.rule_queries import Rules, changes_text, read_rules, waiting_text
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

APPLYING = (
    "The log keeps old and new with your reason, and marks each deployment that a looser rule "
    "allowed. Where an environment asks for approvals, it counts once other people approved it."
)


def open_rules(app: AppContext) -> None:
    """Read what the files change, then ask whether to apply it."""

    def make(rules: Rules) -> ApplyRules | None:
        if rules.changes:
            return ApplyRules(rules.changes)
        app.tell(
            rules.unreadable or "the files and the registry have the same rules",
            error=bool(rules.unreadable),
        )
        return None

    open_with(app, read_rules, make)


def open_approve_rules(app: AppContext) -> None:
    """Read which loosened rules wait, then ask for a word for those of other people."""

    def make(rules: Rules) -> ApproveRules | Reading | None:
        if not rules.waiting:
            app.tell("no loosened rule waits for an approval")
            return None
        theirs = rules.for_others(app.workspace.author)
        if theirs:
            return ApproveRules(theirs)
        author = safe_line(app.workspace.author)
        note = Content(f"You loosened these ({author}): another person approves them.")
        texts = [waiting_text(rule) for rule in rules.waiting]
        return Reading("Rules that wait for an approval", Content("\n").join([*texts, note]))

    open_with(app, read_rules, make)


class ApplyRules(KeptDialog[bool]):
    """ctrl+s applies exactly these changes, with a reason, or nothing."""

    kept_as = "rules"
    first_field = "#reason"

    def __init__(self, changes: tuple[RuleChange, ...]) -> None:
        super().__init__("Rules that the files change · ^s applies them", "Apply")
        self._changes = changes

    def body(self) -> Iterable[Widget]:
        yield TextView(id="rules")
        yield from field("reason", "reason", hint="why, for those who read the log")

    def on_mount(self) -> None:
        text = Content("\n").join([changes_text(self._changes), Content(APPLYING)])
        self.query_one("#rules", TextView).show(text)

    def confirm(self) -> None:
        reason = self.query_one("#reason", Input).value.strip()
        if not can_be_seen(reason):
            self.problem("it needs a reason, for the log")
            return

        def apply_them(session: Session) -> tuple[WaitingRule, ...]:
            apply(session, reason, expect=self._changes)
            return tuple(session.registry.waiting_rules())

        self.app.in_thread(apply_them, done=self._done, failed=self.refused)

    def _done(self, waiting: tuple[WaitingRule, ...]) -> None:
        app = self.app
        self.dismiss(True)
        app.post_to_screen(RegistryChanged())
        message = f"applied: {numbers.plural(len(self._changes), 'rule')} changed"
        if waiting:
            message += f" · {len(waiting)} waiting for another person's approval"
        app.tell(message)


class ApproveRules(KeptDialog[bool]):
    """ctrl+s approves exactly these records, or one of them."""

    kept_as = "rule-approval"

    def __init__(self, waiting: tuple[WaitingRule, ...]) -> None:
        super().__init__("Rules that wait for an approval · ^s approves them", "Approve")
        self._waiting = waiting
        self.first_field = "#record" if len(waiting) > 1 else "#reason"

    def body(self) -> Iterable[Widget]:
        yield TextView(id="rules")
        if len(self._waiting) > 1:
            records = [
                Option(str(rule.seq), f"{rule.seq}  {rule.change}") for rule in self._waiting
            ]
            all_of_them = Option("", f"all {len(records)}")
            yield labelled("record", Choice([all_of_them, *records], id="record"))
        yield from field("reason", "reason", hint="for the log")

    def on_mount(self) -> None:
        text = Content("\n").join([waiting_text(rule) for rule in self._waiting])
        self.query_one("#rules", TextView).show(text)

    def confirm(self) -> None:
        reason = self.query_one("#reason", Input).value.strip()
        wanted = "".join(choice.value for choice in self.query(Choice))
        chosen = tuple(rule for rule in self._waiting if wanted in ("", str(rule.seq)))
        self.app.in_thread(approve, chosen, reason, done=self._done, failed=self.refused)

    def _done(self, approved: tuple[WaitingRule, ...]) -> None:
        app = self.app
        self.dismiss(True)
        app.post_to_screen(RegistryChanged())
        app.tell(f"approved: {'; '.join(str(rule.change) for rule in approved)}")
