"""The answers of judges: stored among the others, and by the result that they judged."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from workbench.providers.base import Answer
from workbench.providers.openai_chat.finish import READING
from workbench.runs.store.digests import answer_digest
from workbench.runs.store.rows import answer_row, read_answer
from workbench.times import utc_now


def insert_answer(
    connection: sqlite3.Connection, key: bytes | None, answer: Answer, at: str = ""
) -> int:
    """Store an answer, as of `at` (else now); returns its row id."""
    columns = (*answer_row(answer), at or utc_now())
    inserted = connection.execute(
        "INSERT INTO answers VALUES"
        " (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
        (key, *columns, answer_digest(key, columns), READING),
    ).lastrowid
    return inserted or 0


def add_up(connection: sqlite3.Connection, run: int, calls: int, answer: Answer | None) -> None:
    """Count a judge's calls and the cost of its answer to the run; None: calls without one."""
    priced = answer is not None and not answer.outcome.is_error
    cost = answer.cost_usd if answer is not None and priced else None
    connection.execute(
        "UPDATE runs SET judge_calls = judge_calls + ?, judge_cost_usd = judge_cost_usd + ?,"
        " judge_unpriced = judge_unpriced + ? WHERE id = ?",
        [calls, cost or 0.0, int(priced and cost is None), run],
    )


def record(
    connection: sqlite3.Connection,
    run: int,
    pair: tuple[str, int],
    judged: Sequence[tuple[str, int]],
    cached: int,
) -> None:
    """Store which answers of judges, by name and row id, stand behind a result; `cached` of them
    took no call.
    """
    connection.execute(
        "DELETE FROM judgements WHERE run = ? AND case_id = ? AND repeat = ?", (run, *pair)
    )
    connection.executemany(
        "INSERT INTO judgements VALUES (?, ?, ?, ?, ?, ?)",
        [(run, *pair, number, *each) for number, each in enumerate(judged)],
    )
    connection.execute(
        "UPDATE runs SET judge_cached = judge_cached + ? WHERE id = ?", (cached, run)
    )


def of_result(
    connection: sqlite3.Connection, run_id: str, case_id: str, repeat: int
) -> list[tuple[str, Answer]]:
    """What judges answered about a result, by name, in the order in which they were asked."""
    rows = connection.execute(
        "SELECT judge, answers.* FROM judgements JOIN answers ON answers.id = answer"
        " WHERE run = (SELECT id FROM runs WHERE run_id = ?) AND case_id = ? AND repeat = ?"
        " ORDER BY number",
        [run_id, case_id, repeat],
    ).fetchall()
    return [(row[0], read_answer(row[3:], cached=False)) for row in rows]


def empty_answer(connection: sqlite3.Connection, answer: int, word: str) -> None:
    """Replace the texts of an answer by a word, and take it out of the cache."""
    connection.execute(
        "UPDATE answers SET key = NULL, forgotten = 1, note = NULL,"
        " text = CASE text WHEN '' THEN '' ELSE ?1 END,"
        " error = CASE WHEN error IS NULL THEN NULL ELSE ?1 END WHERE id = ?2",
        [word, answer],
    )


def empty(connection: sqlite3.Connection, run: int, case_id: str, word: str) -> set[str]:
    """Empty what judges said about a case, which quotes it; returns the texts."""
    rows = connection.execute(
        "SELECT answers.id, text FROM judgements JOIN answers ON answers.id = answer"
        " WHERE run = ? AND case_id = ? AND forgotten = 0",
        [run, case_id],
    ).fetchall()
    for answer, _ in rows:
        empty_answer(connection, answer, word)
    return {text for _, text in rows}
