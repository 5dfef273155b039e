-- A gate may ask that no case falls, and a threshold alone needs cases.

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
