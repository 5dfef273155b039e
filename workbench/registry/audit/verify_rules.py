"""Was each deployment allowed when it was made? The rules, applied again in order.

This does not ask the triggers or the views: someone may have switched them off.
"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import RegistryError
from workbench.registry.audit.verify_rows import UNREADABLE
from workbench.registry.deploy.approvers import Involved, approvers, approvers_by_name
from workbench.registry.models.actors import same_person
from workbench.registry.models.origins import objection
from workbench.registry.models.precedence import allows, parse_range, sort_key
from workbench.registry.models.records import Finding
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.queries import json_field
from workbench.registry.storage.tables import KINDS, table_rows
from workbench.settings import EnvironmentSettings

_SECONDS_A_DAY = 86_400.0
_COLUMNS = {
    "version": ("t.seq", "t.prompt_id", "t.version", "t.fingerprint", "t.author"),
    "evaluation": ("t.seq", "t.prompt_id", "t.version", "t.fingerprint", "t.suite", "t.suite_seq",
                   "t.gate", "t.external", "t.finished_at", "t.baseline_fingerprint",
                   f"{json_field('t.record', 'answers')} AS answers"),
}  # fmt: skip
"""What the rules ask of the kinds whose rows are big."""
_OF_INTEREST = {
    "version": " WHERE (t.prompt_id, t.version) IN (SELECT prompt_id, version FROM deployments"
    " UNION SELECT prompt_id, version FROM approvals)"
}
"""Most versions are never deployed."""


@dataclass(slots=True)
class _Entry:
    seq: int
    action: str
    version: str
    stands_for: int


@dataclass(slots=True)
class _World:
    """What held at one moment of the history."""

    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """Fingerprint and author."""
    suites: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By prompt and name, as they are published now."""
    suite_rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    evaluations: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By prompt."""
    revoked: set[tuple[str, str]] = field(default_factory=set)
    """Prompt and fingerprint."""
    approvals: dict[tuple[str, str, str], list[dict[str, Any]]] = field(default_factory=dict)
    """By prompt, version and environment."""
    revision: int = 0
    """The highest that a deployment named."""
    compares_people: bool = False
    """An approval was recorded by the rules of today; 0.1.0 compared the text of names."""
    consumers: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """By prompt and environment: name and range."""
    heads: dict[tuple[str, str], _Entry] = field(default_factory=dict)
    deploys: dict[int, dict[str, Any]] = field(default_factory=dict)
    stacks: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    left: dict[tuple[str, str, str], int] = field(default_factory=dict)


def check_rules(connection: Connection) -> Iterator[Finding]:
    """Walk through everything that happened and ask of each deployment what the gate asks."""
    world = _World()
    for kind, row in _events(connection):
        if kind == "approval":
            yield from _approved(world, row)
        if kind != "deployment":
            _APPLY[kind](world, row)
            continue
        try:
            yield from _deployment(world, row)
        except UNREADABLE as error:
            problem = f"the rules that it was made under cannot be read: {error}"
            yield Finding(int(row["seq"]), "deployments", problem)


def _events(connection: Connection) -> list[tuple[str, dict[str, Any]]]:
    events: list[tuple[str, dict[str, Any]]] = []
    for kind in ("deployment", *_APPLY):
        columns = ", ".join(_COLUMNS.get(kind, ("t.*",)))
        sql = (
            f"SELECT {columns}, l.at, l.actor FROM {KINDS[kind]} t"
            f" LEFT JOIN ledger l ON l.seq = t.seq{_OF_INTEREST.get(kind, '')}"
        )
        events += [(kind, row) for row in table_rows(connection, sql)]
    return sorted(events, key=lambda event: int(event[1]["seq"]))


def _environment(world: _World, row: dict[str, Any]) -> None:
    world.rules[row["name"]] = row


def _version(world: _World, row: dict[str, Any]) -> None:
    world.versions[row["prompt_id"], row["version"]] = (row["fingerprint"], row["author"])


def _suite(world: _World, row: dict[str, Any]) -> None:
    world.suites.setdefault(row["prompt_id"], {})[row["suite"]] = row
    world.suite_rows[row["seq"]] = row


def _evaluation(world: _World, row: dict[str, Any]) -> None:
    world.evaluations.setdefault(row["prompt_id"], []).append(row)


def _revocation(world: _World, row: dict[str, Any]) -> None:
    world.revoked.add((row["prompt_id"], row["fingerprint"]))


def _approval(world: _World, row: dict[str, Any]) -> None:
    place = (row["prompt_id"], row["version"], row["environment"])
    world.approvals.setdefault(place, []).append(row)
    world.compares_people |= bool(row["rules"])


def _approved(world: _World, row: dict[str, Any]) -> Iterator[Finding]:
    ref = f"{row['prompt_id']}@{row['version']} for {row['environment']}"
    if not row["rules"] and world.compares_people:
        yield Finding(int(row["seq"]), "approvals", f"{ref}: by an older rule than the last")
    author = world.versions.get((row["prompt_id"], row["version"]), ("", ""))[1]
    if row["rules"] and same_person(row["actor"] or "", author):
        yield Finding(int(row["seq"]), "approvals", f"{ref}: its author approved it")


def _consumer(world: _World, row: dict[str, Any]) -> None:
    place = (row["prompt_id"], row["environment"])
    world.consumers.setdefault(place, {})[row["name"]] = row["requires"]


_APPLY = {
    "environment": _environment,
    "version": _version,
    "suite": _suite,
    "evaluation": _evaluation,
    "revocation": _revocation,
    "approval": _approval,
    "consumer": _consumer,
}


def _deployment(world: _World, row: dict[str, Any]) -> Iterator[Finding]:
    place = (row["prompt_id"], row["environment"])
    head = world.heads.get(place)
    problems = list(_always(world, row, head))
    world.revision = max(world.revision, row["revision"])
    if row["action"] == "rollback":
        problems += _rollback(world, row, head)
    elif row["action"] == "retire":
        if head is None or head.action == "retire" or head.version != row["version"]:
            problems.append("it retires what was not live")
    else:
        problems += _deploy(world, row)
    ref = f"{row['prompt_id']}@{row['version']} in {row['environment']}"
    for problem in problems:
        yield Finding(int(row["seq"]), "deployments", f"{ref}: {problem}")
    _move(world, row, place)


def _move(world: _World, row: dict[str, Any], place: tuple[str, str]) -> None:
    stack = world.stacks.setdefault(place, [])
    if row["action"] == "deploy":
        stack.append(row["seq"])
        world.deploys[row["seq"]] = row
        world.left.pop((*place, row["version"]), None)
    elif row["action"] == "rollback":
        while stack and stack[-1] > row["stands_for"]:
            stack.pop()
        if row["previous_version"]:
            world.left[(*place, row["previous_version"])] = row["seq"]
    world.heads[place] = _Entry(row["seq"], row["action"], row["version"], row["stands_for"])


def _always(world: _World, row: dict[str, Any], head: _Entry | None) -> Iterator[str]:
    if row["environment"] not in world.rules:
        yield "there was no such environment"
    known = world.versions.get((row["prompt_id"], row["version"]))
    if known is None or known[0] != row["fingerprint"]:
        yield "there was no such version with this fingerprint"
    if row["revision"] < world.revision:
        yield "by an older rule than the last"
    if row["previous_seq"] != (head.seq if head else None):
        yield "it does not follow what was live"
    live = head.version if head and head.action != "retire" else None
    if row["previous_version"] != live:
        yield "it does not say what was live before"
    if row["action"] != "retire" and (row["prompt_id"], row["fingerprint"]) in world.revoked:
        yield "the version was revoked"


def _rollback(world: _World, row: dict[str, Any], head: _Entry | None) -> Iterator[str]:
    stack = world.stacks.get((row["prompt_id"], row["environment"]), [])
    target = world.deploys.get(row["stands_for"])
    if head is None or target is None or row["stands_for"] not in stack:
        yield "it goes to what was not live before"
        return
    if row["stands_for"] == head.stands_for and head.action != "retire":
        yield "it goes to what was live already"
    if (target["version"], target["evaluation"]) != (row["version"], row["evaluation"]):
        yield "it is not the deployment that it names"


def _deploy(world: _World, row: dict[str, Any]) -> Iterator[str]:
    if row["action"] != "deploy" or row["stands_for"] != row["seq"]:
        yield "it is no deploy"
    reasoned = bool(str(row["reason"]).strip())
    left = world.left.get((row["prompt_id"], row["environment"], row["version"]))
    if left and not (row["again"] and reasoned):
        yield "it had been rolled back, and nobody said why again"
    if row["override"]:
        if not reasoned:
            yield "an override without a reason"
        return
    rules = world.rules.get(row["environment"])
    if rules is None:
        return
    if rules["frozen"]:
        yield "the environment was frozen"
    source = world.heads.get((row["prompt_id"], rules["promote_from"]))
    if rules["promote_from"] and (
        source is None or source.action == "retire" or source.version != row["version"]
    ):
        yield f"it was not live in {rules['promote_from']}"
    if rules["approvals"] and rules["approvals"] > len(_approvers(world, row, rules, left or 0)):
        yield "it lacked approvals"
    yield from _consumers(world, row)
    if not rules["untested"]:
        yield from _evidence(world, row, rules)


def _approvers(world: _World, row: dict[str, Any], rules: dict[str, Any], after: int) -> list[str]:
    """Who approved it and counts."""
    author = world.versions.get((row["prompt_id"], row["version"]), ("", ""))[1]
    known = world.evaluations.get(row["prompt_id"], ())
    accepted = [str(e["actor"]) for e in known if _accepted(world, e, row, rules)]
    evaluators = accepted if row["evaluation"] else ()
    involved = Involved(author, row["actor"] or "", evaluators)
    place = (row["prompt_id"], row["version"], row["environment"])
    given = [
        (approval["actor"] or "", approval["rules"])
        for approval in world.approvals.get(place, ())
        if approval["seq"] > after
    ]
    if row["revision"]:
        return approvers(given, involved)
    return approvers_by_name(given, involved, people=world.compares_people)


def _consumers(world: _World, row: dict[str, Any]) -> Iterator[str]:
    place = (row["prompt_id"], row["environment"])
    for name, requires in world.consumers.get(place, {}).items():
        if not requires:
            continue
        try:
            fits = allows(parse_range(requires), sort_key(row["version"]))
        except RegistryError:
            fits = False
        if not fits:
            yield f"{name} could not use it: it needs {requires}"


def _evidence(world: _World, row: dict[str, Any], rules: dict[str, Any]) -> Iterator[str]:
    known = world.evaluations.get(row["prompt_id"], ())
    accepted = {e["seq"]: e for e in known if _accepted(world, e, row, rules)}
    if row["evaluation"] not in accepted:
        yield "it had no passing and current evaluation"
        return
    required = json.loads(rules["requires"]) or [
        suite
        for suite, s in world.suites.get(row["prompt_id"], {}).items()
        if not s["external"] and not s["removed"]
    ]
    for suite in required:
        if not any(e["suite"] == suite for e in accepted.values()):
            yield f"it had no passing and current evaluation on {suite}"


def _accepted(world: _World, e: dict[str, Any], row: dict[str, Any], rules: dict[str, Any]) -> bool:
    same = ("prompt_id", "fingerprint")
    if e["gate"] != "pass" or any(e[name] != row[name] for name in same):
        return False
    suite = world.suite_rows.get(e["suite_seq"])
    current = world.suites.get(e["prompt_id"], {}).get(e["suite"])
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
        and world.suite_rows[later["suite_seq"]]["fingerprint"] == suite["fingerprint"]
        for later in world.evaluations[e["prompt_id"]]
        if later["suite_seq"] in world.suite_rows
    ):
        return False
    if objection(
        json.loads(e["answers"] or "{}"),
        _settings_of(rules),
        baseline=e["baseline_fingerprint"] is not None,
    ):
        return False
    age = _days_between(e["finished_at"], row["at"])
    limits = [rules["max_age_days"], json.loads(suite["policy"]).get("max_age_days")]
    return all(not limit or age <= limit + 0.01 for limit in limits)


def _settings_of(rules: dict[str, Any]) -> EnvironmentSettings:
    """What of an environment's rules concerns the origin of answers."""
    return EnvironmentSettings(
        rules["name"],
        answers=rules["answers"],
        endpoints=tuple(json.loads(rules["endpoints"])),
    )


def _days_between(earlier: str, later: str | None) -> float:
    import datetime

    if later is None:
        return float("inf")
    try:
        gap = datetime.datetime.fromisoformat(later) - datetime.datetime.fromisoformat(earlier)
    except (ValueError, TypeError):
        return float("inf")
    return gap.total_seconds() / _SECONDS_A_DAY
