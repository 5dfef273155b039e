-- Another model may answer under the name that a version asks for: which one does is observed, and an
-- environment may demand evidence from the model that answers today.

ALTER TABLE environments ADD COLUMN answering_model TEXT NOT NULL DEFAULT 'any';

CREATE TABLE observations (
  seq INTEGER PRIMARY KEY,
  prompt_id TEXT NOT NULL CHECK (prompt_id GLOB '[a-z0-9]*' AND prompt_id NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(prompt_id, '..') = 0 AND length(prompt_id) <= 100 AND instr(CAST(prompt_id AS BLOB), x'00') = 0),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  evaluation INTEGER NOT NULL REFERENCES evaluations (seq),
  asked TEXT NOT NULL CHECK (asked <> ''),
  answered TEXT NOT NULL CHECK (json_valid(answered)),
  changed INTEGER NOT NULL DEFAULT 0 CHECK (changed IN (0, 1)),
  reason TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT;

CREATE INDEX observations_of ON observations (asked, seq);

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
    WHERE e.seq = p.seq), 0))
  AND (r.answering_model = 'any' OR coalesce((SELECT (json_extract(e.record, '$.answers.b.asked') IS NOT NULL
      AND coalesce(json_extract(e.record, '$.answers.b.unknown'), 0) = 0
      AND (json_array_length(e.record, '$.answers.b.models') > 0
        OR json_extract(e.record, '$.answers.b.endpoints[0]') GLOB 'local:*')
      AND NOT EXISTS (SELECT 1 FROM observations o
        WHERE o.asked = json_extract(e.record, '$.answers.b.asked')
        AND o.seq = (SELECT max(x.seq) FROM observations x WHERE x.asked = o.asked)
        AND (EXISTS (SELECT 1 FROM json_each(o.answered) y WHERE y.value NOT IN (
            SELECT m.value FROM json_each(e.record, '$.answers.b.models') m
            UNION ALL SELECT n.value FROM json_each(e.record, '$.answers.b.endpoints') n))
          OR (o.changed = 1 AND o.prompt_id = e.prompt_id
            AND (o.seq > e.seq
              OR coalesce(json_extract(e.record, '$.answers.b.cached'), 1) > 0)))))
    AND (e.baseline_fingerprint IS NULL OR (json_extract(e.record, '$.answers.a.asked') IS NOT NULL
      AND coalesce(json_extract(e.record, '$.answers.a.unknown'), 0) = 0
      AND (json_array_length(e.record, '$.answers.a.models') > 0
        OR json_extract(e.record, '$.answers.a.endpoints[0]') GLOB 'local:*')
      AND NOT EXISTS (SELECT 1 FROM observations o
        WHERE o.asked = json_extract(e.record, '$.answers.a.asked')
        AND o.seq = (SELECT max(x.seq) FROM observations x WHERE x.asked = o.asked)
        AND (EXISTS (SELECT 1 FROM json_each(o.answered) y WHERE y.value NOT IN (
            SELECT m.value FROM json_each(e.record, '$.answers.a.models') m
            UNION ALL SELECT n.value FROM json_each(e.record, '$.answers.a.endpoints') n))
          OR (o.changed = 1 AND o.prompt_id = e.prompt_id
            AND (o.seq > e.seq
              OR coalesce(json_extract(e.record, '$.answers.a.cached'), 1) > 0)))))) FROM evaluations e
    WHERE e.seq = p.seq), 0));

DROP VIEW loosening_steps;

CREATE VIEW loosening_steps AS
SELECT l.seq, l.name AS environment, NULL AS prompt_id, NULL AS suite,
  coalesce(((n.requires IS o.requires OR (json_array_length(o.requires) > 0 AND NOT EXISTS (SELECT 1 FROM json_each(o.requires) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(n.requires) b), 1)))) AND (n.approvals IS o.approvals OR (typeof(o.approvals) IN ('integer', 'real') AND typeof(n.approvals) IN ('integer', 'real') AND n.approvals >= o.approvals)) AND (n.promote_from IS o.promote_from OR (coalesce(o.promote_from, '') = '')) AND (n.external IS o.external OR (typeof(o.external) IN ('integer', 'real') AND typeof(n.external) IN ('integer', 'real') AND n.external <= o.external)) AND (n.untested IS o.untested OR (typeof(o.untested) IN ('integer', 'real') AND typeof(n.untested) IN ('integer', 'real') AND n.untested <= o.untested)) AND (n.frozen IS o.frozen OR (typeof(o.frozen) IN ('integer', 'real') AND typeof(n.frozen) IN ('integer', 'real') AND n.frozen >= o.frozen)) AND (n.max_age_days IS o.max_age_days OR (typeof(o.max_age_days) IN ('integer', 'real') AND typeof(n.max_age_days) IN ('integer', 'real') AND n.max_age_days > 0 AND (o.max_age_days <= 0 OR n.max_age_days <= o.max_age_days))) AND (n.answers IS o.answers OR (n.answers = 'fresh')) AND (n.endpoints IS o.endpoints OR (json_array_length(n.endpoints) > 0 AND (json_array_length(o.endpoints) = 0 OR NOT EXISTS (SELECT 1 FROM json_each(n.endpoints) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(o.endpoints) b), 1))))) AND (n.answering_model IS o.answering_model OR (n.answering_model = 'current'))), 0) AS undone
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

DROP TRIGGER ledger_insert;

CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger
BEGIN
  SELECT RAISE(ABORT, 'ledger: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'ledger: this hash is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM ledger o WHERE o.hash = NEW.hash)), 0);
  SELECT RAISE(ABORT, 'ledger: a record goes to the end of the chain') WHERE NOT coalesce((NEW.seq = (SELECT coalesce(max(seq), 0) + 1 FROM ledger)), 0);
  SELECT RAISE(ABORT, 'ledger: a record follows the one before') WHERE NOT coalesce((NEW.previous = coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000')), 0);
  SELECT RAISE(ABORT, 'ledger: no such kind of record') WHERE NOT coalesce((NEW.kind IN ('registry', 'version', 'suite', 'evaluation', 'environment', 'deployment', 'observation', 'approval', 'rule_approval', 'revocation', 'consumer', 'signature')), 0);
  SELECT RAISE(ABORT, 'ledger: time must be UTC with six decimals') WHERE NOT coalesce((NEW.at GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z' AND length(NEW.at) = 27), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be older than the one before') WHERE NOT coalesce((NEW.at >= coalesce((SELECT at FROM ledger ORDER BY seq DESC LIMIT 1), '')), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot lie in the future') WHERE NOT coalesce((julianday(NEW.at) <= julianday('now') + 0.0035 OR NEW.at = (SELECT at FROM ledger ORDER BY seq DESC LIMIT 1)), 0);
  SELECT RAISE(ABORT, 'ledger: a record cannot be backdated') WHERE NOT coalesce((julianday(NEW.at) >= julianday('now') - 0.0035), 0);
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
  SELECT RAISE(ABORT, 'environment: the answering model is any or the current one') WHERE NOT coalesce((NEW.answering_model IN ('any', 'current')), 0);
  SELECT RAISE(ABORT, 'environment: no such revision of the rules') WHERE NOT coalesce((NEW.revision IN (0, 1)), 0);
  SELECT RAISE(ABORT, 'environment: this lets more through; it needs a reason') WHERE NOT coalesce((length(trim(NEW.reason, CAST(x'0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f207fc280c281c282c283c284c285c286c287c288c289c28ac28bc28cc28dc28ec28fc290c291c292c293c294c295c296c297c298c299c29ac29bc29cc29dc29ec29fc2a0c2add89ce1859fe185a0e19a80e1a08be1a08ce1a08de1a08ee1a08fe28080e28081e28082e28083e28084e28085e28086e28087e28088e28089e2808ae2808be2808ce2808de2808ee2808fe280a8e280a9e280aae280abe280ace280ade280aee280afe2819fe281a0e281a1e281a2e281a3e281a4e281a6e281a7e281a8e281a9e281aae281abe281ace281ade281aee281afe2a080e38080e385a4efb880efb881efb882efb883efb884efb885efb886efb887efb888efb889efb88aefb88befb88cefb88defb88eefb88fefbbbfefbea0efbfb9efbfbaefbfbb' AS TEXT))) > 0 OR NOT EXISTS (SELECT 1 FROM versions) OR coalesce((SELECT (NEW.requires IS o.requires OR (json_array_length(o.requires) > 0 AND NOT EXISTS (SELECT 1 FROM json_each(o.requires) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(NEW.requires) b), 1)))) AND (NEW.approvals IS o.approvals OR (typeof(o.approvals) IN ('integer', 'real') AND typeof(NEW.approvals) IN ('integer', 'real') AND NEW.approvals >= o.approvals)) AND (NEW.promote_from IS o.promote_from OR (coalesce(o.promote_from, '') = '')) AND (NEW.external IS o.external OR (typeof(o.external) IN ('integer', 'real') AND typeof(NEW.external) IN ('integer', 'real') AND NEW.external <= o.external)) AND (NEW.untested IS o.untested OR (typeof(o.untested) IN ('integer', 'real') AND typeof(NEW.untested) IN ('integer', 'real') AND NEW.untested <= o.untested)) AND (NEW.frozen IS o.frozen OR (typeof(o.frozen) IN ('integer', 'real') AND typeof(NEW.frozen) IN ('integer', 'real') AND NEW.frozen >= o.frozen)) AND (NEW.max_age_days IS o.max_age_days OR (typeof(o.max_age_days) IN ('integer', 'real') AND typeof(NEW.max_age_days) IN ('integer', 'real') AND NEW.max_age_days > 0 AND (o.max_age_days <= 0 OR NEW.max_age_days <= o.max_age_days))) AND (NEW.answers IS o.answers OR (NEW.answers = 'fresh')) AND (NEW.endpoints IS o.endpoints OR (json_array_length(NEW.endpoints) > 0 AND (json_array_length(o.endpoints) = 0 OR NOT EXISTS (SELECT 1 FROM json_each(NEW.endpoints) a WHERE coalesce(a.value NOT IN (SELECT b.value FROM json_each(o.endpoints) b), 1))))) AND (NEW.answering_model IS o.answering_model OR (NEW.answering_model = 'current')) FROM environment_rules o WHERE o.name = NEW.name), NOT EXISTS (SELECT 1 FROM environments o WHERE o.name = NEW.name))), 0);
END;

CREATE TRIGGER observations_no_update BEFORE UPDATE ON observations
BEGIN SELECT RAISE(ABORT, 'observations: a row never changes or disappears'); END;

CREATE TRIGGER observations_no_delete BEFORE DELETE ON observations
BEGIN SELECT RAISE(ABORT, 'observations: a row never changes or disappears'); END;

CREATE TRIGGER observations_insert BEFORE INSERT ON observations
BEGIN
  SELECT RAISE(ABORT, 'observations: this seq is there already') WHERE NOT coalesce((NOT EXISTS (SELECT 1 FROM observations o WHERE o.seq = NEW.seq)), 0);
  SELECT RAISE(ABORT, 'observation: every row is recorded in the ledger first') WHERE NOT coalesce(((SELECT kind FROM ledger WHERE seq = NEW.seq AND seq = (SELECT max(seq) FROM ledger)) = 'observation'), 0);
  SELECT RAISE(ABORT, 'observation: no such version with this fingerprint') WHERE NOT coalesce((EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'observation: no such evaluation of this version') WHERE NOT coalesce((EXISTS (SELECT 1 FROM evaluations e WHERE e.seq = NEW.evaluation AND e.prompt_id = NEW.prompt_id AND e.fingerprint = NEW.fingerprint)), 0);
  SELECT RAISE(ABORT, 'observation: it names the model that was asked for, and a list of those that answered') WHERE NOT coalesce((NEW.changed IN (0, 1) AND NEW.asked <> '' AND json_valid(NEW.answered) AND json_type(NEW.answered) = 'array' AND json_array_length(NEW.answered) > 0), 0);
END;
