"""The rules that a deployment must satisfy, in the order in which the database checks them.

Each rule is stated once, and applied in up to three places: as SQL by the trigger
(`storage/sqlite/deployment_rules.py`), as a refusal before anything is written
(`deploy/refusals.py`), and again from the records by `verify` (`audit/`).
`tests/registry/test_deployment_rules.py` breaks every rule in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeploymentRule:
    """One rule and its words; {fields} are filled in where it is applied."""

    name: str
    refused: str
    """What the database says. Part of the frozen schema."""
    finding: str = ""
    """What `verify` says of a record that broke it; "" where it derives nothing."""
    refusal: str = ""
    """Why `deploy` refuses; an override passes over it. "" where it is refused otherwise."""
    way_out: str = ""
    """What satisfies it."""


ACTION = DeploymentRule("action", "deployment: no such action", "it is no deploy")
MARKS = DeploymentRule("marks", "deployment: a mark is 0 or 1")
LOOSENED_BY = DeploymentRule(
    "loosened by",
    "deployment: no such loosening of its rules",
    "it does not name the loosened rule that allowed it",
)
ENVIRONMENT = DeploymentRule(
    "environment", "deployment: no such environment", "there was no such environment"
)
VERSION = DeploymentRule(
    "version",
    "deployment: no such version with this fingerprint",
    "there was no such version with this fingerprint",
)
PREVIOUS = DeploymentRule(
    "previous record",
    "deployment: somebody else deployed meanwhile",
    "it does not follow what was live",
)
PREVIOUS_VERSION = DeploymentRule(
    "previous version",
    "deployment: previous_version is what was live before",
    "it does not say what was live before",
)
REVOKED = DeploymentRule(
    "revoked", "deployment: this version is revoked", "the version was revoked"
)
OVERRIDE = DeploymentRule(
    "override",
    "deployment: an override is for a deploy and needs a reason",
    "an override without a reason",
)
RETIRE = DeploymentRule(
    "retire", "retire: only what is live, and with a reason", "it retires what was not live"
)
ROLLBACK = DeploymentRule(
    "rollback", "rollback: only to what was live before", "it goes to what was not live before"
)
STANDS_FOR = DeploymentRule("stands for", "deploy: it stands for itself", "it is no deploy")
LIVE_ALREADY = DeploymentRule(
    "live already", "deploy: this version is live already", "it was live already"
)
FROZEN = DeploymentRule(
    "frozen",
    "deploy: the environment is frozen",
    "the environment was frozen",
    "{environment} is frozen",
    "wait for the thaw",
)
PROMOTED = DeploymentRule(
    "promoted",
    "deploy: the version is not live in the environment it must come from",
    "it was not live in {source}",
    "it is not live in {source}, where it must be first",
    "deploy it to {source} first",
)
APPROVED = DeploymentRule(
    "approved",
    "deploy: another person must approve it first",
    "it lacked approvals",
    "{count} of {wanted} approvals by other people",
    "have it approved",
)
RULES_APPROVED = DeploymentRule(
    "loosened rules approved",
    "deploy: another person must approve the loosened rules first",
    "the rules loosened by record {record} lacked an approval",
    "{actor} loosened {change} ({reason}), and {count} of {wanted} other people approved that",
    "have it approved: workbench rules approve",
)
AGAIN = DeploymentRule(
    "again",
    "deploy: this version was rolled back; again needs a reason",
    "it had been rolled back, and nobody said why again",
)
CONSUMERS = DeploymentRule(
    "consumers",
    "deploy: a registered consumer cannot use this version",
    "{consumer} could not use it: it needs {range}",
    "{consumer} reads it and needs {range}",
    "bring what reads it up first",
)
EVALUATION = DeploymentRule(
    "evaluation",
    "deploy: this evaluation does not pass, is not current, or is of something else",
    "it had no passing and current evaluation",
)
TESTED = DeploymentRule(
    "tested",
    "deploy: no passing and current evaluation of this version on every required suite",
    "it had no passing and current evaluation on {suite}",
    "{state}: {reason}",
    "evaluate it",
)
REVISION = DeploymentRule(
    "revision", "deployment: by the rules of today", "by an older rule than the last"
)

DEPLOYMENT_RULES = (
    ACTION,
    MARKS,
    LOOSENED_BY,
    ENVIRONMENT,
    VERSION,
    PREVIOUS,
    PREVIOUS_VERSION,
    REVOKED,
    OVERRIDE,
    RETIRE,
    ROLLBACK,
    STANDS_FOR,
    LIVE_ALREADY,
    FROZEN,
    PROMOTED,
    APPROVED,
    RULES_APPROVED,
    AGAIN,
    CONSUMERS,
    EVALUATION,
    TESTED,
    REVISION,
)
"""All rules in the order of the trigger, which names the first broken one."""
