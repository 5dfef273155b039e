"""The tables of registry.db with their keys and indexes.

Every fact is one row of one table and one record of the ledger with the same `seq`, so `seq`
orders everything, and only the ledger says who and when. Triggers (triggers.py) refuse whatever
is not allowed; the views (views.py) say what currently holds, and the triggers query them.
"""

from __future__ import annotations

_ID = """CHECK ({0} GLOB '[a-z0-9]*' AND {0} NOT GLOB '*[^a-z0-9_.-]*'
    AND instr({0}, '..') = 0 AND length({0}) <= 100 AND instr(CAST({0} AS BLOB), x'00') = 0)"""


def _id(column: str) -> str:
    return f"{column} TEXT NOT NULL {_ID.format(column)}"


def _flag(column: str) -> str:
    return f"{column} INTEGER NOT NULL DEFAULT 0 CHECK ({column} IN (0, 1))"


TABLES: dict[str, str] = {
    "ledger": """
CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  kind TEXT NOT NULL,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  previous TEXT NOT NULL CHECK (length(previous) = 64),
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT""",
    "registry": """
CREATE TABLE registry (
  seq INTEGER PRIMARY KEY,
  registry_id TEXT NOT NULL
) STRICT""",
    "versions": f"""
CREATE TABLE versions (
  seq INTEGER PRIMARY KEY,
  {_id("prompt_id")},
  version TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  content TEXT NOT NULL,
  body TEXT NOT NULL,
  fingerprint TEXT NOT NULL CHECK (length(fingerprint) = 64),
  description TEXT NOT NULL,
  author TEXT NOT NULL,
  force_reason TEXT NOT NULL DEFAULT '',
  UNIQUE (prompt_id, version)
) STRICT""",
    "suites": f"""
CREATE TABLE suites (
  seq INTEGER PRIMARY KEY,
  {_id("prompt_id")},
  suite TEXT NOT NULL CHECK (suite <> ''),
  fingerprint TEXT NOT NULL,
  parts TEXT NOT NULL CHECK (json_valid(parts)),
  policy TEXT NOT NULL CHECK (json_valid(policy)),
  {_flag("external")},
  {_flag("removed")},
  reason TEXT NOT NULL DEFAULT '',
  revision INTEGER NOT NULL DEFAULT 0,
  contents TEXT NOT NULL DEFAULT ''
) STRICT""",
    "evaluations": f"""
CREATE TABLE evaluations (
  seq INTEGER PRIMARY KEY,
  evaluation_id TEXT NOT NULL UNIQUE,
  {_id("prompt_id")},
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
  {_flag("external")},
  attempt INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  record TEXT NOT NULL CHECK (json_valid(record)),
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT""",
    "scores": """
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
  tags TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (evaluation, scorer, position)
) STRICT, WITHOUT ROWID""",
    "environments": f"""
CREATE TABLE environments (
  seq INTEGER PRIMARY KEY,
  {_id("name")},
  requires TEXT NOT NULL CHECK (json_valid(requires)),
  approvals INTEGER NOT NULL CHECK (approvals >= 0),
  promote_from TEXT NOT NULL,
  {_flag("external")},
  {_flag("untested")},
  {_flag("frozen")},
  max_age_days REAL NOT NULL CHECK (max_age_days >= 0),
  answers TEXT NOT NULL DEFAULT 'cached',
  endpoints TEXT NOT NULL DEFAULT '[]',
  reason TEXT NOT NULL DEFAULT '',
  revision INTEGER NOT NULL DEFAULT 0,
  answering_model TEXT NOT NULL DEFAULT 'any'
) STRICT""",
    "deployments": f"""
CREATE TABLE deployments (
  seq INTEGER PRIMARY KEY,
  {_id("prompt_id")},
  environment TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('deploy', 'rollback', 'retire')),
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  previous_seq INTEGER,
  previous_version TEXT,
  stands_for INTEGER NOT NULL,
  evaluation INTEGER REFERENCES evaluations (seq),
  {_flag("override")},
  {_flag("again")},
  {_flag("stale")},
  reason TEXT NOT NULL DEFAULT '',
  request_id TEXT UNIQUE,
  loosened_by INTEGER REFERENCES ledger (seq),
  revision INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT""",
    "observations": f"""
CREATE TABLE observations (
  seq INTEGER PRIMARY KEY,
  {_id("prompt_id")},
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  evaluation INTEGER NOT NULL REFERENCES evaluations (seq),
  asked TEXT NOT NULL CHECK (asked <> ''),
  answered TEXT NOT NULL CHECK (json_valid(answered)),
  {_flag("changed")},
  reason TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT""",
    "approvals": f"""
CREATE TABLE approvals (
  seq INTEGER PRIMARY KEY,
  {_id("prompt_id")},
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  environment TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  rules INTEGER NOT NULL DEFAULT 0 CHECK (rules >= 0),
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT""",
    "rule_approvals": """
CREATE TABLE rule_approvals (
  seq INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES ledger (seq),
  reason TEXT NOT NULL DEFAULT ''
) STRICT""",
    "revocations": f"""
CREATE TABLE revocations (
  seq INTEGER PRIMARY KEY,
  {_id("prompt_id")},
  version TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (trim(reason) <> ''),
  UNIQUE (prompt_id, version),
  FOREIGN KEY (prompt_id, version) REFERENCES versions (prompt_id, version)
) STRICT""",
    "consumers": f"""
CREATE TABLE consumers (
  seq INTEGER PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  {_id("prompt_id")},
  environment TEXT NOT NULL,
  requires TEXT NOT NULL,
  bounds TEXT NOT NULL CHECK (json_valid(bounds))
) STRICT""",
    "signatures": """
CREATE TABLE signatures (
  seq INTEGER PRIMARY KEY,
  target INTEGER NOT NULL REFERENCES ledger (seq),
  keyid TEXT NOT NULL,
  envelope TEXT NOT NULL CHECK (json_valid(envelope))
) STRICT""",
    "calibrations": """
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
) STRICT""",
}

UNIQUE_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ledger": (("seq",), ("hash",)),
    "registry": (("seq",),),
    "versions": (("seq",), ("prompt_id", "version")),
    "suites": (("seq",),),
    "evaluations": (("seq",), ("evaluation_id",)),
    "scores": (("evaluation", "scorer", "position"),),
    "environments": (("seq",),),
    "deployments": (("seq",), ("request_id",)),
    "observations": (("seq",),),
    "approvals": (("seq",),),
    "rule_approvals": (("seq",),),
    "revocations": (("seq",), ("prompt_id", "version")),
    "consumers": (("seq",),),
    "signatures": (("seq",),),
    "calibrations": (("seq",),),
}
"""What REPLACE would replace: the triggers refuse the second row of each."""

INDEXES = (
    "CREATE INDEX deployments_head ON deployments (prompt_id, environment, seq)",
    "CREATE INDEX versions_latest ON versions (prompt_id, sort_key, version)",
    "CREATE INDEX versions_content ON versions (prompt_id, fingerprint)",
    "CREATE INDEX evaluations_of ON evaluations (prompt_id, fingerprint, suite, seq)",
    "CREATE INDEX suites_of ON suites (prompt_id, suite, seq)",
    "CREATE INDEX suites_loosened ON suites (prompt_id, suite) WHERE reason <> ''",
    "CREATE INDEX environments_named ON environments (name, seq)",
    "CREATE INDEX environments_loosened ON environments (name) WHERE reason <> ''",
    "CREATE INDEX approvals_of ON approvals (prompt_id, version, environment)",
    "CREATE INDEX consumers_of ON consumers (prompt_id, environment, name, seq)",
    "CREATE INDEX signatures_of ON signatures (target)",
    "CREATE INDEX ledger_at ON ledger (at)",
    "CREATE INDEX observations_of ON observations (asked, seq)",
    "CREATE INDEX calibrations_of ON calibrations (fingerprint, seq)",
)
