"""The migrations of runs.db. Released steps never change; new steps only add."""

from __future__ import annotations

from workbench.runs.store.migrations.m011_labels import M011_LABELS

M001_FIRST_SCHEMA = (
    """CREATE TABLE contents (
        fingerprint TEXT PRIMARY KEY,
        body BLOB NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL UNIQUE,
        status TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        prompt_id TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        label TEXT NOT NULL,
        suite TEXT NOT NULL,
        split TEXT NOT NULL,
        parts TEXT NOT NULL,
        prompt TEXT NOT NULL REFERENCES contents(fingerprint),
        case_set TEXT NOT NULL REFERENCES contents(fingerprint),
        identity TEXT NOT NULL,
        environment TEXT NOT NULL,
        scorers TEXT NOT NULL,
        cases INTEGER NOT NULL,
        repeats INTEGER NOT NULL,
        model TEXT NOT NULL,
        created_at TEXT NOT NULL,
        scored INTEGER NOT NULL DEFAULT 0,
        errors INTEGER NOT NULL DEFAULT 0,
        score_sum REAL NOT NULL DEFAULT 0,
        calls INTEGER NOT NULL DEFAULT 0,
        cached INTEGER NOT NULL DEFAULT 0,
        cost_usd REAL NOT NULL DEFAULT 0,
        unpriced INTEGER NOT NULL DEFAULT 0,
        prompt_tokens INTEGER NOT NULL DEFAULT 0,
        completion_tokens INTEGER NOT NULL DEFAULT 0,
        seconds REAL NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE INDEX runs_of_prompt ON runs (prompt_id, suite, id)",
    """CREATE TABLE answers (
        id INTEGER PRIMARY KEY,
        key BLOB,
        outcome TEXT NOT NULL,
        text TEXT NOT NULL,
        error TEXT,
        note TEXT,
        latency REAL,
        first_token REAL,
        prompt_tokens INTEGER,
        completion_tokens INTEGER,
        cost_usd REAL,
        model TEXT,
        system_fingerprint TEXT,
        finish_reason TEXT,
        attempts INTEGER NOT NULL,
        status INTEGER
    ) STRICT""",
    "CREATE INDEX answers_by_key ON answers (key) WHERE key IS NOT NULL",
    """CREATE TABLE results (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs(id),
        case_id TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        answer INTEGER NOT NULL REFERENCES answers(id),
        cached INTEGER NOT NULL CHECK (cached IN (0, 1)),
        failed INTEGER NOT NULL CHECK (failed IN (0, 1)),
        scores TEXT NOT NULL,
        UNIQUE (run, case_id, repeat)
    ) STRICT""",
    """CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs(id),
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        process_started TEXT NOT NULL,
        started_at REAL NOT NULL,
        heartbeat REAL NOT NULL,
        ended_at REAL
    ) STRICT""",
    "CREATE UNIQUE INDEX one_open_session ON sessions (run) WHERE ended_at IS NULL",
    """CREATE TABLE labels (
        run INTEGER NOT NULL REFERENCES runs(id),
        case_id TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        label TEXT NOT NULL,
        note TEXT NOT NULL,
        labelled_at TEXT NOT NULL,
        PRIMARY KEY (run, case_id, repeat)
    ) STRICT, WITHOUT ROWID""",
)

M002_BATCHES_AND_PROBES = (
    """CREATE TABLE batches (
        run INTEGER PRIMARY KEY REFERENCES runs(id),
        batch_id TEXT NOT NULL,
        submitted_at REAL NOT NULL
    ) STRICT""",
    """CREATE TABLE probes (
        endpoint TEXT NOT NULL,
        model TEXT NOT NULL,
        probed_at TEXT NOT NULL,
        found TEXT NOT NULL,
        PRIMARY KEY (endpoint, model)
    ) STRICT, WITHOUT ROWID""",
)

M003_GATE_USES = (
    """CREATE TABLE gate_uses (
        id INTEGER PRIMARY KEY,
        prompt_id TEXT NOT NULL,
        suite TEXT NOT NULL,
        kind TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        used_at TEXT NOT NULL,
        cases TEXT NOT NULL,
        evaluation TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    "CREATE INDEX gate_uses_of_prompt ON gate_uses (prompt_id)",
)

M004_ANSWER_ORIGINS = (
    "ALTER TABLE answers ADD COLUMN answered_at TEXT",
    "ALTER TABLE answers ADD COLUMN digest BLOB",
    "ALTER TABLE answers ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE results ADD COLUMN digest BLOB",
    # The start of the run that asked for it, the closest time that is known.
    """UPDATE answers SET answered_at = runs.created_at
        FROM results JOIN runs ON runs.id = results.run
        WHERE results.answer = answers.id AND results.cached = 0""",
    # Makes edits detectable from now on; the functions are those of digests.py.
    """UPDATE answers SET digest = answer_digest(key, outcome, text, error, note, latency,
        first_token, prompt_tokens, completion_tokens, cost_usd, model, system_fingerprint,
        finish_reason, attempts, status, answered_at)""",
    """UPDATE results SET digest = result_digest(run, case_id, repeat, answer, cached, failed,
        scores)""",
    """CREATE TABLE forgotten (
        id INTEGER PRIMARY KEY,
        case_id TEXT NOT NULL,
        suite TEXT NOT NULL,
        inputs TEXT NOT NULL,
        forgotten_at TEXT NOT NULL,
        forgotten_by TEXT NOT NULL,
        reason TEXT NOT NULL,
        runs INTEGER NOT NULL,
        answers INTEGER NOT NULL
    ) STRICT""",
)

M005_READINGS_AND_FORMS = (
    # The revision by which an answer was classified, see providers/openai_chat/finish.py.
    "ALTER TABLE answers ADD COLUMN reading INTEGER NOT NULL DEFAULT 1",
    """CREATE TABLE forms (
        endpoint TEXT NOT NULL,
        model TEXT NOT NULL,
        form TEXT NOT NULL,
        learned_at REAL NOT NULL,
        PRIMARY KEY (endpoint, model)
    ) STRICT, WITHOUT ROWID""",
)

M006_OUTBOX = (
    # A row for each version sent to a target (environment '') and for each pointer there; version
    # '' is a pointer that is to be removed.
    """CREATE TABLE outbox (
        id INTEGER PRIMARY KEY,
        target TEXT NOT NULL,
        output TEXT NOT NULL,
        prompt_id TEXT NOT NULL,
        version TEXT NOT NULL,
        environment TEXT NOT NULL,
        approved_for TEXT NOT NULL,
        reason TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed')),
        step TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        last_error TEXT NOT NULL DEFAULT '',
        next_attempt TEXT NOT NULL DEFAULT '',
        content TEXT NOT NULL DEFAULT '',
        ref TEXT NOT NULL DEFAULT '',
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT""",
    """CREATE UNIQUE INDEX outbox_versions ON outbox (target, output, prompt_id, version)
        WHERE environment = ''""",
    """CREATE UNIQUE INDEX outbox_pointers ON outbox (target, output, prompt_id, environment)
        WHERE environment <> ''""",
)

M007_SNAPSHOTS = (
    # Cases with consecutive numbers from `first` on, compressed together; a few bytes of each
    # one's sha256, to find it.
    """CREATE TABLE snapshot_packs (
        first INTEGER PRIMARY KEY,
        cases INTEGER NOT NULL,
        digests BLOB NOT NULL,
        body BLOB NOT NULL
    ) STRICT""",
    # The fingerprints of the dataset and of its gate cases name a content, `content` is the
    # sha256 of what was stored; the manifest refers to its parent's.
    """CREATE TABLE snapshots (
        id INTEGER PRIMARY KEY,
        fingerprint TEXT NOT NULL UNIQUE,
        gate TEXT NOT NULL,
        content BLOB NOT NULL,
        cases INTEGER NOT NULL,
        parent INTEGER REFERENCES snapshots(id),
        depth INTEGER NOT NULL,
        manifest BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX snapshots_by_gate ON snapshots (gate)",
    """CREATE TABLE dataset_versions (
        suite TEXT NOT NULL,
        number INTEGER NOT NULL,
        snapshot INTEGER NOT NULL REFERENCES snapshots(id),
        made_at TEXT NOT NULL,
        made_by TEXT NOT NULL,
        reason TEXT NOT NULL,
        source TEXT NOT NULL,
        added INTEGER NOT NULL,
        removed INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        PRIMARY KEY (suite, number)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE dataset_tags (
        suite TEXT NOT NULL,
        name TEXT NOT NULL,
        number INTEGER NOT NULL,
        tagged_at TEXT NOT NULL,
        tagged_by TEXT NOT NULL,
        PRIMARY KEY (suite, name)
    ) STRICT, WITHOUT ROWID""",
)

M008_RESCORINGS = (
    # Stored answers judged anew by other scorers: beside what was recorded, which stays.
    """CREATE TABLE rescorings (
        id INTEGER PRIMARY KEY,
        made_at TEXT NOT NULL,
        made_by TEXT NOT NULL,
        suite TEXT NOT NULL,
        parts TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE rescored_results (
        rescoring INTEGER NOT NULL REFERENCES rescorings(id),
        run_id TEXT NOT NULL,
        case_id TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        scores TEXT NOT NULL,
        PRIMARY KEY (rescoring, run_id, case_id, repeat)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE rescored_decisions (
        rescoring INTEGER NOT NULL REFERENCES rescorings(id),
        evaluation TEXT NOT NULL,
        before TEXT NOT NULL,
        after TEXT NOT NULL,
        why TEXT NOT NULL,
        PRIMARY KEY (evaluation, rescoring)
    ) STRICT, WITHOUT ROWID""",
)

M009_JUDGEMENTS = (
    # What judges were asked about an answer, in order; their own answers stand among the others.
    """CREATE TABLE judgements (
        run INTEGER NOT NULL REFERENCES runs(id),
        case_id TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        number INTEGER NOT NULL,
        judge TEXT NOT NULL,
        answer INTEGER NOT NULL REFERENCES answers(id),
        PRIMARY KEY (run, case_id, repeat, number)
    ) STRICT, WITHOUT ROWID""",
    "ALTER TABLE runs ADD COLUMN judge_calls INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN judge_cached INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN judge_cost_usd REAL NOT NULL DEFAULT 0",
    "ALTER TABLE runs ADD COLUMN judge_unpriced INTEGER NOT NULL DEFAULT 0",
)

M010_TRIES = (
    # Single questions asked while a draft is written. What a list shows stands first: SQLite then
    # reads no page of the long texts behind it.
    """CREATE TABLE tries (
        id INTEGER PRIMARY KEY,
        tried_at TEXT NOT NULL,
        tried_by TEXT NOT NULL,
        prompt_id TEXT NOT NULL,
        label TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        prompt TEXT NOT NULL REFERENCES contents(fingerprint),
        draft TEXT REFERENCES contents(fingerprint),
        asked_provider TEXT NOT NULL,
        asked_model TEXT NOT NULL,
        suite TEXT NOT NULL,
        case_id TEXT NOT NULL,
        inputs TEXT NOT NULL,
        starred INTEGER NOT NULL DEFAULT 0 CHECK (starred IN (0, 1)),
        became TEXT NOT NULL DEFAULT '',
        question_start TEXT NOT NULL,
        answer_start TEXT NOT NULL DEFAULT '',
        outcome TEXT NOT NULL,
        latency REAL,
        first_token REAL,
        prompt_tokens INTEGER,
        completion_tokens INTEGER,
        cost_usd REAL,
        model TEXT,
        system_fingerprint TEXT,
        finish_reason TEXT,
        attempts INTEGER NOT NULL DEFAULT 1,
        status INTEGER,
        question BLOB NOT NULL,
        text TEXT NOT NULL DEFAULT '',
        error TEXT,
        note TEXT
    ) STRICT""",
    "CREATE INDEX tries_of_prompt ON tries (prompt_id, id)",
    "CREATE INDEX tries_by_inputs ON tries (inputs)",
    # Inputs that were typed to try a prompt on: no suite has them.
    """CREATE TABLE typed_cases (
        prompt_id TEXT NOT NULL,
        case_id TEXT NOT NULL,
        inputs TEXT NOT NULL,
        typed_at TEXT NOT NULL,
        question BLOB NOT NULL,
        PRIMARY KEY (prompt_id, case_id)
    ) STRICT""",
)

MIGRATIONS = (
    M001_FIRST_SCHEMA,
    M002_BATCHES_AND_PROBES,
    M003_GATE_USES,
    M004_ANSWER_ORIGINS,
    M005_READINGS_AND_FORMS,
    M006_OUTBOX,
    M007_SNAPSHOTS,
    M008_RESCORINGS,
    M009_JUDGEMENTS,
    M010_TRIES,
    M011_LABELS,
)
"""Step n migrates schema n to schema n + 1, counted from 0."""
