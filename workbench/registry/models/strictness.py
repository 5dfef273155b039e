"""Does a change of rules let more through? The table of facts; each engine states it in SQL.

A change is stricter only where each changed fact is known to be: whatever cannot be compared counts
as a loosening. Rows are those of `environments` and `suites`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

REVISION = 1
"""The revision of this table. A row names the one that it was judged by; rows of 0.1.0 have 0."""

MARKS_REVISION = 1
"""The revision of the rules for marks of deployments and for approvals that count. A deployment is
always derived by the revision that it names; earlier releases named none: 0.
"""

Order = Callable[[Any, Any], bool]
"""Whether a new value lets no more through than the old one; only called for values that differ."""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def same(_old: Any, _new: Any) -> bool:
    """Values that cannot be compared: any change counts as looser."""
    return False


def at_least(old: Any, new: Any) -> bool:
    """A number that did not fall."""
    return bool(_is_number(old) and _is_number(new) and new >= old)


def at_most(old: Any, new: Any) -> bool:
    """A number that did not rise."""
    return bool(_is_number(old) and _is_number(new) and new <= old)


def once_set(old: Any, _new: Any) -> bool:
    """Nothing was required before."""
    return old in (None, "")


def shorter(old: Any, new: Any) -> bool:
    """A time limit that did not rise; None is no limit."""
    return _is_number(new) and (old is None or at_most(old, new))


def shorter_or_zero(old: Any, new: Any) -> bool:
    """The same where 0 is no limit."""
    return bool(_is_number(old) and _is_number(new) and new > 0 and (old <= 0 or new <= old))


def listed_too(old: Any, new: Any) -> bool:
    """A list of names that only grew. An empty list means every suite of the prompt, which no list
    of names can be compared with.
    """
    return bool(old) and set(map(str, old)) <= set(map(str, new))


def fresh(_old: Any, new: Any) -> bool:
    """Where answers come from: stored answers count, or only fresh ones do."""
    return bool(new == "fresh")


def current(_old: Any, new: Any) -> bool:
    """Whose evidence counts: any, or only that of the model that answers today."""
    return bool(new == "current")


def listed_before(old: Any, new: Any) -> bool:
    """A list of names that only shrank. An empty list means any."""
    return bool(new) and (not old or set(map(str, new)) <= set(map(str, old)))


def margins_kept(old: Any, new: Any) -> bool:
    """Margins by name of which none is gone or wider; from none at all to any is stricter."""
    if not old:
        return True
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return False  # written by hand
    return all(at_most(_margin(rule), _margin(new.get(name))) for name, rule in old.items())


def _margin(rule: Any) -> Any:
    return rule.get("margin") if isinstance(rule, dict) else None


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a rule, under its name in the file that sets it."""

    name: str
    order: Order
    default: Any = None
    """The value of an absent key."""
    column: str = ""
    """Its column, where that has another name."""
    is_json: bool = False
    """A list, stored as JSON."""


ENVIRONMENT_FACTS = (
    Fact("requires", listed_too, is_json=True),
    Fact("approvals", at_least),
    Fact("from", once_set, column="promote_from"),
    Fact("external", at_most),
    Fact("untested", at_most),
    Fact("frozen", at_least),
    Fact("max_age_days", shorter_or_zero),
    Fact("answers", fresh),
    Fact("endpoints", listed_before, is_json=True),
    Fact("answering_model", current),
)
"""Columns of `environments`: a further rule is one line here."""

POLICY_FACTS = (
    Fact("scorers", same),
    Fact("baseline", same),
    Fact("margin", at_most),
    # From none to any is not stricter: without a baseline and a threshold a gate passes nothing.
    Fact("threshold", at_least),
    Fact("confidence", at_least),
    Fact("max_missing", at_most),
    Fact("max_age_days", shorter),
    Fact("rule", same, "not_worse"),
    Fact("min_cases", at_least, 20),
    Fact("extend", same, 0),
    Fact("slices", margins_kept),
    Fact("also", margins_kept),
)
"""Keys of a suite's policy. Others must be the same."""

PART_FACTS = (
    Fact("scorers", same),
    Fact("repeats", same),
    # Set by the program where it reads the same files differently from an earlier release.
    Fact("cells", once_set),
    Fact("readings", once_set),
    Fact("empties", once_set),
)
"""Keys of a suite's parts. `dataset` is compared case by case, `policy` by its own facts."""

SUITE_FACTS = (Fact("external", same), Fact("removed", at_most))
"""Columns of `suites`."""
COMPARED_ELSEWHERE: dict[str, tuple[str, ...]] = {"policy": (), "parts": ("dataset", "policy")}
"""Keys that are compared elsewhere."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that changed."""

    fact: str
    old: Any
    new: Any
    looser: bool
    """It is not known to be stricter."""


def environment_changes(old: Row, new: Row) -> tuple[Change, ...]:
    """What differs between two rows of `environments`."""
    lists = [fact.column or fact.name for fact in ENVIRONMENT_FACTS if fact.is_json]
    before, after = (
        {**row, **{name: json.loads(row[name]) for name in lists}} for row in (old, new)
    )
    return tuple(_changes(ENVIRONMENT_FACTS, before, after))


def suite_changes(old: Row, new: Row) -> tuple[Change, ...]:
    """What differs between two rows of `suites`."""
    changes = list(_changes(SUITE_FACTS, old, new))
    for column, facts in (("policy", POLICY_FACTS), ("parts", PART_FACTS)):
        before, after = _object(old[column]), _object(new[column])
        known = {fact.name for fact in facts}
        others = sorted((before.keys() | after.keys()) - known - set(COMPARED_ELSEWHERE[column]))
        every = (*facts, *(Fact(name, same) for name in others))
        changes += _changes(every, before, after)
    datasets = [_object(row["parts"]).get("dataset") or row["fingerprint"] for row in (old, new)]
    if datasets[0] != datasets[1]:
        kept, now = cases_of(old), cases_of(new)
        changes.append(Change("cases", kept, now, not kept or not kept.keys() <= now.keys()))
    return tuple(changes)


def cases_of(row: Row) -> dict[str, str]:
    """Digest to id of the cases of a suite's row; empty where the row does not list them."""
    cases = _object(row["contents"] or "{}").get("cases", {})
    return cases if isinstance(cases, dict) else {}


def _changes(facts: tuple[Fact, ...], old: Row, new: Row) -> list[Change]:
    changes = []
    for fact in facts:
        key = fact.column or fact.name
        before, after = (_value(row, key, fact.default) for row in (old, new))
        if before != after:
            looser = not fact.order(before, after)
            changes.append(Change(fact.name, before, after, looser))
    return changes


def _value(row: Row, key: str, default: Any) -> Any:
    value = row.get(key)
    return default if value is None else value


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    return value if isinstance(value, dict) else {}
