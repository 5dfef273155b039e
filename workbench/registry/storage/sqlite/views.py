"""What currently holds: the views that the triggers, the program and other tools query."""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

from workbench.registry.storage.sqlite.strictness_sql import LOOSENING_STEPS, OPEN_LOOSENINGS

# The gate asks whether B may be as much as the margin worse than A: its mean difference must be
# above -margin. For passes and failures that is w - l, and Tango's score statistic at
# d0 = -margin must exceed z: (w - l + n*m) / sqrt(n * (2q - m*(1+m))) > z. SQLite need not have
# sqrt(), so both sides are squared, and q, the larger root of a*q^2 + b*q + c = 0, is bounded by
# Q = ((w-l+n*m)^2 / (z^2*n) + m*(1+m)) / 2: q < Q where a*Q^2 + b*Q + c > 0 and Q > -b / (2a).
# A plan's early looks ask for more than z, and graded, clustered or anytime scores have rules of
# their own, so here it is necessary and `verify` does the rest.
_W = "sum(c.b > c.a)"
_L = "sum(c.b < c.a)"
_N = "sum(c.a IS NOT NULL AND c.b IS NOT NULL)"
_M = "CAST(json_extract(s.policy, '$.margin') AS REAL)"
_Z2 = """(CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END)"""
_BINARY = """(sum(coalesce(c.a NOT IN (0.0, 1.0), 0)) + sum(coalesce(c.b NOT IN (0.0, 1.0), 0))
          + sum(c.case_group IS NOT NULL) + coalesce(json_extract(e.plan, '$.anytime'), 0) = 0)"""


def _not_worse(m: str) -> str:
    """Whether the gain over a loss of `m` may suffice."""
    gain = f"(sum(c.b - c.a) + {_N} * {m})"
    q = f"(({gain} * {gain} / ({_Z2} * {_N}) + {m} * (1 + {m})) / 2)"
    b = f"(-({_W} + {_L}) - (2.0 * {_N} - {_W} + {_L}) * {m})"
    c = f"({_L} * {m} * (1 + {m}))"
    return f"""({_N} > 0 AND {gain} > 0 AND (NOT {_BINARY} OR (
          2.0 * {_N} * {q} * {q} + {b} * {q} + {c} > -1e-6
          AND {q} > -{b} / (4.0 * {_N}))))"""


_NOT_WORSE = _not_worse(_M)
_MISSING = """sum(c.b IS NULL OR (c.a IS NULL AND e.baseline_fingerprint IS NOT NULL))
          <= json_extract(s.policy, '$.max_missing') * count(*) + 1e-9"""

# The rule for few cases: none scores lower than under the baseline, whatever the missing ones are.
_NO_REGRESSIONS = "sum(coalesce(c.b, 0.0) < coalesce(c.a, 1.0) - 1e-9) = 0"
# A threshold alone needs cases; records of the first decision rules asked for none.
_ENOUGH = """(coalesce(json_extract(e.plan, '$.rules'), 1) < 2
          OR count(*) >= coalesce(json_extract(s.policy, '$.min_cases'), 20))"""
# Since the third decision rules a baseline excuses no score of 0, and the rule for few cases wants
# a threshold and enough cases.
_SCORED = f"""(coalesce(json_extract(e.plan, '$.rules'), 1) < 3
          OR (sum(coalesce(c.b, 0.0)) > 0 AND (
            coalesce(json_extract(s.policy, '$.rule'), '') <> 'no_regressions'
            OR (json_extract(s.policy, '$.threshold') IS NOT NULL AND {_ENOUGH}))))"""

_SOUND = f"""
      SELECT count(*) > 0
        AND max(c.position) = count(*) - 1
        AND count(*) <= e.planned
        AND (count(*) = e.planned
          OR count(*) IN (SELECT k.value FROM json_each(e.plan, '$.block_ends') k))
        AND {_MISSING}
        AND sum(coalesce(c.b, 0.0)) / count(*)
          >= coalesce(json_extract(s.policy, '$.threshold'), -1.0) - 1e-9
        AND (e.baseline_fingerprint IS NOT NULL
          OR (json_extract(s.policy, '$.threshold') IS NOT NULL AND {_ENOUGH}))
        AND (e.baseline_fingerprint IS NULL OR {_SCORED})
        AND (e.baseline_fingerprint IS NULL
          OR CASE json_extract(s.policy, '$.rule')
            WHEN 'no_regressions' THEN {_NO_REGRESSIONS} ELSE {_NOT_WORSE} END)
      FROM scores c WHERE c.evaluation = e.seq AND c.scorer = g.value"""

# Beside a baseline a slice keeps a margin of its own, by every scorer.
_SLICES = f"""NOT EXISTS (
    SELECT 1 FROM json_each(s.policy, '$.slices') k JOIN json_each(s.policy, '$.scorers') g
    WHERE e.baseline_fingerprint IS NOT NULL AND NOT coalesce((
      SELECT count(*) > 0 AND {_MISSING}
        AND {_not_worse("CAST(json_extract(k.value, '$.margin') AS REAL)")}
      FROM scores c WHERE c.evaluation = e.seq AND c.scorer = g.value AND c.tags <> ''
        AND EXISTS (SELECT 1 FROM json_each(c.tags) t WHERE t.value = k.key)), 0))"""

# Cost and latency have rows of their own. SQLite need not have ln(): 1 - a/b is at most ln(b/a), so
# its mean must be below the margin. Of a percentile the estimates themselves are compared. Missing
# pairs are the worst that they can be.
_ROWS = """c.evaluation = e.seq AND c.scorer = '{0}'"""
_ALL_ROWS = """count(*) = (SELECT count(*) FROM scores o
        WHERE o.evaluation = e.seq AND o.scorer = json_extract(s.policy, '$.scorers[0]'))"""
_COST = f"""(SELECT {_ALL_ROWS} AND {_MISSING} AND sum(CASE
          WHEN c.a IS NULL OR c.b IS NULL OR (c.a <= 0.0 AND c.b > 0.0) THEN 1.0
          WHEN c.b <= 0.0 THEN CASE WHEN c.a > 0.0 THEN -2.0 ELSE 0.0 END
          ELSE 1.0 - c.a / c.b END) < json_extract(k.value, '$.margin') * count(*) + 1e-9
      FROM scores c WHERE {_ROWS.format("@cost")})"""
_PERCENTILE = f"""(SELECT q.v FROM (
          SELECT coalesce(c.{{0}}, {{1}}) AS v, count(*) OVER () AS n,
            row_number() OVER (ORDER BY coalesce(c.{{0}}, {{1}})) AS r
          FROM scores c WHERE {_ROWS.format("@latency")}) q
        WHERE q.r = (q.n * CAST(substr(k.key, 10) AS INTEGER) + 99) / 100)"""
_LATENCY = f"""((SELECT {_ALL_ROWS} AND {_MISSING} FROM scores c WHERE {_ROWS.format("@latency")})
      AND {_PERCENTILE.format("b", "1e300")} < {_PERCENTILE.format("a", "-1e300")}
        + json_extract(k.value, '$.margin') + 1e-9)"""
_ALSO = f"""NOT EXISTS (
    SELECT 1 FROM json_each(s.policy, '$.also') k
    WHERE e.baseline_fingerprint IS NOT NULL AND NOT coalesce(CASE
      WHEN k.key = 'cost' THEN {_COST}
      WHEN k.key GLOB 'latency_p[1-9]*' THEN {_LATENCY} ELSE 0 END, 0))"""

# The record of an evaluation holds the origin of the answers of each side. An origin that is not
# recorded counts as neither fresh nor from any endpoint.
_A_COUNTS = "e.baseline_fingerprint IS NULL OR "
_FRESH_SIDE = """(json_extract(e.record, '$.answers.{0}.cached') = 0
      AND coalesce(json_extract(e.record, '$.answers.{0}.unknown'), 0) = 0)"""
_FRESH = f"{_FRESH_SIDE.format('b')}\n    AND ({_A_COUNTS}{_FRESH_SIDE.format('a')})"
_ENDPOINTS_SIDE = """(json_array_length(e.record, '$.answers.{0}.endpoints') > 0
      AND coalesce(json_extract(e.record, '$.answers.{0}.unknown'), 0) = 0
      AND NOT EXISTS (SELECT 1 FROM json_each(e.record, '$.answers.{0}.endpoints') x
        WHERE NOT EXISTS (SELECT 1 FROM json_each(r.endpoints) y WHERE y.value = x.value
          OR (y.value = 'local' AND x.value GLOB 'local:*'))))"""
_ENDPOINTS = f"{_ENDPOINTS_SIDE.format('b')}\n    AND ({_A_COUNTS}{_ENDPOINTS_SIDE.format('a')})"

# The newest observation of what is asked for says which model answers today. Names of models, or
# the digest of weights, stand in both; another score under the same name concerns earlier evidence
# of that prompt.
_CURRENT_SIDE = """(json_extract(e.record, '$.answers.{0}.asked') IS NOT NULL
      AND coalesce(json_extract(e.record, '$.answers.{0}.unknown'), 0) = 0
      AND (json_array_length(e.record, '$.answers.{0}.models') > 0
        OR json_extract(e.record, '$.answers.{0}.endpoints[0]') GLOB 'local:*')
      AND NOT EXISTS (SELECT 1 FROM observations o
        WHERE o.asked = json_extract(e.record, '$.answers.{0}.asked')
        AND o.seq = (SELECT max(x.seq) FROM observations x WHERE x.asked = o.asked)
        AND (EXISTS (SELECT 1 FROM json_each(o.answered) y WHERE y.value NOT IN (
            SELECT m.value FROM json_each(e.record, '$.answers.{0}.models') m
            UNION ALL SELECT n.value FROM json_each(e.record, '$.answers.{0}.endpoints') n))
          OR (o.changed = 1 AND o.prompt_id = e.prompt_id
            AND (o.seq > e.seq
              OR coalesce(json_extract(e.record, '$.answers.{0}.cached'), 1) > 0)))))"""
_CURRENT = f"{_CURRENT_SIDE.format('b')}\n    AND ({_A_COUNTS}{_CURRENT_SIDE.format('a')})"

# The bounds of verdicts/judges/calibration.py. SQLite need not have sqrt(): a bound is above a
# value where the estimate is, and the square of their distance exceeds that of the error. Rates by
# Wilson, kappa by Fleiss, Cohen and Everitt (1969).
_CALIBRATED = """
  SELECT k.*, (k.agreed - k.chance) / (1.0 - k.chance) AS kappa FROM (
    SELECT m.*, (m.passed_both + m.failed_both) / m.n AS agreed,
      (m.judge_pass * m.people_pass + m.judge_fail * m.people_fail) / (m.n * m.n) AS chance
    FROM (
      SELECT c.*, 1.0 * (passed_both + passed_by_judge + passed_by_people + failed_both) AS n,
        1.0 * (passed_both + passed_by_judge) AS judge_pass,
        1.0 * (passed_by_people + failed_both) AS judge_fail,
        1.0 * (passed_both + passed_by_people) AS people_pass,
        1.0 * (passed_by_judge + failed_both) AS people_fail
      FROM calibrations c) m
    WHERE m.people_pass > 0 AND m.people_fail > 0) k
  WHERE k.chance < 1.0 - 1e-9"""


def _rate_above(hits: str, of: str) -> str:
    """Whether the lower bound of a rate is above 0.6."""
    return f"""{hits} / {of} > 0.6
  AND ({hits} / {of} - 0.6) * ({hits} / {of} - 0.6) * {of} > 3.841458821 * 0.6 * 0.4"""


_KAPPA_ABOVE = """kappa > 0.4
  AND (kappa - 0.4) * (kappa - 0.4) * n * (1.0 - chance) * (1.0 - chance) > 3.841458821 * (
    passed_both / n * (1.0 - (judge_pass + people_pass) / n * (1.0 - kappa))
      * (1.0 - (judge_pass + people_pass) / n * (1.0 - kappa))
    + failed_both / n * (1.0 - (judge_fail + people_fail) / n * (1.0 - kappa))
      * (1.0 - (judge_fail + people_fail) / n * (1.0 - kappa))
    + (1.0 - kappa) * (1.0 - kappa) * (
      passed_by_judge / n * (people_pass + judge_fail) / n * (people_pass + judge_fail) / n
      + passed_by_people / n * (people_fail + judge_pass) / n * (people_fail + judge_pass) / n)
    - (kappa - chance * (1.0 - kappa)) * (kappa - chance * (1.0 - kappa)))"""

VIEWS: dict[str, str] = {
    "admitted_calibrations": f"""
CREATE VIEW admitted_calibrations AS
SELECT seq, judge, fingerprint, models FROM ({_CALIBRATED})
WHERE labelled >= 50 AND rarer >= 20 AND missing <= 0.05 * (n + missing)
  AND labelled >= n + missing
  AND {_rate_above("passed_both", "people_pass")}
  AND {_rate_above("failed_both", "people_fail")}
  AND {_KAPPA_ABOVE}""",
    "environment_rules": """
CREATE VIEW environment_rules AS
SELECT e.* FROM environments e
WHERE e.seq = (SELECT max(x.seq) FROM environments x WHERE x.name = e.name)""",
    "current_suites": """
CREATE VIEW current_suites AS
SELECT s.* FROM suites s
WHERE s.seq = (
  SELECT max(x.seq) FROM suites x WHERE x.prompt_id = s.prompt_id AND x.suite = s.suite)""",
    "sound_evaluations": f"""
CREATE VIEW sound_evaluations AS
SELECT e.seq, e.prompt_id, e.version, e.fingerprint, e.suite, e.suite_seq, e.external, e.score,
  e.finished_at, s.policy, s.parts, s.fingerprint AS suite_fingerprint
FROM evaluations e JOIN suites s ON s.seq = e.suite_seq
WHERE e.gate = 'pass' AND s.prompt_id = e.prompt_id AND s.suite = e.suite
  AND s.external = e.external
  AND json_array_length(s.policy, '$.scorers') > 0
  AND coalesce(json_extract(e.plan, '$.planned'), e.planned) = e.planned
  AND NOT EXISTS (
    SELECT 1 FROM json_each(s.policy, '$.scorers') g WHERE NOT coalesce(({_SOUND}), 0))
  AND {_SLICES}
  AND {_ALSO}""",
    "passing_evaluations": """
CREATE VIEW passing_evaluations AS
SELECT p.* FROM sound_evaluations p
WHERE EXISTS (
    SELECT 1 FROM current_suites n
    WHERE n.prompt_id = p.prompt_id AND n.suite = p.suite
      AND n.fingerprint = p.suite_fingerprint AND n.parts = p.parts AND n.policy = p.policy
      AND n.removed = 0)
  AND NOT EXISTS (
    SELECT 1 FROM evaluations f JOIN suites fs ON fs.seq = f.suite_seq
    WHERE f.prompt_id = p.prompt_id AND f.fingerprint = p.fingerprint AND f.suite = p.suite
      AND f.seq > p.seq AND f.gate = 'fail' AND fs.fingerprint = p.suite_fingerprint)""",
    "accepted_evaluations": f"""
CREATE VIEW accepted_evaluations AS
SELECT p.*, r.name AS environment
FROM passing_evaluations p JOIN environment_rules r
WHERE (r.external = 1 OR p.external = 0)
  AND julianday(p.finished_at) <= julianday('now') + 0.01
  AND (r.max_age_days <= 0 OR julianday('now') - julianday(p.finished_at) <= r.max_age_days)
  AND (json_extract(p.policy, '$.max_age_days') IS NULL
    OR julianday('now') - julianday(p.finished_at)
      <= json_extract(p.policy, '$.max_age_days'))
  AND (r.answers = 'cached' OR coalesce((SELECT {_FRESH} FROM evaluations e
    WHERE e.seq = p.seq), 0))
  AND (r.endpoints = '[]' OR coalesce((SELECT {_ENDPOINTS} FROM evaluations e
    WHERE e.seq = p.seq), 0))
  AND (r.answering_model = 'any' OR coalesce((SELECT {_CURRENT} FROM evaluations e
    WHERE e.seq = p.seq), 0))""",
    "required_suites": """
CREATE VIEW required_suites AS
SELECT r.name AS environment, n.prompt_id, n.suite AS suite
FROM environment_rules r JOIN current_suites n
WHERE json_array_length(r.requires) = 0 AND n.external = 0 AND n.removed = 0
UNION ALL
SELECT r.name, NULL, j.value FROM environment_rules r JOIN json_each(r.requires) j""",
    "loosening_steps": LOOSENING_STEPS,
    "open_loosenings": OPEN_LOOSENINGS,
    "heads": """
CREATE VIEW heads AS
SELECT d.* FROM deployments d
WHERE d.seq = (
  SELECT max(x.seq) FROM deployments x
  WHERE x.prompt_id = d.prompt_id AND x.environment = d.environment)""",
    "active_prompts": """
CREATE VIEW active_prompts AS
SELECT d.prompt_id, d.environment, v.version, v.content, v.body, v.fingerprint, v.description,
  v.author, l.at AS deployed_at, l.actor AS deployed_by, d.previous_version, d.action,
  d.override, d.seq,
  EXISTS (SELECT 1 FROM revocations r
    WHERE r.prompt_id = d.prompt_id AND r.fingerprint = d.fingerprint) AS revoked
FROM heads d
JOIN versions v ON v.prompt_id = d.prompt_id AND v.version = d.version
JOIN ledger l ON l.seq = d.seq
WHERE d.action <> 'retire'""",
}
