"""What must hold for a row of `deployments`, in SQL: the rules of `models.deployment_rules`."""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

from workbench.registry.models import deployment_rules as rules
from workbench.registry.models.strictness import MARKS_REVISION
from workbench.registry.storage.sqlite.trigger_parts import (
    ACTOR,
    ENVIRONMENT,
    HAS_VERSION,
    HEAD,
    IS_DEPLOY,
    SAME_PERSON,
    VISIBLE,
    Rule,
)

# An approval counts when it is not by the author, the deployer or the only evaluator, and was given
# after the last rollback from this version.
_ACCEPTED = """accepted_evaluations e JOIN ledger m ON m.seq = e.seq
    WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint
      AND e.environment = NEW.environment"""
_COUNTS = f"""{{0}}.prompt_id = NEW.prompt_id AND {{0}}.version = NEW.version
    AND {{0}}.fingerprint = NEW.fingerprint AND {{0}}.environment = NEW.environment
    AND NOT {SAME_PERSON}({{1}}.actor, {ACTOR})
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
      AND v.version = NEW.version AND {SAME_PERSON}(v.author, {{1}}.actor))
    AND (NEW.evaluation IS NULL OR EXISTS (SELECT 1 FROM {_ACCEPTED}
      AND NOT {SAME_PERSON}(m.actor, {{1}}.actor)))
    AND {{0}}.seq > coalesce((SELECT max(b.seq) FROM deployments b
      WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment
      AND b.action = 'rollback' AND b.previous_version = NEW.version), 0)"""
_APPROVERS = f"""(SELECT count(*) FROM approvals a JOIN ledger l ON l.seq = a.seq
    WHERE {_COUNTS.format("a", "l")}
    AND NOT EXISTS (SELECT 1 FROM approvals o JOIN ledger k ON k.seq = o.seq
      WHERE o.seq < a.seq AND {SAME_PERSON}(k.actor, l.actor) AND {_COUNTS.format("o", "k")}))"""

UNAPPROVED = f"""SELECT 1 FROM open_loosenings x
    WHERE (x.environment = NEW.environment OR (x.prompt_id = NEW.prompt_id
      AND ({ENVIRONMENT.format("json_array_length(r.requires) = 0")}
        OR x.suite IN (SELECT j.value FROM json_each({ENVIRONMENT.format("r.requires")}) j))))
    AND (SELECT count(*) FROM rule_approvals a JOIN ledger l ON l.seq = a.seq
        WHERE a.target = x.seq
        AND NOT {SAME_PERSON}(l.actor, (SELECT actor FROM ledger WHERE seq = x.seq))
        AND NOT EXISTS (SELECT 1 FROM rule_approvals o JOIN ledger k ON k.seq = o.seq
          WHERE o.target = x.seq AND o.seq < a.seq AND {SAME_PERSON}(k.actor, l.actor)))
      < max({ENVIRONMENT.format("r.approvals")}, coalesce((SELECT b.approvals FROM environments b
        WHERE b.name = NEW.environment AND b.seq < x.seq ORDER BY b.seq DESC LIMIT 1), 0))"""
"""Loosenings that count there and that too few other people approved: as many as the environment
asks for now, or asked for when they were made.
"""

_HOLDS: dict[rules.DeploymentRule, str] = {
    rules.ACTION: "NEW.action IN ('deploy', 'rollback', 'retire')",
    rules.MARKS: "NEW.override IN (0, 1) AND NEW.again IN (0, 1) AND NEW.stale IN (0, 1)",
    rules.LOOSENED_BY: (
        "NEW.loosened_by IS NULL OR EXISTS (SELECT 1 FROM open_loosenings x"
        " WHERE x.seq = NEW.loosened_by AND (x.environment = NEW.environment"
        " OR x.prompt_id = NEW.prompt_id))"
    ),
    rules.ENVIRONMENT: ENVIRONMENT.format("1"),
    rules.VERSION: HAS_VERSION,
    rules.PREVIOUS: f"NEW.previous_seq IS {HEAD.format('h.seq')}",
    rules.PREVIOUS_VERSION: (
        "NEW.previous_version IS "
        + HEAD.format("CASE h.action WHEN 'retire' THEN NULL ELSE h.version END")
    ),
    rules.REVOKED: (
        "NEW.action = 'retire' OR NOT EXISTS (SELECT 1 FROM revocations x"
        " WHERE x.prompt_id = NEW.prompt_id"
        " AND (x.version = NEW.version OR x.fingerprint = NEW.fingerprint))"
    ),
    rules.OVERRIDE: (
        f"NEW.override = 0 OR (NEW.action = 'deploy' AND {VISIBLE.format('NEW.reason')})"
    ),
    rules.RETIRE: (
        f"NEW.action <> 'retire' OR ({VISIBLE.format('NEW.reason')}"
        " AND NEW.previous_version = NEW.version"
        f" AND NEW.stands_for = {HEAD.format('h.stands_for')} AND NEW.evaluation IS NULL)"
    ),
    rules.ROLLBACK: (
        "NEW.action <> 'rollback' OR EXISTS (SELECT 1 FROM deployments t"
        " WHERE t.seq = NEW.stands_for AND t.action = 'deploy' AND t.prompt_id = NEW.prompt_id"
        " AND t.environment = NEW.environment AND t.version = NEW.version"
        " AND t.fingerprint = NEW.fingerprint AND t.evaluation IS NEW.evaluation"
        " AND NOT EXISTS (SELECT 1 FROM deployments r WHERE r.prompt_id = NEW.prompt_id"
        " AND r.environment = NEW.environment AND r.action = 'rollback' AND r.seq > t.seq"
        " AND r.stands_for < t.seq)"
        f" AND (t.seq < {HEAD.format('h.stands_for')}"
        f" OR ({HEAD.format('h.action')} = 'retire' AND t.seq = {HEAD.format('h.stands_for')})))"
    ),
    rules.STANDS_FOR: f"NOT ({IS_DEPLOY}) OR NEW.stands_for = NEW.seq",
    rules.LIVE_ALREADY: f"NOT ({IS_DEPLOY}) OR NEW.previous_version IS NOT NEW.version",
    rules.FROZEN: f"NOT ({IS_DEPLOY}) OR NEW.override = 1 OR {ENVIRONMENT.format('r.frozen')} = 0",
    rules.PROMOTED: (
        f"NOT ({IS_DEPLOY}) OR NEW.override = 1 OR {ENVIRONMENT.format('r.promote_from')} = ''"
        " OR EXISTS (SELECT 1 FROM heads p WHERE p.prompt_id = NEW.prompt_id"
        f" AND p.environment = {ENVIRONMENT.format('r.promote_from')}"
        " AND p.version = NEW.version AND p.action <> 'retire')"
    ),
    rules.APPROVED: (
        f"NOT ({IS_DEPLOY}) OR NEW.override = 1"
        f" OR {ENVIRONMENT.format('r.approvals')} = 0"
        f" OR {ENVIRONMENT.format('r.approvals')} <= {_APPROVERS}"
    ),
    rules.RULES_APPROVED: f"NOT ({IS_DEPLOY}) OR NEW.override = 1 OR NOT EXISTS ({UNAPPROVED})",
    rules.AGAIN: (
        f"NOT ({IS_DEPLOY}) OR (NEW.again = 1 AND {VISIBLE.format('NEW.reason')})"
        " OR coalesce((SELECT max(b.seq) FROM deployments b WHERE b.prompt_id = NEW.prompt_id"
        " AND b.environment = NEW.environment AND b.action = 'rollback'"
        " AND b.previous_version = NEW.version), 0)"
        " <= coalesce((SELECT max(d.seq) FROM deployments d WHERE d.prompt_id = NEW.prompt_id"
        " AND d.environment = NEW.environment AND d.action = 'deploy'"
        " AND d.version = NEW.version), 0)"
    ),
    rules.CONSUMERS: (
        f"NOT ({IS_DEPLOY}) OR NEW.override = 1 OR NOT EXISTS ("
        " SELECT 1 FROM consumers c JOIN json_each(c.bounds) j"
        " WHERE c.prompt_id = NEW.prompt_id AND c.environment = NEW.environment"
        " AND c.seq = (SELECT max(y.seq) FROM consumers y WHERE y.prompt_id = c.prompt_id"
        " AND y.environment = c.environment AND y.name = c.name)"
        " AND NOT (SELECT CASE json_extract(j.value, '$[0]')"
        " WHEN '>=' THEN v.sort_key >= json_extract(j.value, '$[1]')"
        " WHEN '>' THEN v.sort_key > json_extract(j.value, '$[1]')"
        " WHEN '<=' THEN v.sort_key <= json_extract(j.value, '$[1]')"
        " WHEN '<' THEN v.sort_key < json_extract(j.value, '$[1]')"
        " WHEN '==' THEN v.sort_key = json_extract(j.value, '$[1]')"
        " WHEN '!=' THEN v.sort_key <> json_extract(j.value, '$[1]') ELSE 0 END"
        " FROM versions v WHERE v.prompt_id = NEW.prompt_id AND v.version = NEW.version))"
    ),
    rules.EVALUATION: (
        f"NOT ({IS_DEPLOY}) OR NEW.evaluation IS NULL OR EXISTS (SELECT 1"
        " FROM accepted_evaluations e WHERE e.seq = NEW.evaluation"
        " AND e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint"
        " AND e.environment = NEW.environment)"
    ),
    rules.TESTED: (
        f"NOT ({IS_DEPLOY}) OR NEW.override = 1 OR {ENVIRONMENT.format('r.untested')} = 1"
        " OR (NEW.evaluation IS NOT NULL AND NOT EXISTS (SELECT 1 FROM required_suites q"
        " WHERE q.environment = NEW.environment AND coalesce(q.prompt_id, NEW.prompt_id) ="
        " NEW.prompt_id AND q.suite NOT IN (SELECT e.suite FROM accepted_evaluations e"
        " WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint"
        " AND e.environment = NEW.environment)))"
    ),
    rules.REVISION: f"NEW.revision = {MARKS_REVISION}",
}

DEPLOYMENT_RULES: tuple[Rule, ...] = tuple(
    (_HOLDS[rule], rule.refused) for rule in rules.DEPLOYMENT_RULES
)
