"""People's labels of answers, and their preferences between two answers: records that are added to
and never changed, but for the texts of a case that is forgotten.
"""

from __future__ import annotations


def _append_only(table: str, columns: str, texts: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Triggers: no row goes, no column changes, and a text only to what `forget` leaves of it."""
    rules = (
        f"""CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} BEGIN
            SELECT RAISE(ABORT, 'what people said is never deleted');
        END""",
        f"""CREATE TRIGGER {table}_never_change BEFORE UPDATE OF {columns} ON {table} BEGIN
            SELECT RAISE(ABORT, 'what people said never changes');
        END""",
    )
    if not texts:
        return rules
    kept = " OR ".join(f"NEW.{one} NOT IN (OLD.{one}, '[forgotten]')" for one in texts)
    return (
        *rules,
        f"""CREATE TRIGGER {table}_texts BEFORE UPDATE OF {", ".join(texts)} ON {table}
        WHEN {kept} BEGIN
            SELECT RAISE(ABORT, 'what people said never changes');
        END""",
    )


M011_LABELS = (
    # What one person says of one answer, case and answer by digests too. `about`: the judge for
    # whose criterion it was asked; empty: the answer as a whole. `queue`: how the answer was
    # chosen, since only a random choice stands for all answers.
    """CREATE TABLE human_labels (
        id INTEGER PRIMARY KEY,
        labelled_at TEXT NOT NULL,
        rater TEXT NOT NULL,
        suite TEXT NOT NULL,
        about TEXT NOT NULL,
        queue TEXT NOT NULL,
        case_id TEXT NOT NULL,
        case_digest TEXT NOT NULL,
        inputs TEXT NOT NULL,
        answer_digest TEXT NOT NULL,
        action TEXT NOT NULL CHECK (action IN ('label', 'skip', 'note', 'undo')),
        label TEXT NOT NULL,
        undoes INTEGER REFERENCES human_labels(id),
        answer TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX human_labels_of_suite ON human_labels (suite, id)",
    "CREATE INDEX human_labels_by_inputs ON human_labels (inputs)",
    *_append_only(
        "human_labels",
        "id, labelled_at, rater, suite, about, queue, case_id, case_digest, inputs, answer_digest,"
        " action, label, undoes",
        ("answer", "note"),
    ),
    # One person compares two prompts on the same inputs. A is what is live, B the candidate.
    """CREATE TABLE preference_sessions (
        id INTEGER PRIMARY KEY,
        started_at TEXT NOT NULL,
        rater TEXT NOT NULL,
        prompt_id TEXT NOT NULL,
        a_label TEXT NOT NULL,
        a_fingerprint TEXT NOT NULL,
        b_label TEXT NOT NULL,
        b_fingerprint TEXT NOT NULL,
        source TEXT NOT NULL,
        cases TEXT NOT NULL,
        equal TEXT NOT NULL,
        confidence REAL NOT NULL,
        seed INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX preference_sessions_of_prompt ON preference_sessions (prompt_id, id)",
    *_append_only(
        "preference_sessions",
        "id, started_at, rater, prompt_id, a_label, a_fingerprint, b_label, b_fingerprint, source,"
        " cases, equal, confidence, seed",
    ),
    # `swapped`: B was shown on the left.
    """CREATE TABLE preferences (
        id INTEGER PRIMARY KEY,
        session INTEGER NOT NULL REFERENCES preference_sessions(id),
        judged_at TEXT NOT NULL,
        case_id TEXT NOT NULL,
        case_digest TEXT NOT NULL,
        inputs TEXT NOT NULL,
        a_digest TEXT NOT NULL,
        b_digest TEXT NOT NULL,
        swapped INTEGER NOT NULL CHECK (swapped IN (0, 1)),
        action TEXT NOT NULL
            CHECK (action IN ('a', 'b', 'tie', 'both_bad', 'skip', 'note', 'undo')),
        undoes INTEGER REFERENCES preferences(id),
        question BLOB,
        a_answer TEXT NOT NULL,
        b_answer TEXT NOT NULL,
        note TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX preferences_of_session ON preferences (session, id)",
    "CREATE INDEX preferences_by_inputs ON preferences (inputs)",
    *_append_only(
        "preferences",
        "id, session, judged_at, case_id, case_digest, inputs, a_digest, b_digest, swapped, action,"
        " undoes",
        ("a_answer", "b_answer", "note"),
    ),
)
