"""A change of rules, old and new, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.fingerprints import canonical_json, short
from workbench.registry.models.records import FactChange
from workbench.registry.models.strictness import Change, cases_of

_YES_OR_NO = ("external", "untested", "frozen", "removed", "extend")
_MOST_IDS = 3
_LONGEST = 120
_DIGEST = 64

Row = Mapping[str, Any]


def rule_words(changes: Iterable[Change], before: Row, after: Row) -> tuple[FactChange, ...]:
    """Each fact with its old and new value, as the file writes them."""
    facts: list[FactChange] = []
    for change in changes:
        if change.fact == "cases":
            old, new = _cases(before, after)
            facts.append(FactChange("cases", old, new, change.looser))
        elif change.fact == "scorers" and isinstance(change.old, str):
            facts += _scorers(change, before, after)
        elif change.fact == "repeats":
            old, new = (str(_contents(row).get("repeats", "?")) for row in (before, after))
            facts.append(FactChange("repeats", old, new, change.looser))
        else:
            old, new = (_value(change.fact, value) for value in (change.old, change.new))
            facts.append(FactChange(change.fact, old, new, change.looser))
    return tuple(facts)


def _value(fact: str, value: Any) -> str:
    if fact in _YES_OR_NO:
        return "yes" if value else "no"
    if value is None or value == "":
        return "none"
    if fact == "requires" and not value:
        return "every suite"
    if fact == "max_age_days" and not value:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {rule.get('margin')}" for name, rule in value.items()) or "none"
    if isinstance(value, list):
        return " and ".join(map(str, value)) or "none"
    if isinstance(value, str):
        return str(_cut(value))
    return canonical_json(value)


def _cases(before: Row, after: Row) -> tuple[str, str]:
    """The number of cases, and which were added, removed or changed."""
    old, new = cases_of(before), cases_of(after)
    if not old or not new:
        digests = (json.loads(row["parts"]).get("dataset", "") for row in (before, after))
        first, second = (
            short(digest or row["fingerprint"])
            for digest, row in zip(digests, (before, after), strict=True)
        )
        return first, f"{second} (the earlier cases are not recorded)" if not old else second
    ids = set(new.values())
    gone = sorted(str(case_id) for key, case_id in old.items() if key not in new)
    removed = [case_id for case_id in gone if case_id not in ids]
    changed = [case_id for case_id in gone if case_id in ids]
    added = len(new) - len(old) + len(gone) - len(changed)
    phrases = [
        f"{what} {_ids(names)}"
        for what, names in (("without", removed), ("changed", changed))
        if names
    ]
    phrases += [f"{added} added"] if added else []
    return str(len(old)), f"{len(new)} ({', '.join(phrases) or 'in another order or form'})"


def _ids(names: list[str]) -> str:
    more = len(names) - _MOST_IDS
    return " ".join(names[:_MOST_IDS]) + (f" and {more} more" if more > 0 else "")


def _scorers(change: Change, before: Row, after: Row) -> list[FactChange]:
    old, new = (
        {str(item[0]): item[1:] for item in _contents(row).get("scorers", ())}
        for row in (before, after)
    )
    if not old or not new:
        return [FactChange("scorers", short(change.old), short(str(change.new)), change.looser)]
    facts = [
        FactChange(f"scorer {name}", *_scorer(old.get(name), new.get(name)), change.looser)
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    ]
    if not facts:
        facts.append(FactChange("scorers", ", ".join(old), ", ".join(new), change.looser))
    return facts


def _scorer(old: list[Any] | None, new: list[Any] | None) -> tuple[str, str]:
    """How a scorer changed: its options, whether it is required, else its fingerprint."""
    if old is None or new is None:
        return "none" if old is None else "there", "none" if new is None else "there"
    if old[0] != new[0]:
        first, second = ("required" if item[0] else "not required" for item in (old, new))
        return first, second
    options = [dict(item[2]) for item in (old, new)]
    differing = [key for key in {**options[0], **options[1]} if _differs(key, *options)]
    if not differing:
        return short(str(old[1])), short(str(new[1]))
    first, second = (
        _clipped(canonical_json({key: _cut(each[key]) for key in differing if key in each}))
        for each in options
    )
    return first, second


def _cut(value: Any) -> Any:
    """A digest by its first digits."""
    return short(value) if isinstance(value, str) and len(value) == _DIGEST else value


def _differs(key: str, old: Row, new: Row) -> bool:
    return (key in old, old.get(key)) != (key in new, new.get(key))


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _contents(row: Row) -> dict[str, Any]:
    contents = json.loads(row["contents"] or "{}")
    return contents if isinstance(contents, dict) else {}
