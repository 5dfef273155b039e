"""Whose approval counts: one answer for refusals, marks and `verify`.

The trigger of deployments decides the same in SQL (deployment_rules.py). The caller says which
evaluations count in the environment: by the database's views, or by the records before a
deployment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from workbench.registry.models.actors import distinct, same_person

Approval = tuple[str, int]
"""The actor, and `approvals.rules`: 0 is an approval of 0.1.0."""


@dataclass(frozen=True, slots=True)
class Involved:
    """Who is involved in a deployment."""

    author: str
    deployer: str = ""
    """Empty: not known yet."""
    evaluators: Collection[str] = ()
    """Who recorded the evaluations that count in the environment."""


def may_not_approve(name: str, involved: Involved) -> str:
    """Why an approval by `name` does not count, as a predicate with {} for the version; "": it
    does.

    An evaluator may approve when somebody else's evaluation counts too.
    """
    if same_person(name, involved.author):
        return "wrote {}"
    if involved.deployer and same_person(name, involved.deployer):
        return "deploys {}"
    if involved.evaluators and all(same_person(name, one) for one in involved.evaluators):
        return "made every evaluation of {} that counts there"
    return ""


def approvers(approvals: Iterable[Approval], involved: Involved) -> list[str]:
    """The people whose approvals count, each once."""
    return distinct(name for name, _ in approvals if not may_not_approve(name, involved))


def approvers_by_name(
    approvals: Iterable[Approval], involved: Involved, *, people: bool
) -> list[str]:
    """The same for a deployment whose record names no revision: approvals and evaluators of 0.1.0
    are compared by the text of names. `people`: approvals of a later release were recorded before
    it.
    """
    known = (involved.author, involved.deployer)
    counted = [
        name
        for name, rules in approvals
        if name not in known and not (rules and may_not_approve(name, involved))
    ]
    return distinct(counted) if people else list(dict.fromkeys(counted))
