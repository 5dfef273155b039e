"""Whose approval counts? One answer, for what refuses, for what marks, and for `verify`.

The trigger of deployments asks the same in SQL (deployment_rules.py). Which evaluations count in
an environment is the caller's to say: the database's views do, or the records before a deployment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from workbench.registry.models.actors import distinct, same_person

Approval = tuple[str, int]
"""Who approved, and `approvals.rules`: 0 is an approval of 0.1.0."""


@dataclass(frozen=True, slots=True)
class Involved:
    """Who has a part in a deployment already."""

    author: str
    deployer: str = ""
    """Empty: not known yet."""
    evaluators: Collection[str] = ()
    """Who recorded the evaluations that count in the environment."""


def may_not_approve(name: str, involved: Involved) -> str:
    """Why somebody's approval does not count, as the end of a sentence about them with {} for the
    version; empty: it does.

    An evaluator may approve where somebody else's evaluation says the same.
    """
    if same_person(name, involved.author):
        return "wrote {}"
    if involved.deployer and same_person(name, involved.deployer):
        return "deploys {}"
    if involved.evaluators and all(same_person(name, one) for one in involved.evaluators):
        return "made every evaluation of {} that counts there"
    return ""


def approvers(approvals: Iterable[Approval], involved: Involved) -> list[str]:
    """Who approved and counts, each person once."""
    return distinct(name for name, _ in approvals if not may_not_approve(name, involved))


def approvers_by_name(
    approvals: Iterable[Approval], involved: Involved, *, people: bool
) -> list[str]:
    """The same of a deployment whose record names no revision: approvals of 0.1.0 count by the
    text of the names, and evaluators' as well. `people`: approvals of a later release were
    recorded before it.
    """
    known = (involved.author, involved.deployer)
    counted = [
        name
        for name, rules in approvals
        if name not in known and not (rules and may_not_approve(name, involved))
    ]
    return distinct(counted) if people else list(dict.fromkeys(counted))
