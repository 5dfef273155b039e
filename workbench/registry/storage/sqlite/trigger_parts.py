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
RAW_NAMES = "('@cost', '@latency')"
"""Scorers of the rows that hold raw values: `verdicts.raw_values.RAW`."""
SAME_PERSON = "same_person"
"""The SQL function that compares two names. A connection without it cannot insert
rows whose triggers call it.
"""
BLANKS = "".join(
    chr(code)
    for first, last in (
        (0x01, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x61C, 0x61C), (0x115F, 0x1160),
        (0x1680, 0x1680), (0x180B, 0x180F), (0x2000, 0x200F), (0x2028, 0x202F),
        (0x205F, 0x2064), (0x2066, 0x206F), (0x2800, 0x2800), (0x3000, 0x3000), (0x3164, 0x3164),
        (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB),
    )
    for code in range(first, last + 1)
)  # fmt: skip
"""Invisible characters of the basic plane; a reason needs others too."""
VISIBLE = f"length(trim({{0}}, CAST(x'{BLANKS.encode().hex()}' AS TEXT))) > 0"
"""Whether a reason is visible: `models.actors.can_be_seen` in SQL. length() ends at a NUL."""
PROMPT_ID = """NEW.{0} GLOB '[a-z0-9]*' AND NEW.{0} NOT GLOB '*[^a-z0-9_.-]*'
    AND instr(NEW.{0}, '..') = 0 AND length(NEW.{0}) <= 100
    AND instr(CAST(NEW.{0} AS BLOB), x'00') = 0"""
