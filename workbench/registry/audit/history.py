"""What happened, and which version brought each line."""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import difflib
from typing import Any

from workbench.registry.content.versions import get_version, list_versions
from workbench.registry.deploy.recorded_changes import recorded_change
from workbench.registry.models.records import BlameLine, LogEntry
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.queries import json_field
from workbench.registry.storage.tables import PROMPT_TABLES

_CACHED, _ANSWERS = (json_field("e.record", "answers", "b", name) for name in ("cached", "answers"))
_GATES_ENVIRONMENT = json_field("s.policy", "baseline")
_COMPARED = f"""
SELECT coalesce(e.baseline_version, 'nothing'), d.previous_version FROM deployments d
JOIN evaluations e ON e.seq = d.evaluation
JOIN suites s ON s.seq = e.suite_seq
WHERE d.seq = ? AND d.previous_version <> d.version
  AND {_GATES_ENVIRONMENT} = d.environment
"""
_LOG = f"""
SELECT l.at,
  CASE l.kind WHEN 'version' THEN 'register' WHEN 'evaluation' THEN 'evaluate'
    WHEN 'approval' THEN 'approve' WHEN 'revocation' THEN 'revoke' WHEN 'deployment' THEN d.action
    WHEN 'registry' THEN 'create' WHEN 'signature' THEN 'sign'
    WHEN 'rule_approval' THEN 'approve' WHEN 'observation' THEN 'observe'
    WHEN 'calibration' THEN 'calibrate'
    ELSE CASE WHEN trim(coalesce(s.reason, n.reason, '')) <> '' THEN 'loosen' ELSE l.kind END
    END AS action,
  coalesce(v.prompt_id, e.prompt_id, d.prompt_id, a.prompt_id, r.prompt_id, s.prompt_id,
    c.prompt_id, rs.prompt_id, o.prompt_id, '') AS prompt_id,
  coalesce(v.version, e.version, d.version, a.version, r.version, o.version, '') AS version,
  coalesce(d.environment, a.environment, c.environment, n.name, rn.name, '')
    AS environment,
  l.actor,
  coalesce(v.description, d.reason, a.reason, r.reason, c.name || ' needs ' || c.requires,
    nullif(trim(coalesce(s.reason, n.reason, '')), ''),
    CASE WHEN ra.seq IS NOT NULL THEN trim('record ' || ra.target || ' ' || ra.reason) END,
    CASE WHEN e.seq IS NOT NULL THEN e.suite || ': ' || replace(e.gate, '_', ' ')
      || coalesce(', ' || {_CACHED} || ' of ' || {_ANSWERS} || ' answers cached', '') END,
    CASE WHEN s.seq IS NOT NULL THEN s.suite || ' is now ' || substr(s.fingerprint, 1, 12) END,
    CASE WHEN n.seq IS NOT NULL THEN 'suites ' || n.requires || ', approvals ' || n.approvals
      || CASE WHEN n.promote_from <> '' THEN ', from ' || n.promote_from ELSE '' END
      || CASE n.external WHEN 0 THEN ', no external evidence' ELSE '' END
      || CASE n.untested WHEN 1 THEN ', untested allowed' ELSE '' END
      || CASE n.frozen WHEN 1 THEN ', frozen' ELSE '' END
      || CASE WHEN n.max_age_days > 0 THEN ', evidence up to ' || n.max_age_days || ' days old'
        ELSE '' END
      || CASE n.answers WHEN 'fresh' THEN ', fresh answers only' ELSE '' END
      || CASE WHEN n.endpoints <> '[]' THEN ', answers of ' || n.endpoints ELSE '' END
      || CASE n.answering_model WHEN 'current' THEN ', of the model that answers today' ELSE '' END
      END,
    CASE WHEN o.seq IS NOT NULL THEN o.asked || ' is answered by ' || o.answered || ', '
      || o.reason END,
    CASE WHEN cb.seq IS NOT NULL THEN 'judge ' || cb.judge || ' on ' || cb.suite || ': '
      || cb.labelled || ' labelled answers' END,
    CASE WHEN g.seq IS NOT NULL THEN 'record ' || g.target END, '') AS reason,
  d.previous_version, coalesce(d.override, 0), l.seq, l.hash,
  CASE d.action WHEN 'rollback' THEN (
    SELECT t.loosened_by FROM deployments t WHERE t.seq = d.stands_for) ELSE d.loosened_by END,
  l.kind = 'rule_approval' OR trim(coalesce(s.reason, n.reason, '')) <> '' AS loosening
FROM ledger l
LEFT JOIN versions v ON v.seq = l.seq
LEFT JOIN evaluations e ON e.seq = l.seq
LEFT JOIN deployments d ON d.seq = l.seq
LEFT JOIN approvals a ON a.seq = l.seq
LEFT JOIN revocations r ON r.seq = l.seq
LEFT JOIN suites s ON s.seq = l.seq
LEFT JOIN consumers c ON c.seq = l.seq
LEFT JOIN environments n ON n.seq = l.seq
LEFT JOIN signatures g ON g.seq = l.seq
LEFT JOIN observations o ON o.seq = l.seq
LEFT JOIN calibrations cb ON cb.seq = l.seq
LEFT JOIN rule_approvals ra ON ra.seq = l.seq
LEFT JOIN suites rs ON rs.seq = ra.target
LEFT JOIN environments rn ON rn.seq = ra.target
"""

_OF_PROMPT = (
    " UNION ALL ".join(
        f"SELECT seq FROM {table} WHERE prompt_id = :prompt" for table in PROMPT_TABLES
    )
    + " UNION ALL SELECT seq FROM environments UNION ALL SELECT seq FROM rule_approvals"
)


def log(
    connection: Connection,
    prompt_id: str | None,
    environment: str | None,
    limit: int | None,
) -> list[LogEntry]:
    """All records, newest first. With a prompt or environment only those that concern it, including
    the loosened rules of the prompt's suites and of the environment.
    """
    # The records of one prompt are found by its tables' indexes; the ledger is long.
    at_most = "" if limit is None else " LIMIT :limit"
    of_prompt = f"WHERE l.seq IN ({_OF_PROMPT})" if prompt_id is not None else ""
    rows = connection.execute(
        f"SELECT * FROM ({_LOG} {of_prompt}) WHERE (:prompt IS NULL OR prompt_id = :prompt"
        " OR (loosening AND prompt_id = '' AND :environment IS NOT NULL))"
        " AND (:environment IS NULL OR environment = :environment"
        f" OR ((loosening OR action = 'observe') AND environment = '')) ORDER BY seq DESC{at_most}",
        {"prompt": prompt_id, "environment": environment, "limit": limit},
    ).fetchall()
    return [_entry(connection, row) for row in rows]


def _entry(connection: Connection, row: tuple[Any, ...]) -> LogEntry:
    at, action, prompt_id, version, environment, by, reason, previous, override, *rest = row
    seq, hashed, loosened_by, loosening = rest
    # Stricter changes are reported too: added cases may be easy ones.
    reported = loosening or action in ("suite", "environment")
    changed = recorded_change(connection, seq) if reported else None
    compared = None
    if action == "deploy":
        compared, replaced = connection.execute(_COMPARED, (seq,)).fetchone() or (None, None)
        compared = None if compared == replaced else compared
    return LogEntry(
        at, action, prompt_id, version, environment, by, reason, previous, bool(override), seq,
        hashed, changed[0] if changed else None, loosened_by, compared,
    )  # fmt: skip


def blame(connection: Connection, prompt_id: str, version: str | None) -> list[BlameLine]:
    """Each line of a version (default: the newest) with the version that introduced it. Raises
    NotInRegistry.

    Lines are followed through all earlier versions in order of precedence.
    """
    versions = list_versions(connection, prompt_id)
    if version is not None or not versions:
        wanted = get_version(connection, prompt_id, version or "")
        versions = versions[[v.version for v in versions].index(wanted.version) :]
    lines: list[BlameLine] = []
    for step in reversed(versions):
        after = step.content.splitlines()
        matcher = difflib.SequenceMatcher(None, [b.line for b in lines], after, autojunk=False)
        merged: list[BlameLine] = []
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag == "equal":
                merged.extend(lines[i1:i2])
            else:
                merged.extend(
                    BlameLine(
                        line, step.version, step.author, step.description, step.created_at or ""
                    )
                    for line in after[j1:j2]
                )
        lines = merged
    return lines
