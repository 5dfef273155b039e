"""The rows of the deploys screen's list, read in a thread with a Session."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from workbench.actions.session import Session
from workbench.tui.deploys.queries import count_waiting, read_live
from workbench.tui.deploys.rows import PlaceRow
from workbench.tui.services.rule_queries import NO_RULES, Rules, read_rules


@dataclass(frozen=True, slots=True)
class LiveList:
    """What is live where, and what the whole workspace waits for."""

    rules: Rules
    rows: list[PlaceRow]
    waits: int
    """How much did not arrive at the targets of exports."""
    is_whole: bool
    """Whether there may be no further prompts."""


def read_live_list(session: Session, first: int | None) -> LiveList:
    """Of all prompts, or of the `first` so many by name."""
    prompts = session.registry.prompts(first)
    rules = read_rules(session) if prompts else NO_RULES
    rows = read_live(session, prompts, rules.changes)
    is_whole = first is None or len(prompts) < first
    return LiveList(rules, list(map(PlaceRow, rows, count())), count_waiting(session), is_whole)
