-- An environment may ask for answers that were not stored before, and from certain endpoints.

ALTER TABLE environments ADD COLUMN answers TEXT NOT NULL DEFAULT 'cached';

ALTER TABLE environments ADD COLUMN endpoints TEXT NOT NULL DEFAULT '[]';

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
END;
