"""The table `human_labels` of runs.db."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.datasets.values import Case
from workbench.providers.redact import storable
from workbench.runs.labels.records import NOTE, UNDO, standing, text_digest
from workbench.runs.store.database import writing
from workbench.runs.store.forgetting import inputs_digest
from workbench.times import utc_now

if TYPE_CHECKING:
    from sqlite_utils import Database

LABEL = "label"
_RECORDS = (
    "SELECT id, labelled_at, rater, suite, about, queue, case_id, case_digest, answer_digest,"
    " action, label, undoes, answer, note FROM human_labels WHERE suite = ? ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class LabelRecord:
    """One thing that a person said of an answer."""

    id: int
    labelled_at: str
    """ISO 8601, UTC."""
    rater: str
    suite: str
    about: str
    """The judge for whose criterion it was asked; empty: the answer as a whole."""
    queue: str
    """How the answer was chosen: informative or random."""
    case_id: str
    case_digest: str
    answer_digest: str
    action: str
    """label, skip, note or undo."""
    label: str
    undoes: int | None
    answer: str
    note: str

    @property
    def key(self) -> tuple[str, str]:
        """The answer to the case, by their digests."""
        return self.case_digest, self.answer_digest


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of whom, without the answer."""

    suite: str
    rater: str
    about: str = ""
    queue: str = ""


class HumanLabels:
    """Reads and adds labels, in the thread that opened the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, asked: Asked, case: Case, answer: str, action: str, label: str = "", note: str = ""
    ) -> int:
        """Store a record at once; returns its id."""
        values = {
            "labelled_at": utc_now(),
            "rater": asked.rater,
            "suite": asked.suite,
            "about": asked.about,
            "queue": asked.queue,
            "case_id": case.id,
            "case_digest": case.digest,
            "inputs": inputs_digest(case),
            "answer_digest": text_digest(answer),
            "action": action,
            "label": label,
            "undoes": None,
            "answer": storable(answer),
            "note": storable(note),
        }
        with writing(self._database):
            self._database.table("human_labels").insert(values)
            return int(self._database.execute("SELECT last_insert_rowid()").fetchone()[0])

    def undo(self, record: LabelRecord) -> None:
        """Take a record back by one more record, which repeats no text."""
        with writing(self._database):
            self._database.execute(
                "INSERT INTO human_labels (labelled_at, rater, suite, about, queue, case_id,"
                " case_digest, inputs, answer_digest, action, label, undoes, answer, note)"
                " SELECT ?, rater, suite, about, queue, case_id, case_digest, inputs,"
                " answer_digest, ?, '', id, '', '' FROM human_labels WHERE id = ?",
                [utc_now(), UNDO, record.id],
            )

    def records(self, suite: str) -> list[LabelRecord]:
        """All records of a suite, oldest first."""
        rows = self._database.execute(_RECORDS, [suite]).fetchall()
        return [LabelRecord(*row) for row in rows]


def current(records: Iterable[LabelRecord]) -> list[LabelRecord]:
    """The last label of each answer by each rater about each judge, in the order in which they were
    given; each has the last note on it.
    """
    labels: dict[tuple[str, ...], LabelRecord] = {}
    notes: dict[tuple[str, ...], str] = {}
    for one in standing(records):
        who = (*one.key, one.rater, one.about)
        if one.action == LABEL:
            labels.pop(who, None)
            labels[who] = one
        elif one.action == NOTE:
            notes[who] = one.note
    return [replace(one, note=notes.get(who, "")) for who, one in labels.items()]
