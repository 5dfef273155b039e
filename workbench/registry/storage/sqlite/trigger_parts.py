"""What the rules of several triggers have in common."""

from __future__ import annotations

Rule = tuple[str, str]
"""What must hold, and the sentence when it does not."""

HEAD = """(SELECT {0} FROM deployments h
    WHERE h.prompt_id = NEW.prompt_id AND h.environment = NEW.environment
    ORDER BY h.seq DESC LIMIT 1)"""
ENVIRONMENT = "(SELECT {0} FROM environment_rules r WHERE r.name = NEW.environment)"
IS_DEPLOY = "NEW.action NOT IN ('rollback', 'retire')"
HAS_VERSION = """EXISTS (SELECT 1 FROM versions v WHERE v.prompt_id = NEW.prompt_id
    AND v.version = NEW.version AND v.fingerprint = NEW.fingerprint)"""
ACTOR = "(SELECT actor FROM ledger WHERE seq = NEW.seq)"
SAME_PERSON = "same_person"
"""The SQL function that compares two names. Where a connection lacks it, SQLite refuses the rows
that the triggers would ask it about.
"""
PROMPT_ID = """NEW.{0} GLOB '[a-z0-9]*' AND NEW.{0} NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.{0}, '..') = 0 AND length(NEW.{0}) <= 100
    AND instr(CAST(NEW.{0} AS BLOB), x'00') = 0"""
