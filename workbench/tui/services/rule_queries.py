"""The rules that the files change and those that wait for an approval, read with a Session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.content import Content

from workbench.actions.releasing.rules import applicable
from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.registry.models.actors import same_person
from workbench.registry.models.records import RuleChange, WaitingRule


@dataclass(frozen=True, slots=True)
class Rules:
    """What the files change of the rules in force, and what was loosened and waits."""

    changes: tuple[RuleChange, ...] = ()
    waiting: tuple[WaitingRule, ...] = ()
    unreadable: str = ""
    """Why a file cannot be read; then nothing is known of `changes`."""

    @property
    def problem(self) -> str:
        """What the user must do; empty: nothing."""
        loosened = [str(change) for change in self.changes if change.looser]
        if self.unreadable or not loosened:
            return self.unreadable
        return f"the files would let more through: {'; '.join(loosened)} · L applies it"

    def for_others(self, person: str) -> tuple[WaitingRule, ...]:
        """Those that this person may approve."""
        return tuple(rule for rule in self.waiting if not same_person(rule.by, person))


NO_RULES = Rules()


def read_rules(session: Session) -> Rules:
    """Read only: nothing is written to the registry."""
    waiting = tuple(session.registry.waiting_rules())
    try:
        return Rules(applicable(session), waiting)
    except WorkbenchError as error:
        problem = str(error).replace(f"{session.workspace.root}/", "")
        return Rules(waiting=waiting, unreadable=problem)


def changes_text(changes: Iterable[RuleChange]) -> Content:
    """Each rule with its facts, old and new."""
    lines: list[Content] = []
    for change in changes:
        lines += _change_lines(change)
    return Content("\n").join(lines)


def waiting_text(rule: WaitingRule) -> Content:
    """One record: who loosened what, why, and where it waits."""
    wanted = numbers.plural(rule.wanted, "approval")
    where = ", ".join(rule.environments)
    title = f"record {rule.seq} by {rule.by}: {rule.reason}"
    return Content("\n").join(
        [
            Content.styled(safe_line(title), "bold"),
            *_change_lines(rule.change),
            Content(safe_line(f"  waits in {where}: {rule.approvals} of {wanted}")),
        ]
    )


def _change_lines(change: RuleChange) -> list[Content]:
    looser = [fact for fact in change.facts if fact.looser]
    kind, style = ("looser", "$text-warning") if change.looser else ("stricter", "$text-success")
    lines = [Content.styled(safe_line(f"{kind}: {change.where}"), style)]
    for fact in change.facts:
        mark = " (stricter)" if looser and not fact.looser else ""
        lines.append(Content(safe_line(f"  {fact.fact}: {fact.old} → {fact.new}{mark}")))
    return lines
