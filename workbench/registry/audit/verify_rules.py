"""Was each deployment allowed when it was made? Applies the rules again, in order.

Does not query the triggers or the views: somebody may have disabled them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from workbench.errors import RegistryError
from workbench.registry.audit.replay import APPLY, Entry, History, events
from workbench.registry.audit.verify_versions import UNREADABLE
from workbench.registry.deploy.approvers import Involved, approvers, approvers_by_name
from workbench.registry.models import deployment_rules as rule
from workbench.registry.models.actors import same_person
from workbench.registry.models.answering import drift_of
from workbench.registry.models.origins import objection
from workbench.registry.models.precedence import allows, parse_range, sort_key
from workbench.registry.models.records import Finding
from workbench.registry.storage import clock
from workbench.registry.storage.connection import Connection
from workbench.settings import EnvironmentSettings

Row = dict[str, Any]


def check_rules(connection: Connection) -> Iterator[Finding]:
    """Replay the ledger and apply the rules to each deployment."""
    history = History()
    for kind, row in events(connection):
        if kind == "approval":
            yield from _approved(history, row)
        if kind != "deployment":
            APPLY[kind](history, row)
            continue
        try:
            yield from _deployment(history, row)
        except UNREADABLE as error:
            problem = f"the rules that it was made under cannot be read: {error}"
            yield Finding(int(row["seq"]), "deployments", problem)


def _approved(history: History, row: Row) -> Iterator[Finding]:
    ref = f"{row['prompt_id']}@{row['version']} for {row['environment']}"
    if not row["rules"] and history.compares_people:
        yield Finding(int(row["seq"]), "approvals", f"{ref}: by an older rule than the last")
    author = history.versions.get((row["prompt_id"], row["version"]), ("", ""))[1]
    if row["rules"] and same_person(row["actor"] or "", author):
        yield Finding(int(row["seq"]), "approvals", f"{ref}: its author approved it")


def _deployment(history: History, row: Row) -> Iterator[Finding]:
    place = (row["prompt_id"], row["environment"])
    head = history.heads.get(place)
    problems = list(_always(history, row, head))
    history.revision = max(history.revision, row["revision"])
    if row["action"] == "rollback":
        problems += _rollback(history, row, head)
    elif row["action"] == "retire":
        if head is None or head.action == "retire" or head.version != row["version"]:
            problems.append(rule.RETIRE.finding)
    else:
        problems += _deploy(history, row)
    ref = f"{row['prompt_id']}@{row['version']} in {row['environment']}"
    for problem in problems:
        yield Finding(int(row["seq"]), "deployments", f"{ref}: {problem}")
    _move(history, row, place)


def _move(history: History, row: Row, place: tuple[str, str]) -> None:
    stack = history.stacks.setdefault(place, [])
    if row["action"] == "deploy":
        stack.append(row["seq"])
        history.deploys[row["seq"]] = row
        history.left.pop((*place, row["version"]), None)
    elif row["action"] == "rollback":
        while stack and stack[-1] > row["stands_for"]:
            stack.pop()
        if row["previous_version"]:
            history.left[(*place, row["previous_version"])] = row["seq"]
    history.heads[place] = Entry(row["seq"], row["action"], row["version"], row["stands_for"])


def _always(history: History, row: Row, head: Entry | None) -> Iterator[str]:
    if row["environment"] not in history.rules:
        yield rule.ENVIRONMENT.finding
    known = history.versions.get((row["prompt_id"], row["version"]))
    if known is None or known[0] != row["fingerprint"]:
        yield rule.VERSION.finding
    if row["revision"] < history.revision:
        yield rule.REVISION.finding
    if row["previous_seq"] != (head.seq if head else None):
        yield rule.PREVIOUS.finding
    live = head.version if head and head.action != "retire" else None
    if row["previous_version"] != live:
        yield rule.PREVIOUS_VERSION.finding
    if row["action"] != "retire" and (row["prompt_id"], row["fingerprint"]) in history.revoked:
        yield rule.REVOKED.finding


def _rollback(history: History, row: Row, head: Entry | None) -> Iterator[str]:
    stack = history.stacks.get((row["prompt_id"], row["environment"]), [])
    target = history.deploys.get(row["stands_for"])
    if head is None or target is None or row["stands_for"] not in stack:
        yield rule.ROLLBACK.finding
        return
    if row["stands_for"] == head.stands_for and head.action != "retire":
        yield "it goes to what was live already"
    if (target["version"], target["evaluation"]) != (row["version"], row["evaluation"]):
        yield "it is not the deployment that it names"


def _deploy(history: History, row: Row) -> Iterator[str]:
    if row["action"] != "deploy" or row["stands_for"] != row["seq"]:
        yield rule.STANDS_FOR.finding
    if row["previous_version"] == row["version"]:
        yield rule.LIVE_ALREADY.finding
    reasoned = bool(str(row["reason"]).strip())
    left = history.left.get((row["prompt_id"], row["environment"], row["version"]))
    if left and not (row["again"] and reasoned):
        yield rule.AGAIN.finding
    if row["override"]:
        if not reasoned:
            yield rule.OVERRIDE.finding
        return
    rules = history.rules.get(row["environment"])
    if rules is None:
        return
    if rules["frozen"]:
        yield rule.FROZEN.finding
    source = history.heads.get((row["prompt_id"], rules["promote_from"]))
    if rules["promote_from"] and (
        source is None or source.action == "retire" or source.version != row["version"]
    ):
        yield rule.PROMOTED.finding.format(source=rules["promote_from"])
    if rules["approvals"] and rules["approvals"] > len(_approvers(history, row, rules, left or 0)):
        yield rule.APPROVED.finding
    yield from _consumers(history, row)
    if not rules["untested"]:
        yield from _evidence(history, row, rules)


def _approvers(history: History, row: Row, rules: Row, after: int) -> list[str]:
    """Whose approvals count."""
    author = history.versions.get((row["prompt_id"], row["version"]), ("", ""))[1]
    known = history.evaluations.get(row["prompt_id"], ())
    accepted = [str(e["actor"]) for e in known if _accepted(history, e, row, rules)]
    evaluators = accepted if row["evaluation"] else ()
    involved = Involved(author, row["actor"] or "", evaluators)
    place = (row["prompt_id"], row["version"], row["environment"])
    given = [
        (approval["actor"] or "", approval["rules"])
        for approval in history.approvals.get(place, ())
        if approval["seq"] > after
    ]
    if row["revision"]:
        return approvers(given, involved)
    return approvers_by_name(given, involved, people=history.compares_people)


def _consumers(history: History, row: Row) -> Iterator[str]:
    place = (row["prompt_id"], row["environment"])
    for name, requires in history.consumers.get(place, {}).items():
        if not requires:
            continue
        try:
            fits = allows(parse_range(requires), sort_key(row["version"]))
        except RegistryError:
            fits = False
        if not fits:
            yield rule.CONSUMERS.finding.format(consumer=name, range=requires)


def _evidence(history: History, row: Row, rules: Row) -> Iterator[str]:
    known = history.evaluations.get(row["prompt_id"], ())
    accepted = {e["seq"]: e for e in known if _accepted(history, e, row, rules)}
    if row["evaluation"] not in accepted:
        yield rule.EVALUATION.finding
        return
    required = json.loads(rules["requires"]) or [
        suite
        for suite, s in history.suites.get(row["prompt_id"], {}).items()
        if not s["external"] and not s["removed"]
    ]
    for suite in required:
        if not any(e["suite"] == suite for e in accepted.values()):
            yield rule.TESTED.finding.format(suite=suite)


def _accepted(history: History, e: Row, row: Row, rules: Row) -> bool:
    same = ("prompt_id", "fingerprint")
    if e["gate"] != "pass" or any(e[name] != row[name] for name in same):
        return False
    suite = history.suite_rows.get(e["suite_seq"])
    current = history.suites.get(e["prompt_id"], {}).get(e["suite"])
    parts = ("fingerprint", "parts", "policy", "external")
    if suite is None or current is None or current["removed"]:
        return False
    if any(suite[p] != current[p] for p in parts):
        return False
    if e["external"] and not rules["external"]:
        return False
    if any(
        later["gate"] == "fail"
        and later["fingerprint"] == e["fingerprint"]
        and (later["prompt_id"], later["suite"]) == (e["prompt_id"], e["suite"])
        and later["seq"] > e["seq"]
        and history.suite_rows[later["suite_seq"]]["fingerprint"] == suite["fingerprint"]
        for later in history.evaluations[e["prompt_id"]]
        if later["suite_seq"] in history.suite_rows
    ):
        return False
    answers = json.loads(e["answers"] or "{}")
    baseline = e["baseline_fingerprint"] is not None
    drifted = drift_of(
        answers, history.observed, prompt_id=e["prompt_id"], seq=e["seq"], baseline=baseline
    )
    if objection(answers, _settings_of(rules), baseline=baseline, drifted=drifted):
        return False
    age = _age_days(e["finished_at"], row["at"])
    limits = [rules["max_age_days"], json.loads(suite["policy"]).get("max_age_days")]
    return all(not limit or age <= limit + 0.01 for limit in limits)


def _settings_of(rules: Row) -> EnvironmentSettings:
    """The part of an environment's rules that concerns the origin of answers."""
    return EnvironmentSettings(
        rules["name"],
        answers=rules["answers"],
        endpoints=tuple(json.loads(rules["endpoints"])),
        answering_model=rules["answering_model"],
    )


def _age_days(finished_at: str, deployed_at: str) -> float:
    try:
        return clock.days_between(finished_at, deployed_at)
    except (ValueError, TypeError):
        return float("inf")
