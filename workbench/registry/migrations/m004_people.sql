-- Names of people are compared without case, width and look-alikes.

ALTER TABLE approvals ADD COLUMN rules INTEGER NOT NULL DEFAULT 0 CHECK (rules >= 0);

DROP TRIGGER deployments_insert;

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
