"""What the database itself refuses, whoever asks: deny by default.

One trigger a table holds all its rules in order, so the first broken one is the one that is
named. CHECK constraints and foreign keys can be switched off by a connection, so nothing here
leans on them. UPDATE and DELETE are always refused; so is a second row for any unique key,
because REPLACE deletes the first without asking the DELETE trigger.
"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

from workbench.registry.models.actors import RULES as PEOPLE
from workbench.registry.models.strictness import REVISION
from workbench.registry.storage.sqlite.deployment_rules import DEPLOYMENT_RULES
from workbench.registry.storage.sqlite.schema import TABLES, UNIQUE_KEYS
from workbench.registry.storage.sqlite.strictness_sql import environment_sql, suite_sql
from workbench.registry.storage.sqlite.trigger_parts import (
    ACTOR,
    ENVIRONMENT,
    HAS_VERSION,
    PROMPT_ID,
    RAW_NAMES,
    SAME_PERSON,
    VISIBLE,
    Rule,
)
from workbench.registry.storage.tables import KINDS

CLOCK_SLACK_DAYS = 0.0035
"""Five minutes: how far a record's time may be from this machine's clock."""

_LEDGER: tuple[Rule, ...] = (
    (
        "NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM ledger)",
        "ledger: a record goes to the end of the chain",
    ),
    (
        "NEW.previous = coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), "
        "'" + "0" * 64 + "')",
        "ledger: a record follows the one before",
    ),
    (
        "NEW.kind IN (" + ", ".join(f"'{kind}'" for kind in KINDS) + ")",
        "ledger: no such kind of record",
    ),
    (
        "NEW.at GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]."
        "[0-9][0-9][0-9][0-9][0-9][0-9]Z' AND length(NEW.at) = 27",
        "ledger: time must be UTC with six decimals",
    ),
    (
        "NEW.at >= coalesce((SELECT at FROM ledger ORDER BY seq DESC LIMIT 1), '')",
        "ledger: a record cannot be older than the one before",
    ),
    (
        f"julianday(NEW.at) <= julianday('now') + {CLOCK_SLACK_DAYS}"
        " OR NEW.at = (SELECT at FROM ledger ORDER BY seq DESC LIMIT 1)",
        "ledger: a record cannot lie in the future",
    ),
    (
        f"julianday(NEW.at) >= julianday('now') - {CLOCK_SLACK_DAYS}",
        "ledger: a record cannot be backdated",
    ),
)

_VERSION: tuple[Rule, ...] = (
    (PROMPT_ID.format("prompt_id"), "version: a prompt_id has a-z 0-9 _ . - only"),
    ("length(NEW.fingerprint) = 64", "version: no fingerprint"),
    (
        "NEW.version NOT GLOB '*[^0-9A-Za-z.-]*' AND NEW.version GLOB '[0-9]*.[0-9]*.[0-9]*'",
        "version: write it like 1.2.0",
    ),
    (
        "NOT EXISTS (SELECT 1 FROM versions o WHERE o.prompt_id = NEW.prompt_id"
        " AND o.fingerprint = NEW.fingerprint AND (instr(NEW.version, '-') > 0"
        " OR substr(o.version, 1, length(NEW.version) + 1) <> NEW.version || '-'))",
        "version: this content is there already, and not as a candidate for this release",
    ),
)

_SUITE: tuple[Rule, ...] = (
    (PROMPT_ID.format("prompt_id"), "suite: a prompt_id has a-z 0-9 _ . - only"),
    ("json_valid(NEW.parts) AND json_valid(NEW.policy)", "suite: parts and policy are JSON"),
    (
        "NEW.external IN (0, 1) AND (NEW.external = 0 OR NOT EXISTS (SELECT 1 FROM suites s"
        " WHERE s.prompt_id = NEW.prompt_id AND s.suite = NEW.suite AND s.external = 0))",
        "suite: a team's own suite cannot take the name of a suite of the workspace",
    ),
    (
        "(NEW.contents = '' OR json_valid(NEW.contents)) AND NEW.removed IN (0, 1)"
        f" AND NEW.revision IN (0, {REVISION})",
        "suite: contents are JSON, and a mark is 0 or 1",
    ),
    (
        "NEW.external = 0 OR coalesce(json_extract(NEW.policy, '$.threshold') >= 1e-6, 0)",
        "suite: a team's own suite needs a threshold above 0",
    ),
    (
        f"{VISIBLE.format('NEW.reason')} OR coalesce((SELECT"
        f" {suite_sql('o', 'NEW')}"
        # A suite of 0.1.0 that judged nothing yet required nothing.
        " OR (o.revision = 0 AND NEW.removed = 0 AND NOT EXISTS (SELECT 1 FROM evaluations e"
        "  WHERE e.prompt_id = o.prompt_id AND e.suite = o.suite))"
        " FROM current_suites o"
        " WHERE o.prompt_id = NEW.prompt_id AND o.suite = NEW.suite), NOT EXISTS (SELECT 1"
        " FROM suites o WHERE o.prompt_id = NEW.prompt_id AND o.suite = NEW.suite)"
        # Where only external suites judge the prompt, one passing suite is enough.
        " AND NOT (coalesce((SELECT min(c.external) FROM current_suites c"
        "  WHERE c.prompt_id = NEW.prompt_id AND c.removed = 0), 0) = 1"
        "  AND EXISTS (SELECT 1 FROM environment_rules r"
        "   WHERE r.external = 1 AND json_array_length(r.requires) = 0)))",
        "suite: this lets more through, or cannot be compared; it needs a reason",
    ),
)

_JUDGED_BY = "'$.environment.judges.\"' || g.value || '\"'"
"""Where the record of an evaluation has the models that answered for a judge."""

_EVALUATION: tuple[Rule, ...] = (
    (HAS_VERSION, "evaluation: no such version with this fingerprint"),
    (
        "EXISTS (SELECT 1 FROM suites s WHERE s.seq = NEW.suite_seq"
        " AND s.prompt_id = NEW.prompt_id AND s.suite = NEW.suite AND s.external = NEW.external)",
        "evaluation: no such suite of this prompt",
    ),
    ("NEW.gate IN ('pass', 'fail', 'no_decision')", "evaluation: no such decision"),
    (
        "NEW.finished_at >= NEW.started_at AND julianday(NEW.finished_at) <="
        f" julianday((SELECT at FROM ledger WHERE seq = NEW.seq)) + {CLOCK_SLACK_DAYS}",
        "evaluation: it cannot finish before it starts, or in the future",
    ),
    (
        "json_valid(NEW.plan) AND json_valid(NEW.record) AND NEW.planned >= 0",
        "evaluation: plan and record are JSON",
    ),
    (
        "NEW.gate <> 'pass' OR NOT EXISTS (SELECT 1 FROM suites s, json_each("
        "coalesce(json_extract(s.parts, '$.gate_judges'), '[]')) g WHERE s.seq = NEW.suite_seq"
        " AND NOT EXISTS (SELECT 1 FROM admitted_calibrations c WHERE c.fingerprint = g.value"
        f" AND json_type(NEW.record, {_JUDGED_BY}) = 'array' AND NOT EXISTS (SELECT 1"
        f" FROM json_each(NEW.record, {_JUDGED_BY}) m"
        " WHERE m.value NOT IN (SELECT x.value FROM json_each(c.models) x))))",
        "evaluation: its gate rests on a judge without a calibration that fits",
    ),
)

_SCORE: tuple[Rule, ...] = (
    (
        "(SELECT kind FROM ledger WHERE seq = NEW.evaluation"
        " AND seq = (SELECT max(seq) FROM ledger)) = 'evaluation'"
        " AND NOT EXISTS (SELECT 1 FROM evaluations WHERE seq = NEW.evaluation)",
        "scores: an evaluation that is recorded takes no more scores",
    ),
    (
        "NEW.position >= 0 AND json_valid(NEW.a_repeats) AND json_valid(NEW.b_repeats)"
        " AND (NEW.tags = '' OR json_valid(NEW.tags))",
        "scores: position, repeats and tags",
    ),
    *(
        (
            f"(NEW.{side} IS NULL) = ((SELECT count(value) FROM json_each(NEW.{side}_repeats)) = 0)"
            f" AND coalesce(abs(NEW.{side} - (SELECT avg(value) FROM"
            f" json_each(NEW.{side}_repeats))) < 1e-9 AND NEW.{side} >= 0.0 AND"
            f" (NEW.{side} <= 1.0 OR NEW.scorer IN {RAW_NAMES}), NEW.{side} IS NULL)",
            f"scores: {side} is the mean of its repeats, between 0 and 1",
        )
        for side in ("a", "b")
    ),
    (
        "coalesce((SELECT max(s.position) FROM scores s WHERE s.evaluation = NEW.evaluation"
        " AND s.scorer = NEW.scorer), -1) = NEW.position - 1",
        "scores: in the order of the plan",
    ),
)

_ENVIRONMENT_RULES: tuple[Rule, ...] = (
    (PROMPT_ID.format("name"), "environment: a name has a-z 0-9 _ . - only"),
    (
        "NEW.external IN (0, 1) AND NEW.untested IN (0, 1) AND NEW.frozen IN (0, 1)"
        " AND NEW.approvals >= 0 AND NEW.max_age_days >= 0",
        "environment: a rule is out of bounds",
    ),
    (
        "json_valid(NEW.requires) AND json_type(NEW.requires) = 'array'",
        "environment: requires is a list of suites",
    ),
    (
        "NEW.answers IN ('cached', 'fresh') AND json_valid(NEW.endpoints)"
        " AND json_type(NEW.endpoints) = 'array'",
        "environment: answers are cached or fresh, endpoints a list of addresses",
    ),
    (
        "NEW.answering_model IN ('any', 'current')",
        "environment: the answering model is any or the current one",
    ),
    (f"NEW.revision IN (0, {REVISION})", "environment: no such revision of the rules"),
    (
        f"{VISIBLE.format('NEW.reason')} OR NOT EXISTS (SELECT 1 FROM versions)"
        f" OR coalesce((SELECT {environment_sql('o', 'NEW')} FROM environment_rules o"
        " WHERE o.name = NEW.name), NOT EXISTS (SELECT 1 FROM environments o"
        " WHERE o.name = NEW.name))",
        "environment: this lets more through; it needs a reason",
    ),
)

_OBSERVATION: tuple[Rule, ...] = (
    (HAS_VERSION, "observation: no such version with this fingerprint"),
    (
        "EXISTS (SELECT 1 FROM evaluations e WHERE e.seq = NEW.evaluation"
        " AND e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint)",
        "observation: no such evaluation of this version",
    ),
    (
        "NEW.changed IN (0, 1) AND NEW.asked <> '' AND json_valid(NEW.answered)"
        " AND json_type(NEW.answered) = 'array' AND json_array_length(NEW.answered) > 0",
        "observation: it names the model that was asked for, and a list of those that answered",
    ),
)

_APPROVAL: tuple[Rule, ...] = (
    (HAS_VERSION, "approval: no such version with this fingerprint"),
    (ENVIRONMENT.format("1"), "approval: no such environment"),
    (
        "NOT EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id"
        f" AND v.version = NEW.version AND {SAME_PERSON}(v.author, {ACTOR}))",
        "approval: the author cannot approve",
    ),
    (f"NEW.rules = {PEOPLE}", "approval: by the rules of today"),
)

_RULE_APPROVAL: tuple[Rule, ...] = (
    (
        "EXISTS (SELECT 1 FROM environments r WHERE r.seq = NEW.target AND trim(r.reason) <> '')"
        " OR EXISTS (SELECT 1 FROM suites r WHERE r.seq = NEW.target AND trim(r.reason) <> '')",
        "rule_approval: no such change of a rule",
    ),
    (
        f"NOT {SAME_PERSON}({ACTOR}, (SELECT actor FROM ledger WHERE seq = NEW.target))",
        "rule_approval: who changed the rule cannot approve it",
    ),
)

_REVOCATION: tuple[Rule, ...] = (
    (HAS_VERSION, "revocation: no such version with this fingerprint"),
    (VISIBLE.format("NEW.reason"), "revocation: it needs a reason"),
)

_CONSUMER: tuple[Rule, ...] = (
    (ENVIRONMENT.format("1"), "consumer: no such environment"),
    ("json_valid(NEW.bounds)", "consumer: bounds are JSON"),
)

_CALIBRATION: tuple[Rule, ...] = (
    ("NEW.judge <> ''", "calibration: no judge"),
    (
        "length(NEW.fingerprint) = 64 AND length(NEW.labels) = 64",
        "calibration: it names the judge and the labels by their sha256",
    ),
    (
        "json_valid(NEW.models) AND json_type(NEW.models) = 'array'",
        "calibration: models is a list",
    ),
    (
        "min(NEW.passed_both, NEW.passed_by_judge, NEW.passed_by_people, NEW.failed_both,"
        " NEW.missing, NEW.rarer) >= 0 AND 2 * NEW.rarer <= NEW.labelled"
        " AND NEW.passed_both + NEW.passed_by_judge + NEW.passed_by_people + NEW.failed_both"
        " + NEW.missing <= NEW.labelled",
        "calibration: more verdicts than labels",
    ),
)

_SIGNATURE: tuple[Rule, ...] = (
    ("NEW.target < NEW.seq", "signature: of an earlier record"),
    ("EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.target)", "signature: no such record"),
    ("json_valid(NEW.envelope)", "signature: the envelope is JSON"),
)

RULES: dict[str, tuple[Rule, ...]] = {
    "ledger": _LEDGER,
    "registry": (("NEW.seq = 1", "registry: there is one"),),
    "versions": _VERSION,
    "suites": _SUITE,
    "evaluations": _EVALUATION,
    "scores": _SCORE,
    "environments": _ENVIRONMENT_RULES,
    "deployments": DEPLOYMENT_RULES,
    "observations": _OBSERVATION,
    "approvals": _APPROVAL,
    "rule_approvals": _RULE_APPROVAL,
    "revocations": _REVOCATION,
    "consumers": _CONSUMER,
    "signatures": _SIGNATURE,
    "calibrations": _CALIBRATION,
}


def triggers() -> list[str]:
    """All triggers as DDL, in a stable order."""
    kinds = {table: kind for kind, table in KINDS.items()}
    statements = []
    for table in TABLES:
        for verb in ("UPDATE", "DELETE"):
            statements.append(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}\n"
                f"BEGIN SELECT RAISE(ABORT, '{table}: a row never changes or disappears'); END"
            )
        rules = [_once(table, key) for key in UNIQUE_KEYS[table]]
        if table in kinds:
            rules.append(_recorded(kinds[table]))
        rules.extend(RULES[table])
        statements.append(_insert_trigger(table, rules))
    return statements


def _once(table: str, key: tuple[str, ...]) -> Rule:
    same = " AND ".join(f"o.{column} = NEW.{column}" for column in key)
    return (
        f"NOT EXISTS (SELECT 1 FROM {table} o WHERE {same})",
        f"{table}: this {' and '.join(key)} is there already",
    )


def _recorded(kind: str) -> Rule:
    return (
        "(SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger))"
        f" = '{kind}'",
        f"{kind}: every row is recorded in the ledger first",
    )


def _insert_trigger(table: str, rules: list[Rule]) -> str:
    body = "\n".join(
        f"  SELECT RAISE(ABORT, '{sentence.replace(chr(39), chr(39) * 2)}')"
        f" WHERE NOT coalesce(({holds}), 0);"
        for holds, sentence in rules
    )
    return f"CREATE TRIGGER {table}_insert BEFORE INSERT ON {table}\nBEGIN\n{body}\nEND"
