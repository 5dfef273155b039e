-- A gate may rest on a judge: its calibration against people is a record of its own, and a pass without
-- one that fits is refused.

CREATE TABLE calibrations (
  seq INTEGER PRIMARY KEY,
  judge TEXT NOT NULL CHECK (judge <> ''),
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  models TEXT NOT NULL CHECK (json_valid(models)),
  suite TEXT NOT NULL,
  labels TEXT NOT NULL CHECK (length(labels) = 64),
  labelled INTEGER NOT NULL CHECK (labelled >= 0),
  rarer INTEGER NOT NULL CHECK (rarer >= 0),
  passed_both INTEGER NOT NULL CHECK (passed_both >= 0),
  passed_by_judge INTEGER NOT NULL CHECK (passed_by_judge >= 0),
  passed_by_people INTEGER NOT NULL CHECK (passed_by_people >= 0),
  failed_both INTEGER NOT NULL CHECK (failed_both >= 0),
  missing INTEGER NOT NULL CHECK (missing >= 0),
  human_kappa REAL
) STRICT;

CREATE INDEX calibrations_of ON calibrations (fingerprint, seq);

CREATE VIEW admitted_calibrations AS
SELECT seq, judge, fingerprint, models FROM (
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
  WHERE k.chance < 1.0 - 1e-9)
WHERE labelled >= 50 AND rarer >= 20 AND missing <= 0.05 * (n + missing)
  AND labelled >= n + missing
  AND passed_both / people_pass > 0.6
  AND (passed_both / people_pass - 0.6) * (passed_both / people_pass - 0.6) * people_pass > 3.841458821 * 0.6 * 0.4
  AND failed_both / people_fail > 0.6
  AND (failed_both / people_fail - 0.6) * (failed_both / people_fail - 0.6) * people_fail > 3.841458821 * 0.6 * 0.4
  AND kappa > 0.4
  AND (kappa - 0.4) * (kappa - 0.4) * n * (1.0 - chance) * (1.0 - chance) > 3.841458821 * (
    passed_both / n * (1.0 - (judge_pass + people_pass) / n * (1.0 - kappa))
      * (1.0 - (judge_pass + people_pass) / n * (1.0 - kappa))
    + failed_both / n * (1.0 - (judge_fail + people_fail) / n * (1.0 - kappa))
      * (1.0 - (judge_fail + people_fail) / n * (1.0 - kappa))
    + (1.0 - kappa) * (1.0 - kappa) * (
      passed_by_judge / n * (people_pass + judge_fail) / n * (people_pass + judge_fail) / n
      + passed_by_people / n * (people_fail + judge_pass) / n * (people_fail + judge_pass) / n)
    - (kappa - chance * (1.0 - kappa)) * (kappa - chance * (1.0 - kappa)));

DROP TRIGGER ledger_insert;

CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger
BEGIN
  SELECT RAISE(ABORT, 'ledger: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'ledger: this hash is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.hash = NEW.hash)), 0);
  SELECT RAISE(ABORT, 'ledger: a record goes to the end of the chain') WHERE NOT coalesce((NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM ledger)), 0);
  SELECT RAISE(ABORT, 'ledger: a record follows the one before') WHERE NOT coalesce((NEW.previous = coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000')), 0);
  SELECT RAISE(ABORT, 'ledger: no such kind of record') WHERE NOT coalesce((NEW.kind IN ('registry', 'version', 'suite', 'evaluation', 'environment', 'deployment', 'observation', 'approval', 'rule_approval', 'revocation', 'consumer', 'signature', 'calibration')), 0);
  SELECT RAISE(ABORT, 'ledger: time must be UTC with six decimals') WHERE NOT coalesce((NEW.at GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z' AND length(NEW.at) = 27), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be older than the one before') WHERE NOT coalesce((NEW.at >= coalesce((SELECT at FROM ledger ORDER BY seq DESC LIMIT 1), '')), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot lie in the future') WHERE NOT coalesce((julianday(NEW.at) <= julianday('now') + 0.0035 OR NEW.at = (SELECT at FROM ledger ORDER BY seq DESC LIMIT 1)), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be backdated') WHERE NOT coalesce((julianday(NEW.at) >= julianday('now') - 0.0035), 0);
END;

DROP TRIGGER evaluations_insert;

CREATE TRIGGER evaluations_insert BEFORE INSERT ON evaluations
BEGIN
  SELECT RAISE(ABORT, 'evaluations: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM evaluations o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'evaluations: this evaluation_id is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM evaluations o WHERE o.evaluation_id = NEW.evaluation_id)), 0);
  SELECT RAISE(ABORT, 'evaluation: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'evaluation'), 0);
  SELECT RAISE(ABORT, 'evaluation: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'evaluation: no such suite of this prompt') WHERE NOT coalesce((EXISTS (SELECT 1 FROM suites s WHERE s.seq = NEW.suite_seq AND s.prompt_id = NEW.prompt_id AND s.suite = NEW.suite AND s.external = NEW.external)), 0);
  SELECT RAISE(ABORT, 'evaluation: no such decision') WHERE NOT coalesce((NEW.gate IN ('pass', 'fail', 'no_decision')), 0);
  SELECT RAISE(ABORT, 'evaluation: it cannot finish before it starts, or in the future') WHERE NOT coalesce((NEW.finished_at >= NEW.started_at AND julianday(NEW.finished_at) <= julianday((SELECT at FROM ledger WHERE seq = NEW.seq)) + 0.0035), 0);
  SELECT RAISE(ABORT, 'evaluation: plan and record are JSON') WHERE NOT coalesce((json_valid(NEW.plan) AND json_valid(NEW.record) AND NEW.planned >= 0), 0);
  SELECT RAISE(ABORT, 'evaluation: its gate rests on a judge without a calibration that fits') WHERE NOT coalesce((NEW.gate <> 'pass' OR NOT EXISTS (SELECT 1 FROM suites s, json_each(coalesce(json_extract(s.parts, '$.gate_judges'), '[]')) g WHERE s.seq = NEW.suite_seq AND NOT EXISTS (SELECT 1 FROM admitted_calibrations c WHERE c.fingerprint = g.value AND json_type(NEW.record, '$.environment.judges."' || g.value || '"') = 'array' AND NOT EXISTS (SELECT 1 FROM json_each(NEW.record, '$.environment.judges."' || g.value || '"') m WHERE m.value NOT IN (SELECT x.value FROM json_each(c.models) x))))), 0);
END;

CREATE TRIGGER calibrations_no_update BEFORE UPDATE ON calibrations
BEGIN SELECT RAISE(ABORT, 'calibrations: a row never changes or disappears'); END;

CREATE TRIGGER calibrations_no_delete BEFORE DELETE ON calibrations
BEGIN SELECT RAISE(ABORT, 'calibrations: a row never changes or disappears'); END;

CREATE TRIGGER calibrations_insert BEFORE INSERT ON calibrations
BEGIN
  SELECT RAISE(ABORT, 'calibrations: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM calibrations o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'calibration: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'calibration'), 0);
  SELECT RAISE(ABORT, 'calibration: no judge') WHERE NOT coalesce((NEW.judge <> ''), 0);
  SELECT RAISE(ABORT, 'calibration: it names the judge and the labels by their sha256') WHERE NOT coalesce((length(NEW.fingerprint) = 64 AND length(NEW.labels) = 64), 0);
  SELECT RAISE(ABORT, 'calibration: models is a list') WHERE NOT coalesce((json_valid(NEW.models) AND json_type(NEW.models) = 'array'), 0);
  SELECT RAISE(ABORT, 'calibration: more verdicts than labels') WHERE NOT coalesce((min(NEW.passed_both, NEW.passed_by_judge, NEW.passed_by_people, NEW.failed_both, NEW.missing, NEW.rarer) >= 0 AND 2 * NEW.rarer <= NEW.labelled AND NEW.passed_both + NEW.passed_by_judge + NEW.passed_by_people + NEW.failed_both + NEW.missing <= NEW.labelled), 0);
END;
