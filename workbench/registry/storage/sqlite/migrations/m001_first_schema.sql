-- Tables, indexes, views and triggers of the first registries.

CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  kind TEXT NOT NULL,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  previous TEXT NOT NULL CHECK (length(previous) = 64),
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT;

CREATE TABLE registry (
  seq INTEGER PRIMARY KEY,
  registry_id TEXT NOT NULL
) STRICT;

CREATE TABLE versions (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  content TEXT NOT NULL,
  body TEXT NOT NULL,
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  description TEXT NOT NULL,
  author TEXT NOT NULL,
  force_reason TEXT NOT NULL DEFAULT '',
  UNIQUE (prompt_id, version),
  UNIQUE (prompt_id, fingerprint)
) STRICT;

CREATE TABLE suites (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  suite TEXT NOT NULL CHECK (suite <> ''),
  fingerprint TEXT NOT NULL,
  parts TEXT NOT NULL CHECK (json_valid(parts)),
  policy TEXT NOT NULL CHECK (json_valid(policy)),
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1))
) STRICT;

CREATE TABLE evaluations (
  seq INTEGER PRIMARY KEY,
  evaluation_id TEXT NOT NULL UNIQUE,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  suite TEXT NOT NULL,
  suite_seq INTEGER NOT NULL REFERENCES suites (seq),
  gate TEXT NOT NULL CHECK (gate IN ('pass', 'fail', 'no_decision')),
  score REAL,
  planned INTEGER NOT NULL CHECK (planned >= 0),
  plan TEXT NOT NULL CHECK (json_valid(plan)),
  baseline_version TEXT,
  baseline_fingerprint TEXT,
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1)),
  attempt INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  record TEXT NOT NULL CHECK (json_valid(record)),
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;

CREATE TABLE scores (
  evaluation INTEGER NOT NULL,
  scorer TEXT NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 0),
  case_id TEXT NOT NULL,
  a REAL,
  b REAL,
  a_repeats TEXT NOT NULL CHECK (json_valid(a_repeats)),
  b_repeats TEXT NOT NULL CHECK (json_valid(b_repeats)),
  case_group TEXT,
  reason TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (evaluation, scorer, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE environments (
  seq INTEGER PRIMARY KEY,
  name TEXT NOT NULL CHECK (name GLOB '[a-z0-9]*' AND name NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(name, '..') = 0 AND length(name) <= 100 AND instr(CAST(name AS BLOB), x'00') = 0),
  requires TEXT NOT NULL CHECK (json_valid(requires)),
  approvals INTEGER NOT NULL CHECK (approvals >= 0),
  promote_from TEXT NOT NULL,
  external INTEGER NOT NULL DEFAULT 0 CHECK (external IN (0, 1)),
  untested INTEGER NOT NULL DEFAULT 0 CHECK (untested IN (0, 1)),
  frozen INTEGER NOT NULL DEFAULT 0 CHECK (frozen IN (0, 1)),
  max_age_days REAL NOT NULL CHECK (max_age_days >= 0)
) STRICT;

CREATE TABLE deployments (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  environment TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('deploy', 'rollback', 'retire')),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  previous_seq INTEGER,
  previous_version TEXT,
  stands_for INTEGER NOT NULL,
  evaluation INTEGER REFERENCES evaluations (seq),
  override INTEGER NOT NULL DEFAULT 0 CHECK (override IN (0, 1)),
  again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),
  stale INTEGER NOT NULL DEFAULT 0 CHECK (stale IN (0, 1)),
  reason TEXT NOT NULL DEFAULT '',
  request_id TEXT UNIQUE,
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;

CREATE TABLE approvals (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  environment TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;

CREATE TABLE revocations (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (trim(reason) <> ''),
  UNIQUE (prompt_id, version),
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;

CREATE TABLE consumers (
  seq INTEGER PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  environment TEXT NOT NULL,
  requires TEXT NOT NULL,
  bounds TEXT NOT NULL CHECK (json_valid(bounds))
) STRICT;

CREATE TABLE signatures (
  seq INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES ledger (seq),
  keyid TEXT NOT NULL,
  envelope TEXT NOT NULL CHECK (json_valid(envelope))
) STRICT;

CREATE INDEX deployments_head ON deployments (prompt_id, environment, seq);

CREATE INDEX evaluations_of ON evaluations (prompt_id, fingerprint, suite, seq);

CREATE INDEX suites_of ON suites (prompt_id, suite, seq);

CREATE INDEX environments_named ON environments (name, seq);

CREATE INDEX approvals_of ON approvals (prompt_id, version, environment);

CREATE INDEX consumers_of ON consumers (prompt_id, environment, name, seq);

CREATE INDEX signatures_of ON signatures (target);

CREATE INDEX ledger_at ON ledger (at);

CREATE VIEW environment_rules AS
SELECT e.* FROM environments e
WHERE e.seq = (SELECT max(x.seq) FROM environments x WHERE x.name = e.name);

CREATE VIEW current_suites AS
SELECT s.* FROM suites s
WHERE s.seq = (
  SELECT max(x.seq) FROM suites x WHERE x.prompt_id = s.prompt_id AND x.suite = s.suite);

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
          OR json_extract(s.policy, '$.threshold') IS NOT NULL)
        AND (e.baseline_fingerprint IS NULL OR (sum(c.a IS NOT NULL AND c.b IS NOT NULL) > 0 AND (sum(c.b > c.a) - sum(c.b < c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) > 0 AND (NOT (sum(coalesce(c.a NOT IN (0.0, 1.0), 0)) + sum(coalesce(c.b NOT IN (0.0, 1.0), 0))
          + sum(c.case_group IS NOT NULL) + coalesce(json_extract(e.plan, '$.anytime'), 0) = 0) OR (
          2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) * (((sum(c.b > c.a) - sum(c.b < c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b > c.a) - sum(c.b < c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) * (((sum(c.b > c.a) - sum(c.b < c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b > c.a) - sum(c.b < c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) + (-(sum(c.b > c.a) + sum(c.b < c.a)) - (2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) - sum(c.b > c.a) + sum(c.b < c.a)) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (((sum(c.b > c.a) - sum(c.b < c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b > c.a) - sum(c.b < c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) + (sum(c.b < c.a) * CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) > -1e-6
          AND (((sum(c.b > c.a) - sum(c.b < c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) * (sum(c.b > c.a) - sum(c.b < c.a) + sum(c.a IS NOT NULL AND c.b IS NOT NULL) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / ((CASE json_extract(s.policy, '$.confidence')
          WHEN 0.9 THEN 2.705543 WHEN 0.95 THEN 3.841458 WHEN 0.99 THEN 6.634896 ELSE 0.01 END) * sum(c.a IS NOT NULL AND c.b IS NOT NULL)) + CAST(json_extract(s.policy, '$.margin') AS REAL) * (1 + CAST(json_extract(s.policy, '$.margin') AS REAL))) / 2) > -(-(sum(c.b > c.a) + sum(c.b < c.a)) - (2.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL) - sum(c.b > c.a) + sum(c.b < c.a)) * CAST(json_extract(s.policy, '$.margin') AS REAL)) / (4.0 * sum(c.a IS NOT NULL AND c.b IS NOT NULL))))))
      FROM scores c WHERE c.evaluation = e.seq AND c.scorer = g.value), 0));

CREATE VIEW passing_evaluations AS
SELECT p.* FROM sound_evaluations p
WHERE EXISTS (
    SELECT 1 FROM current_suites n
    WHERE n.prompt_id = p.prompt_id AND n.suite = p.suite
      AND n.fingerprint = p.suite_fingerprint AND n.parts = p.parts AND n.policy = p.policy)
  AND NOT EXISTS (
    SELECT 1 FROM evaluations f JOIN suites fs ON fs.seq = f.suite_seq
    WHERE f.prompt_id = p.prompt_id AND f.fingerprint = p.fingerprint AND f.suite = p.suite
      AND f.seq > p.seq AND f.gate = 'fail' AND fs.fingerprint = p.suite_fingerprint);

CREATE VIEW accepted_evaluations AS
SELECT p.*, r.name AS environment
FROM passing_evaluations p JOIN environment_rules r
WHERE (r.external = 1 OR p.external = 0)
  AND julianday(p.finished_at) <= julianday('now') + 0.01
  AND (r.max_age_days <= 0 OR julianday('now') - julianday(p.finished_at) <= r.max_age_days)
  AND (json_extract(p.policy, '$.max_age_days') IS NULL
    OR julianday('now') - julianday(p.finished_at)
      <= json_extract(p.policy, '$.max_age_days'));

CREATE VIEW required_suites AS
SELECT r.name AS environment, n.prompt_id, n.suite AS suite
FROM environment_rules r JOIN current_suites n
WHERE json_array_length(r.requires) = 0 AND n.external = 0
UNION ALL
SELECT r.name, NULL, j.value FROM environment_rules r JOIN json_each(r.requires) j;

CREATE VIEW heads AS
SELECT d.* FROM deployments d
WHERE d.seq = (
  SELECT max(x.seq) FROM deployments x
  WHERE x.prompt_id = d.prompt_id AND x.environment = d.environment);

CREATE VIEW active_prompts AS
SELECT d.prompt_id, d.environment, v.version, v.content, v.body, v.fingerprint, v.description,
  v.author, l.at AS deployed_at, l.actor AS deployed_by, d.previous_version, d.action,
  d.override, d.seq,
  EXISTS (SELECT 1 FROM revocations r
    WHERE r.prompt_id = d.prompt_id AND r.version = d.version) AS revoked
FROM heads d
JOIN versions v ON v.prompt_id = d.prompt_id AND v.version = d.version
JOIN ledger l ON l.seq = d.seq
WHERE d.action <> 'retire';

CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger: a row never changes or disappears'); END;

CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger: a row never changes or disappears'); END;

CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger
BEGIN
  SELECT RAISE(ABORT, 'ledger: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'ledger: this hash is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.hash = NEW.hash)), 0);
  SELECT RAISE(ABORT, 'ledger: a record goes to the end of the chain') WHERE NOT coalesce((NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM ledger)), 0);
  SELECT RAISE(ABORT, 'ledger: a record follows the one before') WHERE NOT coalesce((NEW.previous = coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000')), 0);
  SELECT RAISE(ABORT, 'ledger: no such kind of record') WHERE NOT coalesce((NEW.kind IN ('registry', 'version', 'suite', 'evaluation', 'environment', 'deployment', 'approval', 'revocation', 'consumer', 'signature')), 0);
  SELECT RAISE(ABORT, 'ledger: time must be UTC with six decimals') WHERE NOT coalesce((NEW.at GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z' AND length(NEW.at) = 27), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be older than the one before') WHERE NOT coalesce((NEW.at >= coalesce((SELECT at FROM ledger ORDER BY seq DESC LIMIT 1), '')), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot lie in the future') WHERE NOT coalesce((julianday(NEW.at) <= julianday('now') + 0.0035 OR NEW.at = (SELECT at FROM ledger ORDER BY seq DESC LIMIT 1)), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be backdated') WHERE NOT coalesce((julianday(NEW.at) >= julianday('now') - 0.0035), 0);
END;

CREATE TRIGGER registry_no_update BEFORE UPDATE ON registry
BEGIN SELECT RAISE(ABORT, 'registry: a row never changes or disappears'); END;

CREATE TRIGGER registry_no_delete BEFORE DELETE ON registry
BEGIN SELECT RAISE(ABORT, 'registry: a row never changes or disappears'); END;

CREATE TRIGGER registry_insert BEFORE INSERT ON registry
BEGIN
  SELECT RAISE(ABORT, 'registry: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM registry o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'registry: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'registry'), 0);
  SELECT RAISE(ABORT, 'registry: there is one') WHERE NOT coalesce((NEW.seq = 1), 0);
END;

CREATE TRIGGER versions_no_update BEFORE UPDATE ON versions
BEGIN SELECT RAISE(ABORT, 'versions: a row never changes or disappears'); END;

CREATE TRIGGER versions_no_delete BEFORE DELETE ON versions
BEGIN SELECT RAISE(ABORT, 'versions: a row never changes or disappears'); END;

CREATE TRIGGER versions_insert BEFORE INSERT ON versions
BEGIN
  SELECT RAISE(ABORT, 'versions: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'versions: this prompt_id and version is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions o WHERE o.prompt_id = NEW.prompt_id AND o.version = NEW.version)), 0);
  SELECT RAISE(ABORT, 'versions: this prompt_id and fingerprint is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions o WHERE o.prompt_id = NEW.prompt_id AND o.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'version: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'version'), 0);
  SELECT RAISE(ABORT, 'version: a prompt_id has a-z 0-9 _ . - only') WHERE NOT coalesce((NEW.prompt_id GLOB '[a-z0-9]*' AND NEW.prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.prompt_id, '..') = 0 AND length(NEW.prompt_id) <= 100
    AND instr(CAST(NEW.prompt_id AS BLOB), x'00') = 0), 0);
  SELECT RAISE(ABORT, 'version: no fingerprint') WHERE NOT coalesce((length(NEW.fingerprint) = 64), 0);
  SELECT RAISE(ABORT, 'version: write it like 1.2.0') WHERE NOT coalesce((NEW.version NOT GLOB '*[^0-9A-Za-z.-]*' AND NEW.version GLOB '[0-9]*.[0-9]*.[0-9]*'), 0);
END;

CREATE TRIGGER suites_no_update BEFORE UPDATE ON suites
BEGIN SELECT RAISE(ABORT, 'suites: a row never changes or disappears'); END;

CREATE TRIGGER suites_no_delete BEFORE DELETE ON suites
BEGIN SELECT RAISE(ABORT, 'suites: a row never changes or disappears'); END;

CREATE TRIGGER suites_insert BEFORE INSERT ON suites
BEGIN
  SELECT RAISE(ABORT, 'suites: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM suites o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'suite: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'suite'), 0);
  SELECT RAISE(ABORT, 'suite: a prompt_id has a-z 0-9 _ . - only') WHERE NOT coalesce((NEW.prompt_id GLOB '[a-z0-9]*' AND NEW.prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.prompt_id, '..') = 0 AND length(NEW.prompt_id) <= 100
    AND instr(CAST(NEW.prompt_id AS BLOB), x'00') = 0), 0);
  SELECT RAISE(ABORT, 'suite: parts and policy are JSON') WHERE NOT coalesce((json_valid(NEW.parts) AND json_valid(NEW.policy)), 0);
  SELECT RAISE(ABORT, 'suite: a team''s own suite cannot take the name of a suite of the workspace') WHERE NOT coalesce((NEW.external IN (0, 1) AND (NEW.external = 0 OR NOT EXISTS (SELECT 1 FROM suites s WHERE s.prompt_id = NEW.prompt_id AND s.suite = NEW.suite AND s.external = 0))), 0);
END;

CREATE TRIGGER evaluations_no_update BEFORE UPDATE ON evaluations
BEGIN SELECT RAISE(ABORT, 'evaluations: a row never changes or disappears'); END;

CREATE TRIGGER evaluations_no_delete BEFORE DELETE ON evaluations
BEGIN SELECT RAISE(ABORT, 'evaluations: a row never changes or disappears'); END;

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
END;

CREATE TRIGGER scores_no_update BEFORE UPDATE ON scores
BEGIN SELECT RAISE(ABORT, 'scores: a row never changes or disappears'); END;

CREATE TRIGGER scores_no_delete BEFORE DELETE ON scores
BEGIN SELECT RAISE(ABORT, 'scores: a row never changes or disappears'); END;

CREATE TRIGGER scores_insert BEFORE INSERT ON scores
BEGIN
  SELECT RAISE(ABORT, 'scores: this evaluation and scorer and position is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM scores o WHERE o.evaluation = NEW.evaluation AND o.scorer = NEW.scorer AND o.position = NEW.position)), 0);
  SELECT RAISE(ABORT, 'scores: an evaluation that is recorded takes no more scores') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.evaluation AND seq = (SELECT max(seq) FROM ledger)) = 'evaluation' AND NOT EXISTS (SELECT 1 FROM evaluations WHERE seq = NEW.evaluation)), 0);
  SELECT RAISE(ABORT, 'scores: position and repeats') WHERE NOT coalesce((NEW.position >= 0 AND json_valid(NEW.a_repeats) AND json_valid(NEW.b_repeats)), 0);
  SELECT RAISE(ABORT, 'scores: a is the mean of its repeats, between 0 and 1') WHERE NOT coalesce(((NEW.a IS NULL) = ((SELECT count(value) FROM json_each(NEW.a_repeats)) = 0) AND coalesce(abs(NEW.a - (SELECT avg(value) FROM json_each(NEW.a_repeats))) < 1e-9 AND NEW.a BETWEEN 0.0 AND 1.0, NEW.a IS NULL)), 0);
  SELECT RAISE(ABORT, 'scores: b is the mean of its repeats, between 0 and 1') WHERE NOT coalesce(((NEW.b IS NULL) = ((SELECT count(value) FROM json_each(NEW.b_repeats)) = 0) AND coalesce(abs(NEW.b - (SELECT avg(value) FROM json_each(NEW.b_repeats))) < 1e-9 AND NEW.b BETWEEN 0.0 AND 1.0, NEW.b IS NULL)), 0);
  SELECT RAISE(ABORT, 'scores: in the order of the plan') WHERE NOT coalesce((coalesce((SELECT max(s.position) FROM scores s WHERE s.evaluation = NEW.evaluation AND s.scorer = NEW.scorer), -1) = NEW.position - 1), 0);
END;

CREATE TRIGGER environments_no_update BEFORE UPDATE ON environments
BEGIN SELECT RAISE(ABORT, 'environments: a row never changes or disappears'); END;

CREATE TRIGGER environments_no_delete BEFORE DELETE ON environments
BEGIN SELECT RAISE(ABORT, 'environments: a row never changes or disappears'); END;

CREATE TRIGGER environments_insert BEFORE INSERT ON environments
BEGIN
  SELECT RAISE(ABORT, 'environments: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM environments o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'environment: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'environment'), 0);
  SELECT RAISE(ABORT, 'environment: a name has a-z 0-9 _ . - only') WHERE NOT coalesce((NEW.name GLOB '[a-z0-9]*' AND NEW.name NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.name, '..') = 0 AND length(NEW.name) <= 100
    AND instr(CAST(NEW.name AS BLOB), x'00') = 0), 0);
  SELECT RAISE(ABORT, 'environment: a rule is out of bounds') WHERE NOT coalesce((NEW.external IN (0, 1) AND NEW.untested IN (0, 1) AND NEW.frozen IN (0, 1) AND NEW.approvals >= 0 AND NEW.max_age_days >= 0), 0);
  SELECT RAISE(ABORT, 'environment: requires is a list of suites') WHERE NOT coalesce((json_valid(NEW.requires) AND json_type(NEW.requires) = 'array'), 0);
END;

CREATE TRIGGER deployments_no_update BEFORE UPDATE ON deployments
BEGIN SELECT RAISE(ABORT, 'deployments: a row never changes or disappears'); END;

CREATE TRIGGER deployments_no_delete BEFORE DELETE ON deployments
BEGIN SELECT RAISE(ABORT, 'deployments: a row never changes or disappears'); END;

CREATE TRIGGER deployments_insert BEFORE INSERT ON deployments
BEGIN
  SELECT RAISE(ABORT, 'deployments: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM deployments o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'deployments: this request_id is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM deployments o WHERE o.request_id = NEW.request_id)), 0);
  SELECT RAISE(ABORT, 'deployment: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'deployment'), 0);
  SELECT RAISE(ABORT, 'deployment: no such action') WHERE NOT coalesce((NEW.action IN ('deploy', 'rollback', 'retire')), 0);
  SELECT RAISE(ABORT, 'deployment: a mark is 0 or 1') WHERE NOT coalesce((NEW.override IN (0, 1) AND NEW.again IN (0, 1) AND NEW.stale IN (0, 1)), 0);
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
  SELECT RAISE(ABORT, 'deploy: another person must approve it first') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.approvals FROM environment_rules r WHERE r.name = NEW.environment) <= ( SELECT count(DISTINCT l.actor) FROM approvals a JOIN ledger l ON l.seq = a.seq WHERE a.prompt_id = NEW.prompt_id AND a.version = NEW.version AND a.fingerprint = NEW.fingerprint AND a.environment = NEW.environment AND l.actor <> (SELECT actor FROM ledger WHERE seq = NEW.seq) AND l.actor NOT IN (SELECT v.author FROM versions v WHERE v.prompt_id = NEW.prompt_id AND v.version = NEW.version) AND a.seq > coalesce((SELECT max(b.seq) FROM deployments b WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment AND b.action = 'rollback' AND b.previous_version = NEW.version), 0))), 0);
  SELECT RAISE(ABORT, 'deploy: this version was rolled back; again needs a reason') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR (NEW.again = 1 AND trim(NEW.reason) <> '') OR coalesce((SELECT max(b.seq) FROM deployments b WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment AND b.action = 'rollback' AND b.previous_version = NEW.version), 0) <= coalesce((SELECT max(d.seq) FROM deployments d WHERE d.prompt_id = NEW.prompt_id AND d.environment = NEW.environment AND d.action = 'deploy' AND d.version = NEW.version), 0)), 0);
  SELECT RAISE(ABORT, 'deploy: a registered consumer cannot use this version') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR NOT EXISTS ( SELECT 1 FROM consumers c JOIN json_each(c.bounds) j WHERE c.prompt_id = NEW.prompt_id AND c.environment = NEW.environment AND c.seq = (SELECT max(y.seq) FROM consumers y WHERE y.prompt_id = c.prompt_id AND y.environment = c.environment AND y.name = c.name) AND NOT (SELECT CASE json_extract(j.value, '$[0]') WHEN '>=' THEN v.sort_key >= json_extract(j.value, '$[1]') WHEN '>' THEN v.sort_key > json_extract(j.value, '$[1]') WHEN '<=' THEN v.sort_key <= json_extract(j.value, '$[1]') WHEN '<' THEN v.sort_key < json_extract(j.value, '$[1]') WHEN '==' THEN v.sort_key = json_extract(j.value, '$[1]') WHEN '!=' THEN v.sort_key <> json_extract(j.value, '$[1]') ELSE 0 END FROM versions v WHERE v.prompt_id = NEW.prompt_id AND v.version = NEW.version))), 0);
  SELECT RAISE(ABORT, 'deploy: this evaluation does not pass, is not current, or is of something else') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.evaluation IS NULL OR EXISTS (SELECT 1 FROM accepted_evaluations e WHERE e.seq = NEW.evaluation AND e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint AND e.version = NEW.version AND e.environment = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'deploy: no passing and current evaluation of this version on every required suite') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.untested FROM environment_rules r WHERE r.name = NEW.environment) = 1 OR (NEW.evaluation IS NOT NULL AND NOT EXISTS (SELECT 1 FROM required_suites q WHERE q.environment = NEW.environment AND coalesce(q.prompt_id, NEW.prompt_id) = NEW.prompt_id AND q.suite NOT IN (SELECT e.suite FROM accepted_evaluations e WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint AND e.version = NEW.version AND e.environment = NEW.environment)))), 0);
END;

CREATE TRIGGER approvals_no_update BEFORE UPDATE ON approvals
BEGIN SELECT RAISE(ABORT, 'approvals: a row never changes or disappears'); END;

CREATE TRIGGER approvals_no_delete BEFORE DELETE ON approvals
BEGIN SELECT RAISE(ABORT, 'approvals: a row never changes or disappears'); END;

CREATE TRIGGER approvals_insert BEFORE INSERT ON approvals
BEGIN
  SELECT RAISE(ABORT, 'approvals: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM approvals o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'approval: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'approval'), 0);
  SELECT RAISE(ABORT, 'approval: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'approval: no such environment') WHERE NOT coalesce(((SELECT 1 FROM environment_rules r WHERE r.name = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'approval: the author cannot approve') WHERE NOT coalesce(((SELECT actor FROM ledger WHERE seq = NEW.seq) NOT IN (SELECT author FROM versions WHERE prompt_id = NEW.prompt_id AND version = NEW.version)), 0);
END;

CREATE TRIGGER revocations_no_update BEFORE UPDATE ON revocations
BEGIN SELECT RAISE(ABORT, 'revocations: a row never changes or disappears'); END;

CREATE TRIGGER revocations_no_delete BEFORE DELETE ON revocations
BEGIN SELECT RAISE(ABORT, 'revocations: a row never changes or disappears'); END;

CREATE TRIGGER revocations_insert BEFORE INSERT ON revocations
BEGIN
  SELECT RAISE(ABORT, 'revocations: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM revocations o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'revocations: this prompt_id and version is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM revocations o WHERE o.prompt_id = NEW.prompt_id AND o.version = NEW.version)), 0);
  SELECT RAISE(ABORT, 'revocation: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'revocation'), 0);
  SELECT RAISE(ABORT, 'revocation: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'revocation: it needs a reason') WHERE NOT coalesce((trim(NEW.reason) <> ''), 0);
END;

CREATE TRIGGER consumers_no_update BEFORE UPDATE ON consumers
BEGIN SELECT RAISE(ABORT, 'consumers: a row never changes or disappears'); END;

CREATE TRIGGER consumers_no_delete BEFORE DELETE ON consumers
BEGIN SELECT RAISE(ABORT, 'consumers: a row never changes or disappears'); END;

CREATE TRIGGER consumers_insert BEFORE INSERT ON consumers
BEGIN
  SELECT RAISE(ABORT, 'consumers: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM consumers o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'consumer: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'consumer'), 0);
  SELECT RAISE(ABORT, 'consumer: no such environment') WHERE NOT coalesce(((SELECT 1 FROM environment_rules r WHERE r.name = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'consumer: bounds are JSON') WHERE NOT coalesce((json_valid(NEW.bounds)), 0);
END;

CREATE TRIGGER signatures_no_update BEFORE UPDATE ON signatures
BEGIN SELECT RAISE(ABORT, 'signatures: a row never changes or disappears'); END;

CREATE TRIGGER signatures_no_delete BEFORE DELETE ON signatures
BEGIN SELECT RAISE(ABORT, 'signatures: a row never changes or disappears'); END;

CREATE TRIGGER signatures_insert BEFORE INSERT ON signatures
BEGIN
  SELECT RAISE(ABORT, 'signatures: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM signatures o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'signature: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'signature'), 0);
  SELECT RAISE(ABORT, 'signature: of an earlier record') WHERE NOT coalesce((NEW.target < NEW.seq), 0);
  SELECT RAISE(ABORT, 'signature: no such record') WHERE NOT coalesce((EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.target)), 0);
  SELECT RAISE(ABORT, 'signature: the envelope is JSON') WHERE NOT coalesce((json_valid(NEW.envelope)), 0);
END;
