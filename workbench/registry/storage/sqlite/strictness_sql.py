"""`models.strictness` in SQLite's SQL, and the views of loosened rules that are built on it.

`tests/registry/test_rules.py` compares both for random rows.
"""

# All SQL is put together from this package's own constants.
# ruff: noqa: S608
from __future__ import annotations

from workbench.registry.models.strictness import (
    COMPARED_ELSEWHERE,
    ENVIRONMENT_FACTS,
    PART_FACTS,
    POLICY_FACTS,
    SUITE_FACTS,
    Fact,
    Order,
    at_least,
    at_most,
    current,
    fresh,
    listed_before,
    listed_too,
    margins_kept,
    once_set,
    same,
    shorter,
    shorter_or_zero,
)

_NUMBERS = "typeof({old}) IN ('integer', 'real') AND typeof({new}) IN ('integer', 'real')"

_ORDERS: dict[Order, str] = {
    same: "0",
    at_least: f"{_NUMBERS} AND {{new}} >= {{old}}",
    at_most: f"{_NUMBERS} AND {{new}} <= {{old}}",
    once_set: "coalesce({old}, '') = ''",
    shorter: "{old} IS NULL AND typeof({new}) IN ('integer', 'real')"
    f" OR {_NUMBERS} AND {{new}} <= {{old}}",
    shorter_or_zero: f"{_NUMBERS} AND {{new}} > 0 AND ({{old}} <= 0 OR {{new}} <= {{old}})",
    listed_too: "json_array_length({old}) > 0 AND NOT EXISTS (SELECT 1 FROM json_each({old}) a"
    " WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each({new}) b), 1))",
    margins_kept: "NOT EXISTS (SELECT 1 FROM json_each({old}) m WHERE NOT coalesce(("
    "SELECT typeof(json_extract(m.value, '$.margin')) IN ('integer', 'real')"
    " AND typeof(json_extract(n.value, '$.margin')) IN ('integer', 'real')"
    " AND json_extract(n.value, '$.margin') <= json_extract(m.value, '$.margin')"
    " FROM json_each({new}) n WHERE n.key = m.key), 0))",
    fresh: "{new} = 'fresh'",
    current: "{new} = 'current'",
    listed_before: "json_array_length({new}) > 0 AND (json_array_length({old}) = 0 OR NOT EXISTS ("
    "SELECT 1 FROM json_each({new}) a"
    " WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each({old}) b), 1)))",
}
"""Each order, of {old} and {new}."""


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
    return f"({new} IS {old} OR ({_ORDERS[fact.order].format(old=old, new=new)}))"


def _json(row: str, column: str, fact: Fact) -> str:
    value = f"json_extract({row}.{column}, '$.{fact.name}')"
    if fact.default is None:
        return value
    default = f"'{fact.default}'" if isinstance(fact.default, str) else str(fact.default)
    return f"coalesce({value}, {default})"


def _no_other(one: str, other: str, column: str, facts: tuple[Fact, ...]) -> str:
    names = (*(fact.name for fact in facts), *COMPARED_ELSEWHERE[column])
    known = ", ".join(f"'{name}'" for name in names)
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
