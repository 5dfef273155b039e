"""The tables `preference_sessions` and `preferences` of runs.db."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Any

from workbench.datasets.values import Case
from workbench.providers.redact import storable
from workbench.runs.labels.records import UNDO, text_digest
from workbench.runs.store.contents.case_sets import packed, unpacked
from workbench.runs.store.database import writing
from workbench.runs.store.forgetting import FORGOTTEN_MARK, inputs_digest
from workbench.runs.store.rows import read_case
from workbench.times import utc_now

if TYPE_CHECKING:
    from sqlite_utils import Database

_RECORDS = (
    "SELECT id, judged_at, case_id, case_digest, a_digest, b_digest, swapped, action, undoes,"
    " question, a_answer, b_answer, note FROM preferences WHERE session = ? ORDER BY id"
)
_SAME = (
    "SELECT * FROM preference_sessions WHERE rater = ? AND prompt_id = ? AND a_fingerprint = ?"
    " AND b_fingerprint = ? AND cases = ? AND equal = ? AND confidence = ? ORDER BY id DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one person compares: two prompts on the same inputs. A is what is live."""

    rater: str
    prompt_id: str
    a_label: str
    a_fingerprint: str
    b_label: str
    b_fingerprint: str
    source: str
    """The file of the inputs."""
    cases: str
    """sha256 of the inputs."""
    equal: str
    """When two answers are equal, as a canonical scorer."""
    confidence: float
    seed: int
    """Of the order of the pairs and of their sides."""


@dataclass(frozen=True, slots=True)
class PreferenceRecord:
    """One thing that a person said of two answers."""

    id: int
    judged_at: str
    """ISO 8601, UTC."""
    case_id: str
    case_digest: str
    a_digest: str
    b_digest: str
    swapped: bool
    """Whether B was shown on the left."""
    action: str
    """a, b, tie, both_bad, skip, note or undo."""
    undoes: int | None
    case: Case | None
    """None where it was forgotten."""
    a_answer: str
    b_answer: str
    note: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The two answers to the case, by their digests."""
        return self.case_digest, self.a_digest, self.b_digest


class Preferences:
    """Reads and adds preferences, in the thread that opened the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, reading: Reading) -> tuple[int, Reading]:
        """The session of this person with these prompts and inputs, begun where there is none, and
        how it was begun.
        """
        names = [field.name for field in fields(Reading)]
        with writing(self._database):
            row = self._database.execute(
                _SAME,
                [
                    reading.rater,
                    reading.prompt_id,
                    reading.a_fingerprint,
                    reading.b_fingerprint,
                    reading.cases,
                    reading.equal,
                    reading.confidence,
                ],
            ).fetchone()
            if row is not None:
                return int(row[0]), Reading(*row[2:])
            values = dict(zip(names, astuple(reading), strict=True))
            self._database.table("preference_sessions").insert({"started_at": utc_now(), **values})
            number = self._database.execute("SELECT last_insert_rowid()").fetchone()[0]
        return int(number), reading

    def sessions(self, prompt_id: str) -> list[tuple[int, Reading]]:
        """The sessions about a prompt, oldest first."""
        rows = self._database.execute(
            "SELECT * FROM preference_sessions WHERE prompt_id = ? ORDER BY id", [prompt_id]
        ).fetchall()
        return [(int(row[0]), Reading(*row[2:])) for row in rows]

    def add(
        self,
        session: int,
        case: Case,
        answers: tuple[str, str],
        swapped: bool,
        action: str,
        note: str = "",
    ) -> None:
        """Store a record at once; `answers` are those of A and of B."""
        values = {
            "session": session,
            "judged_at": utc_now(),
            "case_id": case.id,
            "case_digest": case.digest,
            "inputs": inputs_digest(case),
            "a_digest": text_digest(answers[0]),
            "b_digest": text_digest(answers[1]),
            "swapped": int(swapped),
            "action": action,
            "undoes": None,
            "question": packed(case.content())[1],
            "a_answer": storable(answers[0]),
            "b_answer": storable(answers[1]),
            "note": storable(note),
        }
        with writing(self._database):
            self._database.table("preferences").insert(values)

    def undo(self, record: PreferenceRecord) -> None:
        """Take a record back by one more record, which repeats no text."""
        with writing(self._database):
            self._database.execute(
                "INSERT INTO preferences (session, judged_at, case_id, case_digest, inputs,"
                " a_digest, b_digest, swapped, action, undoes, question, a_answer, b_answer, note)"
                " SELECT session, ?, case_id, case_digest, inputs, a_digest, b_digest, swapped, ?,"
                " id, NULL, '', '', '' FROM preferences WHERE id = ?",
                [utc_now(), UNDO, record.id],
            )

    def records(self, session: int) -> list[PreferenceRecord]:
        """All records of a session, oldest first."""
        return [_record(row) for row in self._database.execute(_RECORDS, [session]).fetchall()]


def _record(row: Sequence[Any]) -> PreferenceRecord:
    values = list(row)
    values[6] = bool(values[6])
    content = {FORGOTTEN_MARK: ""} if values[9] is None else unpacked(values[9])
    values[9] = None if FORGOTTEN_MARK in content else read_case(content)
    return PreferenceRecord(*values)
