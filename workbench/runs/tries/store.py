"""The tables `tries` and `typed_cases` of runs.db."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.datasets.values import Case
from workbench.errors import NotFound
from workbench.providers.base import Answer, Outcome
from workbench.providers.redact import storable
from workbench.runs.store.contents.case_sets import content_of, keep_content, packed, unpacked
from workbench.runs.store.database import writing
from workbench.runs.store.forgetting import inputs_digest
from workbench.runs.store.rows import (
    answer_row,
    prompt_content,
    read_answer,
    read_case,
    read_prompt,
)
from workbench.runs.tries.values import Question, Try, TryRow
from workbench.times import utc_now

if TYPE_CHECKING:
    from sqlite_utils import Database

TYPED = "typed-"
"""The ids of typed cases are this and a number."""
UNANSWERED = "the process ended before the answer came"
_START_CHARS = 200
_NEWEST = 2**63 - 1
_LIST = (
    "SELECT id, tried_at, tried_by, prompt_id, label, fingerprint, asked_provider, asked_model,"
    " suite, case_id, starred, became, question_start, answer_start, outcome, latency,"
    " prompt_tokens, completion_tokens, cost_usd FROM tries"
    " WHERE (?1 IS NULL OR prompt_id = ?1) AND id BETWEEN ?2 AND ?3 AND starred >= ?4"
    " ORDER BY id DESC LIMIT ?5"
)
_CONTENT = (
    "SELECT prompt, draft, question, outcome, text, error, note, latency, first_token,"
    " prompt_tokens, completion_tokens, cost_usd, model, system_fingerprint, finish_reason,"
    " attempts, status, tried_at FROM tries WHERE id = ?"
)
_FINISH = (
    "UPDATE tries SET outcome = ?, text = ?, error = ?, note = ?, latency = ?, first_token = ?,"
    " prompt_tokens = ?, completion_tokens = ?, cost_usd = ?, model = ?, system_fingerprint = ?,"
    " finish_reason = ?, attempts = ?, status = ?, answer_start = ? WHERE id = ?"
)


class Tries:
    """Reads and writes tries, in the thread that opened the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.conn

    def begin(self, question: Question, by: str) -> int:
        """Keep what is asked before it is asked; returns the try's id."""
        model = question.prompt.model
        case = question.case
        with writing(self._database):
            prompt = keep_content(self._connection, prompt_content(question.prompt))
            draft = (
                None
                if question.draft is None
                else keep_content(self._connection, storable(question.draft))
            )
            values = {
                "tried_at": utc_now(),
                "tried_by": by,
                "prompt_id": question.prompt.prompt_id,
                "label": question.label,
                "fingerprint": question.prompt.fingerprint,
                "prompt": prompt,
                "draft": draft,
                "asked_provider": (model.provider if model else "") or "",
                "asked_model": model.id if model else "",
                "suite": question.suite,
                "case_id": case.id,
                "inputs": inputs_digest(case),
                "question_start": _start(question.start),
                "outcome": Outcome.CANCELLED.value,
                "question": packed(case.content())[1],
                "error": UNANSWERED,
            }
            self._database.table("tries").insert(values)
            return int(self._connection.execute("SELECT last_insert_rowid()").fetchone()[0])

    def finish(self, try_id: int, answer: Answer) -> None:
        """Keep the answer."""
        columns = [*answer_row(answer), _start(answer.text or answer.error), try_id]
        with writing(self._database):
            self._connection.execute(_FINISH, columns)

    def rows(
        self,
        prompt_id: str | None = None,
        *,
        starred: bool = False,
        limit: int | None = None,
    ) -> list[TryRow]:
        """The tries, newest first."""
        wanted = [prompt_id, 0, _NEWEST, int(starred), -1 if limit is None else limit]
        return [_row(row) for row in self._connection.execute(_LIST, wanted).fetchall()]

    def count(self, prompt_id: str | None = None) -> int:
        """How many there are."""
        return int(
            self._connection.execute(
                "SELECT count(*) FROM tries WHERE ?1 IS NULL OR prompt_id = ?1", [prompt_id]
            ).fetchone()[0]
        )

    def get(self, try_id: int) -> Try:
        """All of one try. Raises NotFound."""
        row = self._connection.execute(_LIST, [None, try_id, try_id, 0, 1]).fetchone()
        if row is None:
            raise _none(try_id)
        content = self._connection.execute(_CONTENT, [try_id]).fetchone()
        prompt, draft, question, *answer = content
        return Try(
            _row(row),
            read_prompt(content_of(self._connection, prompt)),
            None if draft is None else str(content_of(self._connection, draft)),
            read_case(unpacked(question)),
            read_answer(answer, cached=False),
        )

    def star(self, try_id: int, starred: bool) -> None:
        """Mark a try, or take the mark off. Raises NotFound."""
        self._change("UPDATE tries SET starred = ? WHERE id = ?", int(starred), try_id)

    def note_case(self, try_id: int, became: str) -> None:
        """Record the case, as `suite/case id`, that was made of a try. Raises NotFound."""
        self._change("UPDATE tries SET became = ? WHERE id = ?", became, try_id)

    def drop(self, try_ids: Iterable[int]) -> int:
        """Delete tries, and the prompts that only they had; returns how many there were."""
        self._connection.execute("PRAGMA secure_delete=ON").fetchall()
        dropped = 0
        with writing(self._database):
            for one in try_ids:
                row = self._connection.execute(
                    "DELETE FROM tries WHERE id = ? RETURNING prompt, draft", [one]
                ).fetchone()
                dropped += row is not None
                for digest in filter(None, row or ()):
                    self._drop_unused(digest)
        return dropped

    def before(self, moment: str) -> list[int]:
        """The ids of the tries without a star from before a time (ISO 8601, UTC)."""
        rows = self._connection.execute(
            "SELECT id FROM tries WHERE tried_at < ? AND starred = 0", [moment]
        ).fetchall()
        return [row[0] for row in rows]

    # Typed cases

    def typed(self, prompt_id: str) -> tuple[Case, ...]:
        """The inputs typed for a prompt, as cases, oldest first."""
        rows = self._connection.execute(
            "SELECT question FROM typed_cases WHERE prompt_id = ? ORDER BY rowid", [prompt_id]
        ).fetchall()
        return tuple(read_case(unpacked(row[0])) for row in rows)

    def keep_typed(self, prompt_id: str, case: Case) -> Case:
        """Keep typed inputs; the case has an id of its own, that of the same inputs before."""
        digest = inputs_digest(case)
        with writing(self._database):
            known = self._connection.execute(
                "SELECT case_id, question FROM typed_cases WHERE prompt_id = ? AND inputs = ?",
                [prompt_id, digest],
            ).fetchone()
            if known:
                return read_case(unpacked(known[1]))
            newest = self._connection.execute(
                "SELECT max(CAST(substr(case_id, ?) AS INTEGER)) FROM typed_cases"
                " WHERE prompt_id = ?",
                [len(TYPED) + 1, prompt_id],
            ).fetchone()[0]
            kept = Case(f"{TYPED}{(newest or 0) + 1}", dict(case.inputs), case.expected)
            self._connection.execute(
                "INSERT INTO typed_cases VALUES (?, ?, ?, ?, ?)",
                [prompt_id, kept.id, digest, utc_now(), packed(kept.content())[1]],
            )
        return kept

    def _change(self, statement: str, value: str | int, try_id: int) -> None:
        with writing(self._database):
            if not self._connection.execute(statement, [value, try_id]).rowcount:
                raise _none(try_id)

    def _drop_unused(self, digest: str) -> None:
        self._connection.execute(
            "DELETE FROM contents WHERE fingerprint = ?1 AND NOT EXISTS"
            " (SELECT 1 FROM runs WHERE ?1 IN (prompt, case_set)) AND NOT EXISTS"
            " (SELECT 1 FROM tries WHERE ?1 IN (prompt, draft))",
            [digest],
        )


def _none(try_id: int) -> NotFound:
    return NotFound(f"no try {try_id}", hint="workbench tries list")


def _row(row: Sequence[Any]) -> TryRow:
    values = list(row)
    values[10] = bool(values[10])
    values[14] = Outcome(values[14])
    return TryRow(*values)


def _start(text: str) -> str:
    return storable(" ".join(text[: 4 * _START_CHARS].split())[:_START_CHARS])
