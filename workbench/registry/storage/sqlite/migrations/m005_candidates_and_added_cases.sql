-- A release may have the content of its candidate: the table of versions is made anew without the
-- UNIQUE over content, in the same transaction, and the trigger says what may be there twice.
-- Evidence and revocations are of a content, not of a number. Cases that were added to a suite are
-- accepted with a reason; what was undone counts as no loosening; a reason is something that can be
-- seen. Each deployment names the revision of the rules that mark it.

CREATE TABLE versions_kept AS SELECT * FROM versions;

DROP TABLE versions;

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
  UNIQUE (prompt_id, version)
) STRICT;

INSERT INTO versions SELECT * FROM versions_kept;

DROP TABLE versions_kept;

CREATE INDEX versions_latest ON versions (prompt_id, sort_key, version);

CREATE TRIGGER versions_no_update BEFORE UPDATE ON versions
BEGIN SELECT RAISE(ABORT, 'versions: a row never changes or disappears'); END;

CREATE TRIGGER versions_no_delete BEFORE DELETE ON versions
BEGIN SELECT RAISE(ABORT, 'versions: a row never changes or disappears'); END;

ALTER TABLE deployments ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

CREATE INDEX versions_content ON versions (prompt_id, fingerprint);

CREATE VIEW loosening_steps AS
SELECT l.seq, l.name AS environment, NULL AS prompt_id, NULL AS suite,
  coalesce(((n.requires IS o.requires OR (json_array_length(o.requires) > 0 AND NOT EXISTS (SELECT 1 FROM json_each(o.requires) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(n.requires) b), 1)))) AND (n.approvals IS o.approvals OR (typeof(o.approvals) IN ('integer', 'real') AND typeof(n.approvals) IN ('integer', 'real') AND n.approvals >= o.approvals)) AND (n.promote_from IS o.promote_from OR (coalesce(o.promote_from, '') = '')) AND (n.external IS o.external OR (typeof(o.external) IN ('integer', 'real') AND typeof(n.external) IN ('integer', 'real') AND n.external <= o.external)) AND (n.untested IS o.untested OR (typeof(o.untested) IN ('integer', 'real') AND typeof(n.untested) IN ('integer', 'real') AND n.untested <= o.untested)) AND (n.frozen IS o.frozen OR (typeof(o.frozen) IN ('integer', 'real') AND typeof(n.frozen) IN ('integer', 'real') AND n.frozen >= o.frozen)) AND (n.max_age_days IS o.max_age_days OR (typeof(o.max_age_days) IN ('integer', 'real') AND typeof(n.max_age_days) IN ('integer', 'real') AND n.max_age_days > 0 AND (o.max_age_days <= 0 OR n.max_age_days <= o.max_age_days))) AND (n.answers IS o.answers OR (n.answers = 'fresh')) AND (n.endpoints IS o.endpoints OR (json_array_length(n.endpoints) > 0 AND (json_array_length(o.endpoints) = 0 OR NOT EXISTS (SELECT 1 FROM json_each(n.endpoints) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(o.endpoints) b), 1)))))), 0) AS undone
FROM environments l
JOIN environments o ON o.seq = (
  SELECT max(x.seq) FROM environments x WHERE x.name = l.name AND x.seq < l.seq)
JOIN environment_rules n ON n.name = l.name
WHERE l.reason <> '' AND trim(l.reason) <> ''
UNION ALL
SELECT l.seq, NULL, l.prompt_id, l.suite,
  CASE WHEN o.seq IS NULL THEN n.removed ELSE coalesce(((n.external IS o.external OR (0)) AND (n.removed IS o.removed OR (typeof(o.removed) IN ('integer', 'real') AND typeof(n.removed) IN ('integer', 'real') AND n.removed <= o.removed)) AND (json_extract(n.policy, '$.scorers') IS json_extract(o.policy, '$.scorers') OR (0)) AND (json_extract(n.policy, '$.baseline') IS json_extract(o.policy, '$.baseline') OR (0)) AND (json_extract(n.policy, '$.margin') IS json_extract(o.policy, '$.margin') OR (typeof(json_extract(o.policy, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.margin')) IN ('integer', 'real') AND json_extract(n.policy, '$.margin') <= json_extract(o.policy, '$.margin'))) AND (json_extract(n.policy, '$.threshold') IS json_extract(o.policy, '$.threshold') OR (typeof(json_extract(o.policy, '$.threshold')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.threshold')) IN ('integer', 'real') AND json_extract(n.policy, '$.threshold') >= json_extract(o.policy, '$.threshold'))) AND (json_extract(n.policy, '$.confidence') IS json_extract(o.policy, '$.confidence') OR (typeof(json_extract(o.policy, '$.confidence')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.confidence')) IN ('integer', 'real') AND json_extract(n.policy, '$.confidence') >= json_extract(o.policy, '$.confidence'))) AND (json_extract(n.policy, '$.max_missing') IS json_extract(o.policy, '$.max_missing') OR (typeof(json_extract(o.policy, '$.max_missing')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.max_missing')) IN ('integer', 'real') AND json_extract(n.policy, '$.max_missing') <= json_extract(o.policy, '$.max_missing'))) AND (json_extract(n.policy, '$.max_age_days') IS json_extract(o.policy, '$.max_age_days') OR (json_extract(o.policy, '$.max_age_days') IS NULL AND typeof(json_extract(n.policy, '$.max_age_days')) IN ('integer', 'real') OR typeof(json_extract(o.policy, '$.max_age_days')) IN ('integer', 'real') AND typeof(json_extract(n.policy, '$.max_age_days')) IN ('integer', 'real') AND json_extract(n.policy, '$.max_age_days') <= json_extract(o.policy, '$.max_age_days'))) AND (coalesce(json_extract(n.policy, '$.rule'), 'not_worse') IS coalesce(json_extract(o.policy, '$.rule'), 'not_worse') OR (0)) AND (coalesce(json_extract(n.policy, '$.min_cases'), 20) IS coalesce(json_extract(o.policy, '$.min_cases'), 20) OR (typeof(coalesce(json_extract(o.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND typeof(coalesce(json_extract(n.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND coalesce(json_extract(n.policy, '$.min_cases'), 20) >= coalesce(json_extract(o.policy, '$.min_cases'), 20))) AND (coalesce(json_extract(n.policy, '$.extend'), 0) IS coalesce(json_extract(o.policy, '$.extend'), 0) OR (0)) AND NOT EXISTS (SELECT 1 FROM json_each(o.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend') AND k.value IS NOT json_extract(n.policy, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(n.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend') AND k.value IS NOT json_extract(o.policy, k.fullkey)) AND (json_extract(n.parts, '$.scorers') IS json_extract(o.parts, '$.scorers') OR (0)) AND (json_extract(n.parts, '$.repeats') IS json_extract(o.parts, '$.repeats') OR (0)) AND (json_extract(n.parts, '$.cells') IS json_extract(o.parts, '$.cells') OR (coalesce(json_extract(o.parts, '$.cells'), '') = '')) AND (json_extract(n.parts, '$.readings') IS json_extract(o.parts, '$.readings') OR (coalesce(json_extract(o.parts, '$.readings'), '') = '')) AND (json_extract(n.parts, '$.empties') IS json_extract(o.parts, '$.empties') OR (coalesce(json_extract(o.parts, '$.empties'), '') = '')) AND NOT EXISTS (SELECT 1 FROM json_each(o.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(n.parts, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(n.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(o.parts, k.fullkey)) AND (coalesce(json_extract(n.parts, '$.dataset'), n.fingerprint) IS coalesce(json_extract(o.parts, '$.dataset'), o.fingerprint) OR EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases')) AND NOT EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases') a WHERE a.key NOT IN (SELECT b.key FROM json_each(CASE n.contents WHEN '' THEN '{}' ELSE n.contents END, '$.cases') b))))
    AND coalesce(json_extract(b.parts, '$.dataset'), b.fingerprint) IN (coalesce(json_extract(n.parts, '$.dataset'), n.fingerprint), coalesce(json_extract(a.parts, '$.dataset'), a.fingerprint)), 0) END
FROM suites l
JOIN current_suites n ON n.prompt_id = l.prompt_id AND n.suite = l.suite
LEFT JOIN suites o ON o.seq = (SELECT max(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < l.seq)
LEFT JOIN suites b ON b.seq = coalesce(
  (SELECT max(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < l.seq AND trim(x.reason) <> ''),
  (SELECT min(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < l.seq AND x.revision > 0),
  (SELECT min(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < l.seq))
LEFT JOIN suites a ON a.seq = coalesce(
  (SELECT max(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < 9223372036854775807 AND trim(x.reason) <> ''),
  (SELECT min(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < 9223372036854775807 AND x.revision > 0),
  (SELECT min(x.seq) FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite AND x.seq < 9223372036854775807))
WHERE l.reason <> '' AND trim(l.reason) <> '';

DROP VIEW open_loosenings;

CREATE VIEW open_loosenings AS
SELECT l.seq, l.environment, l.prompt_id, l.suite FROM loosening_steps l
WHERE NOT l.undone AND NOT EXISTS (
  SELECT 1 FROM loosening_steps k
  WHERE k.undone AND k.seq < l.seq AND k.environment IS l.environment
    AND k.prompt_id IS l.prompt_id AND k.suite IS l.suite
    AND NOT EXISTS (SELECT 1 FROM suites x WHERE x.prompt_id = l.prompt_id AND x.suite = l.suite
      AND x.seq > k.seq AND x.seq < l.seq AND NOT trim(x.reason) <> '')
    AND NOT EXISTS (SELECT 1 FROM environments x WHERE x.name = l.environment
      AND x.seq > k.seq AND x.seq < l.seq AND NOT trim(x.reason) <> '')
    AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.action = 'deploy'
      AND (d.prompt_id = l.prompt_id OR d.environment = l.environment)
      AND d.seq > k.seq AND d.seq < l.seq));

DROP VIEW active_prompts;

CREATE VIEW active_prompts AS
SELECT d.prompt_id, d.environment, v.version, v.content, v.body, v.fingerprint, v.description,
  v.author, l.at AS deployed_at, l.actor AS deployed_by, d.previous_version, d.action,
  d.override, d.seq,
  EXISTS (SELECT 1 FROM revocations r
    WHERE r.prompt_id = d.prompt_id AND r.fingerprint = d.fingerprint) AS revoked
FROM heads d
JOIN versions v ON v.prompt_id = d.prompt_id AND v.version = d.version
JOIN ledger l ON l.seq = d.seq
WHERE d.action <> 'retire';

CREATE TRIGGER versions_insert BEFORE INSERT ON versions
BEGIN
  SELECT RAISE(ABORT, 'versions: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'versions: this prompt_id and version is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions o WHERE o.prompt_id = NEW.prompt_id AND o.version = NEW.version)), 0);
  SELECT RAISE(ABORT, 'version: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'version'), 0);
  SELECT RAISE(ABORT, 'version: a prompt_id has a-z 0-9 _ . - only') WHERE NOT coalesce((NEW.prompt_id GLOB '[a-z0-9]*' AND NEW.prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.prompt_id, '..') = 0 AND length(NEW.prompt_id) <= 100
    AND instr(CAST(NEW.prompt_id AS BLOB), x'00') = 0), 0);
  SELECT RAISE(ABORT, 'version: no fingerprint') WHERE NOT coalesce((length(NEW.fingerprint) = 64), 0);
  SELECT RAISE(ABORT, 'version: write it like 1.2.0') WHERE NOT coalesce((NEW.version NOT GLOB '*[^0-9A-Za-z.-]*' AND NEW.version GLOB '[0-9]*.[0-9]*.[0-9]*'), 0);
  SELECT RAISE(ABORT, 'version: this content is there already, and not as a candidate for this release') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM versions o WHERE o.prompt_id = NEW.prompt_id AND o.fingerprint = NEW.fingerprint AND (instr(NEW.version, '-') > 0 OR substr(o.version, 1, length(NEW.version) + 1) <> NEW.version || '-'))), 0);
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
  SELECT RAISE(ABORT, 'suite: this lets more through, or cannot be compared; it needs a reason') WHERE NOT coalesce((length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0 OR coalesce((SELECT (NEW.external IS o.external OR (0)) AND (NEW.removed IS o.removed OR (typeof(o.removed) IN ('integer', 'real') AND typeof(NEW.removed) IN ('integer', 'real') AND NEW.removed <= o.removed)) AND (json_extract(NEW.policy, '$.scorers') IS json_extract(o.policy, '$.scorers') OR (0)) AND (json_extract(NEW.policy, '$.baseline') IS json_extract(o.policy, '$.baseline') OR (0)) AND (json_extract(NEW.policy, '$.margin') IS json_extract(o.policy, '$.margin') OR (typeof(json_extract(o.policy, '$.margin')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.margin')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.margin') <= json_extract(o.policy, '$.margin'))) AND (json_extract(NEW.policy, '$.threshold') IS json_extract(o.policy, '$.threshold') OR (typeof(json_extract(o.policy, '$.threshold')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.threshold')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.threshold') >= json_extract(o.policy, '$.threshold'))) AND (json_extract(NEW.policy, '$.confidence') IS json_extract(o.policy, '$.confidence') OR (typeof(json_extract(o.policy, '$.confidence')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.confidence')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.confidence') >= json_extract(o.policy, '$.confidence'))) AND (json_extract(NEW.policy, '$.max_missing') IS json_extract(o.policy, '$.max_missing') OR (typeof(json_extract(o.policy, '$.max_missing')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.max_missing')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.max_missing') <= json_extract(o.policy, '$.max_missing'))) AND (json_extract(NEW.policy, '$.max_age_days') IS json_extract(o.policy, '$.max_age_days') OR (json_extract(o.policy, '$.max_age_days') IS NULL AND typeof(json_extract(NEW.policy, '$.max_age_days')) IN ('integer', 'real') OR typeof(json_extract(o.policy, '$.max_age_days')) IN ('integer', 'real') AND typeof(json_extract(NEW.policy, '$.max_age_days')) IN ('integer', 'real') AND json_extract(NEW.policy, '$.max_age_days') <= json_extract(o.policy, '$.max_age_days'))) AND (coalesce(json_extract(NEW.policy, '$.rule'), 'not_worse') IS coalesce(json_extract(o.policy, '$.rule'), 'not_worse') OR (0)) AND (coalesce(json_extract(NEW.policy, '$.min_cases'), 20) IS coalesce(json_extract(o.policy, '$.min_cases'), 20) OR (typeof(coalesce(json_extract(o.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND typeof(coalesce(json_extract(NEW.policy, '$.min_cases'), 20)) IN ('integer', 'real') AND coalesce(json_extract(NEW.policy, '$.min_cases'), 20) >= coalesce(json_extract(o.policy, '$.min_cases'), 20))) AND (coalesce(json_extract(NEW.policy, '$.extend'), 0) IS coalesce(json_extract(o.policy, '$.extend'), 0) OR (0)) AND NOT EXISTS (SELECT 1 FROM json_each(o.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend') AND k.value IS NOT json_extract(NEW.policy, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(NEW.policy) k WHERE k.key NOT IN ('scorers', 'baseline', 'margin', 'threshold', 'confidence', 'max_missing', 'max_age_days', 'rule', 'min_cases', 'extend') AND k.value IS NOT json_extract(o.policy, k.fullkey)) AND (json_extract(NEW.parts, '$.scorers') IS json_extract(o.parts, '$.scorers') OR (0)) AND (json_extract(NEW.parts, '$.repeats') IS json_extract(o.parts, '$.repeats') OR (0)) AND (json_extract(NEW.parts, '$.cells') IS json_extract(o.parts, '$.cells') OR (coalesce(json_extract(o.parts, '$.cells'), '') = '')) AND (json_extract(NEW.parts, '$.readings') IS json_extract(o.parts, '$.readings') OR (coalesce(json_extract(o.parts, '$.readings'), '') = '')) AND (json_extract(NEW.parts, '$.empties') IS json_extract(o.parts, '$.empties') OR (coalesce(json_extract(o.parts, '$.empties'), '') = '')) AND NOT EXISTS (SELECT 1 FROM json_each(o.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(NEW.parts, k.fullkey)) AND NOT EXISTS (SELECT 1 FROM json_each(NEW.parts) k WHERE k.key NOT IN ('scorers', 'repeats', 'cells', 'readings', 'empties', 'dataset', 'policy') AND k.value IS NOT json_extract(o.parts, k.fullkey)) AND (coalesce(json_extract(NEW.parts, '$.dataset'), NEW.fingerprint) IS coalesce(json_extract(o.parts, '$.dataset'), o.fingerprint) OR EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases')) AND NOT EXISTS (SELECT 1 FROM json_each(CASE o.contents WHEN '' THEN '{}' ELSE o.contents END, '$.cases') a WHERE a.key NOT IN (SELECT b.key FROM json_each(CASE NEW.contents WHEN '' THEN '{}' ELSE NEW.contents END, '$.cases') b))) OR (o.revision = 0 AND NEW.removed = 0 AND NOT EXISTS (SELECT 1 FROM evaluations e  WHERE e.prompt_id = o.prompt_id AND e.suite = o.suite)) FROM current_suites o WHERE o.prompt_id = NEW.prompt_id AND o.suite = NEW.suite), NOT EXISTS (SELECT 1 FROM suites o WHERE o.prompt_id = NEW.prompt_id AND o.suite = NEW.suite) AND NOT (coalesce((SELECT min(c.external) FROM current_suites c  WHERE c.prompt_id = NEW.prompt_id AND c.removed = 0), 0) = 1  AND EXISTS (SELECT 1 FROM environment_rules r   WHERE r.external = 1 AND json_array_length(r.requires) = 0)))), 0);
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
  SELECT RAISE(ABORT, 'environment: this lets more through; it needs a reason') WHERE NOT coalesce((length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0 OR NOT EXISTS (SELECT 1 FROM versions) OR coalesce((SELECT (NEW.requires IS o.requires OR (json_array_length(o.requires) > 0 AND NOT EXISTS (SELECT 1 FROM json_each(o.requires) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(NEW.requires) b), 1)))) AND (NEW.approvals IS o.approvals OR (typeof(o.approvals) IN ('integer', 'real') AND typeof(NEW.approvals) IN ('integer', 'real') AND NEW.approvals >= o.approvals)) AND (NEW.promote_from IS o.promote_from OR (coalesce(o.promote_from, '') = '')) AND (NEW.external IS o.external OR (typeof(o.external) IN ('integer', 'real') AND typeof(NEW.external) IN ('integer', 'real') AND NEW.external <= o.external)) AND (NEW.untested IS o.untested OR (typeof(o.untested) IN ('integer', 'real') AND typeof(NEW.untested) IN ('integer', 'real') AND NEW.untested <= o.untested)) AND (NEW.frozen IS o.frozen OR (typeof(o.frozen) IN ('integer', 'real') AND typeof(NEW.frozen) IN ('integer', 'real') AND NEW.frozen >= o.frozen)) AND (NEW.max_age_days IS o.max_age_days OR (typeof(o.max_age_days) IN ('integer', 'real') AND typeof(NEW.max_age_days) IN ('integer', 'real') AND NEW.max_age_days > 0 AND (o.max_age_days <= 0 OR NEW.max_age_days <= o.max_age_days))) AND (NEW.answers IS o.answers OR (NEW.answers = 'fresh')) AND (NEW.endpoints IS o.endpoints OR (json_array_length(NEW.endpoints) > 0 AND (json_array_length(o.endpoints) = 0 OR NOT EXISTS (SELECT 1 FROM json_each(NEW.endpoints) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(o.endpoints) b), 1))))) FROM environment_rules o WHERE o.name = NEW.name), NOT EXISTS (SELECT 1 FROM environments o WHERE o.name = NEW.name))), 0);
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
  SELECT RAISE(ABORT, 'deployment: an override is for a deploy and needs a reason') WHERE NOT coalesce((NEW.override = 0 OR (NEW.action = 'deploy' AND length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0)), 0);
  SELECT RAISE(ABORT, 'retire: only what is live, and with a reason') WHERE NOT coalesce((NEW.action <> 'retire' OR (length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0 AND NEW.previous_version = NEW.version AND NEW.stands_for = (SELECT h.stands_for FROM deployments h
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
      AND e.environment = NEW.environment
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
      AND e.environment = NEW.environment
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
  SELECT RAISE(ABORT, 'deploy: this version was rolled back; again needs a reason') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR (NEW.again = 1 AND length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0) OR coalesce((SELECT max(b.seq) FROM deployments b WHERE b.prompt_id = NEW.prompt_id AND b.environment = NEW.environment AND b.action = 'rollback' AND b.previous_version = NEW.version), 0) <= coalesce((SELECT max(d.seq) FROM deployments d WHERE d.prompt_id = NEW.prompt_id AND d.environment = NEW.environment AND d.action = 'deploy' AND d.version = NEW.version), 0)), 0);
  SELECT RAISE(ABORT, 'deploy: a registered consumer cannot use this version') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR NOT EXISTS ( SELECT 1 FROM consumers c JOIN json_each(c.bounds) j WHERE c.prompt_id = NEW.prompt_id AND c.environment = NEW.environment AND c.seq = (SELECT max(y.seq) FROM consumers y WHERE y.prompt_id = c.prompt_id AND y.environment = c.environment AND y.name = c.name) AND NOT (SELECT CASE json_extract(j.value, '$[0]') WHEN '>=' THEN v.sort_key >= json_extract(j.value, '$[1]') WHEN '>' THEN v.sort_key > json_extract(j.value, '$[1]') WHEN '<=' THEN v.sort_key <= json_extract(j.value, '$[1]') WHEN '<' THEN v.sort_key < json_extract(j.value, '$[1]') WHEN '==' THEN v.sort_key = json_extract(j.value, '$[1]') WHEN '!=' THEN v.sort_key <> json_extract(j.value, '$[1]') ELSE 0 END FROM versions v WHERE v.prompt_id = NEW.prompt_id AND v.version = NEW.version))), 0);
  SELECT RAISE(ABORT, 'deploy: this evaluation does not pass, is not current, or is of something else') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.evaluation IS NULL OR EXISTS (SELECT 1 FROM accepted_evaluations e WHERE e.seq = NEW.evaluation AND e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint AND e.environment = NEW.environment)), 0);
  SELECT RAISE(ABORT, 'deploy: no passing and current evaluation of this version on every required suite') WHERE NOT coalesce((NOT (NEW.action NOT IN ('rollback', 'retire')) OR NEW.override = 1 OR (SELECT r.untested FROM environment_rules r WHERE r.name = NEW.environment) = 1 OR (NEW.evaluation IS NOT NULL AND NOT EXISTS (SELECT 1 FROM required_suites q WHERE q.environment = NEW.environment AND coalesce(q.prompt_id, NEW.prompt_id) = NEW.prompt_id AND q.suite NOT IN (SELECT e.suite FROM accepted_evaluations e WHERE e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint AND e.environment = NEW.environment)))), 0);
  SELECT RAISE(ABORT, 'deployment: by the rules of today') WHERE NOT coalesce((NEW.revision = 1), 0);
END;

DROP TRIGGER revocations_insert;

CREATE TRIGGER revocations_insert BEFORE INSERT ON revocations
BEGIN
  SELECT RAISE(ABORT, 'revocations: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM revocations o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'revocations: this prompt_id and version is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM revocations o WHERE o.prompt_id = NEW.prompt_id AND o.version = NEW.version)), 0);
  SELECT RAISE(ABORT, 'revocation: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'revocation'), 0);
  SELECT RAISE(ABORT, 'revocation: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'revocation: it needs a reason') WHERE NOT coalesce((length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0), 0);
END;
