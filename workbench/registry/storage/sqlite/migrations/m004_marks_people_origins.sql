-- What loosens a rule needs a reason, is approved where approvals are asked for, and is named by the
-- deployments that it allows. Names of people are compared without case, width and look-alikes. An
-- environment may ask for answers that were not stored before, and from certain endpoints.

ALTER TABLE suites ADD COLUMN removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1));

ALTER TABLE suites ADD COLUMN reason TEXT NOT NULL DEFAULT '';

ALTER TABLE suites ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

ALTER TABLE suites ADD COLUMN contents TEXT NOT NULL DEFAULT '';

ALTER TABLE environments ADD COLUMN answers TEXT NOT NULL DEFAULT 'cached';

ALTER TABLE environments ADD COLUMN endpoints TEXT NOT NULL DEFAULT '[]';

ALTER TABLE environments ADD COLUMN reason TEXT NOT NULL DEFAULT '';

ALTER TABLE environments ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

ALTER TABLE deployments ADD COLUMN loosened_by INTEGER REFERENCES ledger (seq);

ALTER TABLE approvals ADD COLUMN rules INTEGER NOT NULL DEFAULT 0 CHECK (rules >= 0);

CREATE TABLE rule_approvals (
  seq INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES ledger (seq),
  reason TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX versions_latest ON versions (prompt_id, sort_key, version);

CREATE INDEX suites_loosened ON suites (prompt_id, suite) WHERE reason <> '';

CREATE INDEX environments_loosened ON environments (name) WHERE reason <> '';

DROP VIEW sound_evaluations;

CREATE VIEW sound_evaluations AS
SELECT e.seq, e.prompt_id, e.version, e.fingerprint, e.suite, e.suite_seq, e.external, e.score,
  e.finished_at, s.policy, s.parts, s.fingerprint AS suite_fingerprint
FROM evaluations e JOIN suites s ON s.seq = e.suite_seq
WHERE e.gate = 'pass' AND s.prompt_id = e.prompt_id AND s.suite = e.suite
  AND s.external = e.external
  AND json_array_length(s.policy, '$.scorers') > 0
  AND coalesce(json_extract(e.plan, '$.planned'), e.planned) = e.planned
  AND NOT EXISTS (
    SELECT 1 FROM json_each(s.policy, '$.scorers') g WHERE NOT coalesce((
      SELECT count(*) > 0
        AND max(c.position) = count(*) - 1
        AND count(*) <= e.planned
        AND (count(*) = e.planned
          OR count(*) IN (SELECT k.value FROM json_each(e.plan, '$.block_ends') k))
        AND sum(c.b IS NULL OR (c.a IS NULL AND e.baseline_fingerprint IS NOT NULL))
          <= json_extract(s.policy, '$.max_missing') * count(*) + 1e-9
        AND sum(coalesce(c.b, 0.0)) / count(*)
          >= coalesce(json_extract(s.policy, '$.threshold'), -1.0) - 1e-9
        AND (e.baseline_fingerprint IS NOT NULL
          OR (json_extract(s.policy, '$.threshold') IS NOT NULL AND (coalesce(json_extract(e.plan, '$.rules'), 1) < 2
          OR count(*) >= coalesce(json_extract(s.policy, '$.min_cases'), 20))))
        AND (e.baseline_fingerprint IS NULL OR (coalesce(json_extract(e.plan, '$.rules'), 1) < 3
          OR (sum(coalesce(c.b, 0.0)) > 0 AND (
            coalesce(json_extract(s.policy, '$.rule'), '') <> 'no_regressions'
            OR (json_extract(s.policy, '$.threshold') IS NOT NULL AND (coalesce(json_extract(e.plan, '$.rules'), 1) < 2
          OR count(*) >= coalesce(json_extract(s.policy, '$.min_cases'), 20)))))))
        AND (e.baseline_fingerprint IS NULL
          OR CASE json_extract(s.policy, '$.rule')
            WHEN 'no_regressions' THEN sum(coalesce(c.b, 0.0) < coalesce(c.a, 1.0) - 1e-9) = 0 ELSE (sum(c.a IS NOT NULL AND c.b IS NOT NULL) > 0 AND (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) > 0 AND (NOT (sum(coalesce(c.a NOT IN (0.0, 1.0), 0)) + sum(coalesce(c.b NOT IN (0.0, 1.0), 0))
          + sum(c.case_group IS NOT NULL) + coalesce(json_extract(e.plan, '$.anytime'), 0) = 0) OR (
          2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) * (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) * (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) + (-(sum(c.b > c.a) + sum(c.b < c.a)) - (2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) - sum(c.b > c.a) + sum(c.b < c.a)) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) + (sum(c.b < c.a) * CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) > -1e-6
          AND (((sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b - c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) > -(-(sum(c.b > c.a) + sum(c.b < c.a)) - (2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) - sum(c.b > c.a) + sum(c.b < c.a)) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / (4.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL))))) END)
      FROM scores c WHERE c.evaluation = e.seq AND c.scorer = g.value), 0));

DROP VIEW passing_evaluations;

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
      AND f.seq > p.seq AND f.gate = 'fail' AND fs.fingerprint = p.suite_fingerprint);

DROP VIEW accepted_evaluations;

CREATE VIEW accepted_evaluations AS
SELECT p.*, r.name AS environment
FROM passing_evaluations p JOIN environment_rules r
WHERE (r.external = 1 OR p.external = 0)
  AND julianday(p.finished_at) <= julianday('now') + 0.01
  AND (r.max_age_days <= 0 OR julianday('now') - julianday(p.finished_at) <= r.max_age_days)
  AND (json_extract(p.policy, '$.max_age_days') IS NULL
    OR julianday('now') - julianday(p.finished_at)
      <= json_extract(p.policy, '$.max_age_days'))
  AND (r.answers = 'cached' OR coalesce((SELECT (json_extract(e.record, '$.answers.b.cached') = 0
      AND coalesce(json_extract(e.record, '$.answers.b.unknown'), 0) = 0)
    AND (e.baseline_fingerprint IS NULL OR (json_extract(e.record, '$.answers.a.cached') = 0
      AND coalesce(json_extract(e.record, '$.answers.a.unknown'), 0) = 0)) FROM evaluations e
    WHERE e.seq = p.seq), 0))
  AND (r.endpoints = '[]' OR coalesce((SELECT (json_array_length(e.record, '$.answers.b.endpoints') > 0
      AND coalesce(json_extract(e.record, '$.answers.b.unknown'), 0) = 0
      AND NOT EXISTS (SELECT 1 FROM json_each(e.record, '$.answers.b.endpoints') x
        WHERE NOT EXISTS (SELECT 1 FROM json_each(r.endpoints) y WHERE y.value = x.value
          OR (y.value = 'local' AND x.value GLOB 'local:*'))))
    AND (e.baseline_fingerprint IS NULL OR (json_array_length(e.record, '$.answers.a.endpoints') > 0
      AND coalesce(json_extract(e.record, '$.answers.a.unknown'), 0) = 0
      AND NOT EXISTS (SELECT 1 FROM json_each(e.record, '$.answers.a.endpoints') x
        WHERE NOT EXISTS (SELECT 1 FROM json_each(r.endpoints) y WHERE y.value = x.value
          OR (y.value = 'local' AND x.value GLOB 'local:*'))))) FROM evaluations e
    WHERE e.seq = p.seq), 0));

DROP VIEW required_suites;

CREATE VIEW required_suites AS
SELECT r.name AS environment, n.prompt_id, n.suite AS suite
FROM environment_rules r JOIN current_suites n
WHERE json_array_length(r.requires) = 0 AND n.external = 0 AND n.removed = 0
UNION ALL
SELECT r.name, NULL, j.value FROM environment_rules r JOIN json_each(r.requires) j;

CREATE VIEW open_loosenings AS
SELECT l.seq, l.name AS environment, NULL AS prompt_id, NULL AS suite
FROM environments l
JOIN environments o ON o.seq = (
  SELECT max(x.seq) FROM environments x WHERE x.name = l.name AND x.seq < l.seq)
JOIN environment_rules n ON n.name = l.name
WHERE l.reason <> '' AND trim(l.reason) <> '' AND NOT coalesce(((n.requires IS o.requires OR (json_array_length(o.requires) > 0 AND NOT EXISTS (SELECT 1 FROM json_each(o.requires) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(n.requires) b), 1)))) AND (n.approvals IS o.approvals OR (typeof(o.approvals) IN ('integer', 'real') AND typeof(n.approvals) IN ('integer', 'real') AND n.approvals >= o.approvals)) AND (n.promote_from IS o.promote_from OR (coalesce(o.promote_from, '') = '')) AND (n.external IS o.external OR (typeof(o.external) IN ('integer', 'real') AND typeof(n.external) IN ('integer', 'real') AND n.external <= o.external)) AND (n.untested IS o.untested OR (typeof(o.untested) IN ('integer', 'real') AND typeof(n.untested) IN ('integer', 'real') AND n.untested <= o.untested)) AND (n.frozen IS o.frozen OR (typeof(o.frozen) IN ('integer', 'real') AND typeof(n.frozen) IN ('integer', 'real') AND n.frozen >= o.frozen)) AND (n.max_age_days IS o.max_age_days OR (typeof(o.max_age_days) IN ('integer', 'real') AND typeof(n.max_age_days) IN ('integer', 'real') AND n.max_age_days > 0 AND (o.max_age_days <= 0 OR n.max_age_days <= o.max_age_days))) AND (n.answers IS o.answers OR (n.answers = 'fresh')) AND (n.endpoints IS o.endpoints OR (json_array_length(n.endpoints) > 0 AND (json_array_length(o.endpoints) = 0 OR NOT EXISTS (SELECT 1 FROM json_each(n.endpoints) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(o.endpoints) b), 1)))))), 0)
UNION ALL
SELECT l.seq, NULL, l.prompt_id, l.suite
FROM suites l
JOIN suites o ON o.seq = (
  SELECT max(x.seq) FROM suites x
  WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < l.seq)
JOIN current_suites n ON n.prompt_id = l.prompt_id AND n.suite = l.suite
WHERE l.reason <> '' AND trim(l.reason) <> '' AND NOT coalesce(((n.external IS o.external OR (0)) AND (n.removed IS o.removed OR (typeof(o.removed) IN ('integer', 'real') AND typeof(n.removed) IN ('integer', 'real') AND n.removed <= o.removed)) AND (json_extract(n.policy, '$.scorers') IS json_extract(o.policy, '$.scorers') OR (0)) AND (json_extract(n.policy, '$.baseline') IS json_extract(o.policy, '$.baseline') OR (0)) AND (json_extract(n.policy, '$.margin') IS json_extract(o.policy, '$.margin') OR (typeof(json_extract(o.policy, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.margin')) IN ('integer', 'real') AND json_extract(n.policy, '$.margin') <= json_extract(o.policy, '$.margin'))) AND (json_extract(n.policy, '$.threshold') IS json_extract(o.policy, '$.threshold') OR (typeof(json_extract(o.policy, '$.threshold')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.threshold')) IN ('integer', 'real') AND json_extract(n.policy, '$.threshold') >= json_extract(o.policy, '$.threshold'))) AND (json_extract(n.policy, '$.confidence') IS json_extract(o.policy, '$.confidence') OR (typeof(json_extract(o.policy, '$.confidence')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.confidence')) IN ('integer', 'real') AND json_extract(n.policy, '$.confidence') >= json_extract(o.policy, '$.confidence'))) AND (json_extract(n.policy, '$.max_missing') IS json_extract(o.policy, '$.max_missing') OR (typeof(json_extract(o.policy, '$.max_missing')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.max_missing')) IN ('integer', 'real') AND json_extract(n.policy, '$.max_missing') <= json_extract(o.policy, '$.max_missing'))) AND (json_extract(n.policy, '$.max_age_days') IS json_extract(o.policy, '$.max_age_days') OR (json_extract(o.policy, '$.max_age_days') IS NULL AND typeof(json_extract(n.policy, '$.max_age_days')) IN ('integer', 'real') OR typeof(json_extract(o.policy, '$.max_age_days')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.max_age_days')) IN ('integer', 'real') AND json_extract(n.policy, '$.max_age_days') <= json_extract(o.policy, '$.max_age_days'))) AND (coalesce(json_extract(n.policy, '$.rule'), 'not_worse') IS coalesce(json_extract(o.policy, '$.rule'), 'not_worse') OR (0)) AND (coalesce(json_extract(n.policy, '$.min_cases'), 20) IS coalesce(json_extract(o.policy, '$.min_cases'), 20) OR (typeof(coalesce(json_extract(o.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND typeof(coalesce(json_extract(n.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND coalesce(json_extract(n.policy, '$.min_cases'), 20) >= coalesce(json_extract(o.policy, '$.min_cases'), 20))) AND (coalesce(json_extract(n.policy, '$.extend'), 0) IS coalesce(json_extract(o.policy, '$.extend'), 0) OR (0)) AND NOT EXISTS (SELECT 1 FROM json_each(o.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend') AND k.value IS NOT json_extract(n.policy, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(n.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend') AND k.value IS NOT json_extract(o.policy, k.fullkey)) AND (json_extract(n.parts, '$.scorers') IS json_extract(o.parts, '$.scorers') OR (0)) AND (json_extract(n.parts, '$.repeats') IS json_extract(o.parts, '$.repeats') OR (0)) AND (json_extract(n.parts, '$.cells') IS json_extract(o.parts, '$.cells') OR (coalesce(json_extract(o.parts, '$.cells'), '') = '')) AND (json_extract(n.parts, '$.readings') IS json_extract(o.parts, '$.readings') OR (coalesce(json_extract(o.parts, '$.readings'), '') = '')) AND (json_extract(n.parts, '$.empties') IS json_extract(o.parts, '$.empties') OR (coalesce(json_extract(o.parts, '$.empties'), '') = '')) AND NOT EXISTS (SELECT 1 FROM json_each(o.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(n.parts, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(n.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(o.parts, k.fullkey)) AND (coalesce(json_extract(n.parts, '$.dataset'), n.fingerprint) IS coalesce(json_extract(o.parts, '$.dataset'), o.fingerprint) OR EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases')) AND NOT EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases') a WHERE a.key NOT IN (SELECT b.key FROM json_each(CASE n.contents WHEN '' THEN '{}' ELSE n.contents END, '$.cases') b)))), 0);

DROP TRIGGER ledger_insert;

CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger
BEGIN
  SELECT RAISE(ABORT, 'ledger: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'ledger: this hash is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.hash = NEW.hash)), 0);
  SELECT RAISE(ABORT, 'ledger: a record goes to the end of the chain') WHERE NOT coalesce((NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM ledger)), 0);
  SELECT RAISE(ABORT, 'ledger: a record follows the one before') WHERE NOT coalesce((NEW.previous = coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000')), 0);
  SELECT RAISE(ABORT, 'ledger: no such kind of record') WHERE NOT coalesce((NEW.kind IN ('registry', 'version', 'suite', 'evaluation', 'environment', 'deployment', 'approval', 'rule_approval', 'revocation', 'consumer', 'signature')), 0);
  SELECT RAISE(ABORT, 'ledger: time must be UTC with six decimals') WHERE NOT coalesce((NEW.at GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z' AND length(NEW.at) = 27), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be older than the one before') WHERE NOT coalesce((NEW.at >= coalesce((SELECT at FROM ledger ORDER BY seq DESC LIMIT 1), '')), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot lie in the future') WHERE NOT coalesce((julianday(NEW.at) <= julianday('now') + 0.0035 OR NEW.at = (SELECT at FROM ledger ORDER BY seq DESC LIMIT 1)), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be backdated') WHERE NOT coalesce((julianday(NEW.at) >= julianday('now') - 0.0035), 0);
END;

DROP TRIGGER suites_insert;

CREATE TRIGGER suites_insert BEFORE INSERT ON suites
BEGIN
  SELECT RAISE(ABORT, 'suites: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM suites o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'suite: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'suite'), 0);
  SELECT RAISE(ABORT, 'suite: a prompt_id has a-z 0-9 _ . - only') WHERE NOT coalesce((NEW.prompt_id GLOB '[a-z0-9]*' AND NEW.prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.prompt_id, '..') = 0 AND length(NEW.prompt_id) <= 100
    AND instr(CAST(NEW.prompt_id AS BLOB), x'00') = 0), 0);
  SELECT RAISE(ABORT, 'suite: parts and policy are JSON') WHERE NOT coalesce((json_valid(NEW.parts) AND json_valid(NEW.policy)), 0);
  SELECT RAISE(ABORT, 'suite: a team''s own suite cannot take the name of a suite of the workspace') WHERE NOT coalesce((NEW.external IN (0, 1) AND (NEW.external = 0 OR NOT EXISTS (SELECT 1 FROM suites s WHERE s.prompt_id = NEW.prompt_id AND s.suite = NEW.suite AND s.external = 0))), 0);
  SELECT RAISE(ABORT, 'suite: contents are JSON, and a mark is 0 or 1') WHERE NOT coalesce(((NEW.contents = '' OR json_valid(NEW.contents)) AND NEW.removed IN (0, 1) AND NEW.revision IN (0, 1)), 0);
  SELECT RAISE(ABORT, 'suite: a team''s own suite needs a threshold above 0') WHERE NOT coalesce((NEW.external = 0 OR coalesce(json_extract(NEW.policy, '$.threshold') >= 1e-6, 0)), 0);
  SELECT RAISE(ABORT, 'suite: this lets more through, or cannot be compared; it needs a reason') WHERE NOT coalesce((trim(NEW.reason) <> '' OR coalesce((SELECT (NEW.external IS o.external OR (0)) AND (NEW.removed IS o.removed OR (typeof(o.removed) IN ('integer', 'real') AND typeof(NEW.removed) IN ('integer', 'real') AND NEW.removed <= o.removed)) AND (json_extract(NEW.policy, '$.scorers') IS json_extract(o.policy, '$.scorers') OR (0)) AND (json_extract(NEW.policy, '$.baseline') IS json_extract(o.policy, '$.baseline') OR (0)) AND (json_extract(NEW.policy, '$.margin') IS json_extract(o.policy, '$.margin') OR (typeof(json_extract(o.policy, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.margin')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.margin') <= json_extract(o.policy, '$.margin'))) AND (json_extract(NEW.policy, '$.threshold') IS json_extract(o.policy, '$.threshold') OR (typeof(json_extract(o.policy, '$.threshold')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.threshold')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.threshold') >= json_extract(o.policy, '$.threshold'))) AND (json_extract(NEW.policy, '$.confidence') IS json_extract(o.policy, '$.confidence') OR (typeof(json_extract(o.policy, '$.confidence')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.confidence')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.confidence') >= json_extract(o.policy, '$.confidence'))) AND (json_extract(NEW.policy, '$.max_missing') IS json_extract(o.policy, '$.max_missing') OR (typeof(json_extract(o.policy, '$.max_missing')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.max_missing')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.max_missing') <= json_extract(o.policy, '$.max_missing'))) AND (json_extract(NEW.policy, '$.max_age_days') IS json_extract(o.policy, '$.max_age_days') OR (json_extract(o.policy, '$.max_age_days') IS NULL AND typeof(json_extract(NEW.policy, '$.max_age_days')) IN ('integer', 'real') OR typeof(json_extract(o.policy, '$.max_age_days')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.max_age_days')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.max_age_days') <= json_extract(o.policy, '$.max_age_days'))) AND (coalesce(json_extract(NEW.policy, '$.rule'), 'not_worse') IS coalesce(json_extract(o.policy, '$.rule'), 'not_worse') OR (0)) AND (coalesce(json_extract(NEW.policy, '$.min_cases'), 20) IS coalesce(json_extract(o.policy, '$.min_cases'), 20) OR (typeof(coalesce(json_extract(o.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND typeof(coalesce(json_extract(NEW.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND coalesce(json_extract(NEW.policy, '$.min_cases'), 20) >= coalesce(json_extract(o.policy, '$.min_cases'), 20))) AND (coalesce(json_extract(NEW.policy, '$.extend'), 0) IS coalesce(json_extract(o.policy, '$.extend'), 0) OR (0)) AND NOT EXISTS (SELECT 1 FROM json_each(o.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend') AND k.value IS NOT json_extract(NEW.policy, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(NEW.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend') AND k.value IS NOT json_extract(o.policy, k.fullkey)) AND (json_extract(NEW.parts, '$.scorers') IS json_extract(o.parts, '$.scorers') OR (0)) AND (json_extract(NEW.parts, '$.repeats') IS json_extract(o.parts, '$.repeats') OR (0)) AND (json_extract(NEW.parts, '$.cells') IS json_extract(o.parts, '$.cells') OR (coalesce(json_extract(o.parts, '$.cells'), '') = '')) AND (json_extract(NEW.parts, '$.readings') IS json_extract(o.parts, '$.readings') OR (coalesce(json_extract(o.parts, '$.readings'), '') = '')) AND (json_extract(NEW.parts, '$.empties') IS json_extract(o.parts, '$.empties') OR (coalesce(json_extract(o.parts, '$.empties'), '') = '')) AND NOT EXISTS (SELECT 1 FROM json_each(o.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(NEW.parts, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(NEW.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(o.parts, k.fullkey)) AND (coalesce(json_extract(NEW.parts, '$.dataset'), NEW.fingerprint) IS coalesce(json_extract(o.parts, '$.dataset'), o.fingerprint) OR EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases')) AND NOT EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases') a WHERE a.key NOT IN (SELECT b.key FROM json_each(CASE NEW.contents WHEN '' THEN '{}' ELSE NEW.contents END, '$.cases') b))) FROM current_suites o WHERE o.prompt_id = NEW.prompt_id AND o.suite = NEW.suite), NOT EXISTS (SELECT 1 FROM suites o WHERE o.prompt_id = NEW.prompt_id AND o.suite = NEW.suite) AND coalesce((SELECT min(c.external) FROM current_suites c  WHERE c.prompt_id = NEW.prompt_id AND c.removed = 0), 0) = 0)), 0);
END;

DROP TRIGGER environments_insert;

CREATE TRIGGER environments_insert BEFORE INSERT ON environments
BEGIN
  SELECT RAISE(ABORT, 'environments: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM environments o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'environment: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'environment'), 0);
  SELECT RAISE(ABORT, 'environment: a name has a-z 0-9 _ . - only') WHERE NOT coalesce((NEW.name GLOB '[a-z0-9]*' AND NEW.name NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.name, '..') = 0 AND length(NEW.name) <= 100
    AND instr(CAST(NEW.name AS BLOB), x'00') = 0), 0);
  SELECT RAISE(ABORT, 'environment: a rule is out of bounds') WHERE NOT coalesce((NEW.external IN (0, 1) AND NEW.untested IN (0, 1) AND NEW.frozen IN (0, 1) AND NEW.approvals >= 0 AND NEW.max_age_days >= 0), 0);
  SELECT RAISE(ABORT, 'environment: requires is a list of suites') WHERE NOT coalesce((json_valid(NEW.requires) AND json_type(NEW.requires) = 'array'), 0);
  SELECT RAISE(ABORT, 'environment: answers are cached or fresh, endpoints a list of addresses') WHERE NOT coalesce((NEW.answers IN ('cached', 'fresh') AND json_valid(NEW.endpoints) AND json_type(NEW.endpoints) = 'array'), 0);
  SELECT RAISE(ABORT, 'environment: no such revision of the rules') WHERE NOT coalesce((NEW.revision IN (0, 1)), 0);
  SELECT RAISE(ABORT, 'environment: this lets more through; it needs a reason') WHERE NOT coalesce((trim(NEW.reason) <> '' OR NOT EXISTS (SELECT 1 FROM versions) OR coalesce((SELECT (NEW.requires IS o.requires OR (json_array_length(o.requires) > 0 AND NOT EXISTS (SELECT 1 FROM json_each(o.requires) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(NEW.requires) b), 1)))) AND (NEW.approvals IS o.approvals OR (typeof(o.approvals) IN ('integer', 'real') AND typeof(NEW.approvals) IN ('integer', 'real') AND NEW.approvals >= o.approvals)) AND (NEW.promote_from IS o.promote_from OR (coalesce(o.promote_from, '') = '')) AND (NEW.external IS o.external OR (typeof(o.external) IN ('integer', 'real') AND typeof(NEW.external) IN ('integer', 'real') AND NEW.external <= o.external)) AND (NEW.untested IS o.untested OR (typeof(o.untested) IN ('integer', 'real') AND typeof(NEW.untested) IN ('integer', 'real') AND NEW.untested <= o.untested)) AND (NEW.frozen IS o.frozen OR (typeof(o.frozen) IN ('integer', 'real') AND typeof(NEW.frozen) IN ('integer', 'real') AND NEW.frozen >= o.frozen)) AND (NEW.max_age_days IS o.max_age_days OR (typeof(o.max_age_days) IN ('integer', 'real') AND typeof(NEW.max_age_days) IN ('integer', 'real') AND NEW.max_age_days > 0 AND (o.max_age_days <= 0 OR NEW.max_age_days <= o.max_age_days))) AND (NEW.answers IS o.answers OR (NEW.answers = 'fresh')) AND (NEW.endpoints IS o.endpoints OR (json_array_length(NEW.endpoints) > 0 AND (json_array_length(o.endpoints) = 0 OR NOT EXISTS (SELECT 1 FROM json_each(NEW.endpoints) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(o.endpoints) b), 1))))) FROM environment_rules o WHERE o.name = NEW.name), NOT EXISTS (SELECT 1 FROM environments o WHERE o.name = NEW.name))), 0);
END;

DROP TRIGGER deployments_insert;

CREATE TRIGGER deployments_insert BEFORE INSERT ON deployments
BEGIN
  SELECT RAISE(ABORT, 'deployments: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM deployments o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'deployments: this request_id is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM deployments o WHERE o.request_id = NEW.request_id)), 0);
  SELECT RAISE(ABORT, 'deployment: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'deployment'), 0);
  SELECT RAISE(ABORT, 'deployment: no such action') WHERE NOT coalesce((NEW.action IN ('deploy', 'rollback', 'retire')), 0);
  SELECT RAISE(ABORT, 'deployment: a mark is 0 or 1') WHERE NOT coalesce((NEW.override IN (0, 1) AND NEW.again IN (0, 1) AND NEW.stale IN (0, 1)), 0);
  SELECT RAISE(ABORT, 'deployment: no such loosening of its rules') WHERE NOT coalesce((NEW.loosened_by IS NULL OR EXISTS (SELECT 1 FROM open_loosenings x WHERE x.seq = NEW.loosened_by AND (x.environment = NEW.environment OR x.prompt_id = NEW.prompt_id))), 0);
  SELECT RAISE(ABORT, 'deployment: no such environment') WHERE NOT coalesce(((SELECT 1 FROM environment_rules r WHERE r.name = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'deployment: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'deployment: somebody else deployed meanwhile') WHERE NOT coalesce((NEW.previous_seq IS (SELECT h.seq FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1)), 0);
  SELECT RAISE(ABORT, 'deployment: previous_version is what was live before') WHERE NOT coalesce((NEW.previous_version IS (SELECT CASE h.action WHEN 'retire' THEN NULL ELSE h.version END FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1)), 0);
  SELECT RAISE(ABORT, 'deployment: this version is revoked') WHERE NOT coalesce((NEW.action = 'retire' OR NOT EXISTS (SELECT 1 FROM revocations x WHERE x.prompt_id = NEW.prompt_id AND (x.version = NEW.version OR x.fingerprint = NEW.fingerprint))), 0);
  SELECT RAISE(ABORT, 'deployment: an override is for a deploy and needs a reason') WHERE NOT coalesce((NEW.override = 0 OR (NEW.action = 'deploy' AND trim(NEW.reason) <> '')), 0);
  SELECT RAISE(ABORT, 'retire: only what is live, and with a reason') WHERE NOT coalesce((NEW.action <> 'retire' OR (trim(NEW.reason) <> '' AND NEW.previous_version = NEW.version AND NEW.stands_for = (SELECT h.stands_for FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1) AND NEW.evaluation IS NULL)), 0);
  SELECT RAISE(ABORT, 'rollback: only to what was live before') WHERE NOT coalesce((NEW.action <> 'rollback' OR EXISTS (SELECT 1 FROM deployments t WHERE t.seq = NEW.stands_for AND t.action = 'deploy' AND t.prompt_id = NEW.prompt_id AND t.environment = NEW.environment AND t.version = NEW.version AND t.fingerprint = NEW.fingerprint AND t.evaluation IS NEW.evaluation AND NOT EXISTS (SELECT 1 FROM deployments r WHERE r.prompt_id = NEW.prompt_id AND r.environment = NEW.environment AND r.action = 'rollback' AND r.seq > t.seq AND r.stands_for < t.seq) AND (t.seq < (SELECT h.stands_for FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1) OR ((SELECT h.action FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1) = 'retire' AND t.seq = (SELECT h.stands_for FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1))))), 0);
  SELECT RAISE(ABORT, 'deploy: it stands for itself') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.stands_for = NEW.seq), 0);
  SELECT RAISE(ABORT, 'deploy: this version is live already') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.previous_version IS NOT NEW.version), 0);
  SELECT RAISE(ABORT, 'deploy: the environment is frozen') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.frozen FROM environment_rules r WHERE r.name = NEW.environment) = 0), 0);
  SELECT RAISE(ABORT, 'deploy: the version is not live in the environment it must come from') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.promote_from FROM environment_rules r WHERE r.name = NEW.environment) = '' OR EXISTS (SELECT 1 FROM heads p WHERE p.prompt_id = NEW.prompt_id AND p.environment = (SELECT r.promote_from FROM environment_rules r WHERE r.name = NEW.environment) AND p.version = NEW.version AND p.action <> 'retire')), 0);
  SELECT RAISE(ABORT, 'deploy: another person must approve it first') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.approvals FROM environment_rules r WHERE r.name = NEW.environment) = 0 OR (SELECT r.approvals FROM environment_rules r WHERE r.name = NEW.environment) <= (SELECT count(*) FROM approvals a JOIN ledger l ON l.seq = a.seq
    WHERE a.prompt_id = NEW.prompt_id AND a.version = NEW.version
    AND a.fingerprint = NEW.fingerprint AND a.environment = NEW.environment
    AND NOT same_person(l.actor, (SELECT actor FROM ledger WHERE seq = NEW.seq))
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
      AND v.version = NEW.version AND same_person(v.author, l.actor))
    AND (NEW.evaluation IS NULL OR EXISTS (SELECT 1 FROM accepted_evaluations e JOIN ledger m ON m.seq = e.seq
    WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint
      AND e.version = NEW.version AND e.environment = NEW.environment
      AND NOT same_person(m.actor, l.actor)))
    AND a.seq > coalesce((SELECT max(b.seq) FROM deployments b
      WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment
      AND b.action = 'rollback' AND b.previous_version = NEW.version), 0)
    AND NOT EXISTS (SELECT 1 FROM approvals o JOIN ledger k ON k.seq = o.seq
      WHERE o.seq < a.seq AND same_person(k.actor, l.actor) AND o.prompt_id = NEW.prompt_id AND o.version = NEW.version
    AND o.fingerprint = NEW.fingerprint AND o.environment = NEW.environment
    AND NOT same_person(k.actor, (SELECT actor FROM ledger WHERE seq = NEW.seq))
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
      AND v.version = NEW.version AND same_person(v.author, k.actor))
    AND (NEW.evaluation IS NULL OR EXISTS (SELECT 1 FROM accepted_evaluations e JOIN ledger m ON m.seq = e.seq
    WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint
      AND e.version = NEW.version AND e.environment = NEW.environment
      AND NOT same_person(m.actor, k.actor)))
    AND o.seq > coalesce((SELECT max(b.seq) FROM deployments b
      WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment
      AND b.action = 'rollback' AND b.previous_version = NEW.version), 0)))), 0);
  SELECT RAISE(ABORT, 'deploy: another person must approve the loosened rules first') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR NOT EXISTS (SELECT 1 FROM open_loosenings x
    WHERE (x.environment = NEW.environment OR (x.prompt_id = NEW.prompt_id
      AND ((SELECT json_array_length(r.requires) = 0 FROM environment_rules r WHERE r.name = NEW.environment)
        OR x.suite IN (SELECT j.value FROM json_each((SELECT r.requires FROM environment_rules r WHERE r.name = NEW.environment)) j))))
    AND (SELECT count(*) FROM rule_approvals a JOIN ledger l ON l.seq = a.seq
        WHERE a.target = x.seq
        AND NOT same_person(l.actor, (SELECT actor FROM ledger WHERE seq = x.seq))
        AND NOT EXISTS (SELECT 1 FROM rule_approvals o JOIN ledger k ON k.seq = o.seq
          WHERE o.target = x.seq AND o.seq < a.seq AND same_person(k.actor, l.actor)))
      < max((SELECT r.approvals FROM environment_rules r WHERE r.name = NEW.environment), coalesce((SELECT b.approvals FROM environments b
        WHERE b.name = NEW.environment AND b.seq < x.seq ORDER BY b.seq DESC LIMIT 1), 0)))), 0);
  SELECT RAISE(ABORT, 'deploy: this version was rolled back; again needs a reason') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR (NEW.again = 1 AND trim(NEW.reason) <> '') OR coalesce((SELECT max(b.seq) FROM deployments b WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment AND b.action = 'rollback' AND b.previous_version = NEW.version), 0) <= coalesce((SELECT max(d.seq) FROM deployments d WHERE d.prompt_id = NEW.prompt_id AND d.environment = NEW.environment AND d.action = 'deploy' AND d.version = NEW.version), 0)), 0);
  SELECT RAISE(ABORT, 'deploy: a registered consumer cannot use this version') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR NOT EXISTS ( SELECT 1 FROM consumers c JOIN json_each(c.bounds) j WHERE c.prompt_id = NEW.prompt_id AND c.environment = NEW.environment AND c.seq = (SELECT max(y.seq) FROM consumers y WHERE y.prompt_id = c.prompt_id AND y.environment = c.environment AND y.name = c.name) AND NOT (SELECT CASE json_extract(j.value, '$[0]') WHEN '>=' THEN v.sort_key >= json_extract(j.value, '$[1]') WHEN '>' THEN v.sort_key > json_extract(j.value, '$[1]') WHEN '<=' THEN v.sort_key <= json_extract(j.value, '$[1]') WHEN '<' THEN v.sort_key < json_extract(j.value, '$[1]') WHEN '==' THEN v.sort_key = json_extract(j.value, '$[1]') WHEN '!=' THEN v.sort_key <> json_extract(j.value, '$[1]') ELSE 0 END FROM versions v WHERE v.prompt_id = NEW.prompt_id AND v.version = NEW.version))), 0);
  SELECT RAISE(ABORT, 'deploy: this evaluation does not pass, is not current, or is of something else') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.evaluation IS NULL OR EXISTS (SELECT 1 FROM accepted_evaluations e WHERE e.seq = NEW.evaluation AND e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint AND e.version = NEW.version AND e.environment = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'deploy: no passing and current evaluation of this version on every required suite') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.untested FROM environment_rules r WHERE r.name = NEW.environment) = 1 OR (NEW.evaluation IS NOT NULL AND NOT EXISTS (SELECT 1 FROM required_suites q WHERE q.environment = NEW.environment AND coalesce(q.prompt_id, NEW.prompt_id) = NEW.prompt_id AND q.suite NOT IN (SELECT e.suite FROM accepted_evaluations e WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint AND e.version = NEW.version AND e.environment = NEW.environment)))), 0);
END;

DROP TRIGGER approvals_insert;

CREATE TRIGGER approvals_insert BEFORE INSERT ON approvals
BEGIN
  SELECT RAISE(ABORT, 'approvals: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM approvals o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'approval: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'approval'), 0);
  SELECT RAISE(ABORT, 'approval: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'approval: no such environment') WHERE NOT coalesce(((SELECT 1 FROM environment_rules r WHERE r.name = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'approval: the author cannot approve') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id AND v.version = NEW.version AND same_person(v.author, (SELECT actor FROM ledger WHERE seq = NEW.seq)))), 0);
  SELECT RAISE(ABORT, 'approval: by the rules of today') WHERE NOT coalesce((NEW.rules = 1), 0);
END;

CREATE TRIGGER rule_approvals_no_update BEFORE UPDATE ON rule_approvals
BEGIN SELECT RAISE(ABORT, 'rule_approvals: a row never changes or disappears'); END;

CREATE TRIGGER rule_approvals_no_delete BEFORE DELETE ON rule_approvals
BEGIN SELECT RAISE(ABORT, 'rule_approvals: a row never changes or disappears'); END;

CREATE TRIGGER rule_approvals_insert BEFORE INSERT ON rule_approvals
BEGIN
  SELECT RAISE(ABORT, 'rule_approvals: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM rule_approvals o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'rule_approval: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'rule_approval'), 0);
  SELECT RAISE(ABORT, 'rule_approval: no such change of a rule') WHERE NOT coalesce((EXISTS (SELECT 1 FROM environments r WHERE r.seq = NEW.target AND trim(r.reason) <> '') OR EXISTS (SELECT 1 FROM suites r WHERE r.seq = NEW.target AND trim(r.reason) <> '')), 0);
  SELECT RAISE(ABORT, 'rule_approval: who changed the rule cannot approve it') WHERE NOT coalesce((NOT same_person((SELECT actor FROM ledger WHERE seq = NEW.seq), (SELECT actor FROM ledger WHERE seq = NEW.target))), 0);
END;
