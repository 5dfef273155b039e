"""Erases the questions and answers of single tries; the tables are those of `runs/tries`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator

from workbench.datasets.values import CHECKS, TOOL_RESULTS, Case
from workbench.runs.forgetting.removed import Removed
from workbench.runs.store.contents.case_sets import packed, unpacked
from workbench.runs.store.forgetting import FORGOTTEN, FORGOTTEN_MARK, emptied, texts_of
from workbench.runs.store.rows import read_case

_HELD = (
    "SELECT 'tries', iif(suite = '', prompt_id, suite), question FROM tries"
    " UNION ALL SELECT 'typed_cases', prompt_id, question FROM typed_cases"
)


def held_cases(connection: sqlite3.Connection) -> Iterator[tuple[str, str, Case]]:
    """The table, the suite or prompt, and the case of every question that is not forgotten."""
    for table, name, body in connection.execute(_HELD).fetchall():
        content = unpacked(body)
        if FORGOTTEN_MARK not in content:
            yield table, name, read_case(content)


def forget_tries(connection: sqlite3.Connection, inputs: Collection[str], removed: Removed) -> None:
    """Erase what was asked with these input digests and what was answered; typed inputs go with
    their rows. Call it inside a write transaction.
    """
    digests = json.dumps(sorted(inputs))
    rows = connection.execute(
        "SELECT id, question, text, error, note FROM tries"
        " WHERE inputs IN (SELECT value FROM json_each(?))",
        [digests],
    ).fetchall()
    for try_id, body, text, error, note in rows:
        content = unpacked(body)
        if FORGOTTEN_MARK in content:
            continue
        removed.answers += 1
        removed.inputs.update(texts_of([content["inputs"], content.get(TOOL_RESULTS)]))
        texts = [content["expected"], content.get(CHECKS), text, error, note]
        removed.outputs.update(texts_of(texts))
        connection.execute(
            "UPDATE tries SET question = ?1, question_start = ?2, answer_start = ?2,"
            " text = CASE text WHEN '' THEN '' ELSE ?2 END,"
            " error = CASE WHEN error IS NULL THEN NULL ELSE ?2 END, note = NULL WHERE id = ?3",
            [packed(_without_texts(content))[1], FORGOTTEN, try_id],
        )
    connection.execute(
        "DELETE FROM typed_cases WHERE inputs IN (SELECT value FROM json_each(?))", [digests]
    )


def _without_texts(content: dict[str, object]) -> dict[str, object]:
    group = content["group"]
    return emptied(content, {str(content["id"])}, () if group is None else (str(group),))
