"""Does a change of rules let more through? One table of facts, for Python and for the triggers.

A change is stricter only where each fact that changed is shown to be: whatever cannot be compared
counts as a loosening. Rows are those of `environments` and `suites`.
"""

# All SQL is put together from this package's own constants.
# ruff: noqa: S608
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

REVISION = 1
"""Of this table. A row names the one that it was held to; rows of 0.1.0 were held to none: 0."""

MARKS_REVISION = 1
"""Of what marks a deployment, and of whose approval counts. A deployment names the one that it was
held to and is derived again by that for ever; releases before named none: 0.
"""

_NUMBERS = "typeof({old}) IN ('integer', 'real') AND typeof({new}) IN ('integer', 'real')"


@dataclass(frozen=True, slots=True)
class Order:
    """When a new value lets no more through than the old one; equal values never do."""

    holds: Callable[[Any, Any], bool]
    sql: str
    """The same of {old} and {new}."""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _numbers(holds: Callable[[Any, Any], bool], sql: str) -> Order:
    return Order(
        lambda o, n: _is_number(o) and _is_number(n) and holds(o, n), f"{_NUMBERS} AND {sql}"
    )


SAME = Order(lambda _o, _n: False, "0")
AT_LEAST = _numbers(lambda o, n: n >= o, "{new} >= {old}")
AT_MOST = _numbers(lambda o, n: n <= o, "{new} <= {old}")
ONCE_SET = Order(lambda o, _n: o in (None, ""), "coalesce({old}, '') = ''")
"""Nothing was asked before."""
SHORTER = Order(
    lambda o, n: _is_number(n) and (o is None or (_is_number(o) and n <= o)),
    "{old} IS NULL AND typeof({new}) IN ('integer', 'real')"
    f" OR {_NUMBERS} AND {{new}} <= {{old}}",
)
"""A time limit; none: any time."""
SHORTER_OR_ZERO = _numbers(
    lambda o, n: n > 0 and (o <= 0 or n <= o), "{new} > 0 AND ({old} <= 0 OR {new} <= {old})"
)
"""The same where 0 means any time."""
LISTED_TOO = Order(
    lambda o, n: bool(o) and set(map(str, o)) <= set(map(str, n)),
    "json_array_length({old}) > 0 AND NOT EXISTS (SELECT 1 FROM json_each({old}) a"
    " WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each({new}) b), 1))",
)
"""An empty list means every suite of the prompt, which no list of names can be compared with."""

FRESH = Order(lambda _o, n: n == "fresh", "{new} = 'fresh'")
"""Where answers come from: those that were stored before count, or do not."""
LISTED_BEFORE = Order(
    lambda o, n: bool(n) and (not o or set(map(str, n)) <= set(map(str, o))),
    "json_array_length({new}) > 0 AND (json_array_length({old}) = 0 OR NOT EXISTS ("
    "SELECT 1 FROM json_each({new}) a"
    " WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each({old}) b), 1)))",
)
"""An empty list means any."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a rule, called as the file that sets it calls it."""

    name: str
    order: Order
    default: Any = None
    """What holds where the key is absent."""
    column: str = ""
    """In the table, where it has another name there."""
    is_json: bool = False
    """A list, which its column holds as JSON."""


ENVIRONMENT_FACTS = (
    Fact("requires", LISTED_TOO, is_json=True),
    Fact("approvals", AT_LEAST),
    Fact("from", ONCE_SET, column="promote_from"),
    Fact("external", AT_MOST),
    Fact("untested", AT_MOST),
    Fact("frozen", AT_LEAST),
    Fact("max_age_days", SHORTER_OR_ZERO),
    Fact("answers", FRESH),
    Fact("endpoints", LISTED_BEFORE, is_json=True),
)
"""Columns of `environments`: a further rule is one line here."""

POLICY_FACTS = (
    Fact("scorers", SAME),
    Fact("baseline", SAME),
    Fact("margin", AT_MOST),
    # From none to any is no tightening: without a baseline a gate that has no threshold passes
    # nothing.
    Fact("threshold", AT_LEAST),
    Fact("confidence", AT_LEAST),
    Fact("max_missing", AT_MOST),
    Fact("max_age_days", SHORTER),
    Fact("rule", SAME, "not_worse"),
    Fact("min_cases", AT_LEAST, 20),
    Fact("extend", SAME, 0),
)
"""Keys of a suite's policy. Others must be the same."""

PART_FACTS = (
    Fact("scorers", SAME),
    Fact("repeats", SAME),
    # Set by the program where it reads the same files otherwise than an earlier release did.
    Fact("cells", ONCE_SET),
    Fact("readings", ONCE_SET),
    Fact("empties", ONCE_SET),
)
"""Keys of a suite's parts. `dataset` is compared case by case, `policy` by its own facts."""

SUITE_FACTS = (Fact("external", SAME), Fact("removed", AT_MOST))
"""Columns of `suites`."""
_ELSEWHERE = {"policy": (), "parts": ("dataset", "policy")}
"""Keys that are compared otherwise."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that changed."""

    fact: str
    old: Any
    new: Any
    looser: bool
    """It is not shown to be stricter."""


def environment_changes(old: Row, new: Row) -> tuple[Change, ...]:
    """What differs between two rows of `environments`."""
    lists = [fact.column or fact.name for fact in ENVIRONMENT_FACTS if fact.is_json]
    before, after = (
        {**row, **{name: json.loads(row[name]) for name in lists}} for row in (old, new)
    )
    return tuple(_changes(ENVIRONMENT_FACTS, before, after))


def suite_changes(old: Row, new: Row) -> tuple[Change, ...]:
    """What differs between two rows of `suites`."""
    found = list(_changes(SUITE_FACTS, old, new))
    for column, facts in (("policy", POLICY_FACTS), ("parts", PART_FACTS)):
        before, after = _object(old[column]), _object(new[column])
        known = {fact.name for fact in facts}
        others = sorted((before.keys() | after.keys()) - known - set(_ELSEWHERE[column]))
        every = (*facts, *(Fact(name, SAME) for name in others))
        found += _changes(every, before, after)
    datasets = [_object(row["parts"]).get("dataset") or row["fingerprint"] for row in (old, new)]
    if datasets[0] != datasets[1]:
        kept, now = cases_of(old), cases_of(new)
        found.append(Change("cases", kept, now, not kept or not kept.keys() <= now.keys()))
    return tuple(found)


def cases_of(row: Row) -> dict[str, str]:
    """Digest to id of the cases of a suite's row; none where the row does not tell."""
    cases = _object(row["contents"] or "{}").get("cases", {})
    return cases if isinstance(cases, dict) else {}


def _changes(facts: tuple[Fact, ...], old: Row, new: Row) -> list[Change]:
    found = []
    for fact in facts:
        key = fact.column or fact.name
        before, after = (_value(row, key, fact.default) for row in (old, new))
        if before != after:
            looser = not fact.order.holds(before, after)
            found.append(Change(fact.name, before, after, looser))
    return found


def _value(row: Row, key: str, default: Any) -> Any:
    value = row.get(key)
    return default if value is None else value


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def environment_sql(old: str, new: str) -> str:
    """SQL that holds where the row `new` of environments lets no more through than `old`."""
    return " AND ".join(
        _sql(fact, f"{old}.{fact.column or fact.name}", f"{new}.{fact.column or fact.name}")
        for fact in ENVIRONMENT_FACTS
    )


def suite_sql(old: str, new: str) -> str:
    """The same of two rows of suites."""
    holds = [_sql(fact, f"{old}.{fact.name}", f"{new}.{fact.name}") for fact in SUITE_FACTS]
    for column, facts in (("policy", POLICY_FACTS), ("parts", PART_FACTS)):
        holds += [_sql(fact, _json(old, column, fact), _json(new, column, fact)) for fact in facts]
        holds += [_no_other(old, new, column, facts), _no_other(new, old, column, facts)]
    before, after = (
        f"coalesce(json_extract({row}.parts, '$.dataset'), {row}.fingerprint)" for row in (old, new)
    )
    kept, now = (
        f"json_each(CASE {row}.contents WHEN '' THEN '{{}}' ELSE {row}.contents END, '$.cases')"
        for row in (old, new)
    )
    holds.append(
        f"({after} IS {before} OR EXISTS (SELECT 1 FROM {kept})"
        f" AND NOT EXISTS (SELECT 1 FROM {kept} a WHERE a.key NOT IN (SELECT b.key FROM {now} b)))"
    )
    return " AND ".join(holds)


def _sql(fact: Fact, old: str, new: str) -> str:
    return f"({new} IS {old} OR ({fact.order.sql.format(old=old, new=new)}))"


def _json(row: str, column: str, fact: Fact) -> str:
    value = f"json_extract({row}.{column}, '$.{fact.name}')"
    if fact.default is None:
        return value
    default = f"'{fact.default}'" if isinstance(fact.default, str) else str(fact.default)
    return f"coalesce({value}, {default})"


def _no_other(one: str, other: str, column: str, facts: tuple[Fact, ...]) -> str:
    known = ", ".join(f"'{name}'" for name in (*(fact.name for fact in facts), *_ELSEWHERE[column]))
    return (
        f"NOT EXISTS (SELECT 1 FROM json_each({one}.{column}) k WHERE k.key NOT IN ({known})"
        f" AND k.value IS NOT json_extract({other}.{column}, k.fullkey))"
    )


_TRIMMED = "trim({0}.reason) <> ''"
_OF_SUITE = "x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < {0}"
_ACCEPTED = f"""coalesce(
  (SELECT max(x.seq) FROM suites x WHERE {_OF_SUITE} AND {_TRIMMED.format("x")}),
  (SELECT min(x.seq) FROM suites x WHERE {_OF_SUITE} AND x.revision > 0),
  (SELECT min(x.seq) FROM suites x WHERE {_OF_SUITE}))"""
"""seq of the form of a suite whose cases count before that seq: `added_cases.held_to` in SQL."""
_DATASET = "coalesce(json_extract({0}.parts, '$.dataset'), {0}.fingerprint)"

LOOSENING_STEPS = f"""
CREATE VIEW loosening_steps AS
SELECT l.seq, l.name AS environment, NULL AS prompt_id, NULL AS suite,
  coalesce(({environment_sql("o", "n")}), 0) AS undone
FROM environments l
JOIN environments o ON o.seq = (
  SELECT max(x.seq) FROM environments x WHERE x.name = l.name AND x.seq < l.seq)
JOIN environment_rules n ON n.name = l.name
WHERE l.reason <> '' AND {_TRIMMED.format("l")}
UNION ALL
SELECT l.seq, NULL, l.prompt_id, l.suite,
  CASE WHEN o.seq IS NULL THEN n.removed ELSE coalesce(({suite_sql("o", "n")})
    AND {_DATASET.format("b")} IN ({_DATASET.format("n")}, {_DATASET.format("a")}), 0) END
FROM suites l
JOIN current_suites n ON n.prompt_id = l.prompt_id AND n.suite = l.suite
LEFT JOIN suites o ON o.seq = (SELECT max(x.seq) FROM suites x WHERE {_OF_SUITE.format("l.seq")})
LEFT JOIN suites b ON b.seq = {_ACCEPTED.format("l.seq")}
LEFT JOIN suites a ON a.seq = {_ACCEPTED.format("9223372036854775807")}
WHERE l.reason <> '' AND {_TRIMMED.format("l")}"""
"""Records that loosened a rule; undone: the rule is at least as strict again as before, and its
cases are those of before, or are still measured against them.
"""

OPEN_LOOSENINGS = f"""
CREATE VIEW open_loosenings AS
SELECT l.seq, l.environment, l.prompt_id, l.suite FROM loosening_steps l
WHERE NOT l.undone AND NOT EXISTS (
  SELECT 1 FROM loosening_steps k
  WHERE k.undone AND k.seq < l.seq AND k.environment IS l.environment
    AND k.prompt_id IS l.prompt_id AND k.suite IS l.suite
    AND NOT EXISTS (SELECT 1 FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite
      AND x.seq > k.seq AND x.seq < l.seq AND NOT {_TRIMMED.format("x")})
    AND NOT EXISTS (SELECT 1 FROM environments x WHERE x.name = l.environment
      AND x.seq > k.seq AND x.seq < l.seq AND NOT {_TRIMMED.format("x")})
    AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.action = 'deploy'
      AND (d.prompt_id = l.prompt_id OR d.environment = l.environment)
      AND d.seq > k.seq AND d.seq < l.seq))"""
"""Loosened rules that still count: those that are not undone, nor a step on the way back from one
that is. `open_loosenings.py` says the same in Python.
"""
